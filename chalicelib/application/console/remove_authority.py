"""Remove an authority for good: its records are skipped from now on, and its salt is shredded."""

from ...domain.access_records import Act, Operator
from ...domain.errors import Refused
from ...domain.values import Struct
from ..recorder import Recorder
from .find_authority import entered, unless_changed
from .ports import Authorities


class RemoveAuthority(Struct, frozen=True, kw_only=True):
    authorities: Authorities
    recorder: Recorder

    def __call__(self, code: str, confirm: str, operator: Operator) -> bool:
        """False if it is removed and shredded. Raises Refused or Unavailable.

        `confirm` names the authority in words: a slip in the code, or a code copied from elsewhere, has another name.
        """
        authority = entered(self.authorities, code, also_removed=True)
        if confirm != f"remove {authority.name}":
            raise Refused(
                'confirm must be "remove", a space, and the name of the authority exactly as the registry has it. '
                "Nothing was changed."
            )
        record = self.recorder.make(Act.REMOVED, operator, authority_code=code)
        with unless_changed(code):
            return self.authorities.remove(code, record)
