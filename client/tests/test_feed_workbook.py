"""Workbooks are read directly. One that cannot be read, or in two ways, is refused with what to do."""

import os
import tracemalloc
import zipfile
from contextlib import suppress
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from client.tests.test_feed_file import RECORD, UK, errors_of
from client.tests.workbooks import TITLES, cells_of, with_part, write_workbook
from known_to.errors import UnreadableFile
from known_to.feed_columns import Habits
from known_to.feed_file import FeedFile
from known_to.feed_rows import Row

SHEET = "xl/worksheets/sheet1.xml"


def rows_of(path: Path, habits: Habits = UK, sheet: str | None = None) -> list[Row]:
    feed = FeedFile(path, habits, sheet=sheet)
    return list(feed.rows(feed.survey()))


def refusal(path: Path, sheet: str | None = None) -> str:
    with pytest.raises(UnreadableFile) as raised:
        FeedFile(path, UK, sheet=sheet).survey()
    assert raised.value.__context__ is None or isinstance(raised.value.__context__, UnreadableFile)
    return str(raised.value)


@pytest.mark.parametrize("name", ["feed.xlsx", "feed.xlsm", "feed.csv", "feed"])
def test_a_workbook_is_read_directly_whatever_its_name(tmp_path: Path, name: str) -> None:
    path = write_workbook(tmp_path / "made.xlsx", TITLES, cells_of()).rename(tmp_path / name)
    [row] = rows_of(path, Habits())
    assert (row.number, row.record, row.errors) == (2, RECORD, ())


@pytest.mark.parametrize(
    ("column", "value", "number_format", "expected"),
    [
        ("nhs_number", 9990000018, "General", "9990000018"),
        ("nhs_number", 9990000018.0, "0.00E+00", "9990000018"),
        ("nhs_number", 9990000018, "#,##0", "9990000018"),
        ("started_on", date(2026, 2, 1), "DD/MM/YY", "2026-02-01"),
        ("started_on", datetime.fromisoformat("2026-02-01"), "yyyy-mm-dd h:mm", "2026-02-01"),
        ("started_on", "01/02/2026", "@", "2026-02-01"),
        ("team_phone", 2079460002, "00000000000", "02079460002"),
        ("team_phone", 2079460002, "00000\\ 000000", "02079460002"),
        ("team_phone", 2079460002, "General", "02079460002"),
        ("reference", 417, "00000", "00417"),
        ("reference", 417.0, "General", "417"),
        ("practitioner_id", 88, "General", "88"),
        ("lead_professional", True, "General", True),
        ("lead_professional", 0, "General", False),
        ("team_name", "Duty_x000D_team", "General", "Duty\rteam"),
    ],
)
def test_what_excel_keeps_of_a_cell_is_read_as_excel_shows_it(
    tmp_path: Path, column: str, value: Any, number_format: str, expected: str | bool
) -> None:
    def format_cell(book: Workbook) -> None:
        book.active.cell(2, TITLES.index(column) + 1).number_format = number_format

    path = write_workbook(tmp_path / "feed.xlsx", TITLES, cells_of(**{column: value}), also=format_cell)
    [row] = rows_of(path)
    group, _, field = column.partition("_")
    found = row.record[group][field] if group in ("practitioner", "team") else row.record[column]
    assert (found, row.errors) == (expected, ())


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("started_on", 46054, "count of days, as Excel stores dates"),
        ("started_on", datetime.fromisoformat("2026-02-01T13:45"), "time of day"),
        ("started_on", time(13, 45), "not a date"),
        ("reference", date(2026, 1, 26), "turned into a date by Excel"),
        ("team_phone", date(2026, 1, 26), "turned into a date by Excel"),
        ("reference", 2.0260529191751e17, "rounded by a spreadsheet"),
        ("ended_on", "#N/A", "error that a spreadsheet put there"),
        ("team_name", "=A1&B1", "formula instead of its result"),
        ("practitioner_phone", "=1/0", "formula instead of its result"),
    ],
)
def test_a_cell_that_lost_its_value_in_excel_is_refused_by_name(
    tmp_path: Path, column: str, value: Any, words: str
) -> None:
    [row] = rows_of(write_workbook(tmp_path / "feed.xlsx", TITLES, cells_of(**{column: value})))
    assert errors_of(row).keys() == {column}
    assert words in errors_of(row)[column]


