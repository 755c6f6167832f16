"""Suspend an authority: within a minute it can no longer call. Its records are still served."""

from ...domain.access_records import Act, Operator
from ...domain.authority import Standing
from ...domain.values import Struct
from ..recorder import Recorder
from .find_authority import entered, unless_changed
from .ports import Authorities


class SuspendAuthority(Struct, frozen=True, kw_only=True):
    authorities: Authorities
    recorder: Recorder

    def __call__(self, code: str, operator: Operator) -> bool:
        """False if it is suspended. Raises Refused or Unavailable."""
        entered(self.authorities, code)
        record = self.recorder.make(Act.SUSPENDED, operator, authority_code=code)
        with unless_changed(code):
            return self.authorities.set_standing(code, Standing.SUSPENDED, record)
