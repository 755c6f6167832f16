"""Coverage: which authorities report, and which have fallen silent."""

from datetime import timedelta

from chalicelib.domain.authority import Standing
from chalicelib.domain.coverage import coverage_of
from tests.support.examples import BRENT, EALING, HARINGEY, NOW, POLICE, an_authority


def test_without_authorities_there_is_no_coverage() -> None:
    assert coverage_of([], NOW) == ()


def test_coverage_is_by_sector_in_alphabetical_order() -> None:
    members = [an_authority(POLICE, sector="police"), an_authority("RAP", sector="health"), an_authority(EALING)]
    assert [sector.sector for sector in coverage_of(members, NOW)] == ["health", "local_authority", "police"]


def test_an_authority_reports_until_its_own_interval_has_passed() -> None:
    at_the_end = an_authority(reports_every_days=3, last_write_at=NOW - timedelta(days=3))
    [sector] = coverage_of([at_the_end], NOW)
    assert (sector.authorities, sector.reporting, sector.silent, sector.is_whole) == (1, 1, (), True)
    [sector] = coverage_of([at_the_end], NOW + timedelta(seconds=1))
    assert (sector.authorities, sector.reporting, sector.silent, sector.is_whole) == (1, 0, (at_the_end,), False)


def test_an_authority_that_never_reported_is_counted_but_not_as_silent() -> None:
    [sector] = coverage_of([an_authority(last_write_at=None)], NOW)
    assert (sector.authorities, sector.reporting, sector.silent, sector.is_whole) == (1, 0, (), False)


def test_silent_authorities_are_sorted_by_code() -> None:
    long_ago = NOW - timedelta(days=30)
    members = [an_authority(code, last_write_at=long_ago) for code in (HARINGEY, BRENT, EALING)]
    [sector] = coverage_of(members, NOW)
    assert [authority.code for authority in sector.silent] == [BRENT, EALING, HARINGEY]


def test_a_suspended_authority_counts_as_silent_at_once_because_it_cannot_write() -> None:
    suspended = an_authority(standing=Standing.SUSPENDED, last_write_at=NOW)
    [sector] = coverage_of([suspended], NOW)
    assert (sector.authorities, sector.reporting, sector.silent, sector.removed) == (1, 0, (suspended,), 0)
    assert not sector.is_whole


def test_a_removed_authority_is_counted_apart_and_coverage_is_then_not_whole() -> None:
    members = [an_authority(EALING), an_authority(BRENT, standing=Standing.REMOVED, last_write_at=None)]
    [sector] = coverage_of(members, NOW)
    assert (sector.authorities, sector.reporting, sector.silent, sector.removed) == (1, 1, (), 1)
    assert not sector.is_whole


def test_a_removed_authority_is_not_listed_as_silent() -> None:
    [sector] = coverage_of([an_authority(standing=Standing.REMOVED, last_write_at=NOW - timedelta(days=99))], NOW)
    assert (sector.authorities, sector.silent, sector.removed) == (0, (), 1)
