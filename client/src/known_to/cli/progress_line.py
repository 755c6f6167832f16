"""The progress line: one line on a terminal, and nothing if the output goes elsewhere."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from .error_messages import err

_SHOWN_FROM_SECONDS = 1


class ProgressLine:
    """Shows the progress of one task after another, and counts down how long it waits for the service, and why."""

    def __init__(self, console: Console = err, sleep: Callable[[float], None] = time.sleep) -> None:
        self._console = console
        self._sleep = sleep
        self._shown: tuple[Progress, TaskID, str] | None = None
        self._lock = threading.Lock()
        self._waits: dict[object, tuple[float, str]] = {}

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
        self._wait(seconds, "service busy")

    def wait_unreached(self, seconds: float) -> None:
        """The same, after a try that brought no reply."""
        self._wait(seconds, "cannot reach the service")

    def _wait(self, seconds: float, why: str) -> None:
        shown = self._shown
        if shown is None or seconds < _SHOWN_FROM_SECONDS:
            self._sleep(seconds)
            return
        wait = object()
        while seconds > 0:
            self._show(shown, wait, (seconds, why))
            step = min(_SHOWN_FROM_SECONDS, seconds)
            self._sleep(step)
            seconds -= step
        self._show(shown, wait, None)

    def _show(self, shown: tuple[Progress, TaskID, str], wait: object, left: tuple[float, str] | None) -> None:
        """Several batches may wait at once. The line shows which of them is tried next."""
        bar, task_id, name = shown
        with self._lock:
            if left is None:
                self._waits.pop(wait, None)
            else:
                self._waits[wait] = left
            seconds, why = min(self._waits.values(), default=(0, ""))
            text = f"{name}: {why}, next try in {math.ceil(seconds)} s" if why else name
            bar.update(task_id, description=text, refresh=True)
