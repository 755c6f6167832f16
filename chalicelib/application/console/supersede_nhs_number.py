"""Supersede NHS numbers: from now on an old number and its new one find the same child."""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum

from ...domain.access_records import Act, ActRecord, Operator
from ...domain.child import ChildKey, NhsNumber
from ...domain.errors import Refused, Unavailable
from ...domain.proposals import Work
from ...domain.values import Hidden, Struct
from ..ports import Clock, HasTime, InvolvementStore, Pseudonyms
from ..recorder import Recorder
from ..retries import retry_on_conflict
from ..supersession import ChildKeys, Supersession
from .proposals import Proposals, Proposed
from .tracing import live_records, mark_for_tracing

MAX_FORMER_NUMBERS = 20
"""So many fit into one transaction, with room to spare. Nobody has a tenth of that."""
MAX_PAIRS = 500
HELD_BACK = "The child is shielded. Decide about this child separately: propose this pair alone."
RUN_AGAIN = "Run the event again: pairs that are done stay done."


class Pair(Hidden, frozen=True):
    old: NhsNumber
    new: NhsNumber


class Result(StrEnum):
    """`TO_SUPERSEDE`: in a proposal, which changes nothing."""

    TO_SUPERSEDE = "to supersede"
    SUPERSEDED = "superseded"
    ALREADY = "already superseded"
    REFUSED = "refused"
    HELD_BACK = "held back"
    NOT_DONE = "not done"


class PairAnswer(Struct, frozen=True):
    """The answer about the pair at `pair`, counted from 1. It repeats no number."""

    pair: int
    result: Result
    why: str | None = None


class _Keys(Struct, frozen=True):
    old: ChildKey
    new: ChildKey


