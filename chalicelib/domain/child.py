"""A child. Callers name a child by NHS number; the tables hold only a keyed pseudonym."""

import re
from typing import NewType

from nhs_number.constants import REGION_ENGLAND_WALES_IOM, REGION_SYNTHETIC
from nhs_number.validate import is_valid

from .errors import FieldError, InvalidRequest
from .values import Hidden

ChildKey = NewType("ChildKey", str)
"""`C#<MAC key version>#<base64url MAC>`: the partition key of everything stored about one child."""

_TEN_DIGITS = re.compile(r"[0-9]{10}", re.ASCII)
# `\d` matches digits of any script. Between the groups, people and word processors put many kinds of separators.
_LONG_RUN = re.compile(r"\d{10,}")
_GROUPED = re.compile(r"(?=(?<!\d)(\d{3})[\W_]{0,3}(\d{3})[\W_]{0,3}(\d{4})(?!\d))")
_SYNTHETIC = "999"

_NOT_VALID = "is not a valid NHS number: ten digits without spaces, the last a check digit"
_WRONG_STAGE = "is not accepted on this stage: production takes issued numbers, other stages only synthetic ones (999…)"


class NhsNumber(Hidden, frozen=True):
    """A valid NHS number. Its text form hides the digits, so no log or traceback can show them."""

    digits: str


def read_nhs_number(text: str, *, production: bool, field: str = "nhs_number") -> NhsNumber:
    """Accepts exactly ten ASCII digits with a correct check digit, from the range that the stage serves.

    The nhs-number library is more permissive: it also takes spaces, hyphens, and Scottish, Irish and unissued
    ranges. We refuse those. One child must have one spelling, and a number that is never issued in England is a
    typing error. Raises InvalidRequest, naming `field`.
    """
    if not _TEN_DIGITS.fullmatch(text) or len(set(text)) == 1 or not is_valid(text):
        raise InvalidRequest(FieldError(field, _NOT_VALID))
    issued = is_valid(text, for_region=REGION_ENGLAND_WALES_IOM)
    if not (issued if production else text.startswith(_SYNTHETIC)):
        raise InvalidRequest(FieldError(field, _WRONG_STAGE))
    return NhsNumber(text)


def holds_nhs_number(text: str) -> bool:
    """True if the text contains an issued or synthetic NHS number: ten digits, bare or grouped 3-3-4."""
    return any(_passes(window) for run in _digit_runs(text) for window in _windows(run))


def _digit_runs(text: str) -> list[str]:
    grouped = ["".join(groups) for groups in _GROUPED.findall(text)]
    return grouped + _LONG_RUN.findall(text)


def _windows(run: str) -> list[str]:
    return [f"{int(run[start : start + 10]):010}" for start in range(len(run) - 9)]


def _passes(digits: str) -> bool:
    return any(is_valid(digits, for_region=region) for region in (REGION_ENGLAND_WALES_IOM, REGION_SYNTHETIC))
