"""Export the lookups of an authority on one day, each with the proof that it is in the history as it was recorded."""

from datetime import date

from ...domain.access_records import Act, Operator
from ...domain.errors import Refused
from ...domain.history import Checkpoint, ExportedLookup, Minute
from ...domain.values import Struct
from ..ports import Clock, HistoryProofs, Meter
from ..recorder import Recorder
from .find_authority import find_authority
from .ports import Authorities, LookupsToExport


class SealedMinute(Struct, frozen=True):
    """A minute of the export. `inclusion`: leads from it to the history of the latest checkpoint."""

    minute: Minute
    inclusion: tuple[bytes, ...]


class AuditPage(Struct, frozen=True, kw_only=True):
    """`unsealed`: how many of the lookups are in no checkpoint. `missing`: those of them that should be in one by now.
    `next_after`: leads to the next page."""

    lookups: tuple[ExportedLookup, ...]
    minutes: tuple[SealedMinute, ...]
    latest: Checkpoint
    public_key: bytes
    unsealed: int
    missing: int
    next_after: str | None


class AuditExport(Struct, frozen=True, kw_only=True):
    authorities: Authorities
    lookups: LookupsToExport
    proofs: HistoryProofs
    recorder: Recorder
    clock: Clock
    meter: Meter

    def __call__(self, code: str, day: date, after: str | None, operator: Operator) -> AuditPage:
        """Raises Refused or Unavailable."""
        if day > self.clock().date():
            raise Refused(f"{day} is in the future.")
        find_authority(self.authorities, code, also_removed=True)
        latest = self.proofs.latest()
        if latest is None:
            raise Refused("The history of this stage has no checkpoint yet.")
        page = self.lookups.page(code, day, after or self.recorder.new_id())
        missing = sum(one.is_missing(self.clock()) for one in page.lookups)
        if missing:
            self.meter("LeavesMissing", missing)
        minutes = {one.place.minute.number: one.place.minute for one in page.lookups if one.place is not None}
        self.recorder.write(Act.AUDIT_EXPORTED, operator, authority_code=code, reference=day.isoformat())
        return AuditPage(
            lookups=page.lookups,
            minutes=tuple(SealedMinute(one, self.proofs.inclusion(one, latest)) for one in minutes.values()),
            latest=latest,
            public_key=self.proofs.public_key(latest.key_id),
            unsealed=sum(one.place is None for one in page.lookups),
            missing=missing,
            next_after=page.next_after,
        )
