"""Reads JSON strictly, and defines what a field may hold.

A field error names a known field and says in fixed words what is wrong with it. It never quotes what was sent.
"""

import json
import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from ..domain.child import NHS_NUMBER
from ..domain.errors import FieldError, InvalidRequest, UnreadableBody
from ..domain.references import CASE_REFERENCE, REFERENCE
from ..domain.texts import READABLE, UNSEEN


def _any_case(*words: str) -> str:
    """A pattern for any of the words in capital or small letters. JSON Schema has no flag for that."""
    return "|".join("".join(f"[{letter.upper()}{letter}]" for letter in word) for word in words)


# Whom to ring may take an extension or the choice of a menu, and a second number.
_NUMBER = r"[+(]?[0-9][0-9 ()./-]{2,29}"
_CHOICE = rf"(,? ?({_any_case('extension', 'ext', 'option', 'opt', 'x')})\.? ?[0-9]{{1,8}}){{0,2}}"
_OR = rf" ?([,;/]|{_any_case('or')}) ?"
_PHONE = rf"^(?=([^0-9]*[0-9]){{3}}){_NUMBER}{_CHOICE}({_OR}{_NUMBER}{_CHOICE})?(?![\s\S])"
_EMAIL = rf"^[^@\s{UNSEEN}]+@[^@\s{UNSEEN}]+(?![\s\S])"


def _described(pattern: str, shortest: int, longest: int) -> dict[str, Any]:
    """For fields that the domain checks in words of its own: what the API's description says of them."""
    return {"pattern": rf"^({pattern})(?![\s\S])", "minLength": shortest, "maxLength": longest}


Text = Annotated[str, Meta(min_length=1, max_length=200, pattern=READABLE)]
LongText = Annotated[str, Meta(min_length=1, max_length=1000, pattern=READABLE)]
Phone = Annotated[str, Meta(max_length=100, pattern=_PHONE, examples=["020 7946 0018"])]
Email = Annotated[str, Meta(max_length=254, pattern=_EMAIL, examples=["duty@authority.example"])]
WrittenNumber = Annotated[
    str,
    Meta(
        description="NHS number: ten digits, which may be grouped 3-3-4 by spaces or hyphens",
        examples=["9990000018", "999 000 0018"],
        extra_json_schema=_described(NHS_NUMBER, 10, 12),
    ),
]
Reference = Annotated[
    str,
    Meta(
        description="1 to 64 of A-Z a-z 0-9 . _ -, never holding an NHS number",
        extra_json_schema=_described(REFERENCE, 1, 64),
    ),
]
CaseReference = Annotated[
    str,
    Meta(
        description="1 to 64 of A-Z a-z 0-9 . _ - / : # and spaces inside, never holding an NHS number",
        extra_json_schema=_described(CASE_REFERENCE, 1, 64),
    ),
]
AuthorityCode = Annotated[str, Meta(pattern=r"^[A-Z0-9]{3,9}(?![\s\S])", description="ONS GSS or ODS code")]
Sector = Annotated[str, Meta(pattern=r"^[a-z][a-z_]{1,39}(?![\s\S])", examples=["local_authority", "health", "police"])]
EveryDays = Annotated[int, Meta(ge=1, le=365)]
ProposalCode = Annotated[str, Meta(pattern=r"^0[0-9A-HJKMNP-TV-Z]{25}(?![\s\S])", description="ULID")]
LookupId = Annotated[str, Meta(pattern=r"^0[0-9A-HJKMNP-TV-Z]{25}(?![\s\S])", description="ULID")]

Body = TypeVar("Body", bound=Struct)


Pairs = list[tuple[str, Any]]

_NO_JSON = FieldError("", "is not JSON in UTF-8")
_TOO_DEEP = FieldError("", "is nested too deep")


def decode(raw: bytes, kind: type[Body], *, outermost_only: bool = False) -> Body:
    """Raises UnreadableBody or InvalidRequest. Neither ever quotes what was sent.

    `outermost_only` looks for repeated fields at the outermost level only: rows of a batch are decoded one by one.
    """
    try:
        body = msgspec.json.decode(raw, type=kind)
        # A body with two NHS numbers could mean either child, and msgspec silently takes the last.
        # Numbers stay text, because Python refuses to parse very long ones.
        if outermost_only:
            _refuse_repeats(json.loads(raw, object_pairs_hook=list, parse_int=str))
        else:
            json.loads(raw, object_pairs_hook=_refuse_repeats, parse_int=str)
    except msgspec.ValidationError as error:
        raise InvalidRequest(_field_error(str(error), kind)) from None
    except ValueError:
        raise UnreadableBody(_NO_JSON) from None
    except RecursionError:
        raise UnreadableBody(_TOO_DEEP) from None
    return body


