"""The unattended functions. Streams and schedules start them, and nobody waits for an answer."""

from collections.abc import Callable
from typing import Any

from chalice.app import Blueprint, CloudWatchEvent, DynamoDBEvent, Rate

from .adapters.dynamodb.stream_readers import READERS
from .adapters.unattended import access_stream, schedules, streams
from .adapters.unattended.dead_letters import StreamRecord
from .adapters.unattended.registry_stream import registry_change
from .application.ports import HasTime
from .wiring.unattended import functions

blueprint = Blueprint(__name__)

# A stream has no ARN before its table exists, so the template replaces this text.
STREAM = "see infra/template/functions.yaml"


def _reads_a_stream(name: str) -> Callable[..., Any]:
    return blueprint.on_dynamodb_record(
        STREAM, batch_size=READERS[name].batch_size, starting_position="TRIM_HORIZON", name=name
    )


@_reads_a_stream("watch_involvements")
def watch_involvements(event: DynamoDBEvent) -> streams.Failures:
    made = functions()

    def watch(record: StreamRecord) -> None:
        made.watch_involvements(streams.row_change(record))

    return streams.each_record(event, "watch_involvements", watch, made.dead_letters)


@_reads_a_stream("watch_access")
def watch_access(event: DynamoDBEvent) -> streams.Failures:
    made = functions()
    return streams.each_record(event, "watch_access", access_stream.watch_access, made.dead_letters)


@_reads_a_stream("watch_registry")
def watch_registry(event: DynamoDBEvent) -> streams.Failures:
    made = functions()

    def watch(record: StreamRecord) -> None:
        made.watch_registry(registry_change(record))

    return streams.each_record(event, "watch_registry", watch, made.dead_letters)


@_reads_a_stream("watch_notices")
def watch_notices(event: DynamoDBEvent) -> streams.Failures:
    made = functions()
    return streams.each_record(event, "watch_notices", made.watch_notices, made.dead_letters)


@_reads_a_stream("post_notices")
def post_notices(event: DynamoDBEvent) -> streams.Failures:
    made = functions()
    return streams.each_record(event, "post_notices", made.post_notices, made.dead_letters)


@_reads_a_stream("gather_leaves")
def gather_leaves(event: DynamoDBEvent) -> streams.Failures:
    made = functions()
    return streams.whole_batch(event, "gather_leaves", made.gather_leaves, made.dead_letters)


@blueprint.schedule(Rate(1, unit=Rate.MINUTES), name="close_history", description="Seals the history, every minute")
def close_history(event: CloudWatchEvent) -> None:
    schedules.on_schedule(event.context, "close_history", functions().close_history)


@blueprint.schedule(Rate(1, unit=Rate.HOURS), name="sweep", description="Expiry, every hour")
def sweep(event: CloudWatchEvent) -> None:
    def work(has_time: HasTime) -> bool:
        made = functions()
        finished = made.sweep(has_time)
        made.check_ttl()
        made.report_coverage()
        made.check_broker_desk()
        return made.report_outcomes(has_time) and finished

    schedules.on_schedule(event.context, "sweep", work)


@blueprint.schedule(Rate(1, unit=Rate.HOURS), name="find_misuse", description="Misuse of the day before")
def find_misuse(event: CloudWatchEvent) -> None:
    # Every hour, although there is work only once a day: what one run leaves undone, the next one does.
    schedules.on_schedule(event.context, "find_misuse", functions().find_misuse)


@blueprint.schedule(Rate(1, unit=Rate.HOURS), name="send_pulses", description="A pulse through each stream, every hour")
def send_pulses(event: CloudWatchEvent) -> None:
    def work(_: HasTime) -> bool:
        functions().send_pulses()
        return True

    schedules.on_schedule(event.context, "send_pulses", work)


@blueprint.schedule(Rate(1, unit=Rate.HOURS), name="check_settings", description="Settings of the stage, every hour")
def check_settings(event: CloudWatchEvent) -> None:
    def work(_: HasTime) -> bool:
        schedules.note_wrong_settings(functions().check_settings())
        return True

    schedules.on_schedule(event.context, "check_settings", work)
