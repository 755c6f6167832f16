"""The progress line on a terminal: how far a command is, and whether it waits for the service."""

import io

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
        line.wait(11.3)
        assert "Loading: service busy, trying again in 12 s" in shown.getvalue()
    assert slept == [0.2, 11.3]


def test_without_a_terminal_or_a_task_it_waits_silently() -> None:
    slept: list[float] = []
    line, shown = a_line(terminal=False, slept=slept)
    line.wait(5)
    with line.task("Loading", 1500):
        line.wait(6)
    assert (slept, shown.getvalue()) == ([5, 6], "")
