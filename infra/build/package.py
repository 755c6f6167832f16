"""`make package [STAGE=dev] [ARCH=arm64]`: makes the template and the zip to deploy, in `.build/STAGE-ARCH/package`.

chalice makes both; `slim.py` then makes the zip small. The wheels are installed here and given to chalice as vendored
files, because chalice does not check the hashes of wheels that it fetches for another kind of machine.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import template
from .slim import NEVER_IMPORTED, NEVER_OPENED, SERVICES, slim

ROOT = Path(__file__).parents[2]
MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
TEMPLATE = "infra/template"
POLICIES = "infra/policies"
_MERGED = "template.json"
_SOURCES = ("app.py", "chalicelib", "requirements.txt", "infra/chalice.json", POLICIES, TEMPLATE)
# The C library of Lambda's runtimes: Amazon Linux 2 up to Python 3.11, Amazon Linux 2023 from 3.12.
_GLIBC_MINOR = 26 if sys.version_info < (3, 12) else 34
_OLDEST_GLIBC_MINOR = 17
_MEGABYTE = 1_000_000
_FOR_CHALICE = {
    "AWS_DEFAULT_REGION": "eu-west-2",  # chalice needs a region, but nothing that it makes here names one
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONPATH": "",
}


class NotPackaged(Exception):
    """There is no package. The text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Package:
    folder: Path
    full_bytes: int

    @property
    def zip(self) -> Path:
        return self.folder / "deployment.zip"


def main() -> str | None:
    stage, arch = os.environ.get("STAGE") or "dev", os.environ.get("ARCH") or "arm64"
    try:
        made = package(stage, arch, Path(".build"))
    except NotPackaged as reason:
        return f"Not packaged. {reason}"
    size, full_size = _megabytes(made.zip.stat().st_size), _megabytes(made.full_bytes)
    print(f"{os.path.relpath(made.zip)}: {size}, {full_size} before it was made small.")
    print(f"Left out: {', '.join(NEVER_IMPORTED)}.")
    print(
        "Dropped: sources (bytecode ships), docstrings, metadata, "
        f"SDK data except {' and '.join(SERVICES)}, {len(NEVER_OPENED)} parts that nothing opens (infra/build/slim.py)."
    )
    return None


def package(stage: str, arch: str, build: Path, root: Path = ROOT) -> Package:
    """Packages the checkout `root` into `build`. Raises NotPackaged."""
    if not re.fullmatch(r"[a-z][a-z0-9]{0,19}", stage):
        raise NotPackaged(
            "STAGE must be a short name of lower-case letters and digits, without a hyphen, "
            "for example: make package STAGE=dev"
        )
    if arch not in MACHINES:
        raise NotPackaged(f"ARCH must be {' or '.join(MACHINES)}, for example: make package ARCH=arm64")
    work = build.absolute() / f"{stage}-{arch}"
    shutil.rmtree(work, ignore_errors=True)
    project = lay_out(root, work / "project", stage, arch)
    _install_wheels(project, arch)
    made = run_chalice(project, stage, work / "package")
    full = work / "full.zip"
    made.zip.rename(full)
    slim(full, made.zip, work / "slim")
    return made


def lay_out(root: Path, project: Path, stage: str, arch: str) -> Path:
    """Copies the tracked files, as they are now, into a clean project. Raises NotPackaged."""
    for name in _tracked(root):
        target = project / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, target)
    settings: dict[str, Any] = json.loads((project / "infra" / "chalice.json").read_text())
    settings["lambda_architecture"] = arch
    # The policy file of a function has the function's name.
    policies = sorted((project / POLICIES).glob("*.json"))
    functions = {policy.stem: {"iam_policy_file": f"../{POLICIES}/{policy.name}"} for policy in policies}
    settings["stages"] = {stage: {"lambda_functions": functions}}
    chalice = project / ".chalice"
    chalice.mkdir()
    (chalice / "config.json").write_text(json.dumps(settings, indent=2))
    (project / _MERGED).write_text(json.dumps(_merged(project / TEMPLATE)))
    return project


def _merged(folder: Path) -> template.Template:
    try:
        return template.merged(folder)
    except template.BadTemplate as reason:
        raise NotPackaged(f"{TEMPLATE}/{reason}") from None


def _tracked(root: Path) -> list[str]:
    command = ["git", "ls-files", "-z", "--", *_SOURCES]
    try:
        listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        raise NotPackaged("Only what git tracks is packaged: run this in a git checkout, with git installed.") from None
    return [name for name in listed.split("\0") if name and (root / name).is_file()]


def _install_wheels(project: Path, arch: str) -> None:
    """Installs wheels for the target machine into `vendor/`. pip checks each against its pinned hash."""
    wanted = project / "requirements.txt"
    wanted.write_text(without(NEVER_IMPORTED, wanted.read_text()))
    vendor = project / "vendor"
    minors = range(_GLIBC_MINOR, _OLDEST_GLIBC_MINOR - 1, -1)
    platforms = [f"manylinux_2_{minor}_{MACHINES[arch]}" for minor in minors]
    command = [
        *(sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input"),
        *("--require-hashes", "--no-deps", "--only-binary=:all:", "--no-compile"),
        *("--implementation", "cp", "--python-version", f"{sys.version_info.major}.{sys.version_info.minor}"),
        *(f"--platform={platform}" for platform in (*platforms, f"manylinux2014_{MACHINES[arch]}")),
        *("--target", str(vendor), "-r", str(wanted)),
    ]
    run = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise NotPackaged(
            f"The wheels for {arch} could not be installed; is the package registry reachable? pip says:\n{_last(run)}"
        )
    wanted.unlink()  # otherwise chalice would fetch them again
    shutil.rmtree(vendor / "chalice", ignore_errors=True)  # chalice packs the part of itself that runs


def without(names: tuple[str, ...], requirements: str) -> str:
    """Removes the pins of `names`. A pin starts a line, and indented lines continue it."""
    pins = re.split(r"^(?=\S)", requirements, flags=re.MULTILINE)
    return "".join(pin for pin in pins if re.split(r"[=\[ ]", pin, maxsplit=1)[0] not in names)


def run_chalice(project: Path, stage: str, out: Path) -> Package:
    """Makes the template and the full zip with chalice. Raises NotPackaged."""
    # chalice imports app.py, which must see no settings of this machine and leave no bytecode behind.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "KNOWNTO_"))}
    command = [
        *(sys.executable, "-c", "from chalice.cli import main; main()"),
        *("package", "--stage", stage, "--merge-template", _MERGED, str(out)),
    ]
    run = subprocess.run(
        command,
        cwd=project,
        env={**kept, **_FOR_CHALICE},
        capture_output=True,
        text=True,
        check=False,
    )
    zipped = out / "deployment.zip"
    if run.returncode != 0 or not zipped.exists():
        raise NotPackaged(f"chalice could not package the project. It says:\n{_last(run)}")
    (out / "sam.json").rename(out / "template.json")
    return Package(out, zipped.stat().st_size)


def _last(run: subprocess.CompletedProcess[str]) -> str:
    said = (run.stderr or run.stdout).strip().splitlines()
    return "\n".join(f"  {line}" for line in said[-5:])


def _megabytes(size: int) -> str:
    return f"{size / _MEGABYTE:.2f} MB"


if __name__ == "__main__":
    sys.exit(main())
