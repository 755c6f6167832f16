"""Characters that nobody sees, such as U+200B. Spreadsheets and web pages leave them in cells.

A reference or a name with one inside looks like another that has none.
"""

import re
from typing import Any

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164"
    "\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""The service refuses these. It refuses control characters too, which stay: a person should look at them."""


def without_invisible(value: Any) -> tuple[Any, int]:
    """Returns the value without them, and how many there were. Looks into the lists and objects of JSON too.

    Raises RecursionError if the value is nested too deep.
    """
    if isinstance(value, str):
        return _INVISIBLE.subn("", value)
    if isinstance(value, dict):
        items = {name: without_invisible(one) for name, one in value.items()}
        return {name: one for name, (one, _) in items.items()}, sum(count for _, count in items.values())
    if isinstance(value, list):
        cleaned = [without_invisible(one) for one in value]
        return [one for one, _ in cleaned], sum(count for _, count in cleaned)
    return value, 0
