"""References: an authority's own names for its records and cases.

They appear in URLs and table keys, so they may never contain an NHS number.
"""

import re

from .child import holds_nhs_number
from .errors import FieldError, InvalidRequest

_REFERENCE = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


def read_reference(text: str, field: str = "reference") -> str:
    """Raises InvalidRequest, naming `field`, unless the text is a reference."""
    if not _REFERENCE.fullmatch(text) or text in {".", ".."}:
        raise InvalidRequest(FieldError(field, "must be 1 to 64 of the characters A-Z a-z 0-9 . _ -"))
    if holds_nhs_number(text):
        raise InvalidRequest(
            FieldError(field, "may not be or contain an NHS number; use another reference of your own")
        )
    return text
