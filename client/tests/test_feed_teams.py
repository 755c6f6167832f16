"""The team file: a row of a feed may name a team id instead of the team's name and phone."""

from pathlib import Path
from typing import Any

import pytest

from client.tests.test_feed_file import GOOD, RECORD, UK, errors_of
from client.tests.workbooks import write_workbook
from known_to.errors import UnreadableFile
from known_to.feed_columns import Habits
from known_to.feed_file import FeedFile
from known_to.feed_rows import Row
from known_to.feed_teams import Teams, read_teams

TEAMS = 'team_id,team_name,team_phone\nT1,Duty team,020 7946 0100\n0042,"Assessment, north",020 7946 0002\n'
TITLES = [name for name in GOOD if not name.startswith("team_")]


def teams_of(folder: Path, text: str = TEAMS, habits: Habits = UK) -> Teams:
    (folder / "teams.csv").write_text(text, encoding="utf-8")
    return read_teams(folder / "teams.csv", habits)


def rows_of(
    folder: Path, teams: Teams | None, *rows: dict[str, Any], more: tuple[str, ...] = ("team_id",)
) -> list[Row]:
    titles = [*TITLES, *more]
    cells = [[{**GOOD, **row}.get(name) for name in titles] for row in rows]
    feed = FeedFile(write_workbook(folder / "feed.xlsx", titles, *cells), UK, teams=teams)
    return list(feed.rows(feed.survey()))


def test_a_team_id_stands_for_the_name_and_the_phone_and_is_not_sent(tmp_path: Path) -> None:
    first, second = rows_of(tmp_path, teams_of(tmp_path), {"team_id": "0042"}, {"reference": "b", "team_id": " T1 "})
    assert (first.record, first.errors) == (RECORD, ())
    assert second.record["team"] == {"name": "Duty team", "phone": "020 7946 0100"}


def test_what_the_row_says_of_its_team_counts_more(tmp_path: Path) -> None:
    rows = rows_of(
        tmp_path,
        teams_of(tmp_path),
        {"team_id": "T1", "team_name": "East team", "team_phone": ""},
        {"reference": "b", "team_id": "", "team_name": "East team", "team_phone": "020 7946 0003"},
        more=("team_id", "team_name", "team_phone"),
    )
    assert [row.errors for row in rows] == [(), ()]
    assert rows[0].record["team"] == {"name": "East team", "phone": "020 7946 0100"}
    assert rows[1].record["team"] == {"name": "East team", "phone": "020 7946 0003"}


@pytest.mark.parametrize(
    ("team_id", "problem"),
    [
        ("T9", "is not in the team file; add the team there"),
        ("", "is missing"),
        ("#N/A", "has an error that a spreadsheet put there"),
    ],
)
def test_a_team_id_that_names_no_team_is_the_only_fault_of_its_row(tmp_path: Path, team_id: str, problem: str) -> None:
    [row] = rows_of(tmp_path, teams_of(tmp_path), {"team_id": team_id})
    assert errors_of(row).keys() == {"team_id"}
    assert errors_of(row)["team_id"].startswith(problem)


def test_a_feed_with_team_ids_asks_for_the_team_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"has team_id instead: add your team file with --teams FILE"):
        rows_of(tmp_path, None, {"team_id": "T1"})


@pytest.mark.parametrize(
    "titles", ["team_id,team_name,team_phone", "ID;Name;Phone", "Team ID\tTeam name\tPhone\tBuilding"]
)
def test_the_team_file_is_read_like_a_feed(tmp_path: Path, titles: str) -> None:
    delimiter = next(one for one in ";\t," if one in titles)
    row = delimiter.join(['="0042"', "Duty team", "2079460002", "x"][: len(titles.split(delimiter))])
    teams = teams_of(tmp_path, f"{titles}\n{row}\n")
    assert teams.by_id == {"0042": {"team_name": "Duty team", "team_phone": "02079460002"}}
    write_workbook(tmp_path / "teams.xlsx", ["Team ID", "Name", "Phone"], [42, "Duty team", "020 7946 0002"])
    assert list(read_teams(tmp_path / "teams.xlsx", UK).by_id) == ["42"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TEAMS.replace("0042", "T1"), "Row 3 has a team_id that is in another row already. Keep one."),
        (TEAMS.replace("Duty team", ""), "Row 2: team_name is missing."),
        (TEAMS.replace("020 7946 0100", "N/A"), "Row 2: team_phone has a word or mark for 'nothing'"),
        (TEAMS.replace("T1,", ",", 1), "Row 2: team_id is missing."),
        (TEAMS.replace("020 7946 0100", "2.07946E+09"), "Row 2: team_phone was rounded by a spreadsheet"),
        (TEAMS + "Total,2\n", "Row 4: it is a total or a remark and not a record"),
        ("team_id,team_name\nT1,Duty team\n", "Columns are missing: team_phone."),
        ("team_id,team_name,team_phone\n", "It has no rows."),
    ],
)
def test_a_team_file_with_a_fault_is_refused_whole(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UnreadableFile) as raised:
        teams_of(tmp_path, text)
    assert str(raised.value).startswith(f"The team file teams.csv: {words}")


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_team_file_may_be_utf_8_beside_a_feed_in_another_encoding(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "teams.csv").write_bytes(TEAMS.replace("Duty", "Zoë’s").encode(encoding))
    teams = read_teams(tmp_path / "teams.csv", UK, "cp1252")
    assert teams.by_id["T1"]["team_name"] == "Zoë’s team"


def test_a_team_file_that_is_missing_is_reported(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"The team file teams.csv: teams.csv cannot be read: No such file"):
        read_teams(tmp_path / "teams.csv", UK)


def test_what_a_message_about_the_team_file_names_are_no_options_of_the_feed(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile) as raised:
        teams_of(tmp_path, "Ward,Floor\nB7,2\n")
    assert "--" not in str(raised.value)


def test_a_lost_first_0_in_the_team_file_needs_the_option_too(tmp_path: Path) -> None:
    text = TEAMS.replace("020 7946 0100", "2079460100")
    assert teams_of(tmp_path, text).by_id["T1"]["team_phone"] == "02079460100"
    with pytest.raises(UnreadableFile, match="add --phones uk"):
        teams_of(tmp_path, text, Habits())
