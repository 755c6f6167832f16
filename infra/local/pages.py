"""The local stage's own pages, `/`, `/ask` and `/docs`, and the two calls that they make. They are never deployed.

They sign in with the keys in `.local/demo.json`, and only synthetic children are on record.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from chalicelib.adapters.decoding import decode
from chalicelib.domain.errors import FieldError, Forbidden, InvalidRequest, Unavailable

from . import sandbox
from .demo import Demo
from .synthetic import SAMPLES

_FOLDER = Path(__file__).with_name("pages")
_FILES = {
    "/": "start.html",
    **dict.fromkeys(("/ask", "/ask/"), "ask.html"),
    **dict.fromkeys(("/docs", "/docs/"), "docs.html"),
    **{f"/local/pages/{name}": name for name in ("style.css", "common.js", "docs.js", "ask.js", "outcome.js")},
}
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_STAGE, _TOKENS = "/local/stage", "/local/tokens"
_LARGEST_BODY = 2048
_OURS = ("127.0.0.1", "localhost")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

Name = Annotated[str, Meta(min_length=1, max_length=128)]


class TokenBody(Struct, forbid_unknown_fields=True):
    authority: Name
    sub: Name
    role: Name


@dataclass(frozen=True, slots=True)
class Page:
    headers: Mapping[str, str]
    body: bytes


def has_page(method: str, path: str) -> bool:
    read = method in {"GET", "HEAD"} and (path in _FILES or path == _STAGE)
    return read or (method == "POST" and path == _TOKENS)


def page(path: str, host: str, media_type: str, body: bytes) -> Page:
    """Raises Forbidden, InvalidRequest, UnreadableBody or Unavailable."""
    if host.rpartition(":")[0] not in _OURS:
        raise Forbidden  # another site has pointed its name at this machine
    if path in _FILES:
        return _file(_FILES[path])
    if path == _STAGE:
        return _json(_stage())
    if media_type != "application/json":
        raise Forbidden  # a form on another site can send other media types, and the browser would not ask us first
    return _json({"token": _token(decode(body[:_LARGEST_BODY], TokenBody))})


@cache
def _file(name: str) -> Page:
    file = _FOLDER / name
    return Page({**_HEADERS, "Content-Type": f"{_TYPES[file.suffix]}; charset=utf-8"}, file.read_bytes())


def _json(value: object) -> Page:
    return Page({**_HEADERS, "Content-Type": "application/json"}, json.dumps(value).encode())


def _stage() -> dict[str, object]:
    authorities = [{"code": code, "name": held["name"]} for code, held in _demo().authorities.items()]
    return {
        "authorities": authorities,
        "children": _children(SAMPLES),
        "sandbox": _children(sandbox.WORDS),
    }


def _children(words: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"nhs_number": number, "what": what} for number, what in words.items()]


def _token(asked: TokenBody) -> str:
    try:
        return _demo().token(asked.authority, asked.sub, role=asked.role)
    except KeyError:
        raise InvalidRequest(FieldError("authority", "is not one that can sign in here")) from None


def _demo() -> Demo:
    try:
        return Demo.load()
    except FileNotFoundError:
        raise Unavailable from None
