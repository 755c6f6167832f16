"""Read what an authority should look at in its own register, page by page. The access record is written first.

The pages of the register come first, then those of the notices of calls that failed.
"""

from ..domain.access_records import Act
from ..domain.authority import Caller, Scope
from ..domain.errors import FieldError, InvalidRequest
from ..domain.outcomes import ContactOutcomes
from ..domain.quality import Remark, failed_contacts, remark_on
from ..domain.values import Struct
from .ports import Clock, InvolvementStore, Notices
from .recorder import Recorder
from .register_entries import RegisterEntry

Position = str | int | None
"""Where a page begins: None at the start of the register, a reference in it, a number among the notices."""

MOST_NOTICES = 100
"""On one page: each is opened."""


class QualityPage(Struct, frozen=True, kw_only=True):
    """`records`: how many live records the page is about. `remarks`: by reference. `next`: None after the last page."""

    records: int = 0
    remarks: tuple[tuple[str, Remark], ...] = ()
    contacts_failed: tuple[ContactOutcomes, ...] = ()
    next: Position = None


class ReadQuality(Struct, frozen=True, kw_only=True):
    involvements: InvolvementStore
    notices: Notices
    recorder: Recorder
    clock: Clock

    def __call__(self, at: Position, limit: int, caller: Caller) -> QualityPage:
        """Raises Forbidden, Unavailable, or InvalidRequest if `at` is higher than any notice's number."""
        caller.require(Scope.REGISTER)
        code = caller.authority.code
        page = self._of_notices(code, at, limit) if isinstance(at, int) else self._of_register(code, at, limit)
        self.recorder.write(Act.QUALITY_READ, caller)
        return page

    def _of_register(self, code: str, after: str | None, limit: int) -> QualityPage:
        now = self.clock()
        page = self.involvements.register_page(code, after, limit)
        live = [entry for entry in page.entries if entry.is_live(now) and not entry.damaged]
        return QualityPage(
            records=len(live),
            remarks=tuple((entry.reference, self._remark(code, entry)) for entry in live),
            next=0 if page.next_reference is None else page.next_reference,
        )

    def _remark(self, code: str, entry: RegisterEntry) -> Remark:
        return remark_on(
            self.involvements.glance(code, entry),
            confirmed_on=entry.confirmed_on,
            expires_at=entry.expires_at,
            undecided=entry.undecided_on is not None,
            trace_number=entry.trace_number_on is not None,
            now=self.clock(),
        )

    def _of_notices(self, code: str, after: int, limit: int) -> QualityPage:
        page = self.notices.page(code, after, min(limit, MOST_NOTICES))
        if after > page.given:
            raise InvalidRequest(FieldError("cursor", "is not a cursor of ours; start again without one"))
        failed = failed_contacts((numbered.notice for numbered in page.waiting), self.clock())
        is_last = page.last in (after, page.given)
        return QualityPage(contacts_failed=tuple(failed), next=None if is_last else page.last)
