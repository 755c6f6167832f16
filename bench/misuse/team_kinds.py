"""The kinds of team, and how each looks children up. The figures are assumptions, chosen to differ as such teams do."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from chalicelib.domain.authority import Purpose

_SAFE, _HEALTH, _SCHOOL = Purpose.SAFEGUARDING, Purpose.HEALTH_CARE, Purpose.EDUCATION_WELFARE


class Shift(Enum):
    """`OFFICE`: weekdays. `DUTY`: one or two of the team, nights and free days. `ROUND`: early, late and night, on any
    day. `TERM`: school days."""

    OFFICE = "office"
    DUTY = "duty"
    ROUND = "round"
    TERM = "term"


@dataclass(frozen=True)
class TeamKind:
    """`size`: people, the fewest and the most. `rate`: lookups in a shift, the same; each team has its own in between.

    `own`: the share of lookups about children with whom the team works. `follow`: the share of the others that become
    work. `siblings`: they ask about whole families. `rows`: records at the beginning. `registers_first`: the share of
    new children that the team registers before it looks. `bursts`: the share of busy shifts, at three times the rate.
    `role`: as tokens say it; `plain_role`, where the authority's tokens do not tell its teams apart.
    """

    name: str
    role: str
    plain_role: str
    size: tuple[int, int]
    rate: tuple[float, float]
    own: float
    follow: float
    shift: Shift = Shift.OFFICE
    siblings: float = 0.5
    rows: int = 0
    teams: tuple[int, int] = (1, 1)
    purposes: tuple[Purpose, ...] = (_SAFE,)
    registers_first: float = 0.0
    bursts: float = 0.04
    sensitive: bool = False
    shields: bool = False
    has_organisations: bool = False


_COUNCIL = (
    TeamKind("multi-agency hub", "MASH practitioner", "Social worker", (4, 7), (6, 16), 0.04, 0.16,
             siblings=0.9, shields=True),
    TeamKind("assessment", "Social worker", "Social worker", (6, 10), (1.2, 3), 0.5, 0.5, siblings=0.7, rows=80,
             shields=True),
    TeamKind("long-term social care", "Social worker", "Social worker", (6, 10), (0.4, 1.2), 0.85, 0.3, rows=120,
             shields=True),
    TeamKind("emergency duty", "Emergency duty social worker", "Social worker", (3, 5), (4, 11), 0.03, 0.25, Shift.DUTY,
             siblings=0.8, bursts=0.12, shields=True),
    TeamKind("early help", "Family worker", "Family worker", (4, 8), (0.4, 1.5), 0.6, 0.5, rows=50),
    TeamKind("youth justice", "Youth justice worker", "Youth justice worker", (2, 4), (0.3, 1), 0.5, 0.4, rows=20),
    TeamKind("school", "Designated safeguarding lead", "Teacher", (1, 2), (0.1, 0.4), 0.3, 0.4, Shift.TERM,
             teams=(3, 6), rows=8, purposes=(_SCHOOL,), has_organisations=True),
)  # fmt: skip
_HOSPITAL = (
    TeamKind("emergency department", "Emergency nurse", "Nurse", (10, 16), (1, 2.8), 0.02, 0.1, Shift.ROUND,
             siblings=0.1, bursts=0.06, purposes=(_HEALTH, _SAFE)),
    TeamKind("paediatric ward", "Paediatric nurse", "Nurse", (5, 8), (0.4, 1.4), 0.3, 0.5, Shift.ROUND, siblings=0.1,
             rows=60, purposes=(_HEALTH,)),
    TeamKind("hospital safeguarding", "Safeguarding nurse", "Nurse", (2, 4), (3, 7), 0.3, 0.25, siblings=0.5, rows=40,
             shields=True),
    TeamKind("walk-in clinic", "Nurse practitioner", "Nurse", (3, 6), (1, 3), 0.1, 0.7, Shift.ROUND, siblings=0,
             rows=30, registers_first=0.7, purposes=(_HEALTH, _SAFE)),
    TeamKind("sexual health clinic", "Sexual health nurse", "Nurse", (3, 6), (0.8, 2.5), 0.2, 0.8, siblings=0,
             rows=40, registers_first=0.7, sensitive=True),
)  # fmt: skip
_COMMUNITY = (
    TeamKind("health visiting", "Health visitor", "Nurse", (7, 12), (0.4, 1.2), 0.7, 0.6, teams=(1, 3), rows=60,
             purposes=(_HEALTH, _SAFE)),
    TeamKind("school nursing", "School nurse", "Nurse", (3, 6), (0.3, 0.8), 0.5, 0.5, Shift.TERM, rows=40,
             purposes=(_HEALTH,)),
    TeamKind("mental health", "Mental health practitioner", "Clinician", (4, 7), (0.4, 1.2), 0.6, 0.6, siblings=0,
             rows=60, registers_first=0.5, sensitive=True),
)  # fmt: skip
_GENERAL_PRACTICE = (
    TeamKind("general practice", "General practitioner", "General practitioner", (1, 3), (0.1, 0.5), 0.3, 0.3,
             teams=(6, 10), rows=6, purposes=(_HEALTH,), has_organisations=True),
)  # fmt: skip
_POLICE = (
    TeamKind("custody", "Custody sergeant", "Police officer", (6, 10), (1.5, 5), 0, 0.12, Shift.ROUND, siblings=0,
             bursts=0.1),
    TeamKind("police hub researchers", "Police researcher", "Police staff", (3, 5), (8, 18), 0.03, 0.1, siblings=0.8,
             rows=40),
    TeamKind("response", "Police constable", "Police officer", (10, 16), (0.2, 0.9), 0.02, 0.25, Shift.ROUND,
             bursts=0.1, rows=40, shields=True),
)  # fmt: skip
_LOOKS_ONLY = (
    TeamKind("court advisers", "Family court adviser", "Family court adviser", (14, 22), (0.8, 2.2), 0, 0,
             siblings=0.9),
    TeamKind("ambulance", "Paramedic", "Paramedic", (10, 16), (0.3, 1.2), 0, 0, Shift.ROUND, siblings=0,
             purposes=(_HEALTH, _SAFE)),
)  # fmt: skip


@dataclass(frozen=True)
class AuthorityKind:
    """`number`: so many in England, in round figures. `areas`: over how many local authorities its children spread.
    `kinds`: its teams; a hospital has only some of them."""

    name: str
    sector: str
    number: int
    areas: int
    kinds: tuple[TeamKind, ...]
    registers: bool = True


COUNCIL = AuthorityKind("local authority", "local_authority", 153, 1, _COUNCIL)
AUTHORITY_KINDS: tuple[AuthorityKind, ...] = (
    COUNCIL,
    AuthorityKind("hospital trust", "health", 130, 3, _HOSPITAL),
    AuthorityKind("community trust", "health", 60, 3, _COMMUNITY),
    AuthorityKind("integrated care board", "health", 42, 4, _GENERAL_PRACTICE),
    AuthorityKind("police force", "police", 39, 4, _POLICE),
    AuthorityKind("service that looks only", "other", 12, 6, _LOOKS_ONLY, registers=False),
)
KINDS: Mapping[str, TeamKind] = MappingProxyType({kind.name: kind for of in AUTHORITY_KINDS for kind in of.kinds})
