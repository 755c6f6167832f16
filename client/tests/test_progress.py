"""The one line on a terminal: how far a command is, and that it waits."""

import io

from rich.console import Console

from known_to.cli.progress import ProgressLine


class Shown(io.StringIO):
    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def a_line(*, terminal: bool, slept: list[float]) -> tuple[ProgressLine, io.StringIO]:
    shown = Shown(terminal)
    # As FORCE_COLOR does: what colours a log makes no terminal of it.
    console = Console(file=shown, force_terminal=True, width=80)
    return ProgressLine(console, slept.append), shown


def test_a_service_that_is_waited_for_is_seen_on_the_line() -> None:
    slept: list[float] = []
    line, shown = a_line(terminal=True, slept=slept)
    with line.of("Loading", 1500) as advanced:
        advanced(800)
        line.wait(0.2)
        assert "busy" not in shown.getvalue()
        line.wait(11.3)
        assert "Loading: service busy, trying again in 12 s" in shown.getvalue()
    assert slept == [0.2, 11.3]


def test_before_the_line_and_where_there_is_no_terminal_it_just_waits() -> None:
    slept: list[float] = []
    line, shown = a_line(terminal=False, slept=slept)
    line.wait(5)
    with line.of("Loading", 1500):
        line.wait(6)
    assert (slept, shown.getvalue()) == ([5, 6], "")
