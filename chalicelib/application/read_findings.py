"""Read what the rules on misuse have found in the caller's authority. The access record is written first."""

from ..domain.access_records import Act
from ..domain.authority import Caller, Scope
from ..domain.errors import FieldError, InvalidRequest, SystemMayNotReadFindings
from ..domain.misuse.digest import FindingsPage
from ..domain.values import Struct
from .ports import Clock, Findings
from .recorder import Recorder


class ReadFindings(Struct, frozen=True, kw_only=True):
    """For the authority's guardian, a person. A feed runs unattended, and its key is in many hands."""

    findings: Findings
    recorder: Recorder
    clock: Clock

    def __call__(self, after: int, limit: int, caller: Caller) -> FindingsPage:
        """Up to `limit` findings after the number `after`. Raises Forbidden, Unavailable, or InvalidRequest if `after`
        is higher than any number that was given."""
        caller.require(Scope.FINDINGS)
        if caller.is_system:
            raise SystemMayNotReadFindings
        code = caller.authority.code
        page = self.findings.page(code, after, limit, self.clock().date())
        if after > page.given:
            raise InvalidRequest(FieldError("after", "is not a cursor of ours; start again without one"))
        self.recorder.write(Act.FINDINGS_READ, caller, reference=str(page.last))
        if page.findings:
            self.findings.was_read(code, page.last)
        return page
