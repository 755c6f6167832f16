"""Reinstate a suspended authority: within a minute it can call again, as far as it is granted."""

from ...domain.access_records import Act, Operator
from ...domain.authority import Standing
from ...domain.values import Struct
from ..recorder import Recorder
from .find_authority import entered, unless_changed
from .ports import Authorities


class ReinstateAuthority(Struct, frozen=True, kw_only=True):
    authorities: Authorities
    recorder: Recorder

    def __call__(self, code: str, operator: Operator) -> bool:
        """False if it is active. Raises Refused or Unavailable."""
        entered(self.authorities, code)
        record = self.recorder.make(Act.REINSTATED, operator, authority_code=code)
        with unless_changed(code):
            return self.authorities.set_standing(code, Standing.ACTIVE, record)
