"""Runs a local stage in a folder of its own, and measures the CPU of its processes."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.local.demo import Demo
from infra.local.processes import free_port

ROOT = Path(__file__).parents[1]
SERVICE, UNATTENDED, AWS = PARTS = ("service", "unattended functions", "emulated AWS")
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class LocalStage:
    folder: Path
    demo: Demo
    pid: int

    def cpu_seconds(self) -> dict[str, float]:
        """Returns the CPU of the service's workers, of the unattended functions, and of the emulated AWS."""
        spent = dict.fromkeys(PARTS, 0.0)
        for pid in _descendants(self.pid):
            try:
                what = Path(f"/proc/{pid}/cmdline").read_bytes()
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            spent[_part(what)] += (int(fields[11]) + int(fields[12])) / _TICK
        return spent


@contextmanager
def local_stage() -> Iterator[LocalStage]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environ = {"PORT": str(free_port()), "PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
        command = [sys.executable, "-m", "infra.local.run"]
        with subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.DEVNULL) as process:
            try:
                written = folder / ".local" / "demo.json"
                while not written.exists():
                    assert process.poll() is None, "the local stage did not start"
                    time.sleep(0.2)
                yield LocalStage(folder, Demo(**json.loads(written.read_text())), process.pid)
            finally:
                process.terminate()


def _part(command: bytes) -> str:
    if b"ministack" in command:
        return AWS
    return UNATTENDED if b"infra.local.unattended" in command else SERVICE


def _descendants(pid: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for each in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((each / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        parents.setdefault(parent, []).append(int(each.name))
    found, left = [], [pid]
    while left:
        found.append(left.pop())
        left += parents.get(found[-1], [])
    return found
