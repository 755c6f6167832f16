"""The log line: one of JSON for a record, in which no exception's text stands."""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.adapters import telemetry
from tests.support.log_lines import metrics, written

Line = dict[str, Any]
AT = datetime(2026, 3, 10, 23, 15, 20, 67_000, UTC)


@pytest.fixture
def line() -> Callable[..., Line]:
    """The line that the service's own logger makes of a record."""
    logger = logging.getLogger(telemetry.SERVICE)

    def of(message: str = "request", **extra: Any) -> Line:
        record = logger.makeRecord(logger.name, logging.INFO, "file.py", 1, message, (), None, extra=extra)
        record.created = AT.timestamp()
        [handler] = [one for one in logger.handlers if isinstance(one, logging.StreamHandler)]
        read: Line = json.loads(handler.format(record))
        return read

    return of


def test_a_line_says_how_grave_what_when_and_who(line: Callable[..., Line]) -> None:
    assert line() == {
        "level": "INFO",
        "message": "request",
        "timestamp": "2026-03-10T23:15:20.067+00:00",
        "service": "known-to",
    }


def test_a_line_holds_what_it_was_given_and_nothing_else(line: Callable[..., Line]) -> None:
    assert line(route="/v1/health", status=200).keys() - line().keys() == {"route", "status"}


def test_a_line_names_the_trace_that_lambda_is_in(line: Callable[..., Line], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=557abcec3ee5a047;Sampled=1")
    assert line()["xray_trace_id"] == "1-5759e988-bd862e3fe1be46a994272793"


def test_the_words_of_an_exception_get_into_no_line() -> None:
    with written() as output:
        try:
            raise LookupError("9990000018")
        except LookupError:
            logging.getLogger(telemetry.SERVICE).exception("it failed")
    assert json.loads(output.getvalue())["message"] == "it failed"
    assert "9990000018" not in output.getvalue()


def test_a_request_is_one_line_with_its_metrics() -> None:
    telemetry.begin("correlation-1")
    telemetry.meter("LookupsKnown")
    telemetry.note(status=200)
    with written() as output:
        telemetry.emit("request")
    [line] = map(json.loads, output.getvalue().splitlines())
    assert (line["correlation_id"], line["status"], line["aws_calls"]) == ("correlation-1", 200, 0)
    assert metrics(line).keys() == {"Latency", "LookupsKnown"}
