"""Read the register of the caller's authority, page by page. That is recorded before it leaves."""

from ..domain.access_records import Act, ActRecord
from ..domain.authority import Caller, Scope
from ..domain.values import Struct
from .ports import AccessLog, Clock, InvolvementStore, NewId, RegisterPage


class ReadRegister(Struct, frozen=True, kw_only=True):
    involvements: InvolvementStore
    access_log: AccessLog
    clock: Clock
    new_id: NewId

    def __call__(self, after: str | None, limit: int, caller: Caller) -> RegisterPage:
        """Live and readable entries only, so a page may hold fewer than `limit`. Raises Forbidden or Unavailable."""
        caller.require(Scope.REGISTER)
        now = self.clock()
        page = self.involvements.register_page(caller.authority.code, after, limit)
        self.access_log.append_act(ActRecord(id=self.new_id(), at=now, child=None, actor=caller, act=Act.LISTED))
        return RegisterPage(
            tuple(entry for entry in page.entries if entry.is_live(now) and not entry.damaged), page.next_reference
        )
