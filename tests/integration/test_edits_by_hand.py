"""After every write that the service makes, somebody edits, removes or puts back one item by hand. That is noticed."""

import random
from collections.abc import Iterator
from datetime import timedelta

from chalicelib import unattended
from chalicelib.adapters.dynamodb.schema import INVOLVEMENTS
from tests.integration.test_forged_history import alarms, service_writes
from tests.support.log_lines import counted
from tests.support.rows import Row, Rows
from tests.support.stage import Stage
from tests.support.streams import changed, deliver

TRIES = 40
"""After each write, out of some 300 at random."""
MARKS = ("undecided_on", "trace_number_on")

Key = tuple[str, str]
Change = tuple[str, Row | None, Row | None]


def test_no_edit_by_hand_six_seconds_after_any_write_goes_unnoticed(stage: Stage, rows: Rows) -> None:
    rows.empty(INVOLVEMENTS)
    choice, seen, unnoticed = random.Random(13), list[Row](), list[tuple[str, str]]()  # noqa: S311
    for step, write in service_writes(stage).items():
        stage.clock.advance(seconds=10)
        write()
        stage.clock.advance(seconds=6)
        now = rows.all(INVOLVEMENTS)
        seen += [row for row in now if row not in seen]
        edits = [*_edits(now, seen, stage.today.isoformat(), (stage.today + timedelta(days=40)).isoformat())]
        for what, before, after in choice.sample(edits, min(TRIES, len(edits))):
            with counted() as metrics:
                deliver(unattended.watch_involvements, changed(before, after, stage.clock()))
                if not alarms(metrics) and not metrics.count("StreamRecordsPutAside"):
                    unnoticed.append((step, what))
    assert unnoticed == []


def _edits(now: list[Row], seen: list[Row], today: str, later: str) -> Iterator[Change]:
    """`now`: the items as they are. `seen`: every state that any of them has had."""
    current = {_key(row): row for row in now}
    for old in seen:
        if current.get(_key(old)) != old:
            yield f"{_name(old)} put back", current.get(_key(old)), old
    for row in now:
        yield f"{_name(row)} deleted", row, None
        for edited in _edited(row, seen, today, later):
            if edited != row:
                names = {name for name in edited.keys() | row.keys() if edited.get(name) != row.get(name)}
                yield f"{_name(row)} with other {names}", row, edited


def _edited(row: Row, seen: list[Row], today: str, later: str) -> Iterator[Row]:
    """With each attribute removed, made up, or taken from another item of the same kind."""
    for name in (*row, *(MARKS if _kind(row) == "R#" else ())):
        if name in ("pk", "sk"):
            continue
        yield {key: value for key, value in row.items() if key != name}
        for made_up in (today, f"{later}#0"):
            yield {**row, name: {"S": made_up}}
    for other in seen:
        if _kind(other) == _kind(row):
            yield from ({**row, name: other[name]} for name in other if name not in ("pk", "sk"))


def _key(row: Row) -> Key:
    return row["pk"]["S"], row["sk"]["S"]


def _kind(row: Row) -> str:
    return str(row["sk"]["S"][:2])


def _name(row: Row) -> str:
    return str(row["sk"]["S"])
