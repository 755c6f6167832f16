"""The progress line on a terminal: how far a command is, and whether it waits for the service."""

import io
import re

import pytest
from rich.console import Console

from known_to.cli.progress_line import ProgressLine


class Shown(io.StringIO):
    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def a_line(*, terminal: bool, slept: list[float]) -> tuple[ProgressLine, io.StringIO]:
    shown = Shown(terminal)
    # Forced as by FORCE_COLOR: that colours a log, but does not make it a terminal.
    console = Console(file=shown, force_terminal=True, width=80)
    return ProgressLine(console, slept.append), shown


def test_the_line_shows_that_it_waits_for_the_service() -> None:
    slept: list[float] = []
    line, shown = a_line(terminal=True, slept=slept)
    with line.task("Loading", 1500) as advance:
        advance(800)
        line.wait(0.2)
        assert "busy" not in shown.getvalue()
        line.wait(3.3)
        assert re.findall(r"Loading: service busy, next try in ([0-9]+) s", shown.getvalue()) == ["4", "3", "2", "1"]
        assert shown.getvalue().rpartition("Loading")[2].startswith(" ")
    assert slept == pytest.approx([0.2, 1, 1, 1, 0.3])


def test_a_server_that_cannot_be_reached_is_called_so() -> None:
    line, shown = a_line(terminal=True, slept=[])
    with line.task("Loading", 1500):
        line.wait_unreached(2)
    assert re.findall(r"Loading: cannot reach the service, next try in ([0-9]+) s", shown.getvalue()) == ["2", "1"]


def test_of_several_batches_that_wait_the_next_is_shown() -> None:
    seen: list[str] = []
    shown = Shown(terminal=True)

    def sleep(_: float) -> None:
        if not seen:  # while the first waits, a second begins
            seen.append("second")
            line.wait_unreached(90)

    line = ProgressLine(Console(file=shown, force_terminal=True, width=80), sleep)
    with line.task("Loading", 10):
        line.wait(60)
    left = [int(one) for one in re.findall(r"next try in ([0-9]+) s", shown.getvalue())]
    assert max(left) == 60
    assert "service busy, next try in 60 s" in shown.getvalue()


def test_without_a_terminal_or_a_task_it_waits_silently() -> None:
    slept: list[float] = []
    line, shown = a_line(terminal=False, slept=slept)
    line.wait(5)
    with line.task("Loading", 1500):
        line.wait(6)
    assert (slept, shown.getvalue()) == ([5, 6], "")