def test_the_result_of_a_formula_is_read(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "feed.xlsx", TITLES, cells_of(team_name="=A1"))

    def calculated(xml: bytes) -> bytes:
        before, after = xml.split(b"<f>A1</f>")
        cell = before.rindex(b"<c ") + len(b"<c ")
        value = after.index(b"</c>")
        return before[:cell] + b't="str" ' + before[cell:] + b"<f>A1</f><v>Duty team</v>" + after[value:]

    [row] = rows_of(with_part(path, SHEET, calculated))
    assert (row.record["team"]["name"], row.errors) == ("Duty team", ())


def test_titles_above_the_header_blank_rows_and_blank_columns_are_left_out(tmp_path: Path) -> None:
    def merge(book: Workbook) -> None:
        book.active.merge_cells("A1:Q1")  # in one row, so nothing is lost
        book.active.cell(400, 40).number_format = "0.00"

    title = ["Children with a worker, February 2026"]
    path = write_workbook(tmp_path / "feed.xlsx", title, [], TITLES, [], cells_of(), [None] * 30, also=merge)
    feed = FeedFile(path, UK)
    survey = feed.survey()
    [row] = feed.rows(survey)
    assert (row.number, row.record) == (5, RECORD)
    assert survey.remarks == ("The header is row 3. What is above it was left out.",)


def test_cells_that_are_merged_over_rows_are_remarked(tmp_path: Path) -> None:
    def merge(book: Workbook) -> None:
        book.active.merge_cells("H2:H3")

    rows = cells_of(reference="a"), cells_of(reference="b")
    feed = FeedFile(write_workbook(tmp_path / "feed.xlsx", TITLES, *rows, also=merge), UK)
    survey = feed.survey()
    assert [errors_of(row) for row in feed.rows(survey)] == [{}, {"team_name": "is missing"}]
    [remark] = survey.remarks
    assert "merged over several rows. Only the first row of each has its value: unmerge them" in remark


def sheets(path: Path, *titles: str, hidden: str = "") -> Path:
    def add(book: Workbook) -> None:
        for title in titles:
            sheet = book.create_sheet(title)
            sheet.append(TITLES if title.startswith("Feed") else ["Notes", "about", "this"])
            sheet.append(cells_of(reference=f"r-{title[-1]}"))
            sheet.sheet_state = "hidden" if title == hidden else "visible"
        del book["Empty"]

    return write_workbook(path, title="Empty", also=add)


def test_the_only_sheet_with_a_header_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    path = sheets(tmp_path / "feed.xlsx", "Notes", "Feed 2", "Feed 3", hidden="Feed 3")
    feed = FeedFile(path, UK)
    survey = feed.survey()
    assert list(survey.row_numbers) == ["r-2"]
    assert survey.remarks == ('Read the sheet "Feed 2", and not: "Notes", "Feed 3".',)


def test_which_sheet_is_never_guessed(tmp_path: Path) -> None:
    several = sheets(tmp_path / "several.xlsx", "Feed 1", "Feed 2")
    assert refusal(several) == (
        '2 sheets have these columns: "Feed 1", "Feed 2". Keep one of them and hide the others, or name one with '
        "--sheet."
    )
    assert [row.reference for row in rows_of(several, sheet="feed 2 ")] == ["r-2"]
    assert refusal(several, "Feed 9") == 'The workbook has no sheet of that name. It has: "Feed 1", "Feed 2".'
    hidden = sheets(tmp_path / "hidden.xlsx", "Notes", "Feed 1", hidden="Feed 1")
    assert refusal(hidden).startswith('Only a hidden sheet has these columns: "Feed 1". If you mean it, unhide it, or')
    assert [row.reference for row in rows_of(hidden, sheet="Feed 1")] == ["r-1"]


def test_if_no_sheet_has_a_header_the_one_that_comes_nearest_is_named(tmp_path: Path) -> None:
    def add(book: Workbook) -> None:
        book.create_sheet("Cases").append([*TITLES[:-8], "Tel"])
        book.create_sheet("More notes").append(["a"])

    said = refusal(write_workbook(tmp_path / "feed.xlsx", ["Notes"], title="Notes", also=add))
    assert said.startswith("Columns are missing: started_on.")
    assert said.endswith('Read the sheet "Cases", and not: "Notes", "More notes".')


