"""`load --check` checks the whole file, sends nothing and needs no key. Its rules are those of the service."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.involvement import Basis, ServiceType
from client.tests.command_line import KnownTo, tidy
from client.tests.feeds import read_csv, row, write_feed
from client.tests.service import Service
from client.tests.test_feed_file import RECORD
from known_to.row_rules import broken_rules
from tests.support.stage import EALING

TODAY = datetime.now(UTC).date()


def test_it_lists_what_is_wrong_and_sends_nothing(service: Service, known_to: KnownTo, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "home")
    rows = [
        row(service, "good"),
        row(service, "bad-words", service_type="wellbeing"),
        row(service, "bad-date", started_on="46054"),
        row(service, "bad-date-2", started_on="46055", practitioner_name="#N/A"),
    ]
    write_feed(tmp_path / "feed.csv", rows)
    ended = known_to("load", "feed.csv", "--check")
    assert tidy(ended).startswith(
        "      4  rows\n"
        "      1  could be sent\n"
        "      3  would be rejected, see feed.csv.rejects.csv\n"
        "             2  started_on is a count of days, as Excel stores dates, and not a\n"
        "                date; format the column as a date (YYYY-MM-DD) and export again\n"
        "                (first in row 4)\n"
        "             1  service_type is not one of: social_care, early_help, "
    )
    assert (ended.code, " ".join(ended.err.split())) == (
        6,
        "Nothing was sent. What is on record decides the rest: a load may still refuse a row.",
    )
    rejected = [(one["row"], one["column"]) for one in read_csv(tmp_path / "feed.csv.rejects.csv")]
    assert rejected == [("3", "service_type"), ("4", "started_on"), ("5", "practitioner_name"), ("5", "started_on")]
    assert service.seen == []
    assert sorted(one.name for one in tmp_path.iterdir()) == ["feed.csv", "feed.csv.rejects.csv"]


def test_a_file_without_a_fault_ends_with_0(service: Service, known_to: KnownTo, tmp_path: Path) -> None:
    write_feed(tmp_path / "feed.csv", [row(service, "good")])
    ended = known_to("load", "feed.csv", "--check")
    assert (ended.code, ended.out) == (
        0,
        "      1  rows\n      1  could be sent\n      0  would be rejected\n",
    )
    assert not (tmp_path / "feed.csv.rejects.csv").exists()


def test_a_check_may_not_overwrite_the_feed(service: Service, known_to: KnownTo, tmp_path: Path) -> None:
    before = write_feed(tmp_path / "feed.csv", [row(service, "good", started_on="46054")]).read_bytes()
    assert known_to("load", "feed.csv", "--check", "--rejects", "feed.csv").code == 3
    assert (tmp_path / "feed.csv").read_bytes() == before


def days(count: int) -> str:
    return (TODAY + timedelta(days=count)).isoformat()


def person(**changes: Any) -> dict[str, Any]:
    return {"practitioner": {"id": "sw-1", "name": "Zoë Okafor", "role": "Social worker", **changes}}


def team(**changes: Any) -> dict[str, Any]:
    return {"team": {"name": "Assessment", "phone": "020 7946 0002", **changes}}


CHANGES: list[dict[str, Any]] = [
    {},
    *({"service_type": one, "basis": "consent"} for one in ServiceType),
    *({"basis": one} for one in Basis),
    *({"service_type": one} for one in ("", "Social_care", "dentist")),
    {"basis": "whim"},
    *({"started_on": days(one)} for one in (0, 1, 2)),
    *({"ended_on": one} for one in ("2026-01-31", "2026-02-01", days(3))),
    *({"date_of_birth": one} for one in ("2026-11-28", "2026-11-29", days(2))),
    *(person(phone=one) for one in ("020 7946 0001", "12", "call me", "020 7946 0001 ext 12 or 101", "1" * 101)),
    *(team(phone=one) for one in ("+44 20 7946 0001", "x12", "(0161) 496 0000 option 2", "020\n7946", "101")),
    *(person(email=one) for one in ("a@b.example", "a b@c", "nobody", "@", "x" * 254 + "@y")),
    *(person(name=one) for one in ("x" * 200, "x" * 201, "two\nlines", "tab\there", "999 000 0018", "9990000018")),
    *(person(role=one) for one in ("Worker for 943 476 5919", "Team 12")),
    *(team(name=one) for one in ("North 99 90 00 00 18", "x" * 201, "\x07bell")),
    *({"organisation": one} for one in ("Ward 3", "x" * 201, "9990000018")),
]


def test_what_a_check_refuses_is_what_the_service_refuses(service: Service) -> None:
    records = [{**RECORD, **changes, "reference": f"r-{at}"} for at, changes in enumerate(CHANGES)]
    for start in range(0, len(records), 100):
        batch = records[start : start + 100]
        reply = service.stage.call(
            "POST",
            "/v1/involvement-batches",
            body={"involvements": batch},
            token=service.stage.token(EALING),
        )
        for record, result in zip(batch, reply.json["results"], strict=True):
            refused = {error["field"].replace(".", "_") for error in (result.get("problem") or {}).get("errors") or ()}
            broken = {error.field for error in broken_rules(record, TODAY)}
            # The service names the first fault of a field only, and decides on the basis of a sensitive service.
            assert bool(refused) == bool(broken), json.dumps([record, result])
            assert refused <= broken


@pytest.mark.parametrize("value", [None, 7, [], {"name": 3}, "text"])
def test_a_record_of_any_form_is_checked_without_an_error(value: Any) -> None:
    names = (
        "service_type",
        "practitioner",
        "team",
        "organisation",
        "started_on",
        "ended_on",
        "date_of_birth",
        "nhs_number",
    )
    assert broken_rules(dict.fromkeys(names, value), TODAY)
