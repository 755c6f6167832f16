"""Measures requests as the tables fill. A lookup must stay flat, or grow only with the rows that it returns."""

import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from itertools import cycle, islice
from os import devnull
from pathlib import Path
from typing import Any

from app import app
from chalicelib.adapters.dynamodb.schema import INVOLVEMENTS, REGISTRY, table_name
from chalicelib.adapters.http.paging import cursor_of
from chalicelib.domain.ringing_order import MAX_RECORDS_PER_AUTHORITY
from tests.support.by_hand import with_stamp
from tests.support.stage import BRENT, EALING, HARINGEY, HOSPITAL, POLICE, STAGE, Stage, api_event

from .stage import lines_written_to, open_stage
from .wire import Wire

Event = dict[str, Any]

ROWS_OF_A_CHILD = (1, 5, 20, 50, 100, 200)
AUTHORITIES = (5, 100, 500, 2_000)
_OWNERS = (HARINGEY, BRENT, HOSPITAL, POLICE)
_BATCH = 25
_TURNS, _FEWEST_TURNS, _MOST_SECONDS = 40, 8, 20
# The emulator sorts a whole partition at each Query, which takes seconds for a large register.
_READ_TIMEOUT_SECONDS = 30


def measure(full: bool, progress: Callable[[str], None]) -> dict[str, Any]:
    """Returns milliseconds (median, quartiles) and AWS calls. `extra`: occasional calls, and in how many requests."""
    children = (1_000, 10_000, 100_000, 1_000_000) if full else (1_000, 10_000, 100_000)
    entries = (1, 1_000, 20_000, 200_000) if full else (1, 1_000, 20_000)
    with open_stage(_READ_TIMEOUT_SECONDS) as stage, lines_written_to(Path(devnull)):
        wire = Wire([stage.clients.connection.client, stage.clients.dynamodb_once, stage.clients.kms])
        seen = _Seen(wire)
        found = {
            "rows of a child": _by_rows(stage, seen, progress),
            "children": _by_children(stage, seen, children, progress),
            "register entries": _by_entries(stage, seen, entries, progress),
            "authorities": _by_authorities(stage, seen, progress),
        }
        return {**found, "extra": {"calls": dict(seen.extra), "requests": seen.requests}}


def _by_rows(stage: Stage, seen: "_Seen", progress: Callable[[str], None]) -> dict[int, Any]:
    found = {}
    for rows in ROWS_OF_A_CHILD:
        progress(f"involvements of a child: {rows}")
        child = _known_child(stage, rows)
        assert len(stage.look_up(child, token=stage.token(EALING)).json["involvements"]) == rows
        found[rows] = seen.of(partial(_question, stage, child))
    return found


def _by_children(
    stage: Stage, seen: "_Seen", sizes: tuple[int, ...], progress: Callable[[str], None]
) -> dict[int, Any]:
    child, found, filled = _known_child(stage, 1), {}, 0
    for size in sizes:
        progress(f"{size:,} children")
        _fill(stage, INVOLVEMENTS, (_row(number) for number in range(filled, size)))
        filled = size
        found[size] = seen.of(partial(_question, stage, child))
    return found


def _by_entries(stage: Stage, seen: "_Seen", sizes: tuple[int, ...], progress: Callable[[str], None]) -> dict[int, Any]:
    """`page`: 100 entries from the middle of the register. `lookup` and `PUT`: by the authority that owns it."""
    child, found, filled = _known_child(stage, 1), {}, 0
    for size in sizes:
        progress(f"register entries: {size:,}")
        _fill(stage, INVOLVEMENTS, (_entry(number) for number in range(filled, size)))
        filled = size
        middle = {"limit": ["100"], "cursor": [cursor_of(_filler(size // 2))]}

        def put() -> Event:
            path = f"/v1/involvements/{stage.new_reference()}"
            return api_event("PUT", path, stage.body(stage.new_child()), token=stage.token(BRENT))

        found[size] = {
            "page": seen.of(partial(_page, stage, middle)),
            "lookup": seen.of(partial(_question, stage, child, BRENT)),
            "PUT": seen.of(put, status=HTTPStatus.CREATED),
        }
    return found


def _by_authorities(stage: Stage, seen: "_Seen", progress: Callable[[str], None]) -> dict[int, Any]:
    """`warm`: a usual lookup. `cold`: a lookup that reads the whole registry."""
    child, found, filled = _known_child(stage, 1), {}, 5
    template = _registry_item(stage)
    for size in AUTHORITIES:
        progress(f"a registry of {size:,} authorities")
        stamps = stage.services.parts.grant_stamps
        more = (with_stamp({**template, "authority": {"S": f"X{number:07}"}}, stamps) for number in range(filled, size))
        _fill(stage, REGISTRY, more)
        filled = size

        def cold() -> Event:
            stage.clock.advance(seconds=61)
            return _question(stage, child)

        found[size] = {
            "cold": seen.of(cold, turns=8),
            "warm": seen.of(partial(_question, stage, child)),
        }
    return found


def _registry_item(stage: Stage) -> dict[str, Any]:
    key = {"authority": {"S": HARINGEY}}
    item: dict[str, Any] = stage.aws.client("dynamodb").get_item(TableName=table_name(STAGE, REGISTRY), Key=key)["Item"]
    return item


def _question(stage: Stage, child: str, authority: str = EALING) -> Event:
    question = {"nhs_number": child, "purpose": "safeguarding", "case_reference": "case-1"}
    return api_event("POST", "/v1/lookups", question, token=stage.token(authority))


def _page(stage: Stage, query: dict[str, list[str]]) -> Event:
    return api_event("GET", "/v1/involvements", token=stage.token(BRENT), query=query)


def _known_child(stage: Stage, rows: int) -> str:
    """Registers a child by several authorities in turn, because an answer shows only a limited number for each."""
    assert rows <= len(_OWNERS) * MAX_RECORDS_PER_AUTHORITY
    child, tokens = stage.new_child(), cycle(stage.token(owner) for owner in _OWNERS)
    for token, _ in zip(tokens, range(rows), strict=False):
        assert stage.register(child, token=token).status == HTTPStatus.CREATED
    return child


class _Seen:
    """Times requests one after the other. Separates the calls that each makes from occasional ones."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.extra: Counter[str] = Counter()
        self.requests = 0

    def of(self, event: Callable[[], Event], turns: int = _TURNS, status: int = HTTPStatus.OK) -> dict[str, Any]:
        """`event`: makes the next request. Its time does not count."""
        for _ in range(3):
            app(event(), None)
        times: list[float] = []
        calls: list[Counter[str]] = []
        ends = time.perf_counter() + _MOST_SECONDS
        while len(times) < turns and (len(times) < _FEWEST_TURNS or time.perf_counter() < ends):
            self._wire.calls.clear()
            self._wire.exchanges.clear()
            asked = event()
            began = time.perf_counter()
            reply = app(asked, None)
            times.append((time.perf_counter() - began) * 1000)
            assert reply["statusCode"] == status, reply
            calls.append(Counter(self._wire.calls))
        usual = min(calls, key=Counter.total)
        self.requests += len(calls)
        for made in calls:
            self.extra.update(made - usual)
        low, median, high = statistics.quantiles(times, n=4)
        return {"ms": round(median, 2), "low": round(low, 2), "high": round(high, 2), "calls": usual.total()}


def _row(number: int) -> dict[str, Any]:
    """Makes a row as large as a real one, of a child that nobody asks about."""
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
