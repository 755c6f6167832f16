"""Limits of what a request logs and what a start imports. `test_calls.py` limits calls and steps, `test_floor.py` the
size of items, `tests/infra/test_package.py` the size of the package and how much of it a start imports."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from bench.cold import ENVIRON
from bench.stage import lines_written_to
from chalicelib.adapters.telemetry import SERVICE
from tests.support.stage import EALING, Stage

ROOT = Path(__file__).parents[2]
MOST_LOG_BYTES = 1_100
MOST_LOG_BYTES_OF_A_BATCH = 4_000  # the times of at most 99 calls of each operation
MOST_OF_THE_STANDARD_LIBRARY = 230  # modules; Python 3.11 needs 206
THIRD_PARTIES = {
    "_cffi_backend",
    "_openssl",
    "aws_lambda_powertools",
    "botocore",
    "certifi",
    "chalice",
    "cryptography",
    "dateutil",
    "jmespath",
    "jwt",
    "msgspec",
    "nhs_number",
    "pynamodb",
    "six",
    "typing_extensions",
    "urllib3",
}
NEVER_AT_A_START = {"asyncio", "ctypes", "multiprocessing", "pydoc", "sqlite3", "unittest"}

Silence = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def nothing_else_said(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Silence:
    """Lambda keeps, and AWS bills, everything that any library logs or prints."""

    @contextmanager
    def silence() -> Iterator[None]:
        caplog.clear()
        capfd.readouterr()
        yield
        assert {record.name for record in caplog.records} == {SERVICE}
        assert capfd.readouterr() == ("", "")

    return silence


@pytest.mark.parametrize("involvements", [0, 1, 50])
def test_a_lookup_logs_one_line_however_much_is_known(
    stage: Stage, tmp_path: Path, nothing_else_said: Silence, involvements: int
) -> None:
    child = stage.new_child()
    for _ in range(involvements):
        stage.register(child)
    stage.look_up(child, token=stage.token(EALING))
    with nothing_else_said(), lines_written_to(tmp_path / "log"):
        assert stage.look_up(child, token=stage.token(EALING)).status == 200
    [line] = (tmp_path / "log").read_text().splitlines()
    assert len(line) <= MOST_LOG_BYTES


def test_a_put_logs_one_line(stage: Stage, tmp_path: Path, nothing_else_said: Silence) -> None:
    stage.register(stage.new_child())
    with nothing_else_said(), lines_written_to(tmp_path / "log"):
        assert stage.register(stage.new_child()).status == 201
    [line] = (tmp_path / "log").read_text().splitlines()
    assert len(line) <= MOST_LOG_BYTES


@pytest.mark.parametrize("rows", [1, 30])
def test_a_batch_logs_one_line_however_many_rows_it_has_and_however_many_are_refused(
    stage: Stage, tmp_path: Path, nothing_else_said: Silence, rows: int
) -> None:
    stage.register(stage.new_child())
    good = [{"reference": stage.new_reference(), **stage.body(stage.new_child())} for _ in range(rows)]
    bad = [{"reference": stage.new_reference(), **stage.body("1234567890")} for _ in range(rows)]
    with nothing_else_said(), lines_written_to(tmp_path / "log"):
        reply = stage.call("POST", "/v1/involvement-batches", {"involvements": [*good, *bad]})
    assert [row["status"] for row in reply.json["results"]] == [201] * rows + [400] * rows
    [line] = (tmp_path / "log").read_text().splitlines()
    assert len(line) <= MOST_LOG_BYTES_OF_A_BATCH


def test_a_start_imports_no_package_and_no_heavy_module_that_it_did_without() -> None:
    places = [path for path in sys.path if path.endswith("site-packages")]
    code = (
        f"import sys; sys.path[:0] = {[str(ROOT), *places]!r}; import app\n"
        "print(*(name for name, one in sys.modules.items() if type(one).__name__ != '_LazyModule'))"
    )
    command = [sys.executable, "-S", "-I", "-c", code]
    run = subprocess.run(command, env=ENVIRON, capture_output=True, text=True, check=True)
    imported = run.stdout.split()
    packages = {name.partition(".")[0] for name in imported} - {"__main__", "app", "chalicelib"}
    assert packages - sys.stdlib_module_names <= THIRD_PARTIES
    assert packages & NEVER_AT_A_START == set()
    ours = [name for name in imported if name.partition(".")[0] in sys.stdlib_module_names]
    assert len(ours) <= MOST_OF_THE_STANDARD_LIBRARY
