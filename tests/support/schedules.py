"""The schedules, as EventBridge starts them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from chalicelib import unattended


@dataclass
class Context:
    """Has all the time in the world, unless `milliseconds` says, question by question, what is left."""

    aws_request_id: str = "run-1"
    milliseconds: Iterator[int] = field(default_factory=lambda: iter(()))

    def get_remaining_time_in_millis(self) -> int:
        return next(self.milliseconds, 900_000)


def run_schedule(function: Callable[[Any, Any], None], context: Context | None = None) -> None:
    event = {
        "version": "0",
        "id": "event-1",
        "account": "123456789012",
        "region": "eu-west-2",
        "time": "2026-11-22T00:00:00Z",
        "source": "aws.events",
        "detail-type": "Scheduled Event",
        "detail": {},
        "resources": [],
    }
    function(event, context or Context())


def sweep(*milliseconds_left: int) -> None:
    run_schedule(unattended.sweep, Context(milliseconds=iter(milliseconds_left)))
