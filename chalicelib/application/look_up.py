"""The question: has another practitioner worked with this child, and whom do I ring?"""

from collections import Counter
from collections.abc import Set
from concurrent.futures import Executor, Future
from typing import Any

from ..domain.access_records import Disclosed, LookupRecord
from ..domain.authority import Caller, Contact, Purpose, Scope
from ..domain.child import ChildKey, NhsNumber
from ..domain.disclosure import Answer, ChildRecords, FullEntry, decide
from ..domain.errors import CannotAnswer, PurposeNotGranted, SystemMayNotLookUp, Unavailable, refuse_if_any
from ..domain.hiding import hiding_of
from ..domain.involvement import Status
from ..domain.limits import Limits, LookupCounts, over_soft_limit
from ..domain.texts import number_errors
from ..domain.values import Struct
from .ports import AccessLog, Checkpoints, Clock, DataKey, InvolvementStore, Meter, NewId, Pseudonyms, Registry, Usage


class Question(Struct, frozen=True, kw_only=True):
    nhs_number: NhsNumber
    purpose: Purpose
    case_reference: str


class LookUp(Struct, frozen=True, kw_only=True):
    """Three network steps: compute the pseudonym, read the child's records, write the access record.

    Everything else runs in parallel to one of them, and is finished before the answer leaves, because Lambda freezes
    any thread that is still running. If anything fails, the result is an error and never "none".
    """

    pseudonyms: Pseudonyms
    involvements: InvolvementStore
    access_log: AccessLog
    registry: Registry
    usage: Usage
    keys: tuple[DataKey, ...]
    checkpoints: Checkpoints
    clock: Clock
    new_id: NewId
    meter: Meter
    executor: Executor
    limits: Limits
    broker_desk: Contact

    def __call__(self, question: Question, caller: Caller) -> Answer:
        """Raises Forbidden, InvalidRequest, TooManyLookups or CannotAnswer."""
        caller.require(Scope.LOOKUP)
        if caller.is_system:
            raise SystemMayNotLookUp
        if question.purpose not in caller.authority.purposes:
            raise PurposeNotGranted
        recorded = {"case_reference": question.case_reference, **caller.texts}
        refuse_if_any(number_errors(recorded, [question.nhs_number]))
        try:
            answer = self._answer(question, caller)
        except Unavailable as error:
            raise CannotAnswer from error
        self.meter("LookupsKnown" if answer.decision.known else "LookupsNone")
        self._meter_ages(answer)
        return answer

    def _answer(self, question: Question, caller: Caller) -> Answer:
        child, counts = self._child_and_counts(question.nhs_number, caller)
        now = self.clock()
        over = over_soft_limit(counts, self.limits, now)
        if over:
            self.meter("SoftLimitPassed")
        # One view for the whole answer, because the registry may be refreshed meanwhile.
        registry = self.registry.view()
        records = self._records(child, registry.removed, caller)
        decision = decide(records, registry.authorities, caller, question.purpose, now)
        hiding = hiding_of(caller.authority.code, caller.practitioner_id, records, now)
        lookup_id = self.new_id()
        self.access_log.append_lookup(
            LookupRecord(
                id=lookup_id,
                at=now,
                child=child,
                caller=caller,
                purpose=question.purpose,
                case_reference=question.case_reference,
                over_soft_limit=over,
                disclosed=Disclosed(
                    known=decision.known,
                    complete=decision.all_read,
                    rows=decision.shown,
                    sensitive=hiding.hidden,
                    behind=hiding.behind,
                    left_out=decision.left_out,
                ),
            )
        )
        return Answer(
            lookup_id=lookup_id,
            asked_at=now,
            case_reference=question.case_reference,
            purpose=question.purpose,
            decision=decision,
            coverage=registry.coverage,
            broker_desk=self.broker_desk,
            trace_number=records.trace_number and not decision.shielded,
            checkpoint=self.checkpoints.known(),
        )

    def _meter_ages(self, answer: Answer) -> None:
        """How well confirmed the entries are that this answer shows in full."""
        ages = Counter(entry.status for entry in answer.decision.entries if isinstance(entry, FullEntry))
        self.meter("EntriesCurrent", ages[Status.CURRENT])
        self.meter("EntriesUnconfirmed", ages[Status.UNCONFIRMED])
        self.meter("EntriesPrevious", ages[Status.PREVIOUS])

    def _child_and_counts(self, nhs_number: NhsNumber, caller: Caller) -> tuple[ChildKey, LookupCounts]:
        """The first step. In parallel it counts the lookup and, in a new container, unwraps the service key and the
        audit key."""
        counting = self.executor.submit(self.usage.count_lookup, caller)
        unwrapping = [self.executor.submit(key.ready) for key in self.keys if not key.is_at_hand()]
        parallel: list[Future[Any]] = [counting, *unwrapping]
        try:
            child = self.pseudonyms.child_key(nhs_number)
        finally:
            _wait_for(parallel)
        return child, counting.result()

    def _records(self, child: ChildKey, passing_over: Set[str], caller: Caller) -> ChildRecords:
        """The second step. In parallel it refreshes the registry and the checkpoint and writes the counters, if any of
        that is due."""
        parallel: list[Future[Any]] = []
        if self.registry.refresh_is_due():
            parallel.append(self.executor.submit(self.registry.refresh_if_due))
        if self.checkpoints.refresh_is_due():
            parallel.append(self.executor.submit(self.checkpoints.refresh))
        if self.usage.settling_is_due(caller.authority.code):
            parallel.append(self.executor.submit(self.usage.settle, caller.authority.code))
        try:
            return self.involvements.of_child(child, passing_over)
        finally:
            _wait_for(parallel)


def _wait_for(futures: list[Future[Any]]) -> None:
    """Waits until all have ended, then raises the error of the first in the list that failed."""
    failures = [future.exception() for future in futures]
    for failure in failures:
        if failure is not None:
            raise failure
