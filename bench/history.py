"""`.venv/bin/python -m bench.history`: the CPU of the sealed history, and what it adds to the price of lookups.

The CPU is that of this process, with AWS emulated in another one. The prices are in `prices.toml`.
"""

import math
import time
from collections.abc import Callable
from statistics import median

from chalicelib import unattended
from chalicelib.domain.merkle import HASH_BYTES
from tests.support.history import Sealing
from tests.support.rows import Rows
from tests.support.schedules import run_schedule
from tests.support.stage import Stage, at_work
from tests.support.streams import deliver

from .cost import PRICES
from .stage import open_stage

BATCH = 100
ROUNDS = 15
MINUTES_A_YEAR = 525_600
GATHER_SECONDS = 0.020  # an assumption, as in `cost.py`: how long a batch occupies a 1 GB function


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
    for name, dollars in costs().items():
        print(f"{name}: ${dollars:.2f}")


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


def costs() -> dict[str, float]:
    """Dollars. A read of an access record is one unit; joined leaves are written, deleted and written anew, the last
    two in a transaction, which doubles them."""
    million = PRICES["per_million"]
    written = math.ceil(BATCH * HASH_BYTES / 1024)
    units = written + 2 * written + 2 * BATCH * HASH_BYTES / 1024
    batch = (
        BATCH * million["dynamodb_read_unit"] + units * million["dynamodb_write_unit"] + million["lambda_request"]
    ) / 1e6 + GATHER_SECONDS * PRICES["per_unit"]["lambda_arm64_gb_second"]
    minute = 8 * million["dynamodb_write_unit"] + 3 * million["dynamodb_read_unit"] + million["lambda_request"]
    minute += million["kms_signature"]
    return {
        "a million lookups": batch / BATCH * 1e6,
        "a year of minutes, with their signatures": minute * MINUTES_A_YEAR / 1e6,
    }


if __name__ == "__main__":
    main()
