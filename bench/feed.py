"""A nightly feed end to end: `known-to load` against the local stage, first with new rows, then with the same again."""

import csv
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from infra.local.synthetic import synthetic_numbers

from .local_stage import ROOT, UNATTENDED, LocalStage, local_stage

_LOOK_EVERY_SECONDS, _LONGEST_WAIT_SECONDS = 3, 120


def measure(full: bool, progress: Callable[[str], None]) -> dict[str, Any]:
    rows = 12_000 if full else 2_000
    with local_stage() as stage:
        path = stage.folder / "feed.csv"
        _write(path, rows)
        found = {}
        for what in ("new rows", "the same rows again"):
            progress(f"{rows:,} rows: {what}")
            found[what] = _load(stage, path, rows)
        return {"rows": rows, **found}


def _write(path: Path, rows: int) -> None:
    """Writes the client's sample row many times, each with a new reference and a new child."""
    with (ROOT / "client" / "sample.csv").open(newline="") as sample:
        template = next(iter(csv.DictReader(sample)))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, template)
        writer.writeheader()
        for number, child in zip(range(rows), synthetic_numbers(), strict=False):
            writer.writerow({**template, "reference": f"feed-{number}", "nhs_number": child})


def _load(stage: LocalStage, path: Path, rows: int) -> dict[str, Any]:
    for journal in stage.folder.glob("feed.csv.*"):
        journal.unlink()  # otherwise the client would send nothing again
    environ = {"PYTHONPATH": str(ROOT / "client" / "src"), "PATH": os.environ["PATH"], "HOME": str(stage.folder)}
    before, client_before, began = stage.cpu_seconds(), _client_seconds(), time.perf_counter()
    command = [sys.executable, "-m", "known_to", "--demo", "load", path.name]
    run = subprocess.run(command, cwd=stage.folder, env=environ, capture_output=True, text=True, check=False)
    took = time.perf_counter() - began
    assert run.returncode == 0, run.stderr[-2000:]
    after = stage.cpu_seconds()
    after[UNATTENDED] = _when_quiet(stage)
    cpu = {name: round(after[name] - before[name], 2) for name in after}
    return {
        "seconds": round(took, 2),
        "rows_a_second": round(rows / took, 1),
        "cpu_seconds": {"client": round(_client_seconds() - client_before, 2), **cpu},
    }


def _when_quiet(stage: LocalStage) -> float:
    """Waits until the unattended functions have caught up with the streams. Returns their seconds of CPU."""
    spent, ends = stage.cpu_seconds()[UNATTENDED], time.monotonic() + _LONGEST_WAIT_SECONDS
    while time.monotonic() < ends:
        time.sleep(_LOOK_EVERY_SECONDS)
        before, spent = spent, stage.cpu_seconds()[UNATTENDED]
        if spent - before < _LOOK_EVERY_SECONDS / 10:
            break
    return spent


def _client_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
