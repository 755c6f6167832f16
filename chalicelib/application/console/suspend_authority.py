"""Suspend an authority: within a minute it can no longer call. Its records are still served."""

from ...domain.access_records import Act, Operator
from ...domain.authority import Standing
from ...domain.values import Struct
from ..recorder import Recorder
from .find_authority import find_authority, refuse_if_changed
from .ports import Authorities


class SuspendAuthority(Struct, frozen=True, kw_only=True):
    authorities: Authorities
    recorder: Recorder

    def __call__(self, code: str, operator: Operator) -> bool:
        """Returns False if it is suspended already. Raises Refused or Unavailable."""
        find_authority(self.authorities, code)
        access_record = self.recorder.make(Act.SUSPENDED, operator, authority_code=code)
        with refuse_if_changed(code):
            return self.authorities.set_standing(code, Standing.SUSPENDED, access_record)
