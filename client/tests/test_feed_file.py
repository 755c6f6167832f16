"""Feed files as spreadsheets and data teams write them. Errors name the row, and quote nothing from it."""

import csv
import io
import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from known_to.errors import UnreadableFile
from known_to.feed_columns import OPTIONAL, REQUIRED, Habits
from known_to.feed_file import FeedFile
from known_to.feed_rows import Row

CANARY = "canary7f3a"
GOOD = {
    "reference": "ref-1",
    "nhs_number": "9990000018",
    "service_type": "social_care",
    "basis": "statutory",
    "practitioner_id": "sw-1",
    "practitioner_name": "Zoë Okafor",
    "practitioner_role": "Social worker",
    "practitioner_phone": "020 7946 0001",
    "team_name": "Assessment, north",
    "team_phone": "020 7946 0002",
    "started_on": "2026-02-01",
}
RECORD = {
    "reference": "ref-1",
    "nhs_number": "9990000018",
    "service_type": "social_care",
    "basis": "statutory",
    "practitioner": {"id": "sw-1", "name": "Zoë Okafor", "role": "Social worker", "phone": "020 7946 0001"},
    "team": {"name": "Assessment, north", "phone": "020 7946 0002"},
    "started_on": "2026-02-01",
}
UK = Habits(uk_dates=True, uk_phones=True)


def text_of(*rows: dict[str, str], ending: str = "\n") -> str:
    file = io.StringIO()
    writer = csv.DictWriter(file, [*REQUIRED, *OPTIONAL], lineterminator=ending)
    writer.writeheader()
    writer.writerows({**GOOD, **row} for row in rows)
    return file.getvalue()


def read(folder: Path, content: str | bytes, habits: Habits | None = None, encoding: str = "utf-8-sig") -> list[Row]:
    path = folder / "feed.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    feed = FeedFile(path, habits or Habits(), encoding)
    return list(feed.rows(feed.survey()))


def errors_of(row: Row) -> dict[str, str]:
    return {error.field: error.problem for error in row.errors}


def test_a_row_becomes_the_body_of_a_put(tmp_path: Path) -> None:
    [row] = read(tmp_path, text_of({}))
    assert (row.number, row.reference, row.record, row.errors) == (2, "ref-1", RECORD, ())


def test_every_column_becomes_its_field(tmp_path: Path) -> None:
    filled = {
        "practitioner_email": "ada@authority.example",
        "ended_on": "2026-03-01",
        "date_of_birth": "2015-06-30",
        "lead_professional": "TRUE",
        "sensitive": "no",
        "organisation": "Ward 3",
    }
    [row] = read(tmp_path, text_of(filled))
    practitioner = {**RECORD["practitioner"], "email": "ada@authority.example"}  # type: ignore[dict-item]
    assert row.errors == ()
    assert row.record == {
        **RECORD,
        "practitioner": practitioner,
        "ended_on": "2026-03-01",
        "date_of_birth": "2015-06-30",
        "lead_professional": True,
        "sensitive": False,
        "organisation": "Ward 3",
    }


@pytest.mark.parametrize(
    "content",
    [
        text_of({}, ending="\r\n"),
        "\ufeff" + text_of({}, ending="\r\n"),
        text_of({}).replace("reference", "Reference ", 1).replace("nhs_number", "NHS Number", 1),
        text_of({}) + "\n\r\n,,,,,\n",
        text_of({"nhs_number": "999 000 0018"}),
        text_of({"nhs_number": "999-000-0018"}),
        text_of({"nhs_number": " 9990000018\u00a0"}),
    ],
)
def test_harmless_habits_of_spreadsheets_are_accepted(tmp_path: Path, content: str) -> None:
    [row] = read(tmp_path, content)
    assert (row.record, row.errors) == (RECORD, ())


def test_rows_are_numbered_as_the_spreadsheet_numbers_them(tmp_path: Path) -> None:
    header, *rows = text_of(
        {"reference": "a"}, {"reference": "b", "team_name": "two\nlines"}, {"reference": "c"}
    ).split("\n", 1)
    assert [(row.number, row.reference) for row in read(tmp_path, f"{header}\n\n{rows[0]}")] == [
        (3, "a"),
        (4, "b"),
        (5, "c"),
    ]


def test_uk_dates_need_an_option_and_the_error_names_it(tmp_path: Path) -> None:
    content = text_of({"started_on": "01/02/2026", "date_of_birth": "5/11/2015"})
    [row] = read(tmp_path, content, UK)
    assert (row.record["started_on"], row.record["date_of_birth"]) == ("2026-02-01", "2015-11-05")
    [refused] = read(tmp_path, content)
    assert "--dates uk" in errors_of(refused)["started_on"]


NOT_DATES = ["13/13/2026", "31/02/2026", "2026-02-30", "2026-2-1", "46054", "32 Feb 2026", "1 Fbe 2026", "01/02/26"]


