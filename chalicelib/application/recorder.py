"""The recorder makes the access records of acts, each with its id and time, and writes them."""

from datetime import datetime
from typing import TypedDict, Unpack

from ..domain.access_records import Act, Actor, ActRecord, FoundLookup, Unattended
from ..domain.authority import Caller
from ..domain.child import ChildKey
from ..domain.limits import SoftLimit
from ..domain.notices import KEPT_FOR, StoredNotice
from ..domain.outcomes import EntryOutcome
from ..domain.values import Struct
from .ports import AccessLog, Clock, NewId, SameId


class About(TypedDict, total=False):
    """The fields of an `ActRecord` that name what the act concerns, besides the child."""

    authority_code: str | None
    reference: str | None
    version: str | None
    present: ChildKey | None
    over_soft_limit: SoftLimit | None


class Ended(Struct, frozen=True, kw_only=True):
    """An involvement that has reached its end: its last version, and the end itself."""

    child: ChildKey
    authority_code: str
    reference: str
    version: str
    expires_at: datetime


class Recorder(Struct, frozen=True, kw_only=True):
    access_log: AccessLog
    clock: Clock
    new_id: NewId
    same_id: SameId

    def make(self, act: Act, actor: Actor, child: ChildKey | None = None, **about: Unpack[About]) -> ActRecord:
        """Makes an access record for a store that writes it in one transaction with the change."""
        return ActRecord(id=self.new_id(), at=self.clock(), child=child, actor=actor, act=act, **about)

    def make_change(
        self, act: Act, actor: Actor, child: ChildKey, new_version: str, **about: Unpack[About]
    ) -> ActRecord:
        """Makes the access record of a write that gives an item a new version. Its id is that version, so a watcher
        finds it from the item."""
        return ActRecord(id=new_version, at=self.clock(), child=child, actor=actor, act=act, **about)

    def write(self, act: Act, actor: Actor, child: ChildKey | None = None, **about: Unpack[About]) -> None:
        """Makes an access record and writes it. Raises Unavailable if it is not durably written."""
        self.access_log.append_act(self.make(act, actor, child, **about))

    def make_outcome(self, lookup: FoundLookup, outcome: EntryOutcome, caller: Caller) -> ActRecord:
        """Makes the access record of an outcome. Its id depends on lookup and entry alone, so there is one of each."""
        return ActRecord(
            id=self.same_id(lookup.at, Act.OUTCOME, lookup.id, str(outcome.entry)),
            at=self.clock(),
            child=lookup.child,
            actor=caller,
            act=Act.OUTCOME,
            reference=lookup.id,
            outcome=outcome,
        )

    def make_notice_erased(self, notice: StoredNotice, actor: Actor) -> ActRecord:
        """Makes the access record that explains why a notice and its mark are gone. It is under the recipient and names
        no child. Its id depends on the notice alone, so that the watcher finds it."""
        return ActRecord(
            id=self.notice_erasure_id(notice),
            at=self.clock(),
            child=None,
            actor=actor,
            act=Act.NOTICE_ERASED,
            authority_code=notice.recipient,
        )

    def notice_erasure_id(self, notice: StoredNotice) -> str:
        return self.same_id(notice.kept_until - KEPT_FOR, Act.NOTICE_ERASED, notice.recipient, str(notice.number))

    def make_expired(self, ended: Ended) -> ActRecord:
        """Makes the "expired" access record. Its id depends on `ended` alone, so duplicates collapse into one.

        `at` is the end itself, because from then on the record does not exist, however late its row is removed.
        """
        words = (ended.child, ended.authority_code, ended.reference, ended.version)
        return ActRecord(
            id=self.same_id(ended.expires_at, Act.EXPIRED, *words),
            at=ended.expires_at,
            child=ended.child,
            actor=Unattended.SERVICE,
            act=Act.EXPIRED,
            authority_code=ended.authority_code,
            reference=ended.reference,
            version=ended.version,
        )

    def write_expired(self, ended: Ended) -> None:
        """Writes the "expired" access record, unless it is there. Raises Unavailable if it is not durably written."""
        self.access_log.append_once(self.make_expired(ended))
