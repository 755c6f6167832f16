"""How far a command is: one line on a terminal, nothing elsewhere."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from .ending import err

_WORTH_SAYING_SECONDS = 1


class ProgressLine:
    """Of one thing after another. It also says that the service is waited for, and until when."""

    def __init__(self, console: Console = err, sleep: Callable[[float], None] = time.sleep) -> None:
        self._console = console
        self._sleep = sleep
        self._shown: tuple[Progress, TaskID, str] | None = None

    @contextmanager
    def of(self, what: str, total: int | None) -> Iterator[Callable[[int], None]]:
        """Yields what is to be told how many more are done."""
        if not self._console.file.isatty():
            yield lambda _: None
            return
        columns = TextColumn("{task.description}"), BarColumn(None), MofNCompleteColumn(), TimeRemainingColumn()
        with Progress(*columns, console=self._console, expand=True) as bar:
            task = bar.add_task(what, total=total)
            self._shown = bar, task, what
            try:
                yield lambda more: bar.advance(task, more)
            finally:
                self._shown = None

    def wait(self, seconds: float) -> None:
        """Sleeps, and says so where it takes long."""
        shown = self._shown
        if shown is None or seconds < _WORTH_SAYING_SECONDS:
            self._sleep(seconds)
            return
        bar, task, what = shown
        bar.update(task, description=f"{what}: service busy, trying again in {math.ceil(seconds)} s", refresh=True)
        self._sleep(seconds)
        bar.update(task, description=what, refresh=True)