@pytest.mark.parametrize("cell", NOT_DATES)
def test_a_cell_that_is_not_a_date_is_refused(tmp_path: Path, cell: str) -> None:
    [row] = read(tmp_path, text_of({"started_on": cell}), UK)
    assert list(errors_of(row)) == ["started_on"]
    assert cell not in errors_of(row)["started_on"]


def test_a_phone_without_its_first_0_needs_an_option_and_the_error_names_it(tmp_path: Path) -> None:
    content = text_of({"team_phone": "2079460002", "practitioner_phone": "161496000"})
    [row] = read(tmp_path, content, UK)
    assert (row.record["team"]["phone"], row.record["practitioner"]["phone"]) == ("02079460002", "0161496000")
    [refused] = read(tmp_path, content)
    assert "--phones uk" in errors_of(refused)["team_phone"]


COMPLETE = ["020 7946 0002", "+442079460002", "101", "02079460002", "0300 123 1234 x 7", "(020) 7946 0002"]


@pytest.mark.parametrize("phone", COMPLETE)
def test_a_complete_phone_stays_as_it_is(tmp_path: Path, phone: str) -> None:
    [row] = read(tmp_path, text_of({"team_phone": phone}), UK)
    assert row.record["team"]["phone"] == phone


@pytest.mark.parametrize(("column", "cell"), [("nhs_number", "9.99E+09"), ("team_phone", "2.07946E+09")])
def test_a_number_that_a_spreadsheet_rounded_is_refused_with_a_hint(tmp_path: Path, column: str, cell: str) -> None:
    [row] = read(tmp_path, text_of({column: cell}), UK)
    assert "format the column as Text" in errors_of(row)[column]


def test_all_errors_of_a_row_are_listed_at_once_and_quote_nothing(tmp_path: Path) -> None:
    wrong = dict.fromkeys((*REQUIRED, *OPTIONAL), f"{CANARY}!") | {"team_name": ""}
    [row] = read(tmp_path, text_of(wrong))
    assert errors_of(row).keys() == {
        *("reference", "nhs_number", "started_on", "ended_on", "date_of_birth", "lead_professional", "sensitive"),
        "team_name",
    }
    assert CANARY not in str(row.errors) + repr(row)


@pytest.mark.parametrize("column", REQUIRED)
def test_a_required_cell_that_is_empty_is_reported(tmp_path: Path, column: str) -> None:
    [row] = read(tmp_path, text_of({column: " "}))
    assert errors_of(row) == {column: "is missing"}


def test_rows_that_share_a_reference_all_have_an_error(tmp_path: Path) -> None:
    rows = read(tmp_path, text_of({"reference": "a"}, {"reference": "b"}, {"reference": "a"}))
    assert [errors_of(row) for row in rows] == [
        {"reference": "is in more than one row: 2, 4"},
        {},
        {"reference": "is in more than one row: 2, 4"},
    ]


def test_a_reference_in_every_row_gives_short_errors(tmp_path: Path) -> None:
    rows = read(tmp_path, text_of(*[{"reference": "a"}] * 1500))
    problem = "is in more than one row: 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, and 1,490 more"
    assert [errors_of(row) for row in rows] == [{"reference": problem}] * 1500


@pytest.mark.parametrize("cell", ["tomorrow", "2026-2-1"])
def test_an_error_for_a_uk_date_shows_the_accepted_formats(tmp_path: Path, cell: str) -> None:
    [row] = read(tmp_path, text_of({"started_on": cell}), UK)
    assert errors_of(row) == {"started_on": "is not a date written DD/MM/YYYY or YYYY-MM-DD"}


def test_a_reference_that_is_an_nhs_number_is_refused_and_not_quoted(tmp_path: Path) -> None:
    [row] = read(tmp_path, text_of({"reference": "9990000018"}))
    assert row.reference is None
    assert "NHS number" in errors_of(row)["reference"]


_COLUMNS = ("organisation", "practitioner_name", "nhs_number", "started_on")


@pytest.mark.parametrize(("column", "size"), [*product(_COLUMNS, (10_001, 131_073)), ("practitioner_name", 10_000_000)])
def test_a_giant_cell_costs_its_row_and_not_the_file(tmp_path: Path, column: str, size: int) -> None:
    giant = {"reference": "b", column: "9" * size}
    rows = read(tmp_path, text_of({"reference": "a"}, giant, {"reference": "c"}))
    assert [row.errors == () for row in rows] == [True, False, True]
    assert errors_of(rows[1]) == {column: "is longer than 10,000 characters"}
    # Otherwise `reconcile` would not know whose row it is, and withdraw nothing.
    assert rows[1].reference == "b"


def test_a_giant_cell_beyond_the_header_or_for_a_reference_costs_its_row_only(tmp_path: Path) -> None:
    giant = "9" * 1_000_000
    beyond, good = text_of({}).splitlines()[1] + f",{giant}", text_of({"reference": "b"}).splitlines()[1]
    rows = read(tmp_path, "\n".join((text_of({}).splitlines()[0], beyond, good)))
    assert [row.errors == () for row in rows] == [False, True]
    rows = read(tmp_path, text_of({"reference": giant}, {"reference": "b"}))
    assert errors_of(rows[0]) == {"reference": "is longer than 10,000 characters"}
    assert rows[1].errors == ()


