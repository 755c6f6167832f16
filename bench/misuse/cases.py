"""A seeded case of misuse, and the kinds of misuse there are."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Kind(StrEnum):
    """`HIDDEN_BY_OWN_WORK`: the same as the first two, but another team of the authority works with the child. Nothing
    in the access records shows that the asker does not. It is counted apart."""

    OWN_FAMILY = "a separated parent looks at own children"
    CURIOSITY = "curiosity about neighbours or the famous"
    TRAWLING = "trawling, within days"
    SLOW_TRAWLING = "trawling, a few more a day for weeks"
    ROTATING_SUBS = "stolen key, a new sub every few lookups"
    STOLEN_SESSION = "stolen session, guessing numbers at odd hours"
    MASS_SHIELD = "mass shielding by one person"
    MASS_SHIELD_AUTHORITY = "mass shielding under many ids of an authority"
    SHIELD_AFTER_LOOKUP = "shield right after a lookup without work"
    PASSED_AROUND = "a group in a team passes a child around"
    HIDING = "hiding behind a record of one's own"
    HIDDEN_BY_OWN_WORK = "curiosity where another team has work"


AUTHORITY_WIDE = frozenset({Kind.ROTATING_SUBS, Kind.MASS_SHIELD_AUTHORITY})
BEYOND_THE_RECORDS = frozenset({Kind.HIDDEN_BY_OWN_WORK})


@dataclass(frozen=True)
class Case:
    """`practitioner_ids`: who did it, or under which ids it was done. `grade`: from 0, gross, to 1, subtle."""

    kind: Kind
    authority_code: str
    practitioner_ids: tuple[str, ...]
    first_on: date
    last_on: date
    grade: float
