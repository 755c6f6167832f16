"""Replace an authority's signing keys, all of them: a token signed with another is refused within a minute."""

from ...domain.access_records import Act, Operator
from ...domain.values import Struct
from ..recorder import Recorder
from .find_authority import entered, unless_changed
from .ports import Authorities


class ReplaceKeys(Struct, frozen=True, kw_only=True):
    """Its standing stays as it is: keys that leaked are replaced while it is suspended."""

    authorities: Authorities
    recorder: Recorder

    def __call__(self, code: str, jwks: str, operator: Operator) -> bool:
        """False if it has exactly these. Raises Refused or Unavailable."""
        entered(self.authorities, code)
        record = self.recorder.make(Act.KEYS_REPLACED, operator, authority_code=code)
        with unless_changed(code):
            return self.authorities.replace_keys(code, jwks, record)
