"""Builds the use cases of the API."""

from concurrent.futures import ThreadPoolExecutor

from ..adapters.dynamodb.access_leaves import AccessLeaves
from ..adapters.dynamodb.history_proofs import DynamoHistoryProofs
from ..adapters.dynamodb.latest_checkpoint import LatestCheckpoint
from ..adapters.dynamodb.lookup_index import LookupIndex
from ..adapters.dynamodb.schema import USAGE, AccessItem, table_name
from ..adapters.dynamodb.sealed_lookups import DynamoSealedLookups
from ..adapters.dynamodb.shield_counts import DynamoShieldCounts
from ..adapters.dynamodb.usage import DynamoUsage
from ..adapters.http.tokens import Tokens
from ..adapters.telemetry import meter
from ..application.amend import Amend
from ..application.hidden_lookups import HiddenLookups
from ..application.look_up import LookUp
from ..application.prove_lookup import ProveLookup
from ..application.read_accesses import ReadAccesses
from ..application.read_findings import ReadFindings
from ..application.read_history import ReadHistory
from ..application.read_notices import ReadNotices
from ..application.read_own import ReadOwn
from ..application.read_quality import ReadQuality
from ..application.read_register import ReadRegister
from ..application.record_outcome import RecordOutcome
from ..application.register import Register
from ..application.register_batch import RegisterBatch
from ..application.shield import Shield
from ..application.withdraw import Withdraw
from ..domain.limits import Limits
from ..domain.values import Struct
from . import parts as shared
from .parts import Parts

_LOOKUP_THREADS = 3
_ROWS_AT_ONCE = 4


class Services(Struct, frozen=True, kw_only=True):
    parts: Parts
    tokens: Tokens
    look_up: LookUp
    record_outcome: RecordOutcome
    register: Register
    register_batch: RegisterBatch
    amend: Amend
    withdraw: Withdraw
    read_own: ReadOwn
    read_register: ReadRegister
    read_quality: ReadQuality
    read_accesses: ReadAccesses
    read_notices: ReadNotices
    shield: Shield
    prove_lookup: ProveLookup
    read_history: ReadHistory
    read_findings: ReadFindings


def build(parts: Parts, limits: Limits | None = None) -> Services:
    settings, clock, recorder = parts.settings, parts.clock, parts.recorder
    registry, keyring, access_log = parts.registry, parts.keyring, parts.access_log
    involvements, pseudonyms = parts.involvements, parts.pseudonyms
    lookup_threads = ThreadPoolExecutor(_LOOKUP_THREADS, "lookup")
    usage = DynamoUsage(parts.clients.dynamodb_once, table_name(settings.stage, USAGE), registry.key_material, clock)
    proofs = DynamoHistoryProofs(parts.tables, parts.history_leaves, parts.history_stamps)
    register = Register(
        pseudonyms=pseudonyms,
        involvements=involvements,
        supersession=parts.supersession,
        digests=keyring,
        usage=usage,
        recorder=recorder,
        clock=clock,
        new_id=parts.new_id,
        meter=meter,
        schedule=settings.schedule,
    )
    hidden_lookups = HiddenLookups(access_log, parts.supersession)
    return Services(
        parts=parts,
        tokens=Tokens(registry, settings.audience, clock),
        look_up=LookUp(
            pseudonyms=pseudonyms,
            involvements=involvements,
            access_log=access_log,
            registry=registry,
            usage=usage,
            keys=(keyring, parts.audit_keys),
            checkpoints=LatestCheckpoint(parts.tables, parts.history_stamps, parts.history_memory, clock),
            clock=clock,
            new_id=parts.new_id,
            meter=meter,
            executor=lookup_threads,
            limits=limits or Limits(),
            broker_desk=settings.broker_desk,
        ),
        record_outcome=RecordOutcome(
            lookups=parts.lookups, access_log=access_log, recorder=recorder, clock=clock, meter=meter
        ),
        register=register,
        register_batch=RegisterBatch(
            register=register, clock=clock, meter=meter, executor=ThreadPoolExecutor(_ROWS_AT_ONCE, "rows")
        ),
        amend=Amend(
            involvements=involvements,
            usage=usage,
            recorder=recorder,
            clock=clock,
            new_id=parts.new_id,
            meter=meter,
            schedule=settings.schedule,
        ),
        withdraw=Withdraw(involvements=involvements, usage=usage, recorder=recorder, clock=clock, meter=meter),
        read_own=ReadOwn(involvements=involvements, recorder=recorder, clock=clock),
        read_register=ReadRegister(involvements=involvements, recorder=recorder, clock=clock),
        read_quality=ReadQuality(involvements=involvements, notices=parts.notices, recorder=recorder, clock=clock),
        read_accesses=ReadAccesses(
            involvements=involvements,
            access_log=access_log,
            supersession=parts.supersession,
            hidden_lookups=hidden_lookups,
            registry=registry,
            recorder=recorder,
            clock=clock,
        ),
        read_notices=ReadNotices(
            notices=parts.notices,
            involvements=involvements,
            hidden_lookups=hidden_lookups,
            access_log=access_log,
            registry=registry,
            recorder=recorder,
            clock=clock,
            meter=meter,
            broker_desk_code=settings.broker_desk_code,
        ),
        shield=Shield(
            pseudonyms=pseudonyms,
            involvements=involvements,
            counts=DynamoShieldCounts(
                parts.clients.dynamodb_once, table_name(settings.stage, USAGE), parts.sealer.shield_token, clock
            ),
            limits=settings.shield_limits,
            broker_desk=settings.broker_desk,
            recorder=recorder,
            clock=clock,
            meter=meter,
        ),
        prove_lookup=ProveLookup(
            lookups=DynamoSealedLookups(
                parts.tables,
                LookupIndex(parts.clients.connection.client, parts.tables.name_of(AccessItem)),
                AccessLeaves(parts.records, parts.history_leaves),
            ),
            proofs=proofs,
            recorder=recorder,
            clock=clock,
            meter=meter,
        ),
        read_history=ReadHistory(proofs=proofs),
        read_findings=ReadFindings(findings=parts.findings, recorder=recorder, clock=clock),
    )


_installed: Services | None = None


def services() -> Services:
    """The services of this process, built at first use. Raises BadSetting."""
    global _installed
    if _installed is None:
        _installed = build(shared.parts())
    return _installed


def install(made: Services | None) -> None:
    """From now on serves from `made` and its parts. None goes back to building them from the environment."""
    global _installed
    _installed = made
    shared.install(None if made is None else made.parts)
