"""The boundary between the schedules and their work. It writes one log line for each run, and logs the type of an
unexpected error but never its text."""

from collections.abc import Callable
from typing import Any

from ...application.ports import HasTime
from ...domain.errors import Unavailable
from .. import telemetry

# Enough for one entry with every retry of every call, and for the log line at the end.
_RESERVE_MILLISECONDS = 30_000


class NotDone(Exception):
    """The work was cut short. The log line says why, and the next run continues."""


def note_wrong_settings(wrong: tuple[str, ...]) -> None:
    """Puts the names of settings into the log line of the run. They come from the code alone."""
    if wrong:
        telemetry.note(wrong="; ".join(wrong))


def on_schedule(context: Any, name: str, work: Callable[[HasTime], bool]) -> None:
    """`work` is given a function that returns True while there is time to go on. It returns True if it finished.

    Raises NotDone.
    """

    def has_time() -> bool:
        return int(context.get_remaining_time_in_millis()) > _RESERVE_MILLISECONDS

    telemetry.begin(str(context.aws_request_id))
    telemetry.note(function=name)
    try:
        telemetry.note(finished=int(work(has_time)))
    except Unavailable:
        telemetry.meter("Unavailable")
        raise NotDone from None
    except Exception as error:
        telemetry.report(error)
        telemetry.meter("InternalErrors")
        raise NotDone from None
    finally:
        telemetry.emit("schedule", "UnattendedLatency")
