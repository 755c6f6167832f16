"""Runs the unattended functions on the local stage: those with a stream mapping, and those with a schedule."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import boto3
from chalice.app import Rate, ScheduledEventConfig

import app
from chalicelib import unattended
from infra.build.template import merged

from .aws import REGION
from .stream_mappings import stream_mappings

TEMPLATE = Path(__file__).parents[1] / "template"
_PAUSE_SECONDS = 1
_LONGEST_SECONDS = 900  # as on Lambda
_UNITS = {Rate.MINUTES: 60, Rate.HOURS: 3600, Rate.DAYS: 86_400}


@dataclass(slots=True, kw_only=True)
class Schedule:
    """One function, and when it is next due by `time.monotonic`. It first runs after one full interval."""

    name: str
    function: Callable[[Any, Any], Any]
    every_seconds: int
    due_at: float

    def run_if_due(self, now: float) -> None:
        """Runs the function if it is due. A failure waits for the next run, as on AWS."""
        if now < self.due_at:
            return
        self.due_at = now + self.every_seconds
        try:
            self.function(_event(), _context())
        except Exception as error:
            print(f"{self.name}: {type(error).__name__}", flush=True)


# The local stage has no stream mappings of Lambda (`stream_mappings.py` does their work) and keeps no backups.
_NOT_HERE = {"check_settings"}


def schedules(now: float) -> list[Schedule]:
    """Returns one for every function in `app.py` that has a schedule and works on the local stage."""
    scheduled = (source for source in app.app.event_sources if isinstance(source, ScheduledEventConfig))
    sources = [source for source in scheduled if source.name not in _NOT_HERE]
    return [_schedule(source, now) for source in sources]


def _schedule(source: ScheduledEventConfig, now: float) -> Schedule:
    rate = source.schedule_expression
    assert isinstance(rate, Rate)
    every = rate.value * _UNITS[rate.unit]
    return Schedule(
        name=source.name, function=getattr(unattended, source.name), every_seconds=every, due_at=now + every
    )


def _event() -> dict[str, Any]:
    return {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "region": REGION,
        "resources": [],
        "detail": {},
    }


def _context() -> Any:
    ends_at = time.monotonic() + _LONGEST_SECONDS
    return SimpleNamespace(
        aws_request_id=str(uuid4()),
        get_remaining_time_in_millis=lambda: int((ends_at - time.monotonic()) * 1000),
    )


def main() -> None:
    streams = boto3.client("dynamodbstreams")
    mappings = stream_mappings(boto3.client("dynamodb"), streams, os.environ["KNOWNTO_STAGE"], merged(TEMPLATE))
    scheduled = schedules(time.monotonic())
    while True:
        for one in scheduled:
            one.run_if_due(time.monotonic())
        progress = [mapping.hand_over(streams) for mapping in mappings]
        if not any(progress):
            time.sleep(_PAUSE_SECONDS)


if __name__ == "__main__":
    main()
