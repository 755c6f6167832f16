"""Turns the JSON of an answer into the types of `answers`.

Fields that this client does not know are ignored, because a newer service may add some. A field that is missing or has
the wrong type makes the whole answer unreadable, so that half an answer is never taken for a whole one.
"""

import re
from typing import TypeVar

import msgspec

from .errors import UnknownForm

T = TypeVar("T")
_QUOTED_VALUE = re.compile(r""" (['"]).*\1""", re.DOTALL)


def decode(kind: type[T], data: object) -> T:
    """Raises UnknownForm, whose message names the field and quotes no value."""
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        problem = _QUOTED_VALUE.sub("", str(error))
    # Raised after the except block, so that it does not keep the ValidationError, which may quote a value.
    raise UnknownForm(f"The answer does not have the form that this client expects: {problem}. Update the client.")
