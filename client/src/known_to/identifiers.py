"""NHS numbers and references.

References appear in addresses and logs. So none may contain the number of its own child, or a number written 3-3-4.
Other digits pass: one run of ten digits in eleven has a check digit by chance.
"""

import re

from .errors import FieldError, InvalidRequest

_REFERENCE = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_GROUPED = re.compile(r"(?=(?<!\d)([0-9]{3})[\W_]{1,3}([0-9]{3})[\W_]{1,3}([0-9]{4})(?!\d))")
_BETWEEN_DIGITS = re.compile(r"(?<=[0-9])[\W_]{1,3}(?=[0-9])")
_TEN = re.compile(r"[0-9]{10}", re.ASCII)
_SPACED = re.compile(r"([0-9]{3})[ \u00a0-]([0-9]{3})[ \u00a0-]([0-9]{4})", re.ASCII)
ROUNDED = "was rounded by a spreadsheet (like 9.99E+09), which lost digits; format the column as Text and export again"
_MANY_DIGITS = re.compile(r"\d(?:[\s._-]{0,3}\d){5,}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_ROUNDED = re.compile(r"[0-9](\.[0-9]*)?[eE]\+?[0-9]+", re.ASCII)


def is_nhs_number(digits: str) -> bool:
    """True for ten digits whose last is the check digit of the others (modulus 11, NHS Data Dictionary)."""
    if not _TEN.fullmatch(digits) or len(set(digits)) == 1:
        return False
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


def issued_in(digits: str) -> str | None:
    """ "Scotland" or "Northern Ireland" if the number is from there, such as a CHI or an H&C number."""
    if "0101000000" <= digits <= "3112999999":
        return "Scotland"
    return "Northern Ireland" if "3200000000" <= digits <= "3999999999" else None


def check_reference(text: str, childs_number: object = None) -> str:
    """Returns the reference. Raises InvalidRequest, so that no NHS number becomes part of an address by mistake.

    `childs_number` is the number that is sent with the reference.
    """
    if error := reference_error(text, childs_number):
        raise InvalidRequest(
            "invalid_request", 400, "Not sent", f"The reference {error}.", errors=(FieldError("reference", error),)
        )
    return text


def reference_error(text: str, childs_number: object = None) -> str | None:
    if not _REFERENCE.fullmatch(text) or text in {".", ".."}:
        return "must be 1 to 64 of the characters A-Z a-z 0-9 . _ -"
    if contains_nhs_number(text, childs_number):
        return "may not be or contain an NHS number"
    return None


def contains_nhs_number(text: str, childs_number: object = None) -> bool:
    """True if the text contains `childs_number` in any grouping, or any valid number written 3-3-4."""
    known = isinstance(childs_number, str) and _TEN.fullmatch(childs_number)
    if known and known[0] in _BETWEEN_DIGITS.sub("", text):
        return True
    return any(is_nhs_number("".join(groups)) for groups in _GROUPED.findall(text))


def masked(text: str, least_digits: int = 9) -> str:
    """Replaces whatever may be an NHS number, even a mistyped one. Dates stay."""

    def replacement(found: re.Match[str]) -> str:
        is_harmless = _DAY.fullmatch(found[0]) or sum(map(str.isdigit, found[0])) < least_digits
        return found[0] if is_harmless else "(digits)"

    return _MANY_DIGITS.sub(replacement, text)
