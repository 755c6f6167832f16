"""`.venv/bin/python -m bench.records`: the size of a lookup's access record, and the CPU of sealing and opening it."""

import time
from base64 import b64encode
from collections.abc import Callable
from statistics import median
from typing import Any

from chalicelib.adapters.dynamodb import attributes
from chalicelib.adapters.dynamodb.schema import ACCESS
from tests.support.rows import Rows
from tests.support.stage import Stage

from .stage import open_stage
from .units import size

ROUNDS, TIMES = 15, 1000


def main() -> None:
    with open_stage() as stage:
        item = _of_a_lookup(stage)
        records = stage.services.parts.records
        opened = records.opened(item)
        pk, sk, day = opened.pk, opened.sk, attributes.text(item, "day")
        print(f"the access record of a lookup that shows one record: {size(_on_the_wire(item))} bytes")
        print(f"seal: {_microseconds(lambda: records.sealed(pk, sk, opened.content, day)):.0f} microseconds")
        print(f"open: {_microseconds(lambda: records.opened(item)):.0f} microseconds")


def _of_a_lookup(stage: Stage) -> dict[str, Any]:
    child, rows = stage.new_child(), Rows(stage)
    stage.register(child)
    stage.look_up(child)
    [row] = [row for row in rows.of(rows.key_of(child), ACCESS) if row["sk"]["S"].startswith("L#")]
    return rows.as_stored(row)


def _on_the_wire(item: dict[str, Any]) -> dict[str, Any]:
    return {name: {kind: _in_json(value) for kind, value in typed.items()} for name, typed in item.items()}


def _in_json(value: str | bytes) -> str:
    return b64encode(value).decode() if isinstance(value, bytes) else value


def _microseconds(work: Callable[[], object]) -> float:
    """CPU of this process for one call, the median of some rounds."""
    spent = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(TIMES):
            work()
        spent.append((time.process_time() - began) * 1e6 / TIMES)
    return median(spent)


if __name__ == "__main__":
    main()
