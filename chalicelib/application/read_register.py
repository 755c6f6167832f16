"""Read the register of the caller's authority, page by page. The access record is written first."""

from ..domain.access_records import Act
from ..domain.authority import Caller, Scope
from ..domain.values import Struct
from .ports import Clock, InvolvementStore
from .recorder import Recorder
from .register_entries import RegisterPage


class ReadRegister(Struct, frozen=True, kw_only=True):
    involvements: InvolvementStore
    recorder: Recorder
    clock: Clock

    def __call__(self, after: str | None, limit: int, caller: Caller) -> RegisterPage:
        """Returns live and readable entries only, so a page may hold fewer than `limit`.

        Raises Forbidden or Unavailable.
        """
        caller.require(Scope.REGISTER)
        now = self.clock()
        page = self.involvements.register_page(caller.authority.code, after, limit)
        self.recorder.write(Act.LISTED, caller)
        return RegisterPage(
            tuple(entry for entry in page.entries if entry.is_live(now) and not entry.damaged), page.next_reference
        )
