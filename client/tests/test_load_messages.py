"""What a load says when it cannot go on, and why rows were rejected, as a data officer reads it."""

import json
from pathlib import Path

import pytest

from client.tests.command_line import BUSY, KnownTo, tidy
from client.tests.fake_service import refused_row, taken_row
from client.tests.feeds import read_csv, row, write_feed
from client.tests.service import Service
from client.tests.workbooks import write_workbook
from known_to.errors import FieldError
from known_to.feed_rows import column_of
from known_to.reject_reasons import Reasons
from known_to.rejects_file import RejectsFile
from tests.support.stage import Reply

AGAIN = "Run the same command again"


def said(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("code", ["not_signed_in", "forbidden", "scope_not_granted", "authority_suspended"])
def test_a_wrong_key_or_right_never_says_to_run_the_same_command_again(
    service: Service, known_to: KnownTo, tmp_path: Path, code: str
) -> None:
    write_feed(tmp_path / "feed.csv", [row(service, "r-1")])
    refusal = {"code": code, "title": "Title", "detail": "What to do.", "correlation_id": "c-1"}
    service.failures = [Reply(401 if code == "not_signed_in" else 403, {}, json.dumps(refusal))] * 2
    ended = known_to("load", "feed.csv")
    tidy(ended)
    assert ended.code == 3
    assert AGAIN not in said(ended.err)
    assert said(ended.err).startswith(
        "Stopped: 0 of 1 rows are taken. Sending the file again as it is cannot help. First put this right: Title."
    )


def test_an_outage_says_to_run_the_same_command_again(
    service: Service, known_to: KnownTo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("known_to.retries.RetryPolicy.wait_seconds", lambda *_: None)
    write_feed(tmp_path / "feed.csv", [row(service, "r-1")])
    for failure in (BUSY, None):
        service.failures = [failure]
        assert f"Cut off: 0 of 1 rows are taken. {AGAIN}: it goes on" in said(known_to("load", "feed.csv").err)


def test_the_rejects_name_their_columns_in_the_order_of_the_file(
    service: Service, known_to: KnownTo, tmp_path: Path
) -> None:
    (tmp_path / "map.toml").write_text('[columns]\n"Worker" = "practitioner_name"\n"Case" = "reference"\n')
    titles = {"reference": "Case", "practitioner_name": "Worker"}
    rows = [row(service, f"r-{number}", started_on="46054" if number % 2 else "2026-02-01") for number in range(8)]
    cells = [[titles.get(name, name) for name in rows[0]], *([*one.values()] for one in rows)]
    write_workbook(tmp_path / "feed.xlsx", *cells)
    problem = {**refused_row("", "invalid_request", 400)["problem"]}
    problem["errors"] = [{"field": "practitioner.name", "problem": "has characters that cannot be seen"}]
    results = [{**refused_row(f"r-{one}", "invalid_request", 400), "problem": problem} for one in (0, 2)]
    answer = {"results": [*results, taken_row("r-4", 201), refused_row("r-6", "erased")]}
    service.failures = [Reply(200, {}, json.dumps(answer))]
    ended = known_to("load", "feed.xlsx", "--map", "map.toml")
    assert tidy(ended) == (
        "      8  rows\n"
        "      1  registered\n"
        "      0  replaced or unchanged\n"
        "      7  rejected, see feed.xlsx.rejects.csv\n"
        "             4  started_on is a count of days, as Excel stores dates, and not a\n"
        "                date; format the column as a date (YYYY-MM-DD) and export again\n"
        "                (first in row 3)\n"
        "             2  Worker has characters that cannot be seen (first in row 2)\n"
        "             1  Title. What to do. (row 8)\n"
    )
    lines = [(one["row"], one["column"], one["code"]) for one in read_csv(tmp_path / "feed.xlsx.rejects.csv")]
    worker, started, erased = ("Worker", "invalid_request"), ("started_on", "not_sent"), ("", "erased")
    expected = [worker, started, worker, started, started, erased, started]
    assert lines == [(str(number), *one) for number, one in zip((2, 3, 4, 5, 7, 8, 9), expected, strict=True)]


def test_rejects_that_arrive_in_any_order_are_in_the_order_of_the_feed(tmp_path: Path) -> None:
    path = tmp_path / "rejects.csv"
    with RejectsFile(path, column_of) as rejects:
        for number in (7, 3, 12, 3, 1):
            rejects.add(number, [FieldError("team.phone", f"is wrong {number}")], "code")
        assert [one["row"] for one in read_csv(path)] == ["7", "3", "12", "3", "1"]  # complete after a kill
    assert [one["row"] for one in read_csv(path)] == ["1", "3", "3", "7", "12"]
    assert {one["column"] for one in read_csv(path)} == {"team_phone"}


@pytest.mark.parametrize("title", ["=HYPERLINK(A1)", "@SUM(A1)", "+1"])
def test_a_title_that_is_a_formula_is_none_in_the_rejects_file(tmp_path: Path, title: str) -> None:
    with RejectsFile(tmp_path / "rejects.csv", lambda _: title) as rejects:
        rejects.add(2, [FieldError("basis", "is missing")], "not_sent")
    [line] = read_csv(tmp_path / "rejects.csv")
    assert line["column"] == f"'{title}"


def test_reasons_that_differ_only_in_numbers_of_rows_are_one() -> None:
    reasons = Reasons()
    reasons.add(5, [FieldError("reference", "is in more than one row: 5, 9"), FieldError("", "is not JSON")])
    reasons.add(2, [FieldError("reference", "is in more than one row: 2, 3, and 1,490 more")])
    assert reasons.most_frequent(str.upper) == [
        (2, "REFERENCE is in more than one row (first in row 2)"),
        (1, "the row is not JSON (row 5)"),
    ]


def test_a_long_list_of_reasons_is_cut(service: Service, known_to: KnownTo, tmp_path: Path) -> None:
    wrong = [
        *("practitioner_id", "practitioner_name", "practitioner_role", "team_name", "team_phone", "started_on"),
        *("ended_on", "date_of_birth", "organisation", "lead_professional"),
    ]
    write_feed(tmp_path / "feed.csv", [row(service, "r-1", **dict.fromkeys(wrong, "#N/A"))])
    ended = known_to("load", "feed.csv", "--check")
    assert ended.out.count("has an error that a spreadsheet") == 8
    assert tidy(ended).endswith("                and 2 more reasons\n")


def test_what_was_left_out_of_the_file_is_said(service: Service, known_to: KnownTo, tmp_path: Path) -> None:
    made = row(service, "r-1")
    write_workbook(tmp_path / "feed.xlsx", ["A report"], [*made, "Ward"], [*made.values(), "B7"])
    ended = known_to("load", "feed.xlsx", "--check")
    assert (ended.code, ended.out) == (5, "")
    assert 'The file has a column that is not known: column K "Ward".' in said(ended.err)
    ended = known_to("load", "feed.xlsx", "--check", "--ignore-columns")
    tidy(ended)
    assert ended.code == 0
    assert said(ended.err).startswith(
        'The header is row 2. What is above it was left out. Ignored: column K "Ward". Nothing was sent.'
    )
