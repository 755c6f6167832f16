"""Every test runs in CI, in exactly one suite: `make test`, `make system-test` or `make browser-test`."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.cases import each

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text()
WHOLE_FILE = "\npytestmark = pytest.mark.system\n"


def recipe(target: str) -> str:
    [found] = re.findall(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    return str(found)


def test_the_suites_leave_nothing_out_and_do_nothing_twice() -> None:
    arguments = "-m pytest -n 2 --dist loadfile --ignore tests/browser -m"
    assert f'{arguments} "not system"\n' in recipe("test")
    assert f"{arguments} system\n" in recipe("system-test")
    assert "-m pytest tests/browser\n" in recipe("browser-test")


def test_every_test_file_is_where_pytest_looks_and_belongs_to_one_suite_as_a_whole() -> None:
    listed = subprocess.run(["git", "ls-files", "*test_*.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    files = [name for name in listed.stdout.splitlines() if Path(name).name.startswith("test_")]
    folders = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]["testpaths"]
    assert [name for name in files if not name.startswith(tuple(f"{folder}/" for folder in folders))] == []
    texts = {name: (ROOT / name).read_text() for name in files if name != "tests/test_suites.py"}
    marked = {name for name, text in texts.items() if "mark.system" in text}
    assert {name for name in marked if WHOLE_FILE not in texts[name] or texts[name].count("mark.system") > 1} == set()
    assert len(marked) > 5
    assert not any(name.startswith("tests/browser/") for name in marked)


def test_ci_runs_every_suite() -> None:
    run = (ROOT / ".ci" / "run").read_text()
    for suite in ("test", "system-test", "faults", "browser-test", "e2e"):
        assert re.search(rf"^(CI=true )?make {suite}\b", run, re.MULTILINE), suite


def within(budget: int, code: str) -> tuple[int, str]:
    """Status and output of some Python that has a budget."""
    command = [sys.executable, "-m", "tests.cpu_budget", str(budget), "-c", code]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout


def test_a_run_fails_if_its_children_take_more_cpu_than_it_may() -> None:
    burn = "import time\nwhile time.process_time() < 1: pass"
    status, output = within(1, f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {burn!r}])")
    assert status == 1
    assert re.match(r"CPU: [1-9] of 1 seconds. Time: \d+ seconds.\nThe tests passed, but took too much CPU.", output)


def test_a_run_within_its_budget_ends_as_the_tests_end() -> None:
    for status in (0, 3):
        ended, output = within(60, f"raise SystemExit({status})")
        assert ended == status
        assert re.fullmatch(r"CPU: \d of 60 seconds. Time: \d+ seconds.\n", output)


def test_a_failure_among_many_cases_names_its_case() -> None:
    seen = []

    @each(("left", "right"), [(1, 1), (2, 3), (4, 4)])
    def they_are_equal(left: int, right: int) -> None:
        seen.append(left)
        assert left == right

    with pytest.raises(AssertionError) as failure:
        they_are_equal()
    assert failure.value.__notes__ == ["case: {'left': 2, 'right': 3}"]
    assert seen == [1, 2]
