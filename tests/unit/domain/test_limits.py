"""Beyond a soft limit a lookup is marked. Beyond ten times as many it is refused."""

from datetime import UTC, datetime

import pytest

from chalicelib.domain.errors import TooManyLookups
from chalicelib.domain.limits import Limits, LookupCounts, SoftLimit, over_soft_limit
from tests.support.examples import NOW

LIMITS = Limits()


def over(**counts: int) -> SoftLimit | None:
    return over_soft_limit(LookupCounts(**counts), LIMITS, NOW)


def wait_of(now: datetime, **counts: int) -> int:
    with pytest.raises(TooManyLookups) as refused:
        over_soft_limit(LookupCounts(**counts), LIMITS, now)
    return refused.value.retry_after_seconds


@pytest.mark.parametrize(
    ("counter", "limit"),
    [("practitioner_hour", 60), ("practitioner_day", 200), ("authority_day", 5_000), ("people_day", 500)],
)
class TestEachLimit:
    def test_up_to_the_limit_the_lookup_is_not_marked(self, counter: str, limit: int) -> None:
        assert not over(**{counter: limit})

    def test_beyond_the_limit_the_lookup_is_marked_but_answered(self, counter: str, limit: int) -> None:
        assert over(**{counter: limit + 1})

    def test_up_to_ten_times_the_limit_the_lookup_is_answered(self, counter: str, limit: int) -> None:
        assert over(**{counter: limit * 10})

    def test_beyond_ten_times_the_limit_the_lookup_is_refused(self, counter: str, limit: int) -> None:
        assert wait_of(NOW, **{counter: limit * 10 + 1}) > 0


def test_the_mark_says_whose_limit_was_passed() -> None:
    assert over(practitioner_hour=61) is over(practitioner_day=201) is SoftLimit.PRACTITIONER
    assert over(authority_day=5_001) is SoftLimit.AUTHORITY
    assert over(people_day=501) is over(people_day=501, authority_day=5_001) is SoftLimit.PEOPLE
    assert over(people_day=501, practitioner_hour=61) is SoftLimit.PRACTITIONER
    assert over(authority_day=5_001, practitioner_hour=61) is SoftLimit.PRACTITIONER


def test_an_unwritable_counter_never_blocks_an_answer() -> None:
    assert not over()


def test_beyond_the_hourly_limit_the_caller_waits_for_the_next_hour() -> None:
    assert wait_of(datetime(2026, 3, 10, 9, 15, 20, tzinfo=UTC), practitioner_hour=601) == 44 * 60 + 40
    assert wait_of(datetime(2026, 3, 10, 9, 0, 0, tzinfo=UTC), practitioner_hour=601) == 3600
    assert wait_of(datetime(2026, 3, 10, 9, 59, 59, tzinfo=UTC), practitioner_hour=601) == 1


@pytest.mark.parametrize("counts", [{"practitioner_day": 2_001}, {"authority_day": 50_001}])
def test_beyond_a_daily_limit_the_caller_waits_for_midnight_utc(counts: dict[str, int]) -> None:
    assert wait_of(datetime(2026, 3, 10, 9, 15, 20, tzinfo=UTC), **counts) == 14 * 3600 + 44 * 60 + 40
    assert wait_of(datetime(2026, 3, 10, 0, 0, 0, tzinfo=UTC), **counts) == 24 * 3600
    assert wait_of(datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), **counts) == 1


def test_beyond_both_limits_the_caller_waits_for_midnight() -> None:
    at_nine = datetime(2026, 3, 10, 9, 0, 0, tzinfo=UTC)
    assert wait_of(at_nine, practitioner_hour=601, practitioner_day=2_001) == 15 * 3600


def test_a_thousand_subs_are_seen_although_none_of_them_asks_twice() -> None:
    assert over(practitioner_hour=1, practitioner_day=1, authority_day=1_000, people_day=1_000) is SoftLimit.PEOPLE


def test_limits_can_be_set() -> None:
    assert over_soft_limit(LookupCounts(practitioner_hour=2), Limits(practitioner_hour=1), NOW)
