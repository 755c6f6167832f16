"""What only the sender can see in a file, before it is sent. No warning quotes a row."""

from pathlib import Path
from typing import Any

import pytest

from known_to.feed_checks import FeedChecks, Warned
from known_to.feed_columns import Habits
from known_to.feed_rows import Row, read_record, read_row
from known_to.numbers_file import NumbersFile
from known_to.placeholders import is_placeholder_name, is_placeholder_number, is_placeholder_phone
from known_to.row_digests import digest_with

HABITS = Habits()
ONE, OTHER, THIRD = "9990000018", "9990033064", "9990033005"


def row(number: int, nhs_number: str, reference: str | None = None, **changes: Any) -> Row:
    people = {"practitioner": {"name": "Ada Okafor"}, "team": {"name": "Assessment", "phone": "020 7946 0002"}}
    reference = reference or f"r-{number}"
    return Row(number, reference, {"reference": reference, "nhs_number": nhs_number, **people, **changes})


def warned(*rows: Row, numbers: NumbersFile | None = None) -> list[Warned]:
    checks = FeedChecks(numbers)
    for one in rows:
        checks.add(one)
    return checks.warnings()


def rows_about(word: str, warnings: list[Warned]) -> tuple[int, ...]:
    [found] = [one.rows for one in warnings if word in one.sentence]
    return found


def test_an_ordinary_file_has_no_warnings() -> None:
    several = [row(at, ONE, date_of_birth="2015-06-30") for at in range(10)]
    assert warned(*several, row(11, OTHER), row(12, THIRD), Row(13, None, {})) == []


def test_one_number_on_many_rows_is_a_warning() -> None:
    many = [row(at, ONE) for at in range(2, 13)]
    assert rows_about("more than ten rows", warned(row(20, OTHER), *many)) == tuple(range(2, 13))


def test_two_birth_dates_for_one_number_are_a_warning() -> None:
    dates = {2: "2015-06-30", 3: "2015-06-30", 5: "2016-06-30"}
    rows = [row(at, ONE, date_of_birth=date) for at, date in dates.items()]
    assert rows_about("two birth dates", warned(*rows, row(6, ONE), row(7, OTHER, date_of_birth="2001-01-01"))) == (
        2,
        3,
        5,
        6,
    )


def numbers_of(folder: Path, *rows: Row) -> NumbersFile:
    """The file after a load that took the rows."""
    digest = digest_with(folder / "home" / "digest.key", "numbers")
    before = NumbersFile(folder / "feed.csv.numbers", digest)
    for one in rows:
        before.take(one)
    before.save()
    return NumbersFile(folder / "feed.csv.numbers", digest)


def test_numbers_that_have_changed_places_since_the_last_load_are_a_warning(tmp_path: Path) -> None:
    numbers = numbers_of(tmp_path, row(2, ONE, "a"), row(3, ONE, "b"), row(4, OTHER, "c"), row(5, THIRD, "d"))
    swapped = warned(row(7, OTHER, "a"), row(8, OTHER, "b"), row(9, ONE, "c"), row(10, THIRD, "d"), numbers=numbers)
    assert rows_about("changed places", swapped) == (7, 8, 9)
    assert warned(row(7, OTHER, "a"), row(9, THIRD, "c"), row(10, THIRD, "d"), numbers=numbers) == []
    assert warned(row(2, ONE, "a"), row(4, OTHER, "c"), row(5, OTHER, "e"), numbers=numbers) == []


@pytest.mark.parametrize(
    ("number", "word"),
    [
        ("9434765919", "looks like an example"),
        ("9000000009", "looks like an example"),
        ("4000000004", "looks like an example"),
        ("9876543210", "looks like an example"),
        ("0101010003", "Scottish"),
        ("3200000000", "Northern Irish"),
    ],
)
def test_a_number_that_cannot_be_the_childs_is_a_warning_and_is_not_quoted(number: str, word: str) -> None:
    warnings = warned(row(2, ONE), row(4, number))
    assert rows_about(word, warnings) == (4,)
    assert number not in str(warnings)


def test_a_person_or_a_phone_that_is_none_is_a_warning_and_is_not_quoted() -> None:
    nobody = {"name": "T.B.C", "phone": "0000"}
    rows = row(3, ONE, practitioner=nobody), row(4, ONE, team={"name": "tba", "phone": "020 7946 0002"}), row(5, OTHER)
    warnings = warned(*rows)
    assert rows_about("nobody outside can ring", warnings) == (3,)
    assert rows_about("a name says", warnings) == (3, 4)
    assert "T.B.C" not in str(warnings)


def test_a_date_that_can_only_be_american_is_a_warning_about_all_the_others() -> None:
    dates = {2: "02/03/2026", 3: "02/13/2026", 4: "13/02/2026"}
    rows = [read_row(number, {"started_on": cell}, Habits(uk_dates=True)) for number, cell in dates.items()]
    assert rows_about("month/day/year", warned(*rows)) == (3,)


@pytest.mark.parametrize("reference", ["Jan-26", "26-JAN", "1-feb-2026"])
def test_a_reference_that_excel_may_have_made_is_a_warning(reference: str) -> None:
    assert rows_about("looks like a date", warned(row(2, ONE, reference), row(3, OTHER, "jan-26-17"))) == (2,)


@pytest.mark.parametrize("name", ["TBC", " tbc ", "(Unallocated)", "Not  known", "N/A", "-", "???", "0", "XXX", "Test"])
def test_a_name_that_says_there_is_none_is_recognised(name: str) -> None:
    assert is_placeholder_name(name)


@pytest.mark.parametrize(
    "name", ["Ada Okafor", "Duty team", "Nona Test", "Łukasz", "安娜", "Test Valley Family Centre", "Unknown-Smith"]
)
def test_a_name_is_not_taken_for_none(name: str) -> None:
    assert not is_placeholder_name(name)


@pytest.mark.parametrize(
    "phone",
    ["", "0", "1234", "999", "00000000000", "01111111111", "+44 1111 111111", "0123456789", "01234567890", "x12"],
)
def test_a_phone_that_nobody_outside_can_ring_is_recognised(phone: str) -> None:
    assert is_placeholder_phone(phone)


@pytest.mark.parametrize(
    "phone",
    [
        "020 7946 0001",
        "02079460001 option 2",
        "020 7946 0001 extension 12",
        "020 7946 0001 EXT4455",
        "020 7946 0001 / 07700 900123",
        "+44 20 7946 0001",
        "(0161) 496 0000",
        "116 123",
        "0300 1234567",
    ],
)
def test_a_phone_with_a_menu_an_extension_or_a_second_number_is_taken(phone: str) -> None:
    assert not is_placeholder_phone(phone)
    cells = {"reference": "r-1", "nhs_number": ONE, "practitioner_phone": phone, "team_phone": phone}
    read = read_row(2, cells, HABITS)
    assert [one.field for one in read.errors if "phone" in one.field] == []
    assert read.record["team"]["phone"] == phone


@pytest.mark.parametrize("number", [ONE, OTHER, "9990000999", "4857773457", "1111111111", "12345"])
def test_an_ordinary_number_is_no_example(number: str) -> None:
    assert not is_placeholder_number(number)


@pytest.mark.parametrize("value", [None, 7, [], {"name": 3, "phone": None}, "text"])
def test_a_line_of_ndjson_of_any_form_is_checked_without_an_error(value: Any) -> None:
    line = {"reference": "a", "nhs_number": value, "date_of_birth": value, "practitioner": value, "team": value}
    assert warned(read_record(1, line), read_record(2, value)) == []
