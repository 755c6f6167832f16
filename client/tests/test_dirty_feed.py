"""A feed of 3,000 rows, dirty in every way that is known: each row is taken, or rejected with the right sentence."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from client.tests.dirty_rows import KINDS, DirtyRow, dirty_rows
from client.tests.test_feed_file import UK, errors_of
from client.tests.workbooks import TITLES, write_workbook
from known_to.feed_file import FeedFile
from known_to.feed_rows import Row, read_row

pytestmark = pytest.mark.system

ROWS = 3_000
OF_EVERY_KIND = 3 * len(KINDS)
BANNER = "Extract for Known To\r\n\r\n"
FOOTER = "Total,3000\r\n"


def text_of(rows: list[DirtyRow], delimiter: str = ",", ending: str = "\r\n") -> str:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter, lineterminator=ending)
    writer.writerow([title.replace("_", " ").title() for title in TITLES])
    writer.writerows([[row.cells.get(title, "") for title in TITLES] for row in rows])
    return file.getvalue()


def as_excel_saves_it(rows: list[DirtyRow]) -> bytes:
    return text_of(rows).encode("utf-8-sig")


def with_semicolons_and_a_line_that_says_so(rows: list[DirtyRow]) -> bytes:
    return f"sep=;\r\n{text_of(rows, ';')}".encode()


def as_unicode_text(rows: list[DirtyRow]) -> bytes:
    return text_of(rows, "\t").encode("utf-16")


def as_an_old_mac_writes_it(rows: list[DirtyRow]) -> bytes:
    return text_of(rows, ending="\r").encode()


def as_a_report(rows: list[DirtyRow]) -> bytes:
    return f"{BANNER}{text_of(rows, '|')}{FOOTER}".encode()


FORMS = [
    with_semicolons_and_a_line_that_says_so,
    as_unicode_text,
    as_an_old_mac_writes_it,
    as_a_report,
]


def check(rows: list[DirtyRow], read: Iterator[Row]) -> None:
    for made, found in zip(rows, read, strict=True):
        errors = errors_of(found)
        if made.dirt.sentence is None:
            clean = read_row(found.number, made.clean, UK)
            assert (errors, found.record, found.reference) == ({}, clean.record, clean.reference), made
        else:
            assert errors.keys() == {made.dirt.column}, made
            assert made.dirt.sentence in errors[made.dirt.column], made
            assert str(made.clean["nhs_number"]) not in str(errors)


def test_every_row_of_a_dirty_file_is_taken_or_rejected_with_the_right_sentence(tmp_path: Path) -> None:
    rows = dirty_rows(ROWS)
    (tmp_path / "feed.csv").write_bytes(as_excel_saves_it(rows))
    feed = FeedFile(tmp_path / "feed.csv", UK)
    check(rows, feed.rows(feed.survey()))


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_the_form_of_the_file_makes_no_difference(tmp_path: Path, form: Callable[[list[DirtyRow]], bytes]) -> None:
    rows = dirty_rows(OF_EVERY_KIND)
    (tmp_path / "feed.csv").write_bytes(form(rows))
    feed = FeedFile(tmp_path / "feed.csv", UK)
    read = list(feed.rows(feed.survey()))
    if form is as_a_report:
        assert errors_of(read.pop())[""].startswith("is a total or a remark and not a record")
    check(rows, iter(read))


def test_every_row_of_a_dirty_workbook_is_taken_or_rejected_with_the_right_sentence(tmp_path: Path) -> None:
    rows = dirty_rows(ROWS, workbook=True)
    cells = [[row.cells.get(title) for title in TITLES] for row in rows]
    feed = FeedFile(write_workbook(tmp_path / "feed.xlsx", TITLES, *cells), UK)
    check(rows, feed.rows(feed.survey()))


def test_there_is_a_row_of_every_kind() -> None:
    assert {row.dirt for row in dirty_rows(ROWS)} == set(KINDS)
