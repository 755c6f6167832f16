"""The OpenAPI description of this API, as `make openapi` wrote it beside this module."""

from functools import cache
from pathlib import Path

import msgspec

FILE = Path(__file__).with_name("openapi.json")


@cache
def document() -> str:
    """Read when first asked for: it is nothing that a cold start should wait for."""
    return msgspec.json.format(FILE.read_bytes(), indent=-1).decode()