def test_a_workbook_without_rows_or_header_is_refused(tmp_path: Path) -> None:
    assert refusal(write_workbook(tmp_path / "empty.xlsx")) == "The workbook has no rows."
    assert refusal(write_workbook(tmp_path / "feed.xlsx", TITLES)) == "The file has no rows."
    assert refusal(write_workbook(tmp_path / "data.xlsx", cells_of())).startswith("No row names the columns.")


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (OLE + "EncryptedPackage".encode("utf-16-le"), "protected with a password. In Excel: File, Info, Protect"),
        (OLE, "old kind of Excel or Office (.xls or .doc). In Excel: Save As, Excel Workbook (.xlsx)."),
        (b"PK\x03\x04 and so on", "damaged, or of a kind that cannot be read here. Open it in Excel."),
        (b"<html><body><table><tr><td>reference", "a web page (HTML), whatever its name says. Open it in Excel."),
        (b'<?xml version="1.0"?><Workbook>', "is XML, whatever its name says. Open it in Excel."),
        (b"%PDF-1.7", "is a PDF. Export the report as a workbook (.xlsx) or as CSV."),
        (b"\x1f\x8b\x08\x00", "compressed (gzip). Unpack it first."),
        (b'[{"reference": "a"}]', "is JSON. Write one record a line, and name the file .ndjson."),
    ],
)
@pytest.mark.parametrize("name", ["feed.xls", "feed.csv"])
def test_a_file_of_another_kind_is_named_and_never_called_utf_16(
    tmp_path: Path, content: bytes, words: str, name: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert words in refusal(tmp_path / name)
    assert "UTF-16" not in refusal(tmp_path / name)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (["mimetype", "content.xml"], "OpenDocument spreadsheet (.ods). Save it as Excel Workbook (.xlsx) or as CSV."),
        (["[Content_Types].xml", "xl/workbook.bin"], "binary workbook (.xlsb). In Excel: Save As, Excel Workbook"),
        (["[Content_Types].xml", "word/document.xml"], "is a Word document."),
        (["Index/Document.iwa"], "Numbers spreadsheet. In Numbers: File, Export To, Excel."),
        (["feed.csv"], "is a zip archive. Unpack it first."),
        (["[Content_Types].xml", "xl/workbook.xml"], "The workbook is damaged"),
    ],
)
def test_another_zip_archive_is_named(tmp_path: Path, parts: list[str], words: str) -> None:
    with zipfile.ZipFile(tmp_path / "feed.xlsx", "w") as archive:
        for part in parts:
            archive.writestr(part, "content")
    assert words in refusal(tmp_path / "feed.xlsx")


def test_a_workbook_that_unpacks_to_more_than_a_feed_needs_is_not_unpacked(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "feed.xlsx", TITLES, cells_of())
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("xl/media/bomb", bytes(1 << 28))
    assert path.stat().st_size < 2_000_000
    tracemalloc.start()
    assert "unpacks to more than 256 MB" in refusal(path)
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'r="2"', b'r="999999999999"'),
        (b'<c r="Q2"', b'<c r="ZZZZZZ2"'),
        (b"<sheetData>", b'<dimension ref="A1:XFD1048576"/><sheetData>'),
        (b"<sheetData>", b"<sheetData><row>"),
        (b"<v>", b"<v>99999"),
    ],
)
def test_a_sheet_that_claims_to_be_huge_or_is_broken_ends_soon(tmp_path: Path, old: bytes, new: bytes) -> None:
    path = write_workbook(tmp_path / "feed.xlsx", TITLES, cells_of(organisation="Ward 3", team_name="=A1"))
    with_part(path, SHEET, lambda xml: xml.replace(old, new))
    with suppress(UnreadableFile):
        assert len(rows_of(path)) <= 1


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "feed.xlsx", TITLES, cells_of())
    bomb = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + at, b"&%c;" % (97 + at) * 10) for at in range(9)
    )
    with_part(path, SHEET, lambda xml: bomb + b"]>" + xml.replace(b"<sheetData>", b"<sheetData>&j;"))
    assert "damaged" in refusal(path)


def test_a_workbook_that_cannot_be_opened_is_reported(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "feed.xlsx", TITLES, cells_of())
    feed = FeedFile(path, UK)
    if os.geteuid() != 0:
        path.chmod(0)
        assert "cannot be read: Permission denied" in refusal(path)
    path.unlink()
    with pytest.raises(UnreadableFile, match=r"feed.xlsx cannot be read: No such file"):
        feed.survey()


def test_a_handover_may_come_from_a_workbook(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "cases.xlsx", ["Name", "Reference"], ["Ada", "sw-1"], ["Ada", None])
    assert list(FeedFile(path).references()) == [(2, "sw-1"), (3, None)]
