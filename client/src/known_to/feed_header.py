"""The header of a feed file: which row it is, and which column holds what.

Titles are quoted in messages only once the row is sure to be a header: any other row may hold a child's data.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from .errors import UnreadableFile
from .feed_columns import OF_THE_TEAM, REQUIRED, TEAM_ID
from .feed_csv import NumberedRow
from .feed_map import OURS, FeedMap, plain
from .identifiers import masked

_LOOKED_AT = 30  # rows that are not blank
_LONGEST_TITLE = 40
_FEWEST_KNOWN = 2
_OTHERWISE = (
    ' If your system names them otherwise, say how in a map file: --map FILE. "Your own columns" in client/README.md '
    "shows one."
)
NAMELESS, IGNORED = "", None


@dataclass(frozen=True, slots=True)
class HeaderRules:
    """`required`: columns that the file must have. `has_teams`: a team file gives what a `team_id` stands for.

    `is_feed`: refuse columns that are not known, unless `ignore_unknown`, and name the options of a feed in messages.
    """

    feed_map: FeedMap
    required: Sequence[str] = REQUIRED
    is_feed: bool = True
    ignore_unknown: bool = False
    has_teams: bool = False

    def known_in(self, cells: Sequence[str]) -> int:
        return len({name for name in map(self.feed_map.ours, cells) if name})

    def missing_in(self, cells: Sequence[str]) -> list[str]:
        present = {*map(self.feed_map.ours, cells), *self.feed_map.fixed}
        if self.has_teams and TEAM_ID in present:
            present.update(OF_THE_TEAM)
        return [name for name in self.required if name not in present]

    def has_header(self, rows: Iterable[NumberedRow]) -> bool:
        return any(not self.missing_in(cells) for _, cells in rows)


@dataclass(frozen=True, slots=True)
class Header:
    """`columns`: our name by position; "" has no title, and None is ignored. `titles`: what the file calls ours."""

    row: int
    columns: tuple[str | None, ...]
    titles: Mapping[str, str]
    ignored: tuple[str, ...]
    plain_titles: tuple[str, ...]

    def repeats_in(self, cells: Sequence[str]) -> bool:
        if not cells or plain(cells[0]) != self.plain_titles[0]:  # nearly always
            return False
        return tuple(map(plain, cells[: len(self.plain_titles)])) == self.plain_titles


def find_header(rows: Iterable[NumberedRow], rules: HeaderRules) -> Header:
    """Takes rows up to the header. Titles of a report may be above it. Raises UnreadableFile."""
    seen: list[NumberedRow] = []
    filled = ((number, cells) for number, cells in rows if any(cell.strip() for cell in cells))
    for number, cells in islice(filled, _LOOKED_AT):
        if not rules.missing_in(cells):
            return _header(number, cells, rules)
        seen.append((number, cells))
    if not seen:
        raise UnreadableFile("The file is empty.")
    raise UnreadableFile(_why_none(seen, rules))


def _why_none(rows: Sequence[NumberedRow], rules: HeaderRules) -> str:
    number, cells = max(rows, key=lambda row: rules.known_in(row[1]))
    missing = ", ".join(rules.missing_in(cells))
    otherwise = _OTHERWISE if rules.is_feed else ""
    if absent := _absent(cells, rules.feed_map):
        return f"The map names columns that no row of the file has: {absent}. Has the export changed?"
    if rules.known_in(cells) < min(_FEWEST_KNOWN, len(rules.required)):
        return (
            f"No row names the columns. Columns are missing: {missing}. The first row must name the columns.{otherwise}"
        )
    if TEAM_ID in map(rules.feed_map.ours, cells) and not rules.has_teams:
        return f"Columns are missing: {missing}. The file has {TEAM_ID} instead: add your team file with --teams FILE."
    return (
        f"Columns are missing: {missing}. The first row must name the columns; the one that comes nearest is row "
        f"{number}.{otherwise}"
    )


def _header(number: int, cells: Sequence[str], rules: HeaderRules) -> Header:
    columns: list[str | None] = []
    titles: dict[str, list[str]] = {}
    unknown: list[str] = []
    for at, title in enumerate(cells):
        ours = rules.feed_map.ours(title)
        columns.append(ours or (IGNORED if plain(title) else NAMELESS))
        if ours:
            titles.setdefault(ours, []).append(column_name(at, title))
        elif plain(title) and plain(title) not in rules.feed_map.ignored:
            unknown.append(column_name(at, title))
    if repeated := {ours: places for ours, places in titles.items() if len(places) > 1}:
        named = "; ".join(f"{ours} is in {' and '.join(places)}" for ours, places in repeated.items())
        raise UnreadableFile(f"Columns appear more than once: {named}. Keep one of each.")
    if absent := _absent(cells, rules.feed_map):
        others = f" It has, unknown to the map: {', '.join(unknown)}." if unknown else ""
        raise UnreadableFile(
            f"The map names columns that the file does not have: {absent}. Has the export changed?{others}"
        )
    if unknown and rules.is_feed and not rules.ignore_unknown:
        raise UnreadableFile(_unknown(unknown))
    shown = {ours: _shown(cells[columns.index(ours)]) for ours in titles}
    return Header(number, tuple(columns), shown, tuple(unknown), tuple(map(plain, cells)))


def _unknown(columns: Sequence[str]) -> str:
    one = len(columns) == 1
    return (
        f"The file has {'a column that is' if one else 'columns that are'} not known: {', '.join(columns)}. Leave "
        f"{'it' if one else 'them'} out of the export, say in a file what {'it holds' if one else 'they hold'} (--map "
        f"FILE), or add --ignore-columns. The known columns are: {', '.join(OURS)}."
    )


def _absent(cells: Sequence[str], feed_map: FeedMap) -> str:
    present = set(map(plain, cells))
    return ", ".join(f'"{_shown(title)}"' for name, title in feed_map.titles.items() if name not in present)


def column_name(at: int, title: str) -> str:
    """Such as: column R "Ward"."""
    return f'column {letter(at)} "{_shown(title)}"'


def letter(at: int) -> str:
    """The letter of a column in a spreadsheet, counted from 0."""
    letters = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _shown(title: str) -> str:
    text = " ".join(masked(title).split())
    return text if len(text) <= _LONGEST_TITLE else f"{text[:_LONGEST_TITLE]}..."
