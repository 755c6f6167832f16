"""Lift the shields that a thief asked for with an authority's key: those of one authority and one stretch of time.

Nobody needs the number of a child. A shield stays if it stood before, or if anybody else asked for it too.
"""

from collections.abc import Iterator

from ...domain.access_records import Act, Operator
from ...domain.errors import Refused
from ...domain.mass_shields import MassShield, Request, is_of
from ...domain.proposals import Work
from ...domain.values import Struct
from ..ports import AccessHistory, Clock, HasTime
from ..recorder import Recorder
from ..store_errors import Conflict
from .ports import Shields
from .proposals import Proposals, Proposed
from .standing_shields import StandingShield, StandingShields, review_months


class LiftedShields(Struct, frozen=True, kw_only=True):
    """The result of one run. `left`: shields of that authority and time that stay. `finished`: False if time ran out;
    then the same event goes on."""

    lifted: int
    left: int
    finished: bool


class LiftShields(Struct, frozen=True, kw_only=True):
    standing: StandingShields
    shields: Shields
    history: AccessHistory
    recorder: Recorder
    clock: Clock
    proposals: Proposals

    def propose(self, mass: MassShield, has_time: HasTime, operator: Operator) -> Proposed:
        """Raises Refused or Unavailable."""
        self._check(mass)
        would_lift = left = 0
        finished = True
        for shield in self._candidates(mass):
            if not has_time():
                finished = False
                break
            may_lift = self._is_of(mass, shield)
            would_lift, left = would_lift + may_lift, left + (not may_lift)
        if not would_lift:
            self.recorder.write(Act.FOUND_UNCHANGED, operator, authority_code=mass.authority_code)
            raise Refused(f"There is nothing to lift. {_stay(left)} Nothing was changed.")
        would = (
            f"This would lift {'' if finished else 'at least '}{would_lift} shields that {mass.authority_code} asked "
            f"for from {mass.since:%F %H:%M} to {mass.before:%F %H:%M} UTC. {_stay(left)} After this, a lookup would "
            "show who works with those children and where. That cannot be taken back."
        )
        return self.proposals.propose(_work(mass), would, operator, {"shields": would_lift, "left": left})

    def __call__(self, mass: MassShield, code: str, has_time: HasTime, operator: Operator) -> LiftedShields:
        """`code`: that of the proposal. Running it again goes on with what is left. Raises Refused, AlreadyCarriedOut
        or Unavailable."""
        self._check(mass)
        work = _work(mass)
        proposal = self.proposals.check(work, code, operator)
        lifted = left = 0
        for shield in self._candidates(mass):
            if not has_time():
                return LiftedShields(lifted=lifted, left=left, finished=False)
            was_lifted = self._is_of(mass, shield) and self._lift(shield, operator)
            lifted, left = lifted + was_lifted, left + (not was_lifted)
        self.proposals.finish(work, proposal, operator)
        return LiftedShields(lifted=lifted, left=left, finished=True)

    def _check(self, mass: MassShield) -> None:
        if not mass.since < mass.before <= self.clock():
            raise Refused("since must be before before, and before must not be in the future. Nothing was changed.")

    def _candidates(self, mass: MassShield) -> Iterator[StandingShield]:
        """The shields whose last request was of this mass."""
        for month in review_months(self.clock().date()):
            for shield in self.standing.of_month(month):
                last = Request(act=Act.SHIELDED, at=shield.asked_at, authority_code=shield.authority_code)
                if mass.made(last):
                    yield shield

    def _is_of(self, mass: MassShield, shield: StandingShield) -> bool:
        acts = self.history.acts_of(shield.child)
        requests = (Request(act=act.act, at=act.at, authority_code=act.authority_code) for act in acts)
        return is_of(mass, shield.since, requests)

    def _lift(self, shield: StandingShield, operator: Operator) -> bool:
        """Returns False if somebody has asked for the shield meanwhile, or lifted it."""
        record = self.recorder.make(Act.UNSHIELDED, operator, shield.child)
        try:
            return self.shields.lift(shield.child, record, version=shield.id)
        except Conflict:
            return False


def _stay(left: int) -> str:
    if not left:
        return "No other shield of that authority and time stands."
    return f"{left} more of that authority and time would stay, because they stood before or others asked for them too."


def _work(mass: MassShield) -> Work:
    """Which shields there are is left out: all were asked for before, so their number can only fall."""
    content = (mass.authority_code, mass.since.isoformat(), mass.before.isoformat())
    return Work(function="lift_shields", content=content, authority_code=mass.authority_code)
