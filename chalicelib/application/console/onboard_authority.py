"""Onboard an authority: from now on it may register and look up, within the scopes and purposes it is granted."""

from ...domain.access_records import Act, Operator
from ...domain.errors import Refused
from ...domain.values import Struct
from ..recorder import Recorder
from ..store_errors import Conflict
from .ports import Authorities, NewAuthority


class OnboardAuthority(Struct, frozen=True, kw_only=True):
    authorities: Authorities
    recorder: Recorder

    def __call__(self, authority: NewAuthority, operator: Operator) -> bool:
        """Returns False if it is onboarded already, with exactly these details. Raises Refused or Unavailable."""
        access_record = self.recorder.make(Act.ONBOARDED, operator, authority_code=authority.code)
        try:
            return self.authorities.add(authority, access_record)
        except Conflict:
            raise Refused(
                f"{authority.code} is in the registry already, with other details. Nothing was changed. "
                "To change an authority, replace its keys or edit its registry item."
            ) from None
