"""Changes of the registry: what changed of an authority's item, and which act of an operator explains it.

Every change counts. A key or a scope decides who may ask, and the duty contact whom practitioners ring. The name
decides whom they believe they are ringing, and `reports_every_days` when an authority counts as silent.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from .access_records import Act
from .authority import RegistryField, Standing
from .values import Struct

EXPLAINS_FOR = timedelta(minutes=15)
"""How long an operator's act may explain a change. The two are one transaction, but the clocks of two machines differ.

An act explains nothing that happened more than `CLOCKS_DIFFER` before it. Otherwise whoever edits an item while an
operator is at work would be explained by what the operator does next.
"""


class RegistryChange(Struct, frozen=True, kw_only=True):
    """`id`: of the stream record, the same if it is delivered again.

    `authority_code`: None if the item's key is not the code of an authority. Nobody can sign in under it.
    `standing`: afterwards, as it is stored. None if it is unreadable or the item was deleted.
    """

    id: str
    at: datetime
    authority_code: str | None
    changed: tuple[RegistryField, ...]
    standing: str | None


class _Explained(Struct, frozen=True):
    """What an act changes. `standing`: the one that it sets, or None if it leaves the standing as it was."""

    fields: frozenset[RegistryField]
    standing: Standing | None = None


_GRANTS = frozenset({RegistryField.JWKS, RegistryField.SCOPES, RegistryField.PURPOSES, RegistryField.GRANTED})

_EXPLAINED: Mapping[str, _Explained] = {
    Act.ONBOARDED: _Explained(frozenset({RegistryField.ENTERED}), Standing.ACTIVE),
    Act.SUSPENDED: _Explained(frozenset({RegistryField.STANDING}), Standing.SUSPENDED),
    Act.REINSTATED: _Explained(frozenset({RegistryField.STANDING}), Standing.ACTIVE),
    Act.KEYS_REPLACED: _Explained(frozenset({RegistryField.JWKS, RegistryField.GRANTED})),
    Act.GRANTS_CHANGED: _Explained(_GRANTS),
    Act.REMOVED: _Explained(frozenset({RegistryField.STANDING, RegistryField.REMOVED_ON}), Standing.REMOVED),
}


def explains(act: str, change: RegistryChange) -> bool:
    """True if the act may have made the whole change. The caller checks the time."""
    explained = _EXPLAINED.get(act)
    return (
        explained is not None
        and set(change.changed) <= explained.fields
        and (explained.standing is None or change.standing == explained.standing)
    )


def in_order(fields: Iterable[RegistryField]) -> tuple[RegistryField, ...]:
    present = set(fields)
    return tuple(field for field in RegistryField if field in present)
