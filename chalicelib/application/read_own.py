"""Read the caller's own records: one whole, or the register page by page. Every look is recorded first."""

from ..domain.access import Act, ActRecord
from ..domain.authority import Caller, Scope
from ..domain.involvement import Involvement
from ..domain.values import Struct
from .conflicts import until_settled
from .own_records import read_live
from .permission import require
from .ports import AccessLog, Clock, InvolvementStore, NewId, RegisterPage


class ReadOwn(Struct, frozen=True, kw_only=True):
    involvements: InvolvementStore
    access_log: AccessLog
    clock: Clock
    new_id: NewId

    def one(self, reference: str, caller: Caller) -> Involvement:
        """Raises Forbidden, NotFound, RecordUnreadable or Unavailable."""
        require(caller, Scope.REGISTER)
        now = self.clock()
        entry, involvement = until_settled(lambda: read_live(self.involvements, caller.authority.code, reference, now))
        record = ActRecord(
            id=self.new_id(),
            at=now,
            child=entry.child,
            actor=caller,
            act=Act.READ,
            reference=reference,
            version=involvement.version,
        )
        self.access_log.append_act(record)
        return involvement

    def page(self, after: str | None, limit: int, caller: Caller) -> RegisterPage:
        """Live and readable entries only, so a page may hold fewer than `limit`. Raises Forbidden or Unavailable."""
        require(caller, Scope.REGISTER)
        now = self.clock()
        page = self.involvements.register_page(caller.authority.code, after, limit)
        self.access_log.append_act(ActRecord(id=self.new_id(), at=now, child=None, actor=caller, act=Act.LISTED))
        return RegisterPage(
            tuple(entry for entry in page.entries if entry.is_live(now) and not entry.damaged), page.next_reference
        )
