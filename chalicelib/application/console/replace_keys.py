"""Replace an authority's signing keys, all of them: a token signed with another is refused within a minute."""

from ...domain.access_records import Act, ActRecord, Operator
from ...domain.values import Struct
from ..ports import Clock, NewId
from .find_authority import entered, unless_changed
from .ports import Authorities


class ReplaceKeys(Struct, frozen=True, kw_only=True):
    """Its standing stays as it is: keys that leaked are replaced while it is suspended."""

    authorities: Authorities
    clock: Clock
    new_id: NewId

    def __call__(self, code: str, jwks: str, operator: Operator) -> bool:
        """False if it has exactly these. Raises OperationRefused or Unavailable."""
        entered(self.authorities, code)
        record = ActRecord(
            id=self.new_id(), at=self.clock(), child=None, actor=operator, act=Act.KEYS_REPLACED, authority_code=code
        )
        with unless_changed(code):
            return self.authorities.replace_keys(code, jwks, record)
