"""Invisible characters are removed from cells and counted. What can be seen stays."""

import json
from pathlib import Path

import pytest

from client.tests.test_feed_file import GOOD, RECORD, text_of
from known_to.feed_file import FeedFile
from known_to.invisible_characters import without_invisible

UNSEEN = ["\u200b", "\u200d", "\u00ad", "\ufeff", "\u2060", "\u202e", "\ufe0f", "\u3164", "\u2800", "\U000e0041"]


@pytest.mark.parametrize("unseen", UNSEEN)
def test_an_invisible_character_is_removed_from_every_cell(tmp_path: Path, unseen: str) -> None:
    file = tmp_path / "feed.csv"
    cells = {name: f"{unseen}{cell[:3]}{unseen}{cell[3:]}{unseen}" for name, cell in GOOD.items()}
    file.write_text(text_of(cells, {"reference": "b"}), encoding="utf-8")
    feed = FeedFile(file)
    survey = feed.survey()
    first, second = feed.rows(survey)
    assert (first.record, first.errors, second.errors) == (RECORD, (), ())
    assert survey.invisible == (3 * len(GOOD), 1)


def test_references_that_differ_only_in_what_nobody_sees_are_the_same(tmp_path: Path) -> None:
    file = tmp_path / "feed.csv"
    file.write_text(text_of({"reference": "a"}, {"reference": "a\u200b"}), encoding="utf-8")
    assert list(FeedFile(file).survey().row_numbers.values()) == [[2, 3]]
    assert [one for _, one in FeedFile(file).references()] == ["a", "a"]


def test_a_header_may_have_them(tmp_path: Path) -> None:
    file = tmp_path / "feed.csv"
    file.write_text(text_of({}).replace("nhs_number", "nhs_\u200bnumber", 1), encoding="utf-8")
    assert FeedFile(file).survey().row_numbers == {"ref-1": [2]}


def test_a_line_of_ndjson_is_cleaned_at_any_depth(tmp_path: Path) -> None:
    file = tmp_path / "feed.ndjson"
    people = {"practitioner": {**RECORD["practitioner"], "name": "Zoë\u200b Okafor"}}  # type: ignore[dict-item]
    file.write_text(json.dumps({**RECORD, **people, "organisation": None}))
    feed = FeedFile(file)
    [row] = feed.rows(feed.survey())
    assert (row.record, row.invisible) == ({**RECORD, "organisation": None}, 1)


@pytest.mark.parametrize("text", ["Zoë Łukasz", "O'Brien-Smith", "安娜", "नीता", "two  spaces", "a\u00a0b", "\ttab\n"])
def test_what_can_be_seen_stays(text: str) -> None:
    assert without_invisible(text) == (text, 0)
