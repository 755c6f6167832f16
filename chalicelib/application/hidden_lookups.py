"""Finds which hidden lookups of a child are named after all, from the access records of what was done to its records.

A lookup costs nothing for this. A list of accesses or notices costs a read for each number of the child, of the acts
within 28 days of a hidden lookup, and nothing if none is hidden.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Protocol

from ..domain.child import ChildKey
from ..domain.hiding import NOTHING, PROVES_ITSELF_AFTER, HiddenLookup, RecordAct, is_named_after_all
from ..domain.values import Struct
from .ports import PastAct
from .supersession import Supersession


class ActHistory(Protocol):
    def acts_between(self, child: ChildKey, since: datetime, until: datetime) -> tuple[PastAct, ...]:
        """The acts under this key whose ids were made in that time. Strongly consistent. Raises Unavailable."""
        ...


class HiddenLookups(Struct, frozen=True):
    history: ActHistory
    supersession: Supersession

    def named(self, child: ChildKey, hidden: Iterable[HiddenLookup]) -> frozenset[str]:
        """The ids of those that are named after all. Raises Unavailable."""
        provable = [lookup for lookup in hidden if lookup.behind not in {b"", NOTHING}]
        if not provable:
            return frozenset()
        keys = self.supersession.keys_of(child).all
        spans = list(_spans(provable))
        acts = [act for key in keys for since, until in spans for act in self._acts(key, since, until)]
        return frozenset(lookup.id for lookup in provable if is_named_after_all(lookup, acts))

    def _acts(self, key: ChildKey, since: datetime, until: datetime) -> Iterator[RecordAct]:
        """Without those that are not genuine, and those that concern no record."""
        for act in self.history.acts_between(key, since, until):
            if (
                act.at is not None
                and act.act is not None
                and act.authority_code is not None
                and act.reference is not None
            ):
                yield RecordAct(at=act.at, act=act.act, authority_code=act.authority_code, reference=act.reference)


def _spans(lookups: Iterable[HiddenLookup]) -> Iterator[tuple[datetime, datetime]]:
    """From 28 days before each to 28 days after it. Those that overlap are one."""
    since = until = None
    for at in sorted(lookup.at for lookup in lookups):
        if since is None or until is None or at - PROVES_ITSELF_AFTER > until:
            if since is not None and until is not None:
                yield since, until
            since = at - PROVES_ITSELF_AFTER
        until = at + PROVES_ITSELF_AFTER
    if since is not None and until is not None:
        yield since, until
