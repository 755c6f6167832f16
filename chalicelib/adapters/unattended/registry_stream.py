"""Reads the stream of the Registry table. Only the names of what changed leave this module, and the standing."""

from typing import Any

import msgspec

from ...application.store_errors import Unreadable
from ...domain.authority import RegistryField
from ...domain.registry_changes import RegistryChange, in_order
from ..decoding import AuthorityCode
from ..dynamodb import attributes
from ..dynamodb.tables import Item
from .dead_letters import StreamRecord
from .stream_records import Change, read_change

_SETS = ("SS", "NS", "BS")
_WORDS = {field.value: field for field in RegistryField} | {
    # Attributes of these names would be words of ours.
    word.value: RegistryField.OTHER
    for word in (RegistryField.ENTERED, RegistryField.DELETED, RegistryField.OTHER)
}
_KEY = "authority"


def registry_change(record: StreamRecord) -> RegistryChange:
    """`record`: a stream record of the Registry table. Raises Unreadable if that stream could not have sent it."""
    change = read_change(record)
    return RegistryChange(
        id=change.id,
        at=change.at,
        authority_code=_code(change.keys),
        changed=_changed(change),
        standing=None if change.after is None else attributes.or_none(attributes.text, change.after, "standing"),
    )


def _code(keys: Item) -> str | None:
    try:
        return msgspec.convert(attributes.text(keys, _KEY), AuthorityCode)
    except (Unreadable, msgspec.ValidationError):
        return None


def _changed(change: Change) -> tuple[RegistryField, ...]:
    if change.before is None:
        return (RegistryField.ENTERED,)
    if change.after is None:
        return (RegistryField.DELETED,)
    before, after = _comparable(change.before), _comparable(change.after)
    names = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    return in_order(_WORDS.get(name, RegistryField.OTHER) for name in names)


def _comparable(image: Item) -> dict[str, Any]:
    """DynamoDB sends sets in any order."""
    return {name: _value(value) for name, value in image.items()}


def _value(value: dict[str, Any]) -> Any:
    return next(((kind, frozenset(value[kind])) for kind in _SETS if kind in value), value)
