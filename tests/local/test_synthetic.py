"""The synthetic set: the same at every start, with reserved numbers only, and records that a feed could send."""

from collections import Counter
from datetime import date
from functools import cache

import pytest

from chalicelib.domain.calendar import add_years, midnight
from chalicelib.domain.child import read_nhs_number
from chalicelib.domain.references import read_reference
from chalicelib.domain.retention import Schedule, registered
from chalicelib.domain.work_rules import work_errors
from infra.local.authorities import authorities
from infra.local.synthetic import CHILDREN, MOST_INVOLVEMENTS, THE_CHILD, THE_CHILDS, SyntheticRecord, synthetic_set
from tests.support.examples import TEST_STAGE

BODIES = list(authorities())
DAYS = [date(2026, 11, 22), date(2028, 2, 29), date(2027, 1, 1), date(2027, 12, 31)]


@cache
def made(today: date = DAYS[0]) -> list[SyntheticRecord]:
    return list(synthetic_set(BODIES, today))


def involvements() -> Counter[str]:
    return Counter(record.registration.nhs_number.digits for record in made())


def test_england_has_153_authorities_and_a_few_other_bodies() -> None:
    assert Counter(body.sector for body in BODIES) == {"local_authority": 153, "health": 5, "police": 2}
    assert len({body.code for body in BODIES}) == len(BODIES)


@pytest.mark.parametrize("today", DAYS)
def test_the_set_is_the_same_whenever_it_is_made(today: date) -> None:
    assert made(today) == list(synthetic_set(BODIES, today))


def test_the_set_has_the_number_of_children_that_it_claims() -> None:
    assert len(involvements()) == CHILDREN


def test_children_have_involvements_in_the_shares_that_it_claims() -> None:
    shares = Counter(involvements().values())
    for how_many, per_cent in ((1, 55), (2, 25), (3, 8), (4, 7), (5, 3), (6, 2)):
        assert shares[how_many] / CHILDREN * 100 == pytest.approx(per_cent, abs=2.5)
    assert shares[MOST_INVOLVEMENTS] == 1
    assert max(shares) == MOST_INVOLVEMENTS


def test_four_authorities_and_two_hospitals_work_with_the_child_of_the_first_question() -> None:
    records = [record for record in made() if record.registration.nhs_number.digits == THE_CHILD]
    assert [(record.authority_code, record.registration.work.service_type) for record in records] == list(THE_CHILDS)
    assert {record.authority_code for record in records} <= {body.code for body in BODIES}


def test_every_number_is_in_the_range_that_is_never_issued() -> None:
    for digits in involvements():
        assert digits.startswith("999")
        assert read_nhs_number(digits, TEST_STAGE).digits == digits


def test_every_record_has_a_reference_of_its_own() -> None:
    references = [record.reference for record in made()]
    assert len(set(references)) == len(references)
    assert all(read_reference(reference) == reference for reference in references)


@pytest.mark.parametrize("today", DAYS)
def test_every_record_could_be_registered_today(today: date) -> None:
    schedule = Schedule()
    for record in made(today):
        registration = record.registration
        bases = schedule.sensitive_bases
        assert work_errors(registration.work, today, registration.date_of_birth, sensitive_bases=bases) == []
        assert registration.date_of_birth is not None
        assert today < add_years(registration.date_of_birth, 18)
        assert schedule.expires_at(registered(registration, None, today, schedule)) > midnight(today)
