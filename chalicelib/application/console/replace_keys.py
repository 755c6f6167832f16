"""Replace all signing keys of an authority. Within a minute a token signed with an old key is refused."""

from ...domain.access_records import Act, Operator
from ...domain.values import Struct
from ..recorder import Recorder
from .find_authority import find_authority, refuse_if_changed
from .ports import Authorities


class ReplaceKeys(Struct, frozen=True, kw_only=True):
    """The standing does not change, so that leaked keys can be replaced while the authority is suspended."""

    authorities: Authorities
    recorder: Recorder

    def __call__(self, code: str, jwks: str, operator: Operator) -> bool:
        """Returns False if it has exactly these keys already. Raises Refused or Unavailable."""
        find_authority(self.authorities, code)
        access_record = self.recorder.make(Act.KEYS_REPLACED, operator, authority_code=code)
        with refuse_if_changed(code):
            return self.authorities.replace_keys(code, jwks, access_record)
