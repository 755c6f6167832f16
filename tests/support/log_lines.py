"""The service's log lines and the metrics in them, as CloudWatch reads them."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

from chalicelib.adapters.telemetry import SERVICE

from .stage import Reply

Lines = Callable[[], list[dict[str, Any]]]


@contextmanager
def written() -> Iterator[StringIO]:
    """The output of the service's logger, which is standard output on Lambda."""
    [handler] = [one for one in logging.getLogger(SERVICE).handlers if isinstance(one, logging.StreamHandler)]
    before = handler.stream
    stream = StringIO()
    handler.setStream(stream)
    try:
        yield stream
    finally:
        handler.setStream(before)


def metrics(line: dict[str, Any]) -> dict[str, float]:
    """The metrics of a line, as CloudWatch reads them."""
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "KnownTo"
    [dimensions] = directive["Dimensions"]
    assert set(dimensions) == {"stage", "service"}
    assert all(isinstance(line[name], str) for name in dimensions)
    return {metric["Name"]: sum(line[metric["Name"]]) for metric in directive["Metrics"]}


def only_line(lines: Lines, reply: Reply) -> dict[str, Any]:
    [line] = lines()
    assert line["message"] == "request"
    assert line["correlation_id"] == reply.headers["X-Correlation-ID"]
    assert line["status"] == reply.status
    assert metrics(line)["Latency"] > 0
    return line


class Metrics(logging.Handler):
    """The metrics that the service emits."""

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
