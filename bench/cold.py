"""The cold start of the package, from the first import to ready clients, against a floor of bare botocore.

The floor is packaged the same way: bytecode only, the same slim botocore, nothing else on the path. It makes the same
three clients with the same settings and, like ours, collects no garbage until they are ready.
"""

import platform
import py_compile
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from infra.build.package import package

from .sampling import figure

HOST = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
_CHILD = Path(__file__).with_name("cold_child.py")
ENVIRON = {
    "AWS_REGION": "eu-west-2",
    "AWS_ACCESS_KEY_ID": "id",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_LAMBDA_FUNCTION_NAME": "bench",
    "KNOWNTO_STAGE": "bench",
    "KNOWNTO_AUDIENCE": "https://known-to.bench",
    "KNOWNTO_MAC_KEY": "alias/mac",
    "KNOWNTO_DATA_KEY": "alias/data",
    "KNOWNTO_AUDIT_KEY": "alias/audit",
    "KNOWNTO_HISTORY_KEY": "history-key",
    "KNOWNTO_BROKER_DESK_NAME": "Desk",
    "KNOWNTO_BROKER_DESK_PHONE": "020 7946 0100",
}


def measure(full: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        made = package("bench", HOST, Path(folder) / "build")
        task = Path(folder) / "task"
        with ZipFile(made.zip) as packed:
            packed.extractall(task)
        py_compile.compile(str(Path(__file__).with_name("floor.py")), str(task / "floor.pyc"), optimize=2)
        times = _times(task, 40 if full else 15)
        return {
            "arch": HOST,
            "zip_bytes": made.zip.stat().st_size,
            **{f"{name}_ms": asdict(figure([wall / 1e6 for _, wall in times[name]])) for name in times},
            "cpu_ratio": asdict(figure([ours[0] / bare[0] for ours, bare in zip(*times.values(), strict=True)])),
            "wall_ratio": asdict(figure([ours[1] / bare[1] for ours, bare in zip(*times.values(), strict=True)])),
            "imports": _shares(task),
        }


def _times(task: Path, pairs: int) -> dict[str, list[tuple[int, int]]]:
    """Starts new processes in turns. The first pair only warms the file cache."""
    times: dict[str, list[tuple[int, int]]] = {"ours": [], "floor": []}
    for pair in range(pairs + 1):
        for name in times if pair % 2 else reversed(times):
            cpu, wall = map(int, _run(task, name).stdout.split())
            if pair:
                times[name].append((cpu, wall))
    return times


def _run(task: Path, name: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-S", "-I", *options, str(_CHILD), str(task), name]
    return subprocess.run(command, env=ENVIRON, capture_output=True, text=True, check=True)


def _shares(task: Path) -> dict[str, float]:
    """Returns per cent of the import time by top-level package. The standard library counts as one."""
    spent: dict[str, int] = defaultdict(int)
    ours = {each.name.split(".")[0] for each in task.iterdir()}
    for line in _run(task, "ours", "-X", "importtime").stderr.splitlines():
        if found := re.match(r"import time:\s+(\d+) \|\s+\d+ \|\s+([\w.]+)", line):
            package_name = found[2].split(".")[0]
            spent[package_name if package_name in ours else "standard library"] += int(found[1])
    whole = sum(spent.values())
    largest = sorted(spent.items(), key=lambda item: -item[1])
    return {name: round(100 * micros / whole, 1) for name, micros in largest if micros > whole / 100}
