"""The query parameters of calls that answer in pages, and the cursors: where a page begins and how long it may be."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping

from ...domain.errors import FieldError, InvalidRequest
from ...domain.references import read_reference

LARGEST_PAGE = 1000
LARGEST_NOTICE_PAGE = 100
_USUAL_PAGE = 100
_NUMBER = re.compile(r"0|[1-9][0-9]{0,11}", re.ASCII)

_IN_REGISTER, _IN_NOTICES = "register", "notices"

Query = Mapping[str, list[str]]


def page(query: Query) -> tuple[str | None, int]:
    """`cursor` and `limit` of a register page. Raises InvalidRequest."""
    cursor, limit = _page(query, "cursor", LARGEST_PAGE)
    return (None if cursor is None else _read_cursor(cursor)), limit


def quality_page(query: Query) -> tuple[str | int | None, int]:
    """`cursor` and `limit` of a page of quality. Raises InvalidRequest.

    A cursor is a reference in the register, or a number among the notices.
    """
    cursor, limit = _page(query, "cursor", LARGEST_PAGE)
    if cursor is None:
        return None, limit
    part, _, rest = cursor.partition(".")
    if part == _IN_REGISTER:
        return _read_cursor(rest), limit
    if part != _IN_NOTICES or not _NUMBER.fullmatch(rest):
        raise _not_ours("cursor")
    return int(rest), limit


def quality_cursor(at: str | int | None) -> str | None:
    if at is None:
        return None
    return f"{_IN_NOTICES}.{at}" if isinstance(at, int) else f"{_IN_REGISTER}.{cursor_of(at)}"


def notice_page(query: Query) -> tuple[int, int]:
    """`after` and `limit` of a page of notices. Raises InvalidRequest."""
    after, limit = _page(query, "after", LARGEST_NOTICE_PAGE)
    if after is None:
        return 0, limit
    if not _NUMBER.fullmatch(after):
        raise _not_ours("after")
    return int(after), limit


def history_query(query: Query) -> int | None:
    """`from`: the number of the checkpoint that the caller saw. Raises InvalidRequest."""
    if query.keys() - {"from"}:
        raise InvalidRequest(FieldError("", "has an unknown query parameter; known are: from"))
    if not (values := query.get("from")):
        return None
    if len(values) != 1:
        raise InvalidRequest(FieldError("", "repeats a query parameter"))
    if not _NUMBER.fullmatch(values[0]) or values[0] == "0":
        raise InvalidRequest(FieldError("from", "must be the number of a checkpoint: a whole number from 1"))
    return int(values[0])


def _page(query: Query, cursor: str, largest: int) -> tuple[str | None, int]:
    if query.keys() - {cursor, "limit"}:
        raise InvalidRequest(FieldError("", f"has an unknown query parameter; known are: {cursor}, limit"))
    if any(len(values) != 1 for values in query.values()):
        raise InvalidRequest(FieldError("", "repeats a query parameter"))
    limit = query.get("limit", [str(_USUAL_PAGE)])[0]
    if not (limit.isascii() and limit.isdigit() and len(limit) <= 4 and 1 <= int(limit) <= largest):
        raise InvalidRequest(FieldError("limit", f"must be a whole number from 1 to {largest}"))
    return query.get(cursor, [None])[0], int(limit)


def cursor_of(reference: str) -> str:
    return urlsafe_b64encode(reference.encode()).rstrip(b"=").decode()


def _read_cursor(cursor: str) -> str:
    try:
        return read_reference(urlsafe_b64decode(cursor.encode("ascii") + b"==").decode("ascii"))
    except (ValueError, InvalidRequest):
        raise _not_ours("cursor") from None


def _not_ours(field: str) -> InvalidRequest:
    return InvalidRequest(FieldError(field, "is not a cursor of ours; start again without one"))
