"""A synthetic set of children, always the same for one seed. Their NHS numbers are from the reserved range 999."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from nhs_number.validate import calculate_checksum

from chalicelib.domain.calendar import add_years
from chalicelib.domain.child import NhsNumber
from chalicelib.domain.involvement import (
    SENSITIVE_SERVICES,
    Basis,
    Practitioner,
    Registration,
    ServiceType,
    Team,
    Work,
)

from .authorities import LocalAuthority

SEED = 1999
CHILDREN = 2_000
_SHARES = ((1, 55), (2, 25), (3, 8), (4, 7), (5, 3), (6, 2))  # (involvements of a child, per cent of children)
MOST_INVOLVEMENTS = 50

THE_CHILD = "9990000018"
"""The child of the first question. Four authorities and two hospitals work with the child, unknown to each other."""

THE_CHILDS = (
    ("E09000009", ServiceType.HOUSING),
    ("E09000005", ServiceType.SOCIAL_CARE),
    ("E09000014", ServiceType.SOCIAL_CARE),
    ("E09000010", ServiceType.EARLY_HELP),
    ("R1K", ServiceType.HOSPITAL),
    ("RAP", ServiceType.HOSPITAL),
)
"""Ealing, Brent, Haringey, Enfield, Central Middlesex and North Middlesex hospitals."""

THE_SHIELDED = "9990000298"
"""A child known to three practitioners. The local stage shields the child once all records are loaded."""

SAMPLES = {
    THE_CHILD: "Known to six",
    "9990000271": "With a sensitive service",
    THE_SHIELDED: "Protected",
    "9990054991": "Known to nobody",
}
"""A child for each kind of answer, to try on the pages."""

_FIRST = ("Amina", "Beth", "Carys", "David", "Elif", "Femi", "Grace", "Hassan", "Iris", "Joseph", "Kavita", "Lewis")
_LAST = ("Ahmed", "Brown", "Clarke", "Davies", "Evans", "Fraser", "Green", "Hughes", "Okafor", "Patel", "Singh", "Wood")
_ROLES = {
    ServiceType.SOCIAL_CARE: "Social worker",
    ServiceType.HOSPITAL: "Paediatric nurse",
    ServiceType.POLICE: "Police constable",
    ServiceType.SCHOOL: "Designated safeguarding lead",
    ServiceType.HOUSING: "Housing officer",
    ServiceType.EARLY_HELP: "Family support worker",
}
_BY_SECTOR = {
    "local_authority": (
        ServiceType.SOCIAL_CARE,
        ServiceType.SOCIAL_CARE,
        ServiceType.EARLY_HELP,
        ServiceType.SCHOOL,
        ServiceType.YOUTH_JUSTICE,
        ServiceType.HOUSING,
        ServiceType.DOMESTIC_ABUSE,
    ),
    "health": (ServiceType.HOSPITAL, ServiceType.HEALTH_VISITING, ServiceType.MENTAL_HEALTH),
    "police": (ServiceType.POLICE,),
}


@dataclass(frozen=True, slots=True)
class SyntheticRecord:
    authority_code: str
    reference: str
    registration: Registration


def synthetic_numbers() -> Iterator[str]:
    """Yields the valid NHS numbers from 999 000 0000 to 999 999 9999, in order."""
    for serial in range(1_000_000):
        nine = f"999{serial:06d}"
        if (check := calculate_checksum(nine)) is not None and check < 10:
            yield f"{nine}{check}"


def synthetic_set(bodies: Sequence[LocalAuthority], today: date, children: int = CHILDREN) -> Iterator[SyntheticRecord]:
    """Yields the records: the child of the first question, one child with 50 involvements, the others by `_SHARES`."""
    dice = random.Random(SEED)  # noqa: S311 - a reproducible set, no secret
    numbers = synthetic_numbers()
    serial = 0
    for index in range(children):
        digits = next(numbers)
        counts, weights = zip(*_SHARES, strict=True)
        how_many = MOST_INVOLVEMENTS if index == 1 else dice.choices(counts, weights)[0]
        services = THE_CHILDS if digits == THE_CHILD else _services(dice, bodies, how_many)
        born_on = add_years(today, -dice.randint(1, 16)) - timedelta(days=dice.randint(0, 364))
        for code, service in services:
            serial += 1
            work = _work(dice, service, max(born_on, today - timedelta(days=dice.randint(1, 700))))
            registration = Registration(nhs_number=NhsNumber(digits), work=work, date_of_birth=born_on)
            yield SyntheticRecord(code, f"syn-{serial}", registration)


def _services(
    dice: random.Random, bodies: Sequence[LocalAuthority], how_many: int
) -> Sequence[tuple[str, ServiceType]]:
    chosen = dice.choices(bodies, k=how_many)
    return [(body.code, dice.choice(_BY_SECTOR[body.sector])) for body in chosen]


def _work(dice: random.Random, service: ServiceType, started_on: date) -> Work:
    name = f"{dice.choice(_FIRST)} {dice.choice(_LAST)}"
    return Work(
        service_type=service,
        basis=Basis.SIGNIFICANT_HARM if service in SENSITIVE_SERVICES else Basis.STATUTORY,
        practitioner=Practitioner(
            id=f"p{dice.randint(100, 999)}",
            name=name,
            role=_ROLES.get(service, "Practitioner"),
            phone=f"020 7946 {dice.randint(0, 999):04d}",
        ),
        team=Team(name=f"{service.replace('_', ' ').capitalize()} team", phone=f"020 7946 {dice.randint(0, 999):04d}"),
        started_on=started_on,
        lead_professional=service is ServiceType.SOCIAL_CARE and dice.random() < 0.5,
    )
