"""Values that systems and people fill in when they have none. No message quotes them.

client/README.md lists the same.
"""

import re

from .identifiers import is_nhs_number

_NAMES = frozenset(
    {
        *("admin", "dummy", "n/a", "na", "no name", "none", "test", "unknown", "vacant", "xx", "xxx"),
        *("not allocated", "not known", "not known yet", "unallocated", "unassigned"),
        *("tba", "tbc", "tbd", "to be allocated", "to be confirmed"),
    }
)
_EXAMPLE_NUMBERS = frozenset({"9434765919", "4010232137"})  # printed as examples by the NHS
_FEWEST_DIGITS = 6
_RUNS = ("01234567890123456789", "98765432109876543210")
_NUMBER_IN_A_PHONE = re.compile(r"[0-9 ()./+-]*")
_PREFIX = re.compile(r"(?:44)?0*")


def is_placeholder_number(digits: str) -> bool:
    """True for an example, and for a number that begins like 123456789, or like one digit and eight others alike."""
    if not is_nhs_number(digits):
        return False
    return digits in _EXAMPLE_NUMBERS or len(set(digits[1:9])) == 1 or _runs(digits[:9])


def is_placeholder_name(name: str) -> bool:
    plain = " ".join(name.casefold().replace(".", "").strip(" ?*-()[]").split())
    return plain in _NAMES or not any(map(str.isalpha, plain))


def is_placeholder_phone(phone: str) -> bool:
    """True if nobody else can ring it: under six digits, one digit only, or digits that run up or down."""
    found = _NUMBER_IN_A_PHONE.match(phone.strip())
    digits = re.sub(r"[^0-9]", "", found[0] if found else "")
    rest = _PREFIX.sub("", digits, count=1)
    return len(digits) < _FEWEST_DIGITS or len(set(rest)) <= 1 or _runs(digits) or _runs(rest)


def _runs(digits: str) -> bool:
    return len(digits) > 1 and any(digits in run for run in _RUNS)
