"""NHS numbers and references. References appear in addresses and logs, so none may contain an NHS number."""

import re

from .errors import FieldError, InvalidRequest

_REFERENCE = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_LONG_RUN = re.compile(r"[0-9]{10,}", re.ASCII)
_GROUPED = re.compile(r"(?=(?<![0-9])([0-9]{3})[._-]{0,3}([0-9]{3})[._-]{0,3}([0-9]{4})(?![0-9]))", re.ASCII)
_TEN = re.compile(r"[0-9]{10}", re.ASCII)
_SPACED = re.compile(r"([0-9]{3})[ \u00a0-]([0-9]{3})[ \u00a0-]([0-9]{4})", re.ASCII)
ROUNDED = "was rounded by a spreadsheet (like 9.99E+09), which lost digits; format the column as Text and export again"
_MANY_DIGITS = re.compile(r"\d(?:[\s._-]{0,3}\d){5,}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_ROUNDED = re.compile(r"[0-9](\.[0-9]*)?[eE]\+?[0-9]+", re.ASCII)


def is_nhs_number(digits: str) -> bool:
    """True for ten digits whose last is the check digit of the others (modulus 11, NHS Data Dictionary)."""
    return _TEN.fullmatch(digits) is not None and len(set(digits)) > 1 and _has_check_digit(digits)


def _has_check_digit(digits: str) -> bool:
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False)) % 11
    return rest % 11 == int(digits[9])


def read_nhs_number(text: str) -> str:
    """Returns the ten digits, without the spaces or hyphens of a spreadsheet or a person.

    Raises ValueError, whose message says what is wrong.
    """
    digits = _SPACED.sub(r"\1\2\3", text.strip())
    if is_nhs_number(digits):
        return digits
    if is_rounded(digits):
        raise ValueError(ROUNDED)
    if _TEN.fullmatch(digits):
        raise ValueError("is not a valid NHS number: its last digit does not fit the others")
    raise ValueError("is not a valid NHS number: it must have ten digits")


def is_rounded(cell: str) -> bool:
    """True for a long number that a spreadsheet turned into something like 9.99E+09."""
    return _ROUNDED.fullmatch(cell) is not None


def check_reference(text: str) -> str:
    """Returns the reference. Raises InvalidRequest, so that no NHS number becomes part of an address by mistake."""
    if error := reference_error(text):
        raise InvalidRequest(
            "invalid_request", 400, "Not sent", f"The reference {error}.", errors=(FieldError("reference", error),)
        )
    return text


def reference_error(text: str) -> str | None:
    if not _REFERENCE.fullmatch(text) or text in {".", ".."}:
        return "must be 1 to 64 of the characters A-Z a-z 0-9 . _ -"
    if _contains_nhs_number(text):
        return "may not be or contain an NHS number"
    return None


def _contains_nhs_number(text: str) -> bool:
    runs = ["".join(groups) for groups in _GROUPED.findall(text)] + _LONG_RUN.findall(text)
    return any(_has_check_digit(run[start : start + 10]) for run in runs for start in range(len(run) - 9))


def masked(text: str, least_digits: int = 9) -> str:
    """Replaces whatever may be an NHS number, even a mistyped one. Dates stay."""

    def replacement(found: re.Match[str]) -> str:
        is_harmless = _DAY.fullmatch(found[0]) or sum(map(str.isdigit, found[0])) < least_digits
        return found[0] if is_harmless else "(digits)"

    return _MANY_DIGITS.sub(replacement, text)