def test_a_row_with_too_many_cells_is_refused(tmp_path: Path) -> None:
    [row] = read(tmp_path, text_of({}).rstrip("\n") + f",{CANARY}\n")
    assert errors_of(row) == {
        "": "has a cell in column R, which has no title; is there a comma or a quotation mark too many?"
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file is empty"),
        (text_of(), "no rows"),
        (text_of({}).encode("utf-16-le"), "UTF-16.*CSV UTF-8"),
        (b"PK\x03\x04 and so on", "workbook.*CSV UTF-8"),
        (text_of({}).encode("cp1252"), r"not UTF-8\. It may be Windows-1252.*CSV UTF-8.*--encoding cp1252"),
        (f"{CANARY},{CANARY},2,3\n4,5,6,7\n", "Columns are missing: reference, .*first row must name"),
        (text_of({}).replace("ended_on", "Ward", 1), r'column M "Ward".* --ignore-columns\. The known columns are: '),
        (
            text_of({}).replace("ended_on", "Started On", 1),
            'more than once: started_on is in column J "started_on" and column M "Started On"',
        ),
        (text_of({}) + '"never closed,', "from row 3 on: a quotation mark"),
    ],
)
def test_an_unreadable_file_is_reported_with_reason_and_remedy(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    with pytest.raises(UnreadableFile, match=message) as raised:
        read(tmp_path, content)
    attributes = [vars(one) for one in (raised.value, raised.value.__context__) if one is not None]
    assert CANARY not in str(raised.value) + str(attributes)
    assert "Okafor" not in str(attributes) + str(raised.value.__context__)


def test_excels_plain_csv_is_read_with_its_encoding(tmp_path: Path) -> None:
    [row] = read(tmp_path, text_of({}).encode("cp1252"), encoding="cp1252")
    assert row.record == RECORD


@pytest.mark.parametrize("encoding", ["utf-16-le", "cp1252"])
def test_ndjson_in_another_encoding_shows_how_to_save_it(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "feed.ndjson"
    path.write_text(json.dumps(RECORD, ensure_ascii=False), encoding=encoding)
    with pytest.raises(UnreadableFile, match=r" Save it as UTF-8\. In Notepad: ") as raised:
        FeedFile(path).survey()
    assert "Excel:" not in str(raised.value)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_utf_16_is_read_because_its_mark_proves_it(tmp_path: Path, encoding: str) -> None:
    [row] = read(tmp_path, text_of({}).encode("utf-16"), encoding=encoding)
    assert row.record == RECORD
    [row] = read(tmp_path, text_of({}).encode("utf-16-le"), encoding="utf-16-le")
    assert row.record == RECORD


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"feed.csv cannot be read: No such file"):
        FeedFile(tmp_path / "feed.csv").survey()


def ndjson(folder: Path, *lines: Any) -> list[Row]:
    path = folder / "feed.ndjson"
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
    feed = FeedFile(path)
    return list(feed.rows(feed.survey()))


def test_a_line_of_ndjson_is_the_body_of_a_put_with_its_reference(tmp_path: Path) -> None:
    spaced = {**RECORD, "nhs_number": "999 000 0018"}
    [row, _] = ndjson(tmp_path, spaced, "", {**RECORD, "reference": "b"})
    assert (row.number, row.reference, row.record, row.errors) == (1, "ref-1", RECORD, ())


@pytest.mark.parametrize(
    "line", [f"{{{CANARY}", f'["{CANARY}"]', {"reference": 1}, {**RECORD, "nhs_number": CANARY}, "[" * 100_000]
)
def test_a_bad_line_of_ndjson_affects_no_other_line(tmp_path: Path, line: Any) -> None:
    [bad, good] = ndjson(tmp_path, line, {**RECORD, "reference": "b"})
    assert bad.errors
    assert CANARY not in str(bad.errors)
    assert (good.reference, good.errors) == ("b", ())


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("NaN", "JSON in UTF-8 cannot express"),
        ("-Infinity", "JSON in UTF-8 cannot express"),
        ("1e999", "JSON in UTF-8 cannot express"),
        (r'"\ud800"', "JSON in UTF-8 cannot express"),
        (f'"{"x" * 300_000}"', "larger than the service takes"),
    ],
)
def test_a_row_that_would_spoil_its_batch_has_an_error_and_keeps_its_reference(
    tmp_path: Path, value: str, problem: str
) -> None:
    line = json.dumps({**RECORD, "organisation": "here"}).replace('"here"', value)
    [bad, good] = ndjson(tmp_path, line, {**RECORD, "reference": "b"})
    assert problem in errors_of(bad)[""]
    assert (bad.reference, good.errors) == ("ref-1", ())
