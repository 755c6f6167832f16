"""The composition root: the only place that makes settings, clients, clock and ids."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any

import botocore
from botocore.config import Config
from pynamodb.connection import Connection

from .adapters.access_log import DynamoAccessLog
from .adapters.ids import new_ulid, ulid_of
from .adapters.involvement_store import DynamoInvolvementStore
from .adapters.keyring import Keyring, encryption_context
from .adapters.notice_store import DynamoNotices
from .adapters.pseudonyms import KmsPseudonyms
from .adapters.registry import RegistryCache
from .adapters.schema import USAGE, table_name
from .adapters.sealing import Sealer
from .adapters.succession import DynamoSuccession
from .adapters.tables import Tables
from .adapters.telemetry import identify, meter, observe
from .adapters.tokens import Tokens
from .adapters.usage import DynamoUsage
from .application.amend import Amend
from .application.look_up import LookUp
from .application.ports import Clock, NewId
from .application.read_accesses import ReadAccesses
from .application.read_notices import ReadNotices
from .application.read_own import ReadOwn
from .application.read_register import ReadRegister
from .application.register import Register
from .application.register_batch import RegisterBatch
from .application.shield import Shield
from .application.withdraw import Withdraw
from .config import Settings
from .domain.limits import Limits
from .domain.values import Struct

# Three tries of every step of a cold lookup end before API Gateway gives up (29 s): the caller hears it from us.
CONNECT_TIMEOUT_SECONDS = 0.5
READ_TIMEOUT_SECONDS = 1
RETRIES = 2
COUNTER_TIMEOUT_SECONDS = 0.5
USER_AGENT = f"known-to botocore/{botocore.__version__}"

_BESIDE_THREADS = 2
# Apart from those, since a refresh runs beside a Query and waits for reads of its own.
_REGISTRY_THREADS = 2
_ROWS_AT_ONCE = 4


class Parts(Struct, frozen=True, kw_only=True):
    """The adapters of one process, each once. What the use cases of callers and of operators are made of."""

    settings: Settings
    clients: "Clients"
    clock: Clock
    new_id: NewId
    tables: Tables
    registry: RegistryCache
    keyring: Keyring
    sealer: Sealer
    access_log: DynamoAccessLog
    succession: DynamoSuccession
    involvements: DynamoInvolvementStore
    notices: DynamoNotices
    pseudonyms: KmsPseudonyms


class Services(Struct, frozen=True, kw_only=True):
    parts: Parts
    settings: Settings
    clock: Clock
    tokens: Tokens
    look_up: LookUp
    register: Register
    register_batch: RegisterBatch
    amend: Amend
    withdraw: Withdraw
    read_own: ReadOwn
    read_register: ReadRegister
    read_accesses: ReadAccesses
    read_notices: ReadNotices
    shield: Shield


class Clients(Struct, frozen=True, kw_only=True):
    """`dynamodb_once` does not retry: for counters, where a repeat would count twice."""

    connection: Connection
    dynamodb_once: Any
    kms: Any


def utc_now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def new_id() -> str:
    return new_ulid(time.time_ns() // 1_000_000)


def same_id(at: datetime, *words: str) -> str:
    return ulid_of(int(at.timestamp()) * 1000, *words)


def make_clients(read_timeout_seconds: float = READ_TIMEOUT_SECONDS) -> Clients:
    """One botocore session for all; endpoint, region and credentials come from the usual AWS environment."""
    connection = Connection(
        region=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"),
        connect_timeout_seconds=CONNECT_TIMEOUT_SECONDS,
        read_timeout_seconds=read_timeout_seconds,
        max_retry_attempts=RETRIES,
    )
    # botocore would make its user agent anew for every call, of eighteen parts: a tenth of a lookup's CPU.
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
    """Apart from the others: only switching off needs it, and a lookup's cold start does without."""
    return _client(connection, "lambda", READ_TIMEOUT_SECONDS, RETRIES)


def _client(connection: Connection, service: str, read_timeout_seconds: float, retries: int) -> Any:
    """From botocore itself: importing boto3 would be a sixth of a cold start, for nothing more."""
    config = Config(
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=read_timeout_seconds,
        retries={"mode": "standard", "total_max_attempts": 1 + retries},
        parameter_validation=False,
    )
    return connection.session.create_client(service, region_name=connection.region, config=config)


