"""Remove an authority for good: its records are skipped from now on, and its salt is deleted."""

from ...domain.access_records import Act, Operator
from ...domain.errors import Refused
from ...domain.values import Struct
from ..recorder import Recorder
from .find_authority import find_authority, refuse_if_changed
from .ports import Authorities


class RemoveAuthority(Struct, frozen=True, kw_only=True):
    authorities: Authorities
    recorder: Recorder

    def __call__(self, code: str, confirm: str, operator: Operator) -> bool:
        """Returns False if it is removed already and its salt is deleted. Raises Refused or Unavailable.

        `confirm` must contain the authority's name, because a mistyped or wrongly copied code belongs to an
        authority with another name.
        """
        authority = find_authority(self.authorities, code, also_removed=True)
        if confirm != f"remove {authority.name}":
            raise Refused(
                'confirm must be "remove", a space, and the name of the authority exactly as the registry has it. '
                "Nothing was changed."
            )
        access_record = self.recorder.make(Act.REMOVED, operator, authority_code=code)
        with refuse_if_changed(code):
            return self.authorities.remove(code, access_record)
