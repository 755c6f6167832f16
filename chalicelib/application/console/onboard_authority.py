"""Onboard an authority: from now on it may register and ask, as far as it is granted."""

from ...domain.access_records import Act, ActRecord, Operator
from ...domain.errors import OperationRefused
from ...domain.values import Struct
from ..ports import Clock, Conflict, NewId
from .ports import Authorities, NewAuthority


class OnboardAuthority(Struct, frozen=True, kw_only=True):
    authorities: Authorities
    clock: Clock
    new_id: NewId

    def __call__(self, authority: NewAuthority, operator: Operator) -> bool:
        """False if it is onboarded exactly so. Raises OperationRefused or Unavailable."""
        record = ActRecord(
            id=self.new_id(),
            at=self.clock(),
            child=None,
            actor=operator,
            act=Act.ONBOARDED,
            authority_code=authority.code,
        )
        try:
            return self.authorities.add(authority, record)
        except Conflict:
            raise OperationRefused(
                f"{authority.code} is in the registry already, with other details. Nothing was changed. "
                "To change an authority, replace its keys or edit its registry item."
            ) from None
