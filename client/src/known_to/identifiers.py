"""NHS numbers and references. A reference is in addresses and logs, so it may never hold an NHS number."""

import re

from .errors import FieldError, InvalidRequest

_REFERENCE = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_LONG_RUN = re.compile(r"[0-9]{10,}", re.ASCII)
_GROUPED = re.compile(r"(?=(?<![0-9])([0-9]{3})[._-]{0,3}([0-9]{3})[._-]{0,3}([0-9]{4})(?![0-9]))", re.ASCII)
_TEN = re.compile(r"[0-9]{10}", re.ASCII)
_SPACED = re.compile(r"([0-9]{3})[ \u00a0-]([0-9]{3})[ \u00a0-]([0-9]{4})", re.ASCII)
ROUNDED = (
    "was rounded by a spreadsheet (like 9.99E+09) and its digits are lost; format the column as Text and export again"
)
_MANY_DIGITS = re.compile(r"\d(?:[\s._-]{0,3}\d){5,}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_ROUNDED = re.compile(r"[0-9](\.[0-9]*)?[eE]\+?[0-9]+", re.ASCII)


def is_nhs_number(digits: str) -> bool:
    """Ten digits of which the last checks the others: modulus 11, as the NHS Data Dictionary defines it."""
    return _TEN.fullmatch(digits) is not None and len(set(digits)) > 1 and _checks(digits)


def _checks(digits: str) -> bool:
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False)) % 11
    return rest % 11 == int(digits[9])


def mended_nhs_number(text: str) -> str:
    """Ten digits out of what a spreadsheet or a person writes. Raises ValueError that says what is wrong."""
    digits = _SPACED.sub(r"\1\2\3", text.strip())
    if is_nhs_number(digits):
        return digits
    if is_rounded(digits):
        raise ValueError(ROUNDED)
    if _TEN.fullmatch(digits):
        raise ValueError("is not a valid NHS number: its last digit does not fit the others")
    raise ValueError("is not a valid NHS number: it must have ten digits")


def is_rounded(cell: str) -> bool:
    """Whether a spreadsheet made 9.99E+09 of a long number."""
    return _ROUNDED.fullmatch(cell) is not None


def check_reference(text: str) -> str:
    """Raises InvalidRequest, so that an NHS number in a wrong place never gets into an address."""
    if fault := reference_fault(text):
        raise InvalidRequest(
            "invalid_request", 400, "Not sent", f"The reference {fault}.", errors=(FieldError("reference", fault),)
        )
    return text


def reference_fault(text: str) -> str | None:
    if not _REFERENCE.fullmatch(text) or text in {".", ".."}:
        return "must be 1 to 64 of the characters A-Z a-z 0-9 . _ -"
    if _holds_nhs_number(text):
        return "may not be or contain an NHS number"
    return None


def _holds_nhs_number(text: str) -> bool:
    runs = ["".join(groups) for groups in _GROUPED.findall(text)] + _LONG_RUN.findall(text)
    return any(_checks(run[start : start + 10]) for run in runs for start in range(len(run) - 9))


def masked(text: str, least_digits: int = 9) -> str:
    """Without what may be an NHS number, also one that was mistyped. Days stay."""

    def instead(found: re.Match[str]) -> str:
        is_harmless = _DAY.fullmatch(found[0]) or sum(map(str.isdigit, found[0])) < least_digits
        return found[0] if is_harmless else "(digits)"

    return _MANY_DIGITS.sub(instead, text)
