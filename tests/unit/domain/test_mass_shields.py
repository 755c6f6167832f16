"""Which shields a custodian may lift together."""

from datetime import datetime, timedelta

import pytest

from chalicelib.domain.mass_shields import MassShield, Request, is_of
from tests.support.examples import NOW

HOUR = timedelta(hours=1)
MASS = MassShield(authority_code="A1", since=NOW, before=NOW + HOUR)


def asked(at: datetime = NOW, code: str | None = "A1", act: str | None = "shielded") -> Request:
    return Request(act=act, at=at, authority_code=code)


def test_a_shield_that_only_the_authority_asked_for_in_that_time_is_of_the_mass() -> None:
    assert is_of(MASS, NOW, [asked()])
    assert is_of(MASS, NOW, [asked(), asked(NOW + HOUR - timedelta(seconds=1)), asked(act="accesses_read")])


@pytest.mark.parametrize(
    "other",
    [
        asked(NOW - timedelta(seconds=1)),
        asked(NOW + HOUR),
        asked(code="A2"),
        asked(code=None),
        asked(code=None, act="shield_reviewed"),
        asked(act=None),
    ],
    ids=["before", "after", "by another", "by an operator", "reviewed", "not genuine"],
)
def test_a_shield_that_anybody_asked_for_otherwise_stays_whichever_came_first(other: Request) -> None:
    assert not is_of(MASS, NOW, [other, asked()])
    assert not is_of(MASS, NOW, [asked(), other])


def test_requests_before_the_child_was_last_unshielded_do_not_count() -> None:
    earlier = [asked(NOW - HOUR, code="A2"), asked(NOW - HOUR, code=None, act="unshielded")]
    assert is_of(MASS, NOW, [*earlier, asked()])
    assert not is_of(MASS, NOW, [asked(NOW - HOUR), asked(act="unshielded")])


def test_a_request_that_was_written_after_a_lift_with_a_later_id_still_counts() -> None:
    lifted = asked(NOW + timedelta(seconds=1), code=None, act="unshielded")
    thief = asked(NOW + timedelta(seconds=2))
    assert not is_of(MASS, NOW, [asked(code="A2"), lifted, thief])
    assert is_of(MASS, NOW + timedelta(seconds=2), [asked(code="A2"), lifted, thief])


@pytest.mark.parametrize("since", [None, NOW - timedelta(days=3000)])
def test_a_shield_that_stood_before_stays_although_the_access_record_of_the_first_request_has_ended(
    since: datetime | None,
) -> None:
    assert not is_of(MASS, since, [asked()])
