"""`.venv/bin/python -m bench.history`: the CPU of the sealed history, and what it adds to the price of lookups.

The CPU is that of this process, with AWS emulated in another one. The prices are in `prices.toml`.
"""

import time
from collections.abc import Callable
from statistics import median

from chalicelib import unattended
from tests.support.history import Sealing
from tests.support.rows import Rows
from tests.support.schedules import run_schedule
from tests.support.stage import Stage, at_work
from tests.support.streams import deliver

from .cost import BATCH, gathered, minutes_of_a_year
from .stage import open_stage

ROUNDS = 15


def main() -> None:
    with open_stage() as stage, at_work(stage):
        sealing = Sealing(stage, Rows(stage))
        for _ in range(BATCH):
            stage.look_up(stage.new_child())
        records = sealing.inserts()[-BATCH:]
        print(f"gather: {_cpu(lambda: deliver(unattended.gather_leaves, *records)) / BATCH:.3f} ms for each lookup")
        print(f"close: {_cpu(lambda: run_schedule(unattended.close_history)):.2f} ms for each minute")
        print(f"read beside a lookup, once in 30 s: {_cpu(stage.services.look_up.checkpoints.refresh):.2f} ms")
        lookup_id = stage.look_up(stage.new_child()).json["lookup_id"]
        sealing.seal()
        print(f"prove: {_cpu(lambda: _prove(stage, lookup_id)):.2f} ms for each proof")
    print(f"a million lookups: ${sum(gathered(1e6).values()):.2f}")
    print(f"a year of minutes, with their signatures: ${sum(minutes_of_a_year().values()):.2f}")


def _prove(stage: Stage, lookup_id: str) -> None:
    assert stage.call("GET", f"/v1/history/lookups/{lookup_id}").status == 200


def _cpu(work: Callable[[], object]) -> float:
    """Milliseconds of this process, the median of some rounds."""
    spent = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        spent.append((time.process_time() - began) * 1000)
    return median(spent)


if __name__ == "__main__":
    main()
