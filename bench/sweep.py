"""Counts the AWS calls of a sweep over many rows that expired together. `.venv/bin/python -m bench.sweep 10000`."""

import sys
import time
from datetime import timedelta

from chalicelib.domain.calendar import midnight
from chalicelib.domain.child import ChildKey
from chalicelib.domain.values import replace
from tests.support.examples import act, involvement, write
from tests.support.log_lines import Metrics, counted
from tests.support.schedules import sweep
from tests.support.stage import HARINGEY, Stage

from .stage import open_stage


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with open_stage() as stage:
        stage.look_up(stage.new_child())  # so that keys and registry are in memory
        end = midnight(stage.today + timedelta(days=7))
        for number in range(rows):
            _save(stage, number)
        stage.clock.now = end
        for title in ("nothing due before it", "the sweep", "the one after it"):
            stage.clock.now = end - timedelta(days=1) if title.startswith("nothing") else end
            began = time.perf_counter()
            with counted() as metrics:
                sweep()
            print(_line(title, metrics, time.perf_counter() - began))


def _save(stage: Stage, number: int) -> None:
    new_id = stage.services.parts.new_id
    end = midnight(stage.today + timedelta(days=7))
    child = ChildKey(f"C#1#bench-{number}")
    row = replace(involvement(child, HARINGEY, f"bench-{number}", new_id(), stage.clock()), expires_at=end)
    stage.services.parts.involvements.save(write(row, None, act(row, new_id())))


def _line(title: str, metrics: Metrics, seconds: float) -> str:
    [line] = [line for line in metrics.lines if line["msg"] == "schedule"]
    expired = int(metrics.count("Expired"))
    return f"{title}: {expired:,} rows expired, {line['aws_calls']:,} calls, {seconds:.0f} s"


if __name__ == "__main__":
    main()
