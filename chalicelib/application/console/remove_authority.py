"""Remove an authority for good: its records are skipped from now on, and its salt is shredded."""

from ...domain.access_records import Act, ActRecord, Operator
from ...domain.errors import OperationRefused
from ...domain.values import Struct
from ..ports import Clock, NewId
from .find_authority import entered, unless_changed
from .ports import Authorities


class RemoveAuthority(Struct, frozen=True, kw_only=True):
    authorities: Authorities
    clock: Clock
    new_id: NewId

    def __call__(self, code: str, confirm: str, operator: Operator) -> bool:
        """False if it is removed and shredded. Raises OperationRefused or Unavailable.

        `confirm` names the authority in words: a slip in the code, or a code copied from elsewhere, has another name.
        """
        authority = entered(self.authorities, code, also_removed=True)
        if confirm != f"remove {authority.name}":
            raise OperationRefused(
                'confirm must be "remove", a space, and the name of the authority exactly as the registry has it. '
                "Nothing was changed."
            )
        record = ActRecord(
            id=self.new_id(), at=self.clock(), child=None, actor=operator, act=Act.REMOVED, authority_code=code
        )
        with unless_changed(code):
            return self.authorities.remove(code, record)
