"""The rules, with their thresholds. `docs/operations.md` has the same with a reason for each; a test compares them.

Days are of UTC. A share is between 0 and 1. `deviations`: how many standard deviations a count must be above what the
share of the others leads one to expect.
"""

from enum import StrEnum

from ..values import Struct


class Rule(StrEnum):
    VOLUME = "volume"
    NO_WORK = "no_work"
    UNUSUAL_HOURS = "unusual_hours"
    FOUND_NOTHING = "found_nothing"
    SAME_CHILD = "same_child"
    ROTATING_IDS = "rotating_ids"
    SHARED_TOKEN = "shared_token"  # noqa: S105 - the name of a rule
    MASS_SHIELDS = "mass_shields"
    SHIELD_AFTER_LOOKUP = "shield_after_lookup"
    HIDING_PLACE = "hiding_place"
    PASSED_AROUND = "passed_around"


class TeamSize(Struct, frozen=True, kw_only=True):
    others: int = 4
    night_share: float = 0.5
    night_others: int = 2


class VolumeRule(Struct, frozen=True, kw_only=True):
    day_at_least: int = 15
    week_at_least: int = 30
    month_at_least: int = 80
    times_own: float = 3
    times_team: float = 2
    month_times_team: float = 3
    alone_at_least: int = 40


class NoWorkRule(Struct, frozen=True, kw_only=True):
    at_least: int = 8
    share: float = 0.6
    above_team: float = 0.2
    deviations: float = 3.5
    usual: float = 0.6
    of_people: float = 0.9


class SlowRiseRule(Struct, frozen=True, kw_only=True):
    at_least: int = 10
    a_day: float = 0.25
    times_team: float = 1.25
    of_people: float = 0.9
    times_others: float = 1.5
    above_team: float = 0.05
    deviations: float = 1.5


class UnusualHoursRule(Struct, frozen=True, kw_only=True):
    at_least: int = 4
    above_team: float = 0.25
    deviations: float = 3.5
    usual: float = 0.3
    of_people: float = 0.9


class FoundNothingRule(Struct, frozen=True, kw_only=True):
    at_least: int = 8
    above_team: float = 0.2
    deviations: float = 3.5
    usual: float = 0.8
    of_people: float = 0.9


class OtherSign(Struct, frozen=True, kw_only=True):
    """What is too little for a finding of its own, but enough beside unusual hours or "found nothing"."""

    day_at_least: int = 8
    times_own: float = 2
    times_team: float = 1.5
    no_work_at_least: int = 5
    deviations: float = 2
    same_child_at_least: int = 3


class SameChildRule(Struct, frozen=True, kw_only=True):
    at_least: int = 4
    days: int = 3
    beside_colleague: int = 6
    beside_authority: int = 8
    beside_days: int = 5
    settled_days: int = 3
    settled_span: int = 5
    exception_days: int = 2
    exception_others: int = 5
    exception_share: float = 0.5
    usual: float = 0.05
    people: int = 6
    people_days: int = 5


class RotatingIdsRule(Struct, frozen=True, kw_only=True):
    lookups_each: int = 3
    hour_at_least: int = 5
    day_at_least: int = 6
    week_at_least: int = 10
    times_usual: float = 2.5
    known_days: int = 5


class SharedTokenRule(Struct, frozen=True, kw_only=True):
    people: int = 2


class MassShieldsRule(Struct, frozen=True, kw_only=True):
    day_at_least: int = 6
    week_at_least: int = 10
    authority_day_at_least: int = 15
    times_usual: float = 2


class ShieldAfterLookupRule(Struct, frozen=True, kw_only=True):
    within_days: int = 2
    at_least: int = 3
    settled_at_least: int = 1


class HidingPlaceRule(Struct, frozen=True, kw_only=True):
    sensitive_at_least: int = 1
    at_least: int = 3


class PassedAroundRule(Struct, frozen=True, kw_only=True):
    people: int = 3
    returning: int = 2
    days: int = 2
    incident: int = 4
    usual: float = 0.001


class Rules(Struct, frozen=True, kw_only=True):
    team: TeamSize = TeamSize()
    volume: VolumeRule = VolumeRule()
    no_work: NoWorkRule = NoWorkRule()
    slow_rise: SlowRiseRule = SlowRiseRule()
    unusual_hours: UnusualHoursRule = UnusualHoursRule()
    found_nothing: FoundNothingRule = FoundNothingRule()
    other_sign: OtherSign = OtherSign()
    same_child: SameChildRule = SameChildRule()
    rotating_ids: RotatingIdsRule = RotatingIdsRule()
    shared_token: SharedTokenRule = SharedTokenRule()
    mass_shields: MassShieldsRule = MassShieldsRule()
    shield_after_lookup: ShieldAfterLookupRule = ShieldAfterLookupRule()
    hiding_place: HidingPlaceRule = HidingPlaceRule()
    passed_around: PassedAroundRule = PassedAroundRule()


RULES = Rules()