class SupersedeNhsNumber(Struct, frozen=True, kw_only=True):
    """No record is moved: a lookup under either number reads the rows under both. So superseding takes one transaction
    and is complete as soon as that succeeds. If the old number superseded others before, the same transaction leads
    those to the new number too. The entries of the old number's records are marked afterwards; running the event again
    finishes that.
    """

    pseudonyms: Pseudonyms
    supersession: Supersession
    involvements: InvolvementStore
    recorder: Recorder
    clock: Clock
    proposals: Proposals

    def propose(
        self, pairs: Sequence[Pair], has_time: HasTime, operator: Operator
    ) -> Proposed | tuple[PairAnswer, ...]:
        """If no pair is to be superseded, it proposes nothing and returns one answer for each pair.

        Raises Unavailable, or Refused if the list is too long for the time that a run has, or if its only pair is
        refused.
        """
        keys = [self._keys(pair, has_time) for pair in pairs]
        answers = self._answers(keys, has_time, operator, preview=True)
        if any(answer.result is Result.NOT_DONE for answer in answers):
            raise Refused("The list is too long for one run: send fewer pairs. Nothing was changed.")
        chosen = [pair for pair, answer in zip(keys, answers, strict=True) if answer.result is Result.TO_SUPERSEDE]
        if not chosen:
            return answers
        return self.proposals.propose(_work(keys), self._would(chosen, len(keys)), operator, {"pairs": answers})

    def __call__(
        self, pairs: Sequence[Pair], code: str, has_time: HasTime, operator: Operator
    ) -> tuple[PairAnswer, ...]:
        """`code`: that of the proposal. One answer for each pair.

        Raises Refused, AlreadyCarriedOut or Unavailable. The proposal is used up once every pair is decided.
        """
        keys = [self._keys(pair, has_time) for pair in pairs]
        proposal = self.proposals.check(_work(keys), code, operator)
        answers = self._answers(keys, has_time, operator, preview=False)
        if not any(answer.result is Result.NOT_DONE for answer in answers):
            self.proposals.finish(_work(keys), proposal, operator)
        return answers

    def _keys(self, pair: Pair, has_time: HasTime) -> _Keys:
        if not has_time():
            raise Refused("The list is too long for one run: send fewer pairs. Nothing was changed.")
        return _Keys(self.pseudonyms.child_key(pair.old), self.pseudonyms.child_key(pair.new))

    def _would(self, chosen: Sequence[_Keys], pairs: int) -> str:
        before = sum(live_records(self.involvements, pair.old, self.clock()) for pair in chosen)
        after = sum(live_records(self.involvements, pair.new, self.clock()) for pair in chosen)
        return (
            f"Pairs to supersede: {len(chosen)} of {pairs}. Involvements on record: {before} under the old "
            f"{_numbers(chosen)}, {after} under the new {_one_or_more(chosen)}. After this, a lookup under either "
            "number would show all of them, and their owners would learn of each other. Never do this for an adoption "
            "or another new identity: anybody who knows the old number would find the child's new place. Only "
            "undo_supersede takes it back, and not what was shown meanwhile."
        )

    def _answers(
        self, keys: Sequence[_Keys], has_time: HasTime, operator: Operator, *, preview: bool
    ) -> tuple[PairAnswer, ...]:
        olds, news = Counter(pair.old for pair in keys), Counter(pair.new for pair in keys)
        answers = []
        for number, pair in enumerate(keys, start=1):
            unclear = olds[pair.old] > 1 or pair.old in news or pair.new in olds
            if not has_time():
                answers.append(PairAnswer(number, Result.NOT_DONE, RUN_AGAIN))
                continue
            try:
                result = self._attempt(pair, operator, alone=len(keys) == 1, unclear=unclear, preview=preview)
                answers.append(PairAnswer(number, result, HELD_BACK if result is Result.HELD_BACK else None))
            except Refused as refused:
                if len(keys) == 1:
                    raise
                answers.append(PairAnswer(number, Result.REFUSED, refused.why))
            except Unavailable:
                if len(keys) == 1:
                    raise
                answers.append(PairAnswer(number, Result.NOT_DONE, RUN_AGAIN))
        return tuple(answers)

    @retry_on_conflict
    def _attempt(self, pair: _Keys, operator: Operator, *, alone: bool, unclear: bool, preview: bool) -> Result:
        """Every outcome leaves an access record, because the operator learns whether two numbers are one child."""
        old, new = self.supersession.keys_of(pair.old), self.supersession.keys_of(pair.new)
        if old.present == pair.new != pair.old:
            self.recorder.write(Act.FOUND_UNCHANGED, operator, pair.old)
            mark_for_tracing(self.involvements, (pair.old,), self.clock())
            return Result.ALREADY
        try:
            _check(old, pair, new, unclear=unclear)
        except Refused:
            self.recorder.write(Act.FOUND_UNCHANGED, operator, pair.old)
            raise
        if not alone and self._is_shielded(pair):
            self.recorder.write(Act.FOUND_UNCHANGED, operator, pair.old)
            return Result.HELD_BACK
        if preview:
            self.recorder.write(Act.PREVIEWED, operator, pair.old)
            return Result.TO_SUPERSEDE
        self.supersession.supersede(old, new, self._access_records(old, new, operator))
        mark_for_tracing(self.involvements, old.all, self.clock())
        return Result.SUPERSEDED

    def _is_shielded(self, pair: _Keys) -> bool:
        return any(self.involvements.of_child(key, frozenset()).shielded for key in (pair.old, pair.new))

    def _access_records(self, old: ChildKeys, new: ChildKeys, operator: Operator) -> list[ActRecord]:
        """One under each key. So the access records of every number show it, and a restore can write every pointer
        again. Those of the two numbers name the version of the list of former keys that is removed or replaced."""
        make = self.recorder.make
        superseded = [make(Act.SUPERSEDED, operator, key, present=new.present) for key in old.former]
        superseded.append(make(Act.SUPERSEDED, operator, old.present, present=new.present, version=old.version))
        return [*superseded, make(Act.SUPERSEDES, operator, new.present, version=new.version)]


def _work(keys: Sequence[_Keys]) -> Work:
    """A list concerns many children, so its proposal is recorded under none of them."""
    content = tuple(key for pair in keys for key in (pair.old, pair.new))
    return Work(function="supersede_nhs_number", content=content, child=keys[0].old if len(keys) == 1 else None)


def _numbers(pairs: Sequence[_Keys]) -> str:
    return "number" if len(pairs) == 1 else "numbers"


def _one_or_more(pairs: Sequence[_Keys]) -> str:
    return "one" if len(pairs) == 1 else "ones"


def _check(old: ChildKeys, pair: _Keys, new: ChildKeys, *, unclear: bool) -> None:
    """`unclear`: another pair of the list says something else about one of the numbers."""
    if pair.old == pair.new:
        raise Refused("The old number and the new one are the same.")
    if unclear:
        raise Refused("Another pair of the list is about the same number. Nothing was changed for either.")
    if new.present == pair.old:
        raise Refused(
            "The new number was itself superseded, by the old one: that would be a circle. Nothing was changed."
        )
    if old.present != pair.old:
        raise Refused("The old number was superseded already, by another number. Nothing was changed.")
    if new.present != pair.new:
        raise Refused("The new number was itself superseded: use the number that the child has now.")
    if new.retired:
        raise Refused("The new number was retired: it is no longer in use.")
    if len(old.all) + len(new.former) > MAX_FORMER_NUMBERS:
        raise Refused("The child would have more former numbers than the service can keep.")
