"""Seeds every kind of misuse, each so many times, from gross to subtle."""

from collections.abc import Callable

from .agenda import Agenda
from .cases import Case
from .chance import chance_of
from .culprits import Seeds
from .nation import Nation
from .shielding import hiding, mass_shield, mass_shield_authority, shield_after_lookup
from .snooping import curiosity, hidden_by_own_work, own_family, passed_around
from .theft import rotating_subs, stolen_session
from .trawling import slow_trawling, trawling
from .work import Work

_SEED: tuple[Callable[[Seeds, float], Case], ...] = (
    own_family,
    curiosity,
    trawling,
    slow_trawling,
    rotating_subs,
    stolen_session,
    mass_shield,
    mass_shield_authority,
    shield_after_lookup,
    passed_around,
    hiding,
)


def seed_misuse(seed: int, nation: Nation, agenda: Agenda, each: int) -> tuple[Seeds, list[Case]]:
    """`each`: how many cases of each kind. Their grades are spread evenly from 0 to 1."""
    seeds = Seeds(nation, agenda, chance_of(seed, "misuse"))
    cases = [plan(seeds, _grade(number, each)) for plan in _SEED for number in range(each)]
    return seeds, cases


def seed_hidden(seeds: Seeds, work: Work, each: int) -> list[Case]:
    """Those that need to know which children the authorities work with."""
    return [hidden_by_own_work(seeds, work, _grade(number, each)) for number in range(each)]


def _grade(number: int, each: int) -> float:
    return number / max(1, each - 1)
