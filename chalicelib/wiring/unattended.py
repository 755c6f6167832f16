"""Builds the unattended functions, which streams and schedules start."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

from ..adapters.dynamodb.access_leaves import AccessLeaves
from ..adapters.dynamodb.lookup_index import LookupIndex
from ..adapters.dynamodb.schema import AccessItem
from ..adapters.telemetry import meter, meter_sector
from ..adapters.unattended.access_stream import AccessStream, PostNotices
from ..adapters.unattended.alarm_topic import AlarmTopic
from ..adapters.unattended.contact_counts import DynamoContactCounts
from ..adapters.unattended.day_summaries import DynamoDaySummaries
from ..adapters.unattended.dead_letters import DeadLetters
from ..adapters.unattended.due_index import DueIndex
from ..adapters.unattended.history_signer import KmsHistorySigner
from ..adapters.unattended.history_store import DynamoHistory
from ..adapters.unattended.leaf_stream import GatherLeaves
from ..adapters.unattended.notice_stream import NoticeStream
from ..adapters.unattended.pulses import Pulses
from ..adapters.unattended.seen_records import SeenRecords
from ..adapters.unattended.stage_settings import StageSettings
from ..adapters.unattended.ttl_probe import DynamoTtlProbe
from ..application.unattended.batch_memory import NoticesOfBatch, RecordsOfBatch
from ..application.unattended.check_broker_desk import CheckBrokerDesk
from ..application.unattended.check_settings import CheckSettings
from ..application.unattended.check_ttl import CheckTtl
from ..application.unattended.close_history import CloseHistory
from ..application.unattended.count_outcome import CountOutcome
from ..application.unattended.find_misuse import FindMisuse
from ..application.unattended.notify import Notify
from ..application.unattended.report_coverage import ReportCoverage
from ..application.unattended.report_outcomes import ReportOutcomes
from ..application.unattended.sweep import Sweep
from ..application.unattended.watch_involvements import WatchInvolvements
from ..application.unattended.watch_notices import WatchNotices
from ..application.unattended.watch_registry import WatchRegistry
from ..domain.values import Struct
from .parts import Parts, make_lambda_client, make_sns_client, make_sqs_client, parts


class UnattendedFunctions(Struct, frozen=True, kw_only=True):
    watch_involvements: WatchInvolvements
    watch_registry: WatchRegistry
    watch_notices: NoticeStream
    post_notices: PostNotices
    dead_letters: DeadLetters
    send_pulses: Callable[[], None]
    check_settings: CheckSettings
    check_ttl: CheckTtl
    sweep: Sweep
    report_outcomes: ReportOutcomes
    report_coverage: ReportCoverage
    check_broker_desk: CheckBrokerDesk
    gather_leaves: GatherLeaves
    close_history: CloseHistory
    find_misuse: FindMisuse


def build(parts: Parts) -> UnattendedFunctions:
    records = RecordsOfBatch(parts.involvements, parts.clock)
    notify = Notify(
        notices=NoticesOfBatch(parts.notices),
        involvements=records,
        registry=parts.registry,
        clock=parts.clock,
        meter=meter,
        broker_desk_code=parts.settings.broker_desk_code,
    )
    connection = parts.clients.connection
    counts = DynamoContactCounts(parts.tables, parts.sealer)
    count_outcome = CountOutcome(
        counts=counts, involvements=records, registry=parts.registry, clock=parts.clock, meter=meter
    )
    access_stream = AccessStream(parts.tables, parts.sealer, parts.records)
    history = DynamoHistory(parts.tables, parts.history_stamps, parts.history_memory)
    return UnattendedFunctions(
        watch_involvements=WatchInvolvements(history=parts.access_log, recorder=parts.recorder, meter=meter),
        watch_registry=WatchRegistry(
            history=parts.access_log,
            access_log=parts.access_log,
            same_id=parts.same_id,
            announce=AlarmTopic(partial(make_sns_client, connection), parts.settings.alarm_topic),
            meter=meter,
            stage=parts.settings.stage,
        ),
        watch_notices=NoticeStream(
            parts.notice_stamps, WatchNotices(history=parts.access_log, recorder=parts.recorder, meter=meter)
        ),
        post_notices=PostNotices(access_stream, notify, count_outcome),
        dead_letters=DeadLetters(partial(make_sqs_client, connection), parts.settings.dead_letters),
        send_pulses=Pulses(parts.tables, parts.clock, parts.new_id).send,
        check_settings=CheckSettings(
            settings=StageSettings(
                connection,
                partial(make_lambda_client, connection),
                parts.settings.stage,
            ),
            meter=meter,
        ),
        check_ttl=CheckTtl(probe=DynamoTtlProbe(parts.tables), clock=parts.clock, meter=meter),
        sweep=Sweep(
            due=DueIndex(parts.tables),
            involvements=parts.involvements,
            registry=parts.registry,
            notices=parts.notices,
            clock=parts.clock,
            recorder=parts.recorder,
            meter=meter,
            schedule=parts.settings.schedule,
        ),
        report_outcomes=ReportOutcomes(
            counts=counts, notices=parts.notices, registry=parts.registry, clock=parts.clock, meter=meter
        ),
        report_coverage=ReportCoverage(registry=parts.registry, meter_sector=meter_sector),
        check_broker_desk=CheckBrokerDesk(
            registry=parts.registry, notices=parts.notices, meter=meter, code=parts.settings.broker_desk_code
        ),
        gather_leaves=GatherLeaves(parts.tables, AccessLeaves(parts.records, parts.history_leaves), history),
        close_history=CloseHistory(
            history=history,
            signer=_signer(parts.clients.kms, parts.settings.history_key),
            padding=parts.history_leaves.padding,
            clock=parts.clock,
            meter=meter,
        ),
        find_misuse=FindMisuse(
            registry=parts.registry,
            records=SeenRecords(
                parts.tables,
                LookupIndex(connection.client, parts.tables.name_of(AccessItem)),
                parts.records,
                parts.sealer,
                parts.misuse_texts,
            ),
            summaries=DynamoDaySummaries(parts.tables, parts.misuse_texts),
            findings=parts.findings,
            clock=parts.clock,
            meter=meter,
        ),
    )


@cache
def _signer(kms: Any, key_id: str) -> KmsHistorySigner:
    """One for each process, because it keeps the public key."""
    return KmsHistorySigner(kms, key_id)


def functions() -> UnattendedFunctions:
    """The unattended functions, built anew for each batch or run. Raises BadSetting."""
    return build(parts())
