"""The command load: rows on which a person has to decide, and warnings before anything is sent."""

import json
from pathlib import Path

import pytest

from client.tests.command_line import KnownTo, tidy
from client.tests.fake_service import refused_row, taken_row
from client.tests.feeds import read_csv, registered, row, write_feed
from client.tests.service import Service
from tests.support.stage import Reply

pytestmark = pytest.mark.system


def test_rows_that_wait_for_a_decision_are_listed_apart(
    service: Service, authority: str, known_to: KnownTo, tmp_path: Path
) -> None:
    names = ["new", "sw-7", "bad", "old", "sw-8", "gone", "9990000018123"]
    rows = [row(service, name) for name in names]
    write_feed(tmp_path / "feed.csv", rows)
    results = [
        taken_row("new", 201),
        refused_row("sw-7", "another_child"),
        refused_row("bad", "invalid_request", 400),
        taken_row("old", trace_number=True),
        refused_row("sw-8", "another_child"),
        refused_row("gone", "trace_number"),
        refused_row("9990000018123", "another_child"),
    ]
    service.failures = [Reply(200, {}, json.dumps({"results": results}))]
    ended = known_to("load", "feed.csv")
    assert tidy(ended) == (
        "      7  rows\n"
        "      1  registered\n"
        "      1  replaced or unchanged\n"
        "      1  rejected, see feed.csv.rejects.csv\n"
        "             1  Title. What to do. (row 4)\n"
        "      3  undecided: another child's number under a known reference\n"
        "         Decide on each. A slip: known-to correct REFERENCE feed.csv. A new\n"
        "         identity: withdraw or end the record and use a new reference; never\n"
        "         link the two.\n"
        "         row 3: sw-7\n"
        "         row 6: sw-8\n"
        "         row 8\n"
        "      1  refused: a number that is no longer in use\n"
        "         Trace each child's number anew and send the present one.\n"
        "         row 7: gone\n"
        "      1  taken, with a number that is out of date\n"
        "         Trace each child's number anew and send the present one.\n"
        "         row 5: old\n"
    )
    assert ended.code == 6
    rejects = [(one["row"], one["code"]) for one in read_csv(tmp_path / "feed.csv.rejects.csv")]
    assert rejects == [
        ("3", "another_child"),
        ("4", "invalid_request"),
        ("6", "another_child"),
        ("7", "trace_number"),
        ("8", "another_child"),
    ]
    problems = [one["problem"] for one in read_csv(tmp_path / "feed.csv.rejects.csv")]
    assert "A slip: known-to correct REFERENCE FILE. A new identity: withdraw or end" in problems[0]
    assert "trace the child's number anew" in problems[3]
    written = ended.out + (tmp_path / "feed.csv.rejects.csv").read_text() + (tmp_path / "feed.csv.numbers").read_text()
    assert not [one for one in rows if one["nhs_number"] in written]


def test_only_undecided_rows_also_end_with_6(
    service: Service, authority: str, known_to: KnownTo, tmp_path: Path
) -> None:
    write_feed(tmp_path / "feed.csv", [row(service, "sw-7")])
    service.failures = [Reply(200, {}, json.dumps({"results": [refused_row("sw-7", "another_child")]}))]
    ended = known_to("load", "feed.csv")
    assert (ended.code, "      0  rejected\n      1  undecided" in ended.out) == (6, True)


def odd_rows(service: Service) -> list[dict[str, str]]:
    same = service.stage.new_child()
    births = [{"nhs_number": same, "date_of_birth": day} for day in ("2015-06-30", "2015-07-01")]
    return [
        *(row(service, f"twin-{at}", **changes) for at, changes in enumerate(births)),
        row(service, "tbc", practitioner_name="TBC", practitioner_phone="0000", organisation="Ward\u200b 3\u200b"),
    ]


def test_what_looks_wrong_in_the_file_is_printed_before_it_is_sent(
    service: Service, authority: str, known_to: KnownTo, tmp_path: Path
) -> None:
    write_feed(tmp_path / "feed.csv", odd_rows(service))
    ended = known_to("load", "feed.csv")
    tidy(ended)
    assert " ".join(ended.err.split()) == (
        "Removed 2 invisible characters from 1 row. They are still in the file. "
        "Check rows 2, 3: one NHS number has two birth dates. A date is wrong, or a row is another child's. "
        "Check row 4: a name says that there is none. Name a person and a team. "
        "Check row 4: nobody outside can ring this phone. Give a whole number."
    )
    assert (ended.code, "      3  registered" in ended.out) == (0, True)
    assert registered(service, authority) == {"twin-0", "twin-1", "tbc"}


@pytest.mark.parametrize("command", [("load",), ("reconcile",), ("reconcile", "--apply", "--yes")])
def test_strict_sends_nothing_if_there_is_a_warning(
    service: Service, authority: str, known_to: KnownTo, tmp_path: Path, command: tuple[str, ...]
) -> None:
    write_feed(tmp_path / "feed.csv", odd_rows(service))
    ended = known_to(*command, "feed.csv", "--strict")
    assert (ended.code, tidy(ended)) == (5, "")
    assert ended.err.endswith("Nothing was sent, because of --strict.\n")
    assert service.seen == []
    write_feed(tmp_path / "feed.csv", [row(service, "r-1", organisation="Ward\u200b 3")])
    assert known_to("load", "feed.csv", "--strict").code == 0


def test_twins_whose_numbers_were_exchanged_are_a_warning_until_somebody_decides(
    service: Service, authority: str, known_to: KnownTo, tmp_path: Path
) -> None:
    rows = [row(service, "twin-a"), row(service, "twin-b"), row(service, "other")]
    write_feed(tmp_path / "feed.csv", rows)
    assert known_to("load", "feed.csv").err == ""
    rows[0]["nhs_number"], rows[1]["nhs_number"] = rows[1]["nhs_number"], rows[0]["nhs_number"]
    write_feed(tmp_path / "feed.csv", rows)
    refused = [refused_row("twin-a", "another_child"), refused_row("twin-b", "another_child"), taken_row("other")]
    for _ in range(2):
        service.failures = [Reply(200, {}, json.dumps({"results": refused}))]
        ended = known_to("load", "feed.csv")
        assert "Check rows 2, 3: two NHS numbers have changed places since the last" in ended.err
        assert ended.code == 6
    write_feed(tmp_path / "feed.csv", [{**rows[0], "reference": "new-a"}, rows[2]])
    assert known_to("load", "feed.csv").err == ""
