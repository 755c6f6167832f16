"""Cells as Excel and case systems write them: taken if they can mean one thing, and otherwise refused by name."""

from pathlib import Path

import pytest

from client.tests.test_feed_file import GOOD, RECORD, UK, errors_of, read, text_of
from known_to.cell_faults import fault_of
from known_to.feed_columns import OPTIONAL, REQUIRED, Habits
from known_to.feed_rows import Row, read_record, read_row

CELLS_THAT_MEAN_ONE_THING = [
    ("nhs_number", '="9990000018"', "9990000018"),
    ("nhs_number", "'9990000018", "9990000018"),
    ("nhs_number", "9990000018.0", "9990000018"),
    ("nhs_number", "9990000018.00", "9990000018"),
    ("nhs_number", "9,990,000,018", "9990000018"),
    ("nhs_number", "9,990,000,018.00", "9990000018"),
    ("nhs_number", "9.990.000.018", "9990000018"),
    ("nhs_number", "9\u00a0990\u00a0000\u00a0018", "9990000018"),
    ("nhs_number", "999\u00a0000\u00a00018", "9990000018"),
    ("reference", '="00123"', "00123"),
    ("reference", "'00123", "00123"),
    ("reference", "12345.0", "12345"),
    ("reference", "12,345", "12345"),
    ("reference", "v1.0", "v1.0"),
    ("reference", "1E5", "1E5"),
    ("practitioner_id", "417.0", "417"),
    ("service_type", "Social Care", "social_care"),
    ("service_type", "SOCIAL-CARE", "social_care"),
    ("basis", " Significant  harm ", "significant_harm"),
    ("practitioner_name", "'Abd al-Rahman", "'Abd al-Rahman"),
    ("practitioner_name", '="Ada ""Addy"" Okafor"', 'Ada "Addy" Okafor'),
    ("team_name", "CAFÉ’S – north", "CAFÉ’S – north"),
    ("team_phone", '="020 7946 0002"', "020 7946 0002"),
    ("team_phone", "'02079460002", "02079460002"),
    ("team_phone", "2079460002.0", "02079460002"),
    ("team_phone", "2,079,460,002", "02079460002"),
    ("team_phone", "101,999", "101,999"),
    ("started_on", "2026-02-01 00:00:00.000", "2026-02-01"),
    ("started_on", "2026-02-01T00:00:00", "2026-02-01"),
    ("started_on", "2026-02-01T00:00:00Z", "2026-02-01"),
    ("started_on", "2026-02-01 00:00:00 +0000", "2026-02-01"),
    ("started_on", "2026/02/01", "2026-02-01"),
    ("started_on", "20260201", "2026-02-01"),
    ("started_on", "01/02/2026", "2026-02-01"),
    ("started_on", "01/02/2026 00:00", "2026-02-01"),
    ("started_on", "1/2/2026 00:00:00", "2026-02-01"),
    ("started_on", "01/02/2026 12:00:00 AM", "2026-02-01"),
    ("started_on", "01.02.2026", "2026-02-01"),
    ("started_on", "01-02-2026", "2026-02-01"),
    ("started_on", "1 Feb 2026", "2026-02-01"),
    ("started_on", "01-FEB-2026", "2026-02-01"),
    ("started_on", "1 February 2026 00:00", "2026-02-01"),
    ("started_on", "'2026-02-01", "2026-02-01"),
    ("lead_professional", "Y", True),
    ("lead_professional", "1.0", True),
    ("lead_professional", "-1", True),
    ("lead_professional", "FALSE", False),
]


def value_of(row: Row, column: str) -> object:
    group, _, field = column.partition("_")
    return row.record[group][field] if group in ("practitioner", "team") else row.record[column]


@pytest.mark.parametrize(("column", "cell", "value"), CELLS_THAT_MEAN_ONE_THING)
def test_a_cell_that_can_mean_only_one_thing_is_taken(
    tmp_path: Path, column: str, cell: str, value: str | bool
) -> None:
    [row] = read(tmp_path, text_of({column: cell}), UK)
    assert (row.errors, value_of(row, column)) == ((), value)


