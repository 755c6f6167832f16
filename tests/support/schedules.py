"""Runs the scheduled functions as EventBridge starts them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from chalicelib import unattended
from chalicelib.adapters.unattended.schedules import on_schedule
from chalicelib.application.ports import HasTime
from chalicelib.domain.values import replace
from chalicelib.wiring import unattended as unattended_wiring


@dataclass
class Context:
    """Of one run. `milliseconds`: what is left of its time, one answer per question; afterwards always 15 minutes."""

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


def brief_sweep(*milliseconds_left: int) -> None:
    """A sweep that looks back twelve days only. Each day costs four queries, and production looks back 97 days."""

    def work(has_time: HasTime) -> bool:
        made = unattended_wiring.functions()
        finished = replace(made.sweep, look_back_days=12)(has_time)
        made.check_ttl()
        made.report_coverage()
        made.check_broker_desk()
        return made.report_outcomes(has_time) and finished

    on_schedule(Context(milliseconds=iter(milliseconds_left)), "sweep", work)
