"""A child. Callers name a child by NHS number; the tables hold only a keyed pseudonym."""

import re
from typing import NewType

from nhs_number.constants import (
    REGION_EIRE,
    REGION_ENGLAND_WALES_IOM,
    REGION_NORTHERN_IRELAND,
    REGION_SCOTLAND,
    REGION_SYNTHETIC,
)
from nhs_number.validate import is_valid

from .errors import FieldError, InvalidRequest
from .values import Hidden

ChildKey = NewType("ChildKey", str)
"""`C#<MAC key version>#<base64url MAC>`: the partition key of everything stored about one child."""

NHS_NUMBER = r"[0-9]{10}|[0-9]{3}[ \u00a0-][0-9]{3}[ \u00a0-][0-9]{4}"
"""How a caller may write a number, as a regular expression: ten digits, or groups of three, three and four with a space
or a hyphen between them, as people and spreadsheets write it."""
_WRITTEN = re.compile(NHS_NUMBER, re.ASCII)
_NOT_A_DIGIT = re.compile("[^0-9]")

_NOT_VALID = "is not a valid NHS number: ten digits, at most grouped like 999 000 0018, the last a check digit"
_WRONG_STAGE = (
    "is not accepted on this stage: production takes issued NHS numbers, other stages only synthetic ones, which begin "
    "with 9"
)
_ELSEWHERE = (
    (REGION_SCOTLAND, "is a Scottish CHI number"),
    (REGION_NORTHERN_IRELAND, "is a Health and Care number of Northern Ireland"),
    (REGION_EIRE, "is an Irish Individual Health Identifier"),
)
_TRACE = "and not an NHS number: trace the child's NHS number, and send that"


class NhsNumber(Hidden, frozen=True):
    """A valid NHS number. Its text form hides the digits, so no log or traceback can show them."""

    digits: str


def as_number(text: str) -> NhsNumber | None:
    """The number if the text is written like one, valid or not. Only for finding it again in other texts."""
    return NhsNumber(_NOT_A_DIGIT.sub("", text)) if _WRITTEN.fullmatch(text) else None


class AcceptedNumbers(Hidden, frozen=True, kw_only=True):
    """Which NHS numbers a stage takes.

    Production takes those that are issued in England, Wales and the Isle of Man, and the one of `smoke_test`, which is
    given to nobody. Every other stage takes those that are given to nobody: their first digit is 9.
    """

    production: bool
    smoke_test: NhsNumber | None = None

    def accept(self, number: NhsNumber) -> bool:
        if not self.production:
            return is_valid(number.digits, for_region=REGION_SYNTHETIC)
        return number == self.smoke_test or is_valid(number.digits, for_region=REGION_ENGLAND_WALES_IOM)


def read_nhs_number(text: str, accepted: AcceptedNumbers, field: str = "nhs_number") -> NhsNumber:
    """Accepts ten ASCII digits with a correct check digit, from the range that the stage serves. They may be grouped
    3-3-4. Only the digits go on, so a child has one key however its number was written.

    The nhs-number library is more permissive: it also takes any other grouping, and Scottish, Irish and unissued
    ranges. We refuse those. A number that is never issued in England is a typing error, or names the child in another
    register. Raises InvalidRequest, naming `field`.
    """
    number = as_number(text)
    if number is None or len(set(number.digits)) == 1 or not is_valid(number.digits):
        raise InvalidRequest(FieldError(field, _NOT_VALID))
    if not accepted.accept(number):
        raise InvalidRequest(FieldError(field, _why_refused(number.digits)))
    return number


def _why_refused(valid: str) -> str:
    for region, what in _ELSEWHERE:
        if is_valid(valid, for_region=region):
            return f"{what}, {_TRACE}"
    return _WRONG_STAGE
