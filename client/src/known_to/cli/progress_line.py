"""The progress line: one line on a terminal, and nothing if the output goes elsewhere."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from .error_messages import err

_SHOWN_FROM_SECONDS = 1


class ProgressLine:
    """Shows the progress of one task after another, and how long it waits for a busy service."""

    def __init__(self, console: Console = err, sleep: Callable[[float], None] = time.sleep) -> None:
        self._console = console
        self._sleep = sleep
        self._shown: tuple[Progress, TaskID, str] | None = None

    @contextmanager
    def task(self, name: str, total: int | None) -> Iterator[Callable[[int], None]]:
        """Yields a function. Call it with the number of steps that have just been done."""
        if not self._console.file.isatty():
            yield lambda _: None
            return
        columns = TextColumn("{task.description}"), BarColumn(None), MofNCompleteColumn(), TimeRemainingColumn()
        with Progress(*columns, console=self._console, expand=True) as bar:
            task_id = bar.add_task(name, total=total)
            self._shown = bar, task_id, name
            try:
                yield lambda steps: bar.advance(task_id, steps)
            finally:
                self._shown = None

    def wait(self, seconds: float) -> None:
        """Sleeps. Shows the wait if it is longer than a moment."""
        shown = self._shown
        if shown is None or seconds < _SHOWN_FROM_SECONDS:
            self._sleep(seconds)
            return
        bar, task_id, name = shown
        bar.update(task_id, description=f"{name}: service busy, trying again in {math.ceil(seconds)} s", refresh=True)
        self._sleep(seconds)
        bar.update(task_id, description=name, refresh=True)
