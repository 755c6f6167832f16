"""The command findings, with the replies of the contract."""

import json
from typing import Any

import pytest

from client.tests.command_line import KnownTo, tidy
from client.tests.service import Service
from tests.support.stage import Reply

VOLUME = {
    "id": "3",
    "rule": "volume",
    "practitioner_ids": ["sw-4711"],
    "people": 1,
    "found_on": "2026-11-22",
    "first_on": "2026-11-22",
    "last_on": "2026-11-22",
    "counts": {"lookups": 41, "usual": 4, "usual_of_team": 9},
    "lookup_ids": ["01M8PZWSS8NF6YY0938NKRKAYD"],
}
MANY = {
    **VOLUME,
    "id": "4",
    "rule": "rotating_ids",
    "practitioner_ids": ["a", "b"],
    "people": 30,
    "counts": {"people": 30},
}


def page(next_after: str, *findings: dict[str, Any], complete: bool = True) -> Reply:
    return Reply(200, {}, json.dumps({"findings": findings, "complete": complete, "next_after": next_after}))


@pytest.fixture
def pages(service: Service) -> Service:
    service.failures = [page("3", VOLUME), page("4", MANY), page("4")]
    return service


def test_it_reads_all_pages_and_says_who_and_what_is_unusual(pages: Service, known_to: KnownTo) -> None:
    ended = known_to("findings")
    assert tidy(ended) == (
        "22 Nov 2026  sw-4711: far more lookups than usual (41 lookups, 4 usual, 9 usual\n"
        "of team).\n"
        "22 Nov 2026  a, b and 28 more: new ids that make a few lookups and stop (30\n"
        "people).\n"
    )
    assert (ended.code, ended.err) == (0, "")


def test_each_finding_is_a_line_of_json(pages: Service, known_to: KnownTo) -> None:
    lines = [json.loads(line) for line in known_to("findings", "--json").out.splitlines()]
    assert lines == [VOLUME, MANY]


def test_it_says_if_there_is_none(service: Service, known_to: KnownTo) -> None:
    service.failures = [page("0")]
    assert known_to("findings").out == "Nothing unusual was found in the last 90 days.\n"


def test_it_says_if_one_is_missing(service: Service, known_to: KnownTo) -> None:
    service.failures = [page("3", VOLUME, complete=False), page("3")]
    assert "A finding is missing or cannot be read." in known_to("findings").err
