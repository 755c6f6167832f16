"""What ships is pinned, hashed, and what was tested."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUNTIME: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
_PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^\]]*\])?==(\S+)(.*?)(?=^[a-z0-9]|\Z)", re.MULTILINE | re.DOTALL)


def pins(file: str) -> dict[str, tuple[str, list[str]]]:
    """Version and hashes by name."""
    text = (ROOT / file).read_text()
    return {normal(name): (version, re.findall(r"--hash=(\S+)", rest)) for name, version, rest in _PIN.findall(text)}


def normal(requirement: str) -> str:
    name = re.split(r"[\s\[<>=!~;]", requirement)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("requirement", RUNTIME)
def test_every_runtime_dependency_is_pinned_with_hashes(requirement: str) -> None:
    version, hashes = pins("requirements.txt")[normal(requirement)]
    assert version
    assert hashes


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_nothing_is_required_without_a_pin_and_a_sha256(file: str) -> None:
    text = (ROOT / file).read_text()
    required = [line for line in text.splitlines() if re.match(r"[A-Za-z0-9]", line)]
    assert len(required) == len(pins(file))
    for name, (_, hashes) in pins(file).items():
        assert hashes, name
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes), name


def test_what_ships_is_what_was_tested() -> None:
    tested = pins("requirements-dev.txt")
    assert all(tested[name] == pin for name, pin in pins("requirements.txt").items())


def test_what_only_tests_and_the_local_stage_need_does_not_ship() -> None:
    assert not {"ministack", "pytest", "gunicorn", "mypy", "ruff"} & set(pins("requirements.txt"))
