"""The map file: an authority's own names for our columns, and what is the same in every row."""

import csv
from pathlib import Path

import pytest

from client.tests.test_feed_file import GOOD, RECORD, errors_of
from known_to.errors import UnreadableFile
from known_to.feed_file import FeedFile
from known_to.feed_map import FeedMap, read_map

THEIRS = {
    "reference": "Case ID",
    "nhs_number": "NHS No.",
    "started_on": "Open\nDate",
    "basis": "Plan",
    "ended_on": "Closed",
}
MAP = """
ignore = ["Ward"]

[columns]
"Case ID" = "reference"
"NHS no." = "nhs_number"
"open date" = "started_on"
"Plan" = "basis"
"Closed" = "ended_on"

[fixed]
service_type = "social_care"
sensitive = false

[values.basis]
"CIN" = "statutory"
"child  protection" = "significant_harm"
"""


def mapped(folder: Path, text: str = MAP) -> FeedMap:
    path = folder / "map.toml"
    path.write_text(text, encoding="utf-8-sig")
    return read_map(path)


def feed(folder: Path, *rows: dict[str, str], feed_map: FeedMap, titles: dict[str, str] = THEIRS) -> FeedFile:
    ours = [name for name in (*GOOD, "ended_on") if name != "service_type"]
    with (folder / "feed.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*(titles.get(name, name) for name in ours), "Ward"])
        writer.writerows([[*({**GOOD, **row}.get(name, "") for name in ours), "B7"] for row in rows])
    return FeedFile(folder / "feed.csv", feed_map=feed_map)


def test_their_columns_their_words_and_fixed_values_become_ours(tmp_path: Path) -> None:
    made = feed(
        tmp_path, {"basis": "CIN"}, {"reference": "b", "basis": " Child Protection "}, feed_map=mapped(tmp_path)
    )
    first, second = made.rows(made.survey())
    assert (first.record, first.errors) == ({**RECORD, "sensitive": False}, ())
    assert (second.record["basis"], second.errors) == ("significant_harm", ())


def test_a_word_that_is_not_in_the_map_stays_as_it_is(tmp_path: Path) -> None:
    made = feed(tmp_path, {"basis": "statutory"}, feed_map=mapped(tmp_path))
    assert [row.record["basis"] for row in made.rows(made.survey())] == ["statutory"]


def test_a_fault_is_named_with_the_title_that_the_file_has(tmp_path: Path) -> None:
    made = feed(tmp_path, {"started_on": "46054"}, feed_map=mapped(tmp_path))
    survey = made.survey()
    [row] = made.rows(survey)
    assert list(errors_of(row)) == ["started_on"]
    assert survey.title("started_on") == "Open Date"
    assert survey.title("practitioner.name") == "practitioner_name"
    assert survey.title("") == ""


def test_a_map_that_no_longer_fits_the_export_is_refused_by_title(tmp_path: Path) -> None:
    feed_map = mapped(tmp_path)
    changed = feed(tmp_path, {}, feed_map=feed_map, titles={**THEIRS, "ended_on": "Date closed"})
    with pytest.raises(UnreadableFile) as raised:
        changed.survey()
    assert str(raised.value) == (
        'The map names columns that the file does not have: "Closed". Has the export changed? It has, unknown to the '
        'map: column K "Date closed".'
    )
    changed = feed(tmp_path, {}, feed_map=feed_map, titles={**THEIRS, "reference": "Case number"})
    with pytest.raises(UnreadableFile, match=r'names columns that no row of the file has: "Case ID"\. Has the export'):
        changed.survey()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[columns]\nCase ID = "reference"', "cannot be read: .*line 2.*Put every title in quotes"),
        ('[columns]\n"Case ID" = "ref"', "names a column that is not one of: reference, nhs_number"),
        ('[fixed]\nward = "B7"', "names a column that is not one of: reference, nhs_number"),
        ('[values.ward]\n"a" = "b"', "names a column that is not one of: reference, nhs_number"),
        ('[columns]\n"A" = "reference"\n"B" = "reference"', "more than one source for: reference"),
        ('[columns]\n"A" = "basis"\n[fixed]\nbasis = "statutory"', "more than one source for: basis"),
        ('[column]\n"A" = "basis"', r"parts that are not known: column\. Known: ignore, \[columns\]"),
        ('ignore = "Ward"', "write ignore as a list of titles"),
        ('[columns]\n"A" = 3', "write each column in quotes"),
        ('columns = "a"', r"write \[columns\] on a line of its own"),
        ("[fixed]\nbasis = 7", "write each fixed value in quotes"),
        ('[values]\nbasis = "statutory"', r"below \[values.basis\] write"),
    ],
)
def test_a_map_that_cannot_be_used_says_why(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UnreadableFile, match=words):
        mapped(tmp_path, text)


def test_a_map_in_another_encoding_or_none_is_reported(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text('[columns]\n"Größe" = "basis"', encoding="cp1252")
    with pytest.raises(UnreadableFile, match=r"map.toml cannot be read: it is not UTF-8 text\. Save it as UTF-8"):
        read_map(tmp_path / "map.toml")
    with pytest.raises(UnreadableFile, match=r"none.toml cannot be read: No such file"):
        read_map(tmp_path / "none.toml")


def test_a_title_that_is_mapped_elsewhere_no_longer_means_ours(tmp_path: Path) -> None:
    feed_map = mapped(tmp_path, '[columns]\n"reference" = "practitioner_id"\n"Case" = "reference"')
    assert [feed_map.ours(title) for title in ("Reference", "case", "practitioner_id", "basis", "Ward")] == [
        "practitioner_id",
        "reference",
        None,
        "basis",
        None,
    ]
