"""Propose and carry out a change of an authority's grants."""

from typing import ClassVar

from ...domain.access_records import Act, Operator
from ...domain.authority import Grants
from ...domain.proposals import Work
from ...domain.values import Struct
from ..recorder import Recorder
from .find_authority import refuse_if_changed
from .ports import Authorities
from .proposals import Proposals


class Granting(Struct, frozen=True, kw_only=True):
    """What the console functions that change grants have in common.

    `function`: the name of the console function. `act`: what its access record says.
    """

    function: ClassVar[str]
    act: ClassVar[Act]

    authorities: Authorities
    recorder: Recorder
    proposals: Proposals

    def work(self, after: Grants) -> Work:
        """Everything that will be granted, so that a proposal no longer holds if something else is granted
        meanwhile."""
        return Work(function=self.function, content=after.content, authority_code=after.authority_code)

    def carry_out(self, before: Grants | None, after: Grants, proposal_code: str, operator: Operator) -> bool:
        """Returns False if it is granted exactly this already. Raises Refused, AlreadyCarriedOut or Unavailable."""
        code, work = after.authority_code, self.work(after)
        proposal = self.proposals.check(work, proposal_code, operator)
        if after == before:
            self.proposals.finish(work, proposal, operator)
            return False
        access_record = self.recorder.make(self.act, operator, authority_code=code)
        with refuse_if_changed(code):
            self.authorities.grant(after, before, access_record, self.proposals.carried_out(work, proposal, operator))
        return True
