"""The log line: one line of JSON per log record, without the text of any exception."""

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
    """Formats a log record with the service's own logger."""
    logger = logging.getLogger(telemetry.SERVICE)

    def of(message: str = "request", **extra: Any) -> Line:
        record = logger.makeRecord(logger.name, logging.INFO, "file.py", 1, message, (), None, extra=extra)
        record.created = AT.timestamp()
        [handler] = [one for one in logger.handlers if isinstance(one, logging.StreamHandler)]
        read: Line = json.loads(handler.format(record))
        return read

    return of


def test_a_line_has_level_message_time_and_service(line: Callable[..., Line]) -> None:
    assert line() == {
        "level": "INFO",
        "message": "request",
        "timestamp": "2026-03-10T23:15:20.067+00:00",
        "service": "known-to",
    }


def test_a_line_adds_only_the_keys_that_it_was_given(line: Callable[..., Line]) -> None:
    assert line(route="/v1/health", status=200).keys() - line().keys() == {"route", "status"}


def test_a_line_holds_the_x_ray_trace_id(line: Callable[..., Line], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=557abcec3ee5a047;Sampled=1")
    assert line()["xray_trace_id"] == "1-5759e988-bd862e3fe1be46a994272793"


def test_the_text_of_an_exception_is_never_logged() -> None:
    with written() as output:
        try:
            error = LookupError("9990000018")
            error.add_note("a note on 9990000018")
            raise error
        except LookupError:
            logging.getLogger(telemetry.SERVICE).exception("it failed")
    assert json.loads(output.getvalue())["message"] == "it failed"
    assert "9990000018" not in output.getvalue()


def test_a_request_is_logged_as_one_line_with_its_metrics() -> None:
    telemetry.begin("correlation-1")
    telemetry.meter("LookupsKnown")
    telemetry.note(status=200)
    with written() as output:
        telemetry.emit("request")
    [line] = map(json.loads, output.getvalue().splitlines())
    assert (line["correlation_id"], line["status"], line["aws_calls"]) == ("correlation-1", 200, 0)
    assert metrics(line).keys() == {"Latency", "LookupsKnown"}