def convert(value: Any, kind: type[Body]) -> Body:
    """Like `decode`, for a value that a more permissive reader has already parsed."""
    try:
        raw = json.dumps(value).encode()
    except (TypeError, ValueError):
        raise UnreadableBody(_NO_JSON) from None
    except RecursionError:
        raise UnreadableBody(_TOO_DEEP) from None
    return decode(raw, kind)


def _refuse_repeats(pairs: Pairs) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise InvalidRequest(FieldError("", "has a field twice"))


def _field_error(message: str, kind: type[Struct]) -> FieldError:
    """Reduces msgspec's message to the path of a known field and fixed words of ours."""
    words, _, where = message.partition(" - at `$")
    # Matches brackets without brackets in them: otherwise a name full of brackets would take quadratic time.
    path = re.sub(r"\[[^][]*\]", "", where.rstrip("`")).lstrip(".")
    declared = _declared(kind, path)
    if declared is None:
        # The caller may have sent an unknown field whose name looks like a path.
        path, declared = "", kind
    if words.startswith("Object missing required field"):
        missing = words.split("`")[1]
        return FieldError(f"{path}.{missing}".lstrip("."), "is missing")
    if words.startswith("Object contains unknown field"):
        known = ", ".join(getattr(_struct_in(declared), "__struct_fields__", ()))
        return FieldError(
            path, f"has a field that is not known here; known are: {known}" if known else "has an unknown field"
        )
    if words.startswith("Invalid enum value"):
        return FieldError(path, f"is not one of: {', '.join(_words_of(declared))}")
    if words.startswith("Invalid RFC3339"):
        is_time = datetime in _options(declared)
        return FieldError(path, _NO_TIME if is_time else "is not a date written YYYY-MM-DD")
    if words.startswith("Expected `str`") and ("length" in words or "matching" in words):
        return FieldError(path, _BAD_TEXT.get(path.rpartition(".")[2], _LENGTH if "length" in words else _UNREADABLE))
    expected = words.removeprefix("Expected `").partition("`")[0].partition(" ")[0]
    return FieldError(path, _EXPECTED.get(expected, "has the wrong JSON type"))


_NO_TIME = "is not a time with its zone, such as 2026-11-22T02:00:00Z"
_EXPECTED = {
    "str": "must be a JSON string, in quotes",
    "bool": "must be true or false",
    "date": "must be a date in quotes, written YYYY-MM-DD",
    "datetime": _NO_TIME,
    "object": "must be a JSON object",
    "array": "must be a JSON array, not empty and not too long",
}
_BAD_TEXT = {
    "phone": "must be 3 to 30 digits, spaces or ( ) . / -, perhaps with + before and an extension (ext 123, option 2) "
    "after, and a second number after or / , ; (at most 100 characters)",
    "email": "is not an e-mail address, or has characters that cannot be seen",
    "authority": "must be an ONS GSS code or an ODS code, such as E09000014 or RAP",
    "lookup_id": "must be the lookup_id of an answer: 26 digits and capital letters",
    "proposal": "must be the code of the proposal: 26 digits and capital letters",
    "after": "must be next_after of the page before",
}
_LENGTH = "must not be empty or too long"
_UNREADABLE = "has characters that cannot be seen, such as line breaks, or none that can be seen"


def _words_of(kind: Any) -> list[str]:
    """The words that an enumeration or a literal allows."""
    options = _options(kind)
    listed = [word for one in options if isinstance(one, type) and issubclass(one, StrEnum) for word in one]
    return [*listed, *(one for one in options if isinstance(one, str))]


def _declared(kind: Any, path: str) -> Any:
    """The type that the body's schema gives the field at `path`, or None if it has no such field."""
    for step in filter(None, path.split(".")):
        fields_of = msgspec.structs.fields(struct) if (struct := _struct_in(kind)) else ()
        kind = next((field.type for field in fields_of if field.name == step), None)
    return kind


def _struct_in(kind: Any) -> Any:
    return next((one for one in _options(kind) if hasattr(one, "__struct_fields__")), None)


def _options(kind: Any) -> tuple[Any, ...]:
    return (kind, *getattr(kind, "__args__", ()))
