"""Watch the registry. Every change of an item leaves an access record and sends a message to all who get the alarms.

The stream of the access records then brings the authority a notice (`notify.py`).
"""

from collections.abc import Sequence

from ...domain.access_records import Act, ActRecord, Unattended
from ...domain.hand_edits import CLOCKS_DIFFER
from ...domain.registry_changes import EXPLAINS_FOR, RegistryChange, explains
from ...domain.values import Struct
from ..ports import AccessHistory, AccessLog, Meter, PastAct, SameId
from .ports import Announce


class WatchRegistry(Struct, frozen=True, kw_only=True):
    """The message goes last. If it cannot be sent, the change is delivered again, and its access record is found."""

    history: AccessHistory
    access_log: AccessLog
    same_id: SameId
    announce: Announce
    meter: Meter
    stage: str

    def __call__(self, change: RegistryChange) -> None:
        """Raises Unavailable."""
        if not change.changed:
            return
        past, id = self._past(change), self._id(change)
        recorded = next((act for act in past if act.id == id), None)
        explained_by = _explanation(change, past) if recorded is None else _named(recorded, past)
        record = ActRecord(
            id=id,
            at=change.at,
            child=None,
            actor=Unattended.SERVICE,
            act=Act.REGISTRY_CHANGED,
            authority_code=change.authority_code,
            reference=None if explained_by is None else explained_by.id,
            changed=change.changed,
        )
        if recorded is None:
            self.access_log.append_act(record)
        self.announce(f"Known To {self.stage}: the registry was changed", _message(change, record, explained_by))
        self.meter("RegistryChanges")

    def _id(self, change: RegistryChange) -> str:
        """Depends on the change alone, so that a repeat finds the same access record."""
        return self.same_id(change.at, Act.REGISTRY_CHANGED, change.authority_code or "", change.id)

    def _past(self, change: RegistryChange) -> tuple[PastAct, ...]:
        """Reaches back further than an act may explain this change: the change that such an act has explained already
        may have come a moment before it."""
        if change.authority_code is None:
            return ()
        since = change.at - EXPLAINS_FOR - CLOCKS_DIFFER
        return self.history.acts_of_authority(change.authority_code, since, change.at + CLOCKS_DIFFER)


def _explanation(change: RegistryChange, past: Sequence[PastAct]) -> PastAct | None:
    """An access record explains one change only: it does not cover a hand edit that follows an operator's act."""
    used = {act.reference for act in past if act.act == Act.REGISTRY_CHANGED}
    return next((act for act in past if act.id not in used and _explains(act, change)), None)


def _explains(act: PastAct, change: RegistryChange) -> bool:
    """False also for an access record that is not genuine."""
    if act.act is None or act.at is None:
        return False
    return act.at >= change.at - EXPLAINS_FOR and explains(act.act, change)


def _named(recorded: PastAct, past: Sequence[PastAct]) -> PastAct | None:
    """The explanation that an earlier delivery has already written into the access record of the change."""
    return next((act for act in past if act.id == recorded.reference), None)


def _message(change: RegistryChange, record: ActRecord, explained_by: PastAct | None) -> str:
    """Names no value: a phone number or a key does not belong in mail."""
    code = change.authority_code or "an item whose key is not the code of an authority"
    why = (
        "No access record of an operator explains it: it was changed by hand. Find out who did it and why."
        if explained_by is None
        else f"An operator's access record explains it: {explained_by.act}, {explained_by.id}."
    )
    return "\n".join(
        (
            f"Authority: {code}",
            f"Changed: {', '.join(change.changed)}",
            f"At: {change.at:%Y-%m-%d %H:%M:%S} UTC",
            why,
            f"Access record of the change: {record.id}. A message with the same id is a repeat.",
        )
    )
