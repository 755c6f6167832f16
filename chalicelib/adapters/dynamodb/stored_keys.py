"""Reads the wrapped audit key from the Keys table. `registry.py` reads the other keys, together with the registry."""

from ..sealing.audit_keys import AUDIT_KEY
from . import attributes
from .schema import KeyItem
from .tables import Tables


def read_wrapped(tables: Tables, version: int) -> bytes | None:
    """Returns None if there is none of that version. Raises Unreadable or Unavailable."""
    item = tables.get(KeyItem, f"{AUDIT_KEY}{version}")
    return None if item is None else attributes.blob(item, "secret")