def make_parts(settings: Settings, clients: Clients, clock: Clock, new_id: NewId) -> Parts:
    tables = Tables(clients.connection, settings.stage)
    registry = RegistryCache(tables, clock, ThreadPoolExecutor(_REGISTRY_THREADS, "registry"))
    context = partial(encryption_context, settings.stage, mac_key=settings.mac_key)
    keyring = Keyring(clients.kms, settings.data_key, context, registry.key_material, clock)
    sealer = Sealer(keyring)
    access_log = DynamoAccessLog(tables, sealer)
    succession = DynamoSuccession(tables, sealer, access_log)
    return Parts(
        settings=settings,
        clients=clients,
        clock=clock,
        new_id=new_id,
        tables=tables,
        registry=registry,
        keyring=keyring,
        sealer=sealer,
        access_log=access_log,
        succession=succession,
        involvements=DynamoInvolvementStore(tables, sealer, access_log, succession),
        notices=DynamoNotices(tables, sealer),
        pseudonyms=KmsPseudonyms(clients.kms, settings.mac_key),
    )


def build(
    settings: Settings,
    clients: Clients,
    clock: Clock = utc_now,
    new_id: NewId = new_id,
    limits: Limits | None = None,
) -> Services:
    identify(settings.stage)
    beside = ThreadPoolExecutor(_BESIDE_THREADS, "beside")
    parts = make_parts(settings, clients, clock, new_id)
    registry, keyring, access_log = parts.registry, parts.keyring, parts.access_log
    involvements, pseudonyms = parts.involvements, parts.pseudonyms
    usage = DynamoUsage(clients.dynamodb_once, table_name(settings.stage, USAGE), registry.key_material, clock)
    register = Register(
        pseudonyms=pseudonyms,
        involvements=involvements,
        digests=keyring,
        usage=usage,
        clock=clock,
        new_id=new_id,
        same_id=same_id,
        meter=meter,
        schedule=settings.schedule,
    )
    return Services(
        parts=parts,
        settings=settings,
        clock=clock,
        tokens=Tokens(registry, settings.audience, clock),
        look_up=LookUp(
            pseudonyms=pseudonyms,
            involvements=involvements,
            access_log=access_log,
            registry=registry,
            usage=usage,
            keys=keyring,
            clock=clock,
            new_id=new_id,
            meter=meter,
            beside=beside,
            limits=limits or Limits(),
            broker_desk=settings.broker_desk,
        ),
        register=register,
        register_batch=RegisterBatch(
            register=register, clock=clock, meter=meter, side_by_side=ThreadPoolExecutor(_ROWS_AT_ONCE, "rows")
        ),
        amend=Amend(
            involvements=involvements,
            usage=usage,
            clock=clock,
            new_id=new_id,
            meter=meter,
            schedule=settings.schedule,
        ),
        withdraw=Withdraw(involvements=involvements, usage=usage, clock=clock, new_id=new_id, meter=meter),
        read_own=ReadOwn(involvements=involvements, access_log=access_log, clock=clock, new_id=new_id),
        read_register=ReadRegister(involvements=involvements, access_log=access_log, clock=clock, new_id=new_id),
        read_accesses=ReadAccesses(
            involvements=involvements,
            access_log=access_log,
            succession=parts.succession,
            registry=registry,
            clock=clock,
            new_id=new_id,
        ),
        read_notices=ReadNotices(
            notices=parts.notices,
            involvements=involvements,
            access_log=access_log,
            registry=registry,
            clock=clock,
            new_id=new_id,
            meter=meter,
        ),
        shield=Shield(pseudonyms=pseudonyms, involvements=involvements, clock=clock, new_id=new_id, meter=meter),
    )


_installed: Services | None = None


def services() -> Services:
    """The process's services, made from the environment at first use. Raises BadSetting."""
    global _installed
    if _installed is None:
        _installed = build(Settings.from_env(os.environ), make_clients())
    return _installed


def install(made: Services | None) -> None:
    """Serves from `made` instead, for example with another clock; None goes back to the environment."""
    global _installed
    _installed = made
