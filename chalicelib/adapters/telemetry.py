"""One structured log line per request, which carries the metrics too (CloudWatch EMF).

Nothing from a request's body, path or token ever comes here: names of metrics, AWS operations,
routes, codes, times. A process serves one request at a time, so the recorder is the process's own.
"""

import logging
import os
import time
import traceback
from collections import Counter, defaultdict
from datetime import UTC, datetime
from threading import Lock
from typing import Any

import botocore
import msgspec
from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import BasePowertoolsFormatter
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider
from aws_lambda_powertools.shared.user_agent import _initializer_botocore_session

SERVICE = "known-to"
NAMESPACE = "KnownTo"
REQUEST_LATENCY = "Latency"

# The library would add its name and version to every request to AWS, each time anew.
botocore.unregister_initializer(_initializer_botocore_session)

# At DEBUG these write whole requests and replies: NHS numbers, tokens, rows.
for _name in ("botocore", "boto3", "pynamodb", "urllib3", "jwt"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class _Line(BasePowertoolsFormatter):
    """A record as one line of JSON: its level, message and time, and whatever else it was given (`extra`).

    The library's own formatter writes the same, in four times the time. No text of an exception gets in.
    """

    _OF_EVERY_RECORD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}

    def __init__(self) -> None:
        super().__init__()
        self._keys: dict[str, Any] = {}

    def append_keys(self, **additional_keys: Any) -> None:
        self._keys.update((name, value) for name, value in additional_keys.items() if value is not None)

    def clear_state(self) -> None:
        self._keys.clear()

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "level": record.levelname,
            "message": record.getMessage(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            **self._keys,
        }
        if trace := os.environ.get("_X_AMZN_TRACE_ID"):
            line["xray_trace_id"] = trace.partition(";")[0].removeprefix("Root=")
        given = {name: value for name, value in vars(record).items() if name not in self._OF_EVERY_RECORD}
        return msgspec.json.encode(line | given).decode()


_logger = Logger(service=SERVICE, level=logging.INFO, logger_formatter=_Line(), log_uncaught_exceptions=False)
_MOST_VALUES = 99  # of one metric in one line: CloudWatch takes 100
_emf = AmazonCloudWatchEMFProvider(namespace=NAMESPACE, service=SERVICE)
_counts: Counter[str] = Counter()
_counting = Lock()
_latencies: dict[str, list[float]] = defaultdict(list)
_facts: dict[str, str | int] = {}
_stage = "unknown"


def identify(stage: str) -> None:
    """Names the stage that the metrics are of."""
    global _stage
    _stage = stage


def meter(name: str, value: int = 1) -> None:
    """Counts what an operator should see. The rows of a batch count side by side."""
    with _counting:
        _counts[name] += value


def note(**facts: str | int) -> None:
    """Adds to the request's line what is of our own making: route, status, code, authority."""
    _facts.update(facts)


def begin(correlation_id: str) -> None:
    """Forgets the last request."""
    _counts.clear()
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
    """Writes the request's line. Never raises: an answer that is recorded must leave.

    `latency`: the metric of the whole; what nobody waits for is not mixed with what a caller waits for.
    """
    try:
        _logger.info(message, extra={**_metrics(latency), **_facts})
    except Exception as error:
        report(error)


def _metrics(latency: str) -> dict[str, Any]:
    began = int(_facts.pop("began"))
    timed = {operation: list(values) for operation, values in list(_latencies.items())}
    # A batch makes hundreds of calls: evenly chosen ones stand for all. Steps are watched where a caller waits.
    waited_for = timed if latency == REQUEST_LATENCY else {}
    latencies = {f"{name}Latency": values[:: -(-len(values) // _MOST_VALUES)] for name, values in waited_for.items()}
    latencies[latency] = [round((time.perf_counter_ns() - began) / 1e6, 2)]
    # The library's own `add_metric` checks again what is ours already: it would double the cost of the line.
    metrics = {name: _metric("Milliseconds", values) for name, values in latencies.items()}
    metrics |= {name: _metric("Count", [float(count)]) for name, count in list(_counts.items())}
    dimensions = {"stage": _stage, "service": SERVICE}
    return {
        **_emf.serialize_metric_set(metrics=metrics, dimensions=dimensions),
        "aws_calls": sum(map(len, timed.values())),
    }


def _metric(unit: str, values: list[float]) -> dict[str, Any]:
    return {"Unit": unit, "StorageResolution": 60, "Value": values}


def report(error: BaseException) -> None:
    """An error nobody foresaw: its type and where it rose, never its text, which may quote a request."""
    frames = traceback.extract_tb(error.__traceback__)
    _logger.error(
        "unforeseen error",
        extra={
            "correlation_id": correlation_id(),
            "error_type": type(error).__name__,
            "raised_at": [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames[-8:]],
        },
    )
