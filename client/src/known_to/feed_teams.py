"""The team file: the name and the phone of each team, by its id. Case systems hold no phone for each child."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .cell_faults import fault_of
from .errors import UnreadableFile
from .feed_cells import unwrapped
from .feed_columns import OF_THE_TEAM, READERS, TEAM_ID, Habits, read_text
from .feed_header import HeaderRules
from .feed_map import FeedMap
from .feed_table import TableFile, TableRow
from .feed_text import UTF_8, is_utf_8_with_letters
from .invisible_characters import without_invisible

_COLUMNS = (TEAM_ID, *OF_THE_TEAM)
_SHORT_NAMES = FeedMap(columns={"id": TEAM_ID, "name": "team_name", "phone": "team_phone"})
_ITS_OWN = FeedMap()


@dataclass(frozen=True, slots=True, repr=False)
class Teams:
    """`by_id`: the cells `team_name` and `team_phone`, ready to send."""

    by_id: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def read_teams(path: Path, habits: Habits, encoding: str = UTF_8) -> Teams:
    """Reads a CSV or a workbook with `team_id`, `team_name` (or `name`) and `team_phone` (or `phone`).

    `encoding` is that of the feed: a team file in UTF-8 is read as such. Raises UnreadableFile, because a fault in it
    would concern many rows of the feed.
    """
    encoding = UTF_8 if is_utf_8_with_letters(path) else encoding
    try:
        return Teams(_read(TableFile(path, encoding), habits))
    except UnreadableFile as error:
        raise UnreadableFile(f"The team file {path.name}: {error}") from None


def _read(file: TableFile, habits: Habits) -> dict[str, dict[str, str]]:
    teams: dict[str, dict[str, str]] = {}
    for row in file.table(HeaderRules(_TitlesOfTeams(), _COLUMNS, is_feed=False)).rows:
        team = {name: _value(row, name, habits) for name in _COLUMNS}
        team_id = team.pop(TEAM_ID)
        if team_id in teams:
            raise UnreadableFile(f"Row {row.number} has a team_id that is in another row already. Keep one.")
        teams[team_id] = team
    if not teams:
        raise UnreadableFile("It has no rows.")
    return teams


class _TitlesOfTeams(FeedMap):
    """Takes the short titles too, which mean nothing in a feed."""

    __slots__ = ()

    def ours(self, title: str) -> str | None:
        name = _ITS_OWN.ours(title) or _SHORT_NAMES.ours(title)
        return name if name in _COLUMNS else None


def _value(row: TableRow, name: str, habits: Habits) -> str:
    cell = unwrapped(without_invisible(row.cells[name])[0].strip())
    problem = row.fault or (fault_of(cell) if cell else "is missing")
    if problem is None:
        try:
            return str(READERS.get(name, read_text)(cell, habits))
        except ValueError as error:
            problem = str(error)
    raise UnreadableFile(f"Row {row.number}: {'it' if row.fault else name} {problem}.")
