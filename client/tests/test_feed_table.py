"""The form of a text file: delimiters, encodings, headers, and rows that are no records."""

from pathlib import Path

import pytest

from client.tests.test_feed_file import GOOD, RECORD, UK, errors_of, read, text_of
from known_to.errors import UnreadableFile
from known_to.feed_columns import OPTIONAL, REQUIRED
from known_to.feed_file import FeedFile, Survey
from known_to.feed_header import letter

HEADER = ",".join([*REQUIRED, *OPTIONAL])


def refusal(folder: Path, content: str | bytes, encoding: str = "utf-8-sig") -> str:
    with pytest.raises(UnreadableFile) as raised:
        read(folder, content, UK, encoding)
    return str(raised.value)


def survey_of(folder: Path, content: str, *, ignore_unknown: bool = False) -> Survey:
    (folder / "feed.csv").write_text(content, encoding="utf-8")
    return FeedFile(folder / "feed.csv", ignore_unknown=ignore_unknown).survey()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("declared", ["", "sep={}\n", '"sep={}"\r\n', "SEP={}\n"])
def test_the_delimiter_is_found_by_itself_and_a_line_that_declares_it_is_no_row(
    tmp_path: Path, delimiter: str, declared: str
) -> None:
    lines = [[*REQUIRED, *OPTIONAL], [f'"{GOOD.get(name, "")}"' for name in (*REQUIRED, *OPTIONAL)]]
    content = declared.format(delimiter) + "\n".join(delimiter.join(line) for line in lines)
    [row] = read(tmp_path, content)
    assert (row.number, row.record, row.errors) == (2, RECORD, ())


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_any_line_ending_and_every_marked_encoding_is_read(tmp_path: Path, ending: str, encoding: str) -> None:
    [row] = read(tmp_path, text_of({}, ending=ending).encode(encoding))
    assert row.record == RECORD


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1"])
def test_a_byte_order_mark_is_fine_with_any_encoding(tmp_path: Path, encoding: str) -> None:
    [row] = read(tmp_path, text_of({}).encode("utf-8-sig"), encoding=encoding)
    assert row.record == RECORD


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "cp850"])
def test_utf_8_is_not_read_as_another_encoding(tmp_path: Path, encoding: str) -> None:
    said = refusal(tmp_path, text_of({}).encode(), encoding)
    assert said.startswith(f"The file is UTF-8, not {encoding}: names with letters such as é would be spoiled.")
    assert said.endswith("Leave out --encoding.")
    plain = text_of({"practitioner_name": "Ada Okafor"}).encode()
    assert [row.errors for row in read(tmp_path, plain, encoding=encoding)] == [()]


@pytest.mark.parametrize(
    "title",
    [
        "NHS Number",
        " nhs\u00a0number ",
        "NHS\nNumber",
        "nhs_number",
        '"NHS number"',
        "\ufeffNHS number *:",
        "[NHS Number]",
    ],
)
def test_a_title_is_known_whatever_blanks_and_breaks_it_has(tmp_path: Path, title: str) -> None:
    quoted = '"' + title.replace('"', '""') + '"'
    [row] = read(tmp_path, text_of({}).replace("nhs_number", quoted, 1))
    assert row.record == RECORD


def test_titles_of_a_report_above_the_header_are_left_out_with_a_remark(tmp_path: Path) -> None:
    content = f'"Known To, extract for February\nby Ada",,\n\nRun on,01/02/2026\n{text_of({})}'
    survey = survey_of(tmp_path, content)
    assert survey.row_numbers == {"ref-1": [5]}
    assert survey.remarks == ("The header is row 4. What is above it was left out.",)


def test_a_file_without_a_header_is_refused_and_not_quoted(tmp_path: Path) -> None:
    said = refusal(tmp_path, text_of({}, {}).split("\n", 1)[1])
    assert said.startswith("No row names the columns. Columns are missing: reference, nhs_number, ")
    assert "--map FILE" in said
    assert not [one for one in GOOD.values() if one in said]


def test_a_missing_column_is_named_with_the_row_that_comes_nearest(tmp_path: Path) -> None:
    said = refusal(tmp_path, "Report\n" + text_of({}).replace("team_phone", "Tel", 1))
    assert said.startswith("Columns are missing: team_phone. The first row must name the columns; the one that comes")
    assert "nearest is row 2." in said


def test_an_unknown_column_is_named_by_its_title_and_letter(tmp_path: Path) -> None:
    content = text_of({}).replace("\n", ",Ward 999 000 0018,\n", 1).replace("2026-02-01,", "2026-02-01,", 1)
    said = refusal(tmp_path, content)
    assert 'a column that is not known: column R "Ward (digits)".' in said
    assert "say in a file what it holds (--map FILE), or add --ignore-columns." in said
    assert [letter(at) for at in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def test_ignored_columns_are_listed(tmp_path: Path) -> None:
    content = text_of({}).replace("organisation", "organisation,Ward,ward", 1)
    survey = survey_of(tmp_path, content, ignore_unknown=True)
    assert survey.remarks == ('Ignored: column R "Ward", column S "ward".',)


def test_a_column_without_a_title_may_be_empty_and_nothing_else(tmp_path: Path) -> None:
    content = text_of({"reference": "a"}, {"reference": "b"}).replace("organisation", "organisation,,", 1)
    lines = content.splitlines()
    lines[2] += "x,y"
    first, second = read(tmp_path, "\n".join(lines))
    assert (first.errors, list(errors_of(second))) == ((), [""])
    assert errors_of(second)[""].startswith("has a cell in column R")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Total,3000", "is a total or a remark and not a record"),
        (",,Grand total:,3000", "is a total or a remark and not a record"),
        ("(3000 rows affected)", "is a total or a remark and not a record"),
        ("Report run on 01/02/2026", "is a total or a remark and not a record"),
        ("End of report", "is a total or a remark and not a record"),
        ("OFFICIAL-SENSITIVE", "is a total or a remark and not a record"),
        (",".join(["-----"] * 10), "is a line of dashes and not a record"),
        (HEADER, "repeats the header and is not a record"),
        (HEADER.upper().replace("_", " "), "repeats the header and is not a record"),
    ],
)
def test_a_row_that_is_no_record_has_one_sentence(tmp_path: Path, line: str, words: str) -> None:
    good, other = read(tmp_path, f"{text_of({})}{line}\n")
    assert good.errors == ()
    [(field, problem)] = errors_of(other).items()
    assert (field, problem) == ("", f"{words}; take it out of the export")


def test_a_record_that_lacks_most_of_its_cells_is_no_remark(tmp_path: Path) -> None:
    [_, row] = read(tmp_path, f"{text_of({})}Total,9990000018\n")
    assert errors_of(row)["service_type"] == "is missing"


@pytest.mark.parametrize("end", ["\n\n\n", ",,,,\n , \n", "\x1a", "\u200b\n", "\u00a0,\u00a0\n"])
def test_blank_rows_and_the_end_mark_of_dos_are_no_rows(tmp_path: Path, end: str) -> None:
    assert [row.number for row in read(tmp_path, text_of({}) + end)] == [2]
