"""Lines and bytes of log that a request may cost. `test_calls.py` has the calls and steps,
`tests/infra/test_package.py` the size of what is deployed and what a start imports."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from bench.stage import lines_written_to
from chalicelib.adapters.telemetry import SERVICE
from tests.support.stage import EALING, Stage

MOST_LOG_BYTES = 1_000

Silence = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def nothing_else_said(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Silence:
    """Lambda keeps, and AWS bills, what any library logs or prints too."""

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
