"""The map file: the names that an authority's own system gives to our columns, values that are always the same, and its
words for ours. TOML:

    ignore = ["Ward"]                 # columns that are not for the service

    [columns]                         # theirs = ours
    "Case ID" = "reference"

    [fixed]                           # the same in every row
    service_type = "social_care"

    [values.basis]                    # their word = ours
    "CIN" = "statutory"
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from .errors import UnreadableFile
from .feed_columns import OPTIONAL, REQUIRED, TEAM_ID
from .invisible_characters import without_invisible
from .local_files import SAVE_AS_UTF_8, reason

OURS = (*REQUIRED, *OPTIONAL, TEAM_ID)
_AROUND = " \t\r\n\u00a0\"'[]*:"
_TABLES = ("ignore", "columns", "fixed", "values")


def plain(title: str) -> str:
    """A title without what a header may have around it: case, line breaks, hard spaces, quotes, marks such as *."""
    seen = without_invisible(title)[0].removeprefix("ï»¿").replace("_", " ").strip(_AROUND)
    return "_".join(seen.casefold().split())


@dataclass(frozen=True, slots=True)
class FeedMap:
    """`columns`: ours by their title in plain form. `fixed`: cells by our column. `values`: ours by column and word."""

    columns: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()
    titles: Mapping[str, str] = field(default_factory=dict)

    def ours(self, title: str) -> str | None:
        """Our column for a title, or None if it names none."""
        name = plain(title)
        if name in self.columns:
            return self.columns[name]
        taken = name in self.fixed or name in self.columns.values()
        return name if name in OURS and name not in self.ignored and not taken else None

    def translated(self, column: str, cell: str) -> str:
        words = self.values.get(column)
        return cell if words is None else words.get(_word(cell), cell)


def read_map(path: Path) -> FeedMap:
    """Raises UnreadableFile, which says what in the file is wrong."""
    document = _toml(path)
    if unknown := sorted(document.keys() - set(_TABLES)):
        raise UnreadableFile(f"{path.name} has parts that are not known: {', '.join(unknown)}. Known: {_known()}.")
    columns, fixed, values = (_table(path, document, name) for name in ("columns", "fixed", "values"))
    ignored = document.get("ignore", [])
    if not isinstance(ignored, list) or not all(isinstance(one, str) for one in ignored):
        raise UnreadableFile(f'{path.name}: write ignore as a list of titles, such as ignore = ["Ward", "Notes"].')
    for name in (*columns.values(), *fixed, *values):
        if name not in OURS:
            raise UnreadableFile(f"{path.name} names a column that is not one of: {', '.join(OURS)}.")
    _check_once(path, [*columns.values(), *fixed])
    return FeedMap(
        {plain(theirs): ours for theirs, ours in columns.items()},
        {name: _cell(path, value) for name, value in fixed.items()},
        {name: _words(path, words) for name, words in values.items()},
        frozenset(map(plain, ignored)),
        {plain(theirs): theirs for theirs in columns},
    )


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        problem = f"{reason(error)}."
    except tomllib.TOMLDecodeError as error:
        problem = f'{error}. Put every title in quotes, such as "Case ID" = "reference".'
    except ValueError:
        problem = f"it is not UTF-8 text. {SAVE_AS_UTF_8}"
    raise UnreadableFile(f"{path.name} cannot be read: {problem}")


def _table(path: Path, document: Mapping[str, Any], name: str) -> dict[str, Any]:
    table = document.get(name, {})
    if not isinstance(table, dict):
        raise UnreadableFile(f"{path.name}: write [{name}] on a line of its own, and its entries below.")
    if name == "columns" and not all(isinstance(ours, str) for ours in table.values()):
        raise UnreadableFile(f'{path.name}: write each column in quotes, such as "Case ID" = "reference".')
    return table


def _check_once(path: Path, columns: list[str]) -> None:
    if repeated := sorted({name for name in columns if columns.count(name) > 1}):
        raise UnreadableFile(f"{path.name} gives more than one source for: {', '.join(repeated)}. Keep one.")


def _cell(path: Path, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return value
    raise UnreadableFile(f"{path.name}: write each fixed value in quotes.")


def _words(path: Path, words: Any) -> dict[str, str]:
    if not isinstance(words, dict):
        raise UnreadableFile(f'{path.name}: below [values.basis] write "their word" = "ours".')
    return {_word(theirs): _cell(path, ours) for theirs, ours in words.items()}


def _word(cell: str) -> str:
    return " ".join(cell.casefold().split())


def _known() -> str:
    return "ignore, [columns], [fixed], [values.COLUMN]"
