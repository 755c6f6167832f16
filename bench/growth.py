"""What a lookup costs as the tables fill: it must stay flat, or grow with the rows that it returns and nothing else."""

import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from itertools import islice
from os import devnull
from pathlib import Path
from typing import Any

from chalicelib.adapters.paging import cursor_of
from chalicelib.adapters.schema import INVOLVEMENTS, REGISTRY, table_name
from tests.support.stage import BRENT, EALING, HARINGEY, STAGE, Reply, Stage

from .stage import lines_written_to, open_stage
from .wire import Wire

ROWS_OF_A_CHILD = (1, 5, 20, 50, 100, 200)
AUTHORITIES = (5, 100, 500, 2_000)
_BATCH = 25
_TURNS = 40
# The emulator sorts a whole partition at each Query: seconds, where it holds a large register.
_READ_TIMEOUT_SECONDS = 30


def measure(full: bool, progress: Callable[[str], None]) -> dict[str, Any]:
    """Milliseconds (median) and AWS calls, of lookups and register pages."""
    children = (1_000, 10_000, 100_000, 1_000_000) if full else (1_000, 10_000, 100_000)
    entries = (1, 1_000, 20_000, 200_000) if full else (1, 1_000, 20_000)
    with open_stage(_READ_TIMEOUT_SECONDS) as stage, lines_written_to(Path(devnull)):
        wire = Wire([stage.clients.connection.client, stage.clients.dynamodb_once, stage.clients.kms])
        return {
            "rows of a child": _by_rows(stage, wire, progress),
            "children": _by_children(stage, wire, children, progress),
            "register entries": _by_entries(stage, wire, entries, progress),
            "authorities": _by_authorities(stage, wire, progress),
        }


def _by_rows(stage: Stage, wire: Wire, progress: Callable[[str], None]) -> dict[int, Any]:
    found = {}
    for rows in ROWS_OF_A_CHILD:
        progress(f"a child with {rows} involvements")
        found[rows] = _median(wire, partial(_ask, stage, _known_child(stage, rows)))
    return found


def _by_children(stage: Stage, wire: Wire, sizes: tuple[int, ...], progress: Callable[[str], None]) -> dict[int, Any]:
    child, found, filled = _known_child(stage, 1), {}, 0
    for size in sizes:
        progress(f"{size:,} children")
        _fill(stage, INVOLVEMENTS, (_row(number) for number in range(filled, size)))
        filled = size
        found[size] = _median(wire, partial(_ask, stage, child))
    return found


def _by_entries(stage: Stage, wire: Wire, sizes: tuple[int, ...], progress: Callable[[str], None]) -> dict[int, Any]:
    """`page`: of 100, from the middle of the register. `lookup` and `PUT`: by the authority whose register it is."""
    child, found, filled = _known_child(stage, 1), {}, 0
    for size in sizes:
        progress(f"a register of {size:,} entries")
        _fill(stage, INVOLVEMENTS, (_entry(number) for number in range(filled, size)))
        filled = size
        middle = {"limit": ["100"], "cursor": [cursor_of(_filler(size // 2))]}
        token = stage.token(BRENT)
        found[size] = {
            "page": _median(wire, partial(stage.call, "GET", "/v1/involvements", token=token, query=middle)),
            "lookup": _median(wire, partial(stage.look_up, child, token)),
            "PUT": _median(wire, partial(stage.register, child, token=token), status=HTTPStatus.CREATED),
        }
    return found


def _by_authorities(stage: Stage, wire: Wire, progress: Callable[[str], None]) -> dict[int, Any]:
    """`warm`, and `cold`: the lookup that reads the whole registry."""
    child, found, filled = _known_child(stage, 1), {}, 5
    template = _registry_item(stage)
    for size in AUTHORITIES:
        progress(f"a registry of {size:,} authorities")
        more = ({**template, "authority": {"S": f"X{number:07}"}} for number in range(filled, size))
        _fill(stage, REGISTRY, more)
        filled = size

        def cold() -> Any:
            stage.clock.advance(seconds=61)
            return _ask(stage, child)

        found[size] = {
            "cold": _median(wire, cold, turns=8),
            "warm": _median(wire, partial(_ask, stage, child)),
        }
    return found


def _registry_item(stage: Stage) -> dict[str, Any]:
    key = {"authority": {"S": HARINGEY}}
    item: dict[str, Any] = stage.aws.client("dynamodb").get_item(TableName=table_name(STAGE, REGISTRY), Key=key)["Item"]
    return item


def _ask(stage: Stage, child: str) -> Reply:
    return stage.look_up(child, token=stage.token(EALING))


def _known_child(stage: Stage, rows: int) -> str:
    child = stage.new_child()
    for _ in range(rows):
        assert stage.register(child).status == 201
    return child


def _median(wire: Wire, request: Callable[[], Any], turns: int = _TURNS, status: int = HTTPStatus.OK) -> dict[str, Any]:
    for _ in range(3):
        request()
    wire.calls.clear()
    assert request().status == status
    calls, times = len(wire.calls), []
    for _ in range(turns):
        began = time.perf_counter()
        request()
        times.append((time.perf_counter() - began) * 1000)
    low, median, high = statistics.quantiles(times, n=4)
    return {"ms": round(median, 2), "low": round(low, 2), "high": round(high, 2), "calls": calls}


def _row(number: int) -> dict[str, Any]:
    """As wide as a real row, and of no child that anybody asks about."""
    later = {"N": "1990000000"}
    return {
        "pk": {"S": f"C#1#{number:043}"},
        "sk": {"S": f"I#{HARINGEY}#filler-{number}"},
        "sealed": {"B": b"x" * 420},
        "version": {"S": f"{number:026}"},
        "expires_at": later,
        "ttl": later,
    }


def _filler(number: int) -> str:
    return f"filler-{number:07}"


def _entry(number: int) -> dict[str, Any]:
    later = {"N": "1990000000"}
    return {
        "pk": {"S": f"A#{BRENT}"},
        "sk": {"S": f"R#{_filler(number)}"},
        "child": {"S": f"C#1#{number:043}"},
        "version": {"S": f"{number:026}"},
        "confirmed_on": {"S": "2026-11-01"},
        "expires_at": later,
        "ttl": later,
        "due": {"S": f"2033-01-01#{number % 4}"},
        "digest": {"B": b"d" * 32},
    }


def _fill(stage: Stage, table: str, items: Iterator[dict[str, Any]]) -> None:
    dynamodb, name = stage.aws.client("dynamodb"), table_name(STAGE, table)

    def put(batch: list[dict[str, Any]]) -> None:
        dynamodb.batch_write_item(RequestItems={name: [{"PutRequest": {"Item": item}} for item in batch]})

    with ThreadPoolExecutor(4) as pool:
        while batches := [list(islice(items, _BATCH)) for _ in range(200)]:
            list(pool.map(put, filter(None, batches)))
            if not batches[-1]:
                return
