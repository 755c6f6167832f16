"""A child is known to callers by NHS number and to the tables by a keyed pseudonym only."""

import re
from typing import NewType

from nhs_number.constants import REGION_ENGLAND_WALES_IOM, REGION_SYNTHETIC
from nhs_number.validate import is_valid

from .errors import FieldError, InvalidRequest
from .values import Hidden

ChildKey = NewType("ChildKey", str)
"""`C#<MAC key version>#<base64url MAC>`: the partition key of everything about one child."""

_TEN_DIGITS = re.compile(r"[0-9]{10}", re.ASCII)
# Digits of any script, and between groups whatever people and word processors put there.
_LONG_RUN = re.compile(r"\d{10,}")
_GROUPED = re.compile(r"(?=(?<!\d)(\d{3})[\W_]{0,3}(\d{3})[\W_]{0,3}(\d{4})(?!\d))")
_SYNTHETIC = "999"

_NOT_VALID = "is not a valid NHS number: ten digits without spaces, the last a check digit"
_WRONG_STAGE = "is not accepted on this stage: production takes issued numbers, other stages only synthetic ones (999…)"


class NhsNumber(Hidden, frozen=True):
    """A valid NHS number. Its text form hides the digits, so that no log or traceback can show them."""

    digits: str


def read_nhs_number(text: str, *, production: bool, field: str = "nhs_number") -> NhsNumber:
    """Accepts exactly ten ASCII digits with a right check digit, of the range that the stage serves.

    The library also takes spaces, hyphens and Scottish, Irish and unissued ranges; one child must
    have one spelling, and a number that is never issued in England can only be a slip, so we do not.
    """
    if not _TEN_DIGITS.fullmatch(text) or len(set(text)) == 1 or not is_valid(text):
        raise InvalidRequest(FieldError(field, _NOT_VALID))
    issued = is_valid(text, for_region=REGION_ENGLAND_WALES_IOM)
    if not (issued if production else text.startswith(_SYNTHETIC)):
        raise InvalidRequest(FieldError(field, _WRONG_STAGE))
    return NhsNumber(text)


def holds_nhs_number(text: str) -> bool:
    """True if ten digits in a row, bare or grouped 3-3-4, would pass for an issued or a synthetic NHS number."""
    return any(_passes(window) for run in _digit_runs(text) for window in _windows(run))


def _digit_runs(text: str) -> list[str]:
    grouped = ["".join(groups) for groups in _GROUPED.findall(text)]
    return grouped + _LONG_RUN.findall(text)


def _windows(run: str) -> list[str]:
    return [f"{int(run[start : start + 10]):010}" for start in range(len(run) - 9)]


def _passes(digits: str) -> bool:
    return any(is_valid(digits, for_region=region) for region in (REGION_ENGLAND_WALES_IOM, REGION_SYNTHETIC))
