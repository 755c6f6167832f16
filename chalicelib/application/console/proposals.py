"""Work that cannot be undone, or that gives power, takes two people: one proposes it, another carries it out.

IAM keeps the two apart (docs/adr/0011). This module binds them to one piece of work: a proposal holds for exactly what
was proposed, for a few days, and only once.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from ...domain.access_records import Act, ActRecord, Operator
from ...domain.errors import AlreadyCarriedOut, Refused
from ...domain.proposals import Proposal, Work
from ...domain.values import Struct, field
from ..ports import Clock, SameId
from ..recorder import Recorder
from ..store_errors import Unreadable


class Proposed(Struct, frozen=True, kw_only=True):
    """The answer to a proposal. `would`: sentences that say what the work would do. `details`: more fields."""

    function: str
    code: str
    ends_at: datetime
    would: str
    details: Mapping[str, object] = field(default_factory=dict)


class ProposalLog(Protocol):
    """The proposals among the access records. Every method raises Unavailable."""

    def find(self, work: Work, code: str) -> Proposal | None:
        """The proposal with this code about the same child or authority, or about the whole service.

        None if there is no access record with this id, or if it is no proposal or does not open.
        """
        ...

    def has(self, record: ActRecord) -> bool:
        """True if this access record is stored, with the same act and reference. Raises Unreadable if something else
        has its key."""
        ...


class Proposals(Struct, frozen=True, kw_only=True):
    log: ProposalLog
    recorder: Recorder
    clock: Clock
    same_id: SameId

    def propose(
        self, work: Work, would: str, operator: Operator, details: Mapping[str, object] | None = None
    ) -> Proposed:
        """Raises Unavailable."""
        record = self.recorder.make(
            Act.PROPOSED, operator, work.child, authority_code=work.authority_code, reference=work.summary
        )
        self.recorder.access_log.append_act(record)
        made = Proposal(code=record.id, at=record.at, summary=work.summary, requested_by=operator.requested_by)
        return Proposed(
            function=work.function, code=made.code, ends_at=made.ends_at, would=would, details=details or {}
        )

    def check(self, work: Work, code: str, operator: Operator) -> Proposal:
        """The proposal of exactly this work, which may be carried out now.

        Raises AlreadyCarriedOut, or Refused: then the attempt is recorded. Raises Unavailable.
        """
        try:
            return self._valid(work, code, operator)
        except Refused:
            self.recorder.write(
                Act.FOUND_UNCHANGED, operator, work.child, authority_code=work.authority_code, reference=code
            )
            raise

    def _valid(self, work: Work, code: str, operator: Operator) -> Proposal:
        found = self.log.find(work, code)
        if found is None or not found.summary.startswith(f"{work.function} "):
            raise Refused(
                "There is no proposal with this code for what you typed. Check the code, and type the fields again. "
                "Nothing was changed."
            )
        if not found.at <= self.clock() < found.ends_at:
            raise Refused(f"The proposal ended on {found.ends_at:%F at %H:%M} UTC. Nothing was changed.")
        if _same_person(found.requested_by, operator.requested_by):
            raise Refused("The proposal has the same requested_by: two people must do this. Nothing was changed.")
        if self._is_used_up(self.carried_out(work, found, operator)):
            raise AlreadyCarriedOut
        if found.summary != work.summary:
            raise Refused(
                "This is not what was proposed, or what it would do has changed since. Propose it again. Nothing was "
                "changed."
            )
        return found

    def finish(self, work: Work, proposal: Proposal, operator: Operator) -> None:
        """Uses the proposal up. Call it when the work is complete: until then, the same event may continue it.

        Work that is one transaction writes `carried_out` in it instead. Otherwise, if the run broke off in between, the
        proposal could undo what two others have granted since.
        """
        record = self.carried_out(work, proposal, operator)
        if not self._is_used_up(record):
            self.recorder.access_log.append_act(record)

    def _is_used_up(self, record: ActRecord) -> bool:
        try:
            return self.log.has(record)
        except Unreadable:
            raise Refused(
                "The access record that would show whether this proposal was carried out does not open. Check whether "
                "the work is done. If it is not, propose it again."
            ) from None

    def carried_out(self, work: Work, proposal: Proposal, operator: Operator) -> ActRecord:
        """The access record that uses the proposal up. Its id depends on the proposal alone, so each proposal has at
        most one."""
        return ActRecord(
            id=self.same_id(proposal.at, Act.CARRIED_OUT, proposal.code),
            at=self.clock(),
            child=work.child,
            actor=operator,
            act=Act.CARRIED_OUT,
            authority_code=work.authority_code,
            reference=proposal.code,
        )


def _same_person(one: str, other: str) -> bool:
    """Catches a slip, but not a lie: IAM keeps the two roles apart."""
    return " ".join(one.casefold().split()) == " ".join(other.casefold().split())
