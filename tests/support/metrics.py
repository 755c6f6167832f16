"""What the service counted, read from its own log lines."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib.adapters.telemetry import SERVICE


class Metrics(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(vars(record))

    def count(self, name: str) -> float:
        """The sum over all lines seen."""
        return float(sum(sum(line.get(name, ())) for line in self.lines))


@contextmanager
def counted() -> Iterator[Metrics]:
    metrics = Metrics()
    logger = logging.getLogger(SERVICE)
    logger.addHandler(metrics)
    try:
        yield metrics
    finally:
        logger.removeHandler(metrics)