ERROR, NOTHING, FORMULA = "error that a spreadsheet", "'nothing'", "formula instead of its result"
REFUSED_BY_NAME = [
    ("started_on", "01/02/26", "year of two digits"),
    ("started_on", "1-2-26", "year of two digits"),
    ("started_on", "01-Feb-26", "year of two digits"),
    ("started_on", "01/02/26 00:00", "year of two digits"),
    ("started_on", "46054", "count of days, as Excel stores dates"),
    ("started_on", "46054.0", "count of days, as Excel stores dates"),
    ("started_on", "46054.58", "count of days, as Excel stores dates"),
    ("date_of_birth", "2015", "year without a day"),
    ("started_on", "2026-02-01 13:45:00", "time of day"),
    ("started_on", "2026-05-31T23:00:00Z", "time of day"),
    ("started_on", "01/02/2026 12:00 PM", "time of day"),
    ("ended_on", "31/12/9999", "stands for 'no date'"),
    ("ended_on", "1900-01-01", "stands for 'no date'"),
    ("ended_on", "1899-12-30 00:00:00", "stands for 'no date'"),
    ("ended_on", "1970-01-01", "stands for 'no date'"),
    ("started_on", "02/13/2026", "can only be month/day/year"),
    ("started_on", "31/02/2026", "not a day of the calendar"),
    ("started_on", "1 Fab 2026", "not a day of the calendar"),
    ("started_on", "20261302", "is not a date"),
    ("nhs_number", "9.98E+09", "rounded by a spreadsheet"),
    ("nhs_number", "990000018", "ten digits"),
    ("nhs_number", "9990000019", "last digit does not fit"),
    ("reference", "2.02603E+14", "rounded by a spreadsheet"),
    ("team_phone", "2.07946E+09", "rounded by a spreadsheet"),
    ("lead_professional", "maybe", "yes or no"),
    ("practitioner_name", "ZoÃ« Okafor", "UTF-8 was read as Windows-1252"),
    ("team_name", "Team â€“ north", "UTF-8 was read as Windows-1252"),
    ("organisation", "Å\x81ukasz House", "UTF-8 was read as Windows-1252"),
    ("practitioner_name", "Zo\ufffd Okafor", "lost a letter"),
    ("team_name", "=VLOOKUP(A2,Teams!A:B,2,FALSE)", FORMULA),
    ("ended_on", "=TODAY()", FORMULA),
]


@pytest.mark.parametrize(("column", "cell", "words"), REFUSED_BY_NAME)
def test_a_cell_that_could_mean_two_things_or_none_is_refused_by_name(
    tmp_path: Path, column: str, cell: str, words: str
) -> None:
    [row] = read(tmp_path, text_of({column: cell}), UK)
    [(field, problem)] = errors_of(row).items()
    assert field == column
    assert words in problem
    assert cell not in problem


ERRORS = [
    *("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#########", "#Error", "Err:502"),
]
NOTHINGS = [
    *("NULL", "null", "(null)", "N/A", "n/a", "-", "--", "—", "?", "???", ".", "None", "NaN", "NaT", "\\N", "[blank]"),
]
COLUMNS = [*REQUIRED, *OPTIONAL]


@pytest.mark.parametrize("column", COLUMNS)
def test_an_error_or_a_word_for_nothing_is_a_fault_in_every_column(column: str) -> None:
    for cell, words in [*((one, ERROR) for one in ERRORS), *((one, NOTHING) for one in NOTHINGS)]:
        row = read_row(2, {**GOOD, column: f" {cell} "}, UK)
        assert words in errors_of(row)[column], cell
        assert errors_of(row).keys() == {column}


@pytest.mark.parametrize("column", OPTIONAL)
@pytest.mark.parametrize("cell", ["", " ", "\u00a0", "\u200b", '=""'])
def test_an_empty_cell_is_empty(column: str, cell: str) -> None:
    row = read_row(2, {**{name: GOOD[name] for name in REQUIRED}, column: cell}, Habits())
    expected = {**RECORD, "practitioner": {"id": "sw-1", "name": "Zoë Okafor", "role": "Social worker"}}
    assert (row.record, row.errors) == (expected, ())


@pytest.mark.parametrize(
    "cell",
    [
        "Na",
        "NA",
        "Nanette",
        "#1",
        "A-1",
        "Null-Smith",
        "JOÃO",
        "Groß–Gerau",
        "Voß’s",
        "É’",
        "Ærø",
        "Zoë",
        "Łukasz",
        "Ñuñez",
        "安娜",
        "x?",
    ],
)
def test_a_value_is_not_taken_for_none(cell: str) -> None:
    assert fault_of(cell) is None


@pytest.mark.parametrize(
    "text", ["Zoë", "Łukasz", "Ørsted", "naïve", "£5", "O’Brien", "Ž", "Đorđe", "Nguyễn", "安娜", "नीता", "😀"]
)
def test_every_letter_that_was_spoiled_is_noticed(text: str) -> None:
    spoiled = text.encode("utf-8").decode("latin-1")
    assert fault_of(spoiled) is not None
    try:
        spoiled = text.encode("utf-8").decode("cp1252")
    except UnicodeDecodeError:
        return
    assert fault_of(spoiled) is not None


def test_ndjson_has_the_same_faults_and_names_columns() -> None:
    row = read_record(1, {**RECORD, "organisation": "#N/A", "team": {"name": "NULL", "phone": "020 7946 0002"}})
    assert errors_of(row).keys() == {"organisation", "team_name"}


def test_a_fault_in_a_required_cell_is_not_called_missing_too(tmp_path: Path) -> None:
    [row] = read(tmp_path, text_of({"nhs_number": "#N/A"}))
    assert list(errors_of(row)) == ["nhs_number"]
