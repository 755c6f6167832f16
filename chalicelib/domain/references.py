"""References: an authority's own names for its records and cases.

A record's reference appears in URLs and table keys, so it has few characters. A case reference is only recorded, so it
may be written as the asker's own system writes it. Neither may hold an NHS number.
"""

import re

from .errors import FieldError, InvalidRequest, refuse_if_any
from .texts import number_errors

REFERENCE = "[A-Za-z0-9._-]{1,64}"
CASE_REFERENCE = "[A-Za-z0-9._/:#-]([A-Za-z0-9._/:# -]{0,62}[A-Za-z0-9._/:#-])?"
_REFERENCE = re.compile(REFERENCE, re.ASCII)
_CASE_REFERENCE = re.compile(CASE_REFERENCE, re.ASCII)


def read_reference(text: str, field: str = "reference") -> str:
    """Raises InvalidRequest, naming `field`, unless the text is a reference."""
    if not _REFERENCE.fullmatch(text) or text in {".", ".."}:
        raise InvalidRequest(FieldError(field, "must be 1 to 64 of the characters A-Z a-z 0-9 . _ -"))
    refuse_if_any(number_errors({field: text}))
    return text


def read_case_reference(text: str, field: str = "case_reference") -> str:
    """Raises InvalidRequest, naming `field`, unless the text is a case reference."""
    if not _CASE_REFERENCE.fullmatch(text):
        problem = "must be 1 to 64 of the characters A-Z a-z 0-9 . _ - / : # and spaces, with no space at either end"
        raise InvalidRequest(FieldError(field, problem))
    refuse_if_any(number_errors({field: text}))
    return text
