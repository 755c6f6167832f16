"""Serves the OpenAPI description, which `make openapi` writes beside this module."""

from functools import cache
from pathlib import Path

import msgspec

FILE = Path(__file__).with_name("openapi.json")


@cache
def document() -> str:
    """Reads the file at first use, because a cold start should not wait for it."""
    return msgspec.json.format(FILE.read_bytes(), indent=-1).decode()
