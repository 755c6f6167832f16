"""The parts that every entry point needs: settings, clients, clock, ids and shared adapters. Only this module makes
them."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any

import botocore
from botocore.config import Config
from pynamodb.connection import Connection

from ..adapters.dynamodb.access_log import DynamoAccessLog
from ..adapters.dynamodb.access_records import AccessRecords
from ..adapters.dynamodb.findings import DynamoFindings
from ..adapters.dynamodb.found_lookups import DynamoFoundLookups
from ..adapters.dynamodb.history_memory import HistoryMemory
from ..adapters.dynamodb.involvement_store import DynamoInvolvementStore
from ..adapters.dynamodb.item_stamps import ItemStamps
from ..adapters.dynamodb.lookup_index import LookupIndex
from ..adapters.dynamodb.notice_stamps import NoticeStamps
from ..adapters.dynamodb.notice_store import DynamoNotices
from ..adapters.dynamodb.registry import RegistryCache
from ..adapters.dynamodb.schema import AccessItem
from ..adapters.dynamodb.stored_keys import read_wrapped
from ..adapters.dynamodb.supersession import DynamoSupersession
from ..adapters.dynamodb.tables import Tables
from ..adapters.ids import new_ulid
from ..adapters.sealing.audit_keys import AuditKeys, audit_context
from ..adapters.sealing.grant_stamps import GrantStamps
from ..adapters.sealing.held_keys import HeldKeys
from ..adapters.sealing.history_leaves import HistoryLeaves
from ..adapters.sealing.keyring import Keyring, encryption_context
from ..adapters.sealing.misuse_texts import MisuseTexts
from ..adapters.sealing.pseudonyms import KmsPseudonyms
from ..adapters.sealing.record_ids import RecordIds
from ..adapters.sealing.sealer import Sealer
from ..adapters.telemetry import identify, observe
from ..application.ports import Clock, NewId, SameId
from ..application.recorder import Recorder
from ..config import Settings
from ..domain.values import Struct

# Even if every step of a cold lookup is tried three times, it ends before API Gateway gives up after 29 s. So the
# caller gets our error and not the gateway's.
CONNECT_TIMEOUT_SECONDS = 0.5
READ_TIMEOUT_SECONDS = 1
RETRIES = 2
COUNTER_TIMEOUT_SECONDS = 0.5
USER_AGENT = f"known-to botocore/{botocore.__version__}"

# A refresh runs in parallel to a Query and waits for reads of its own, so it has its own threads.
_REGISTRY_THREADS = 2


class Clients(Struct, frozen=True, kw_only=True):
    """`dynamodb_once` never retries. It is for counters, where a repeated request would count twice."""

    connection: Connection
    dynamodb_once: Any
    kms: Any


class Parts(Struct, frozen=True, kw_only=True):
    """The adapters of one process, one of each, from which the use cases are built."""

    settings: Settings
    clients: Clients
    clock: Clock
    new_id: NewId
    same_id: SameId
    tables: Tables
    registry: RegistryCache
    keyring: Keyring
    sealer: Sealer
    audit_keys: AuditKeys
    records: AccessRecords
    grant_stamps: GrantStamps
    access_log: DynamoAccessLog
    supersession: DynamoSupersession
    involvements: DynamoInvolvementStore
    notices: DynamoNotices
    notice_stamps: NoticeStamps
    lookups: DynamoFoundLookups
    pseudonyms: KmsPseudonyms
    recorder: Recorder
    history_leaves: HistoryLeaves
    history_stamps: ItemStamps
    history_memory: HistoryMemory
    misuse_texts: MisuseTexts
    findings: DynamoFindings


def utc_now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def new_id() -> str:
    return new_ulid(time.time_ns() // 1_000_000)


def make_clients(read_timeout_seconds: float = READ_TIMEOUT_SECONDS) -> Clients:
    """All clients share one botocore session. Endpoint, region and credentials come from the usual AWS environment."""
    connection = Connection(
        region=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"),
        connect_timeout_seconds=CONNECT_TIMEOUT_SECONDS,
        read_timeout_seconds=read_timeout_seconds,
        max_retry_attempts=RETRIES,
    )
    # By default botocore builds its user agent from eighteen parts for every call. That took a tenth of a lookup's CPU.
    connection.session.set_default_client_config(Config(user_agent=USER_AGENT))
    clients = Clients(
        connection=connection,
        dynamodb_once=_client(connection, "dynamodb", COUNTER_TIMEOUT_SECONDS, retries=0),
        kms=_client(connection, "kms", read_timeout_seconds, RETRIES),
    )
    for client in (connection.client, clients.dynamodb_once, clients.kms):
        observe(client)
    return clients


def make_lambda_client(connection: Connection) -> Any:
    """Made separately, because a lookup never needs it, and its cold start should not pay for it."""
    return _client(connection, "lambda", READ_TIMEOUT_SECONDS, RETRIES)


def make_sqs_client(connection: Connection) -> Any:
    """Made separately, because only what cannot be processed needs it."""
    return _client(connection, "sqs", READ_TIMEOUT_SECONDS, RETRIES)


def make_sns_client(connection: Connection) -> Any:
    """Made separately, because only the watcher of the registry needs it, and seldom."""
    return _client(connection, "sns", READ_TIMEOUT_SECONDS, RETRIES)


def _client(connection: Connection, service: str, read_timeout_seconds: float, retries: int) -> Any:
    """Made with botocore, because importing boto3 would take a sixth of a cold start and add nothing we use."""
    config = Config(
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=read_timeout_seconds,
        retries={"mode": "standard", "total_max_attempts": 1 + retries},
        parameter_validation=False,
    )
    return connection.session.create_client(service, region_name=connection.region, config=config)


def make_parts(settings: Settings, clients: Clients, clock: Clock = utc_now, new_id: NewId = new_id) -> Parts:
    identify(settings.stage)
    tables = Tables(clients.connection, settings.stage)
    held = HeldKeys(clients.kms, settings.audit_key, partial(audit_context, settings.stage), clock)
    audit_keys = AuditKeys(held, lambda version: registry.wrapped_audit_key(version) or read_wrapped(tables, version))
    grant_stamps = GrantStamps(audit_keys.subkey)
    registry = RegistryCache(tables, clock, ThreadPoolExecutor(_REGISTRY_THREADS, "registry"), grant_stamps)
    context = partial(encryption_context, settings.stage, mac_key=settings.mac_key)
    keyring = Keyring(HeldKeys(clients.kms, settings.data_key, context, clock), registry.key_material)
    sealer = Sealer(keyring)
    records, stamps = AccessRecords(audit_keys), NoticeStamps(audit_keys)
    same_id = RecordIds(audit_keys).same_id
    access_log = DynamoAccessLog(tables, sealer, records)
    supersession = DynamoSupersession(tables, sealer, access_log)
    misuse_texts = MisuseTexts(audit_keys)
    return Parts(
        settings=settings,
        clients=clients,
        clock=clock,
        new_id=new_id,
        same_id=same_id,
        tables=tables,
        registry=registry,
        keyring=keyring,
        sealer=sealer,
        audit_keys=audit_keys,
        grant_stamps=grant_stamps,
        records=records,
        access_log=access_log,
        supersession=supersession,
        involvements=DynamoInvolvementStore(tables, sealer, access_log, supersession),
        notices=DynamoNotices(tables, sealer, access_log, stamps, clock),
        notice_stamps=stamps,
        lookups=DynamoFoundLookups(
            tables, LookupIndex(clients.connection.client, tables.name_of(AccessItem)), sealer, records
        ),
        pseudonyms=KmsPseudonyms(clients.kms, settings.mac_key),
        recorder=Recorder(access_log=access_log, clock=clock, new_id=new_id, same_id=same_id),
        history_leaves=HistoryLeaves(audit_keys),
        history_stamps=ItemStamps(audit_keys, "history item", 32),
        history_memory=HistoryMemory(),
        misuse_texts=misuse_texts,
        findings=DynamoFindings(tables, misuse_texts),
    )


_installed: Parts | None = None


def parts() -> Parts:
    """The parts of this process, made from the environment at first use. Raises BadSetting."""
    global _installed
    if _installed is None:
        _installed = make_parts(Settings.from_env(os.environ), make_clients())
    return _installed


def install(made: Parts | None) -> None:
    """From now on uses `made`, for example with another clock. None goes back to making them from the environment."""
    global _installed
    _installed = made
