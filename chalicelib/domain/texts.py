"""What a text may hold: characters that can be seen, and no NHS number.

Two rules find an NHS number, and neither refuses a text by chance. One ten-digit run in eleven has a right check digit,
so ten bare digits prove nothing.
"""

import re
from collections.abc import Iterable, Mapping

from nhs_number.validate import is_valid

from .child import NhsNumber
from .errors import FieldError

UNSEEN = (
    "\\x00-\\x1f\\x7f-\\x9f"  # control characters, line breaks among them
    "\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f"
    "\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f"  # zero-width characters, and those that turn the direction
    "\\u2800\\u3164\\ufdd0-\\ufdef\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\ufffe\\uffff"
    # Literal, because Python and JSON Schema have no common escape for characters beyond U+FFFF.
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""The inside of a regular expression's character class: every character that takes up no place of its own, or an empty
one. Two names that differ only in these look the same to a person. These are the characters that Unicode calls
default-ignorable, all controls, the interlinear marks, the empty Braille cell and the non-characters below U+10000."""

READABLE = rf"^(?=.*\S)[^{UNSEEN}]+(?![\s\S])"
_READABLE = re.compile(READABLE)

_DIGIT = re.compile(r"\d")
# Between digits, people and word processors put many kinds of separators.
_GAP = re.compile(r"(?<=[0-9])[\W_]{1,3}(?=[0-9])")
_GROUPED = re.compile(r"(?<![0-9])(?=([0-9]{3})[\W_]{1,3}([0-9]{3})[\W_]{1,3}([0-9]{4})(?![0-9]))")

_HOLDS = "may not hold an NHS number"


def is_readable(text: str) -> bool:
    """True if the text is not blank and every character in it can be seen, or is a space."""
    return _READABLE.search(text) is not None


def holds_number(text: str, number: NhsNumber) -> bool:
    """True if the text contains the number, whatever its grouping: up to three characters that are neither letters nor
    digits may stand between any two digits, and more digits before and after."""
    return number.digits in _GAP.sub("", _in_ascii_digits(text))


def holds_grouped_number(text: str) -> bool:
    """True if the text contains any valid NHS number, issued or never issued, that is written in groups of three, three
    and four digits with one to three separators between them. Nobody writes that by chance."""
    groups = _GROUPED.findall(_in_ascii_digits(text))
    return any(is_valid(digits) and len(set(digits)) > 1 for digits in map("".join, groups))


def number_errors(
    texts: Mapping[str, str | None], numbers: Iterable[NhsNumber] = (), *, grouped: bool = True
) -> list[FieldError]:
    """A field error for each text, by its field, that holds an NHS number.

    `numbers`: those of the request at hand. `grouped` is False for phone numbers, which may well be written 3-3-4.
    """
    numbers = tuple(numbers)

    def holds(text: str) -> bool:
        return any(holds_number(text, number) for number in numbers) or (grouped and holds_grouped_number(text))

    return [FieldError(field, _HOLDS) for field, text in texts.items() if text is not None and holds(text)]


def _in_ascii_digits(text: str) -> str:
    """The text with the digits of every script written 0 to 9."""
    return text if text.isascii() else _DIGIT.sub(lambda digit: str(int(digit[0])), text)
