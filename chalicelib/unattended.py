"""The unattended functions. Streams and schedules start them, and nobody waits for an answer."""

from chalice.app import Blueprint, CloudWatchEvent, DynamoDBEvent, Rate

from .adapters.unattended import schedules, streams
from .adapters.unattended.registry_stream import registry_change
from .application.ports import HasTime
from .wiring.unattended import functions

blueprint = Blueprint(__name__)

# A stream has no ARN before its table exists, so the template replaces this text.
STREAM = "see infra/template/functions.yaml"


@blueprint.on_dynamodb_record(STREAM, batch_size=25, starting_position="TRIM_HORIZON", name="watch_involvements")
def watch_involvements(event: DynamoDBEvent) -> streams.Failures:
    watch = functions().watch_involvements
    return streams.each_record(event, "watch_involvements", lambda record: watch(streams.row_change(record)))


@blueprint.on_dynamodb_record(STREAM, batch_size=25, starting_position="TRIM_HORIZON", name="watch_access")
def watch_access(event: DynamoDBEvent) -> streams.Failures:
    return streams.each_record(event, "watch_access", functions().watch_access)


# One at a time: Lambda delivers a batch again from its first failure on, and each delivery sends a message.
@blueprint.on_dynamodb_record(STREAM, batch_size=1, starting_position="TRIM_HORIZON", name="watch_registry")
def watch_registry(event: DynamoDBEvent) -> streams.Failures:
    watch = functions().watch_registry
    return streams.each_record(event, "watch_registry", lambda record: watch(registry_change(record)))


@blueprint.on_dynamodb_record(STREAM, batch_size=100, starting_position="TRIM_HORIZON", name="watch_notices")
def watch_notices(event: DynamoDBEvent) -> streams.Failures:
    return streams.each_record(event, "watch_notices", functions().watch_notices)


@blueprint.on_dynamodb_record(STREAM, batch_size=25, starting_position="TRIM_HORIZON", name="post_notices")
def post_notices(event: DynamoDBEvent) -> streams.Failures:
    return streams.each_record(event, "post_notices", functions().post_notices)


@blueprint.on_dynamodb_record(STREAM, batch_size=100, starting_position="TRIM_HORIZON", name="gather_leaves")
def gather_leaves(event: DynamoDBEvent) -> streams.Failures:
    return streams.whole_batch(event, "gather_leaves", functions().gather_leaves)


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
        return made.report_outcomes(has_time) and finished

    schedules.on_schedule(event.context, "sweep", work)
