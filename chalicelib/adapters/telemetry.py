"""Writes one structured log line per request. The line carries the metrics too (CloudWatch EMF).

A line holds names of metrics and AWS operations, routes, codes, counts and times. It never holds anything from a
request's body, path or token, and never the text of an exception. A process serves one request at a time, so the state
is module-wide.
"""

import logging
import time
import traceback
from collections import Counter, defaultdict
from threading import Lock
from typing import Any

import msgspec
from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

SERVICE = "known-to"
NAMESPACE = "KnownTo"
REQUEST_LATENCY = "Latency"

# At DEBUG these libraries write whole requests and replies: NHS numbers, tokens, rows.
for _name in ("botocore", "boto3", "pynamodb", "urllib3", "jwt"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_TEXT_OF_EXCEPTIONS = ("exception", "exception_name", "exception_notes", "stack_trace")
_MOST_VALUES = 99  # of one metric in one line: at 100 the library prints a line of its own


def _as_json(line: dict[str, Any]) -> str:
    """Leaves out what the library adds about an exception, because its text may quote a request."""
    for key in _TEXT_OF_EXCEPTIONS:
        line.pop(key, None)
    return msgspec.json.encode(line).decode()


def _metrics_of(stage: str) -> EphemeralMetrics:
    return EphemeralMetrics(namespace=NAMESPACE, service=SERVICE, default_dimensions={"stage": stage})


_logger = Logger(
    service=SERVICE,
    level=logging.INFO,
    json_serializer=_as_json,
    json_deserializer=str,  # a message is plain text, so the library must not parse it as JSON
    serialize_stacktrace=False,
    utc=True,
    use_rfc3339=True,
    location=None,
)
_stage = "unknown"
_metrics = _metrics_of(_stage)
_counts: Counter[str] = Counter()
_counting = Lock()
_latencies: dict[str, list[float]] = defaultdict(list)
_facts: dict[str, str | int] = {}
_by_sector: dict[str, dict[str, int]] = defaultdict(dict)


def identify(stage: str) -> None:
    """Sets the `stage` dimension of every metric from now on."""
    global _metrics, _stage
    _metrics, _stage = _metrics_of(stage), stage


def meter(name: str, value: int = 1) -> None:
    """Adds to a metric of the request. Safe to call from several threads: the rows of a batch run in parallel."""
    with _counting:
        _counts[name] += value


def meter_sector(name: str, sector: str, value: int) -> None:
    """Sets a metric that has the dimension `sector` too. The sector is one of the registry, never of a request."""
    _by_sector[sector][name] = value


def note(**facts: str | int) -> None:
    """Adds keys to the request's line. Pass only our own values: route, status, code, authority."""
    _facts.update(facts)


def begin(correlation_id: str) -> None:
    """Starts a request: discards what the last one left, and starts its clock."""
    _counts.clear()
    _by_sector.clear()
    _latencies.clear()
    _facts.clear()
    _facts.update(correlation_id=correlation_id, began=time.perf_counter_ns())


def correlation_id() -> str:
    return str(_facts.get("correlation_id", ""))


def observe(client: Any) -> None:
    """Times every call of a botocore client: the metric `<Operation>Latency`, in milliseconds."""
    client.meta.events.register("before-call.*.*", _call_begins)
    client.meta.events.register("after-call.*.*", _call_ends)
    client.meta.events.register("after-call-error.*.*", _call_ends)


def _call_begins(context: dict[str, Any], **_: Any) -> None:
    context["knownto_began"] = time.perf_counter()


def _call_ends(context: dict[str, Any], event_name: str, **_: Any) -> None:
    operation = event_name.rsplit(".", 1)[-1]
    _latencies[operation].append(round((time.perf_counter() - context["knownto_began"]) * 1000, 2))


def emit(message: str, latency: str = REQUEST_LATENCY) -> None:
    """Writes the request's line. Never raises, because a recorded answer must still reach its caller.

    `latency` names the metric of the whole duration. Unattended work uses a name of its own, so that its durations do
    not mix with those that a caller waits for.
    """
    try:
        _logger.info(message, extra={**_collected(latency), **_facts})
        for sector, values in sorted(_by_sector.items()):
            _logger.info("sector", extra={**_of_sector(sector, values), "correlation_id": correlation_id()})
    except Exception as error:
        report(error)


def _collected(latency: str) -> dict[str, Any]:
    """The request's metrics as EMF, and `aws_calls`."""
    began = int(_facts.pop("began"))
    timed = {operation: list(values) for operation, values in list(_latencies.items())}
    _metrics.clear_metrics()
    # The times of single AWS calls become metrics only if a caller waits for the request.
    for operation, values in timed.items() if latency == REQUEST_LATENCY else ():
        for value in _sampled(values):
            _metrics.add_metric(f"{operation}Latency", MetricUnit.Milliseconds, value)
    _metrics.add_metric(latency, MetricUnit.Milliseconds, round((time.perf_counter_ns() - began) / 1e6, 2))
    for name, count in list(_counts.items()):
        _metrics.add_metric(name, MetricUnit.Count, count)
    return {**_metrics.serialize_metric_set(), "aws_calls": sum(map(len, timed.values()))}


def _of_sector(sector: str, values: dict[str, int]) -> dict[str, Any]:
    """A line of its own: within one line a dimension has one value."""
    metrics = _metrics_of(_stage)
    metrics.add_dimension("sector", sector)
    for name, value in values.items():
        metrics.add_metric(name, MetricUnit.Count, value)
    return {**metrics.serialize_metric_set()}


def _sampled(values: list[float]) -> list[float]:
    """At most `_MOST_VALUES` of them, evenly spaced: a batch makes hundreds of calls."""
    return values[:: -(-len(values) // _MOST_VALUES)]


def report(error: BaseException) -> None:
    """Logs an unexpected error: its type and the lines it passed through, but never its text."""
    frames = traceback.extract_tb(error.__traceback__)
    _logger.error(
        "unexpected error",
        extra={
            "correlation_id": correlation_id(),
            "error_type": type(error).__name__,
            "raised_at": [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames[-8:]],
        },
    )
