"""Onboard an authority: from now on it may register and look up, within the scopes and purposes it is granted."""

from ...domain.access_records import Act, Operator
from ...domain.errors import Refused
from ...domain.proposals import Work
from ...domain.values import Struct
from ..recorder import Recorder
from ..store_errors import Conflict
from .ports import Authorities, NewAuthority
from .proposals import Proposals, Proposed


class OnboardAuthority(Struct, frozen=True, kw_only=True):
    authorities: Authorities
    recorder: Recorder
    proposals: Proposals

    def propose(self, authority: NewAuthority, operator: Operator) -> Proposed:
        """Raises Refused or Unavailable."""
        if self.authorities.find(authority.code) is not None:
            raise Refused(_IS_THERE.format(authority.code))
        grants = authority.grants
        would = (
            f"{authority.name} would enter the registry with these signing keys. It could call within a minute, with "
            f"the scopes {', '.join(sorted(grants.scopes))} and for the purposes {', '.join(sorted(grants.purposes))}."
        )
        return self.proposals.propose(_work(authority), would, operator)

    def __call__(self, authority: NewAuthority, proposal_code: str, operator: Operator) -> bool:
        """Returns False if it is onboarded already, with exactly these details.

        Raises Refused, AlreadyCarriedOut or Unavailable.
        """
        work = _work(authority)
        proposal = self.proposals.check(work, proposal_code, operator)
        access_record = self.recorder.make(Act.ONBOARDED, operator, authority_code=authority.code)
        try:
            is_new = self.authorities.add(
                authority, access_record, self.proposals.carried_out(work, proposal, operator)
            )
        except Conflict:
            raise Refused(_IS_THERE.format(authority.code)) from None
        if not is_new:
            self.proposals.finish(work, proposal, operator)
        return is_new


_IS_THERE = (
    "{} is in the registry already. Nothing was changed. To change an authority, use replace_keys or change_grants, or "
    "edit its registry item."
)


def _work(authority: NewAuthority) -> Work:
    contact = authority.duty_contact
    content = (
        *authority.grants.content,
        authority.name,
        authority.sector,
        contact.name,
        contact.phone,
        str(authority.reports_every_days),
    )
    return Work(function="onboard_authority", content=content, authority_code=authority.code)
