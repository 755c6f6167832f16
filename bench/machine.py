"""The machine and the versions that a measurement ran on."""

import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("botocore", "chalice", "pynamodb", "aws-lambda-powertools", "msgspec", "cryptography", "ministack")


def about() -> dict[str, str]:
    found = {"Python": sys.version.split()[0], **{name: version(name) for name in _PACKAGES}}
    model = next(
        (line.split(":")[1].strip() for line in _cpuinfo() if line.startswith("model name")), platform.machine()
    )
    return {"machine": f"{os.cpu_count()} cores, {model}, Linux {platform.release()}", **found}


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []
