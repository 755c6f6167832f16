"""What the console functions are made of. Apart from `api.py`, so that neither loads what only the other needs."""

from functools import partial

from ..adapters.console.access_index import AccessIndex
from ..adapters.console.authority_store import DynamoAuthorities
from ..adapters.console.erasure import DynamoErasure
from ..adapters.console.held_rows import DynamoHeldRows
from ..adapters.console.notary import KmsNotary
from ..adapters.console.past_lookups import DynamoPastLookups
from ..adapters.console.replay import Replay
from ..adapters.console.restored_table import DynamoRestoredTable
from ..adapters.console.service_key import WrappedServiceKey
from ..adapters.console.shields import DynamoShields
from ..adapters.console.shutdown import StageShutdown
from ..adapters.console.subject_records import DynamoSubjectRecords
from ..adapters.console.table_settings import TableSettings
from ..adapters.dynamodb.access_log import DynamoAccessLog
from ..adapters.dynamodb.schema import INVOLVEMENTS, AccessItem, table_name
from ..adapters.sealing.keyring import CURRENT_VERSION, encryption_context
from ..adapters.telemetry import meter
from ..application.console.access_report import AccessReport
from ..application.console.broker import Broker
from ..application.console.dispute_record import DisputeRecord
from ..application.console.erase_child import EraseChild
from ..application.console.hold_child import HoldChild
from ..application.console.make_service_key import MakeServiceKey
from ..application.console.onboard_authority import OnboardAuthority
from ..application.console.reinstate_authority import ReinstateAuthority
from ..application.console.release_hold import ReleaseHold
from ..application.console.remove_authority import RemoveAuthority
from ..application.console.replace_keys import ReplaceKeys
from ..application.console.restore_gate import RestoreGate
from ..application.console.shield_child import ShieldChild
from ..application.console.subject_access_report import SubjectAccessReport
from ..application.console.supersede_nhs_number import SupersedeNhsNumber
from ..application.console.suspend_authority import SuspendAuthority
from ..application.console.switch_off import SwitchOff
from ..application.console.unshield_child import UnshieldChild
from ..application.expiry_record import Ended, expired
from ..domain.values import Struct
from .parts import Parts, make_lambda_client, parts, same_id


class ConsoleFunctions(Struct, frozen=True, kw_only=True):
    make_service_key: MakeServiceKey
    onboard_authority: OnboardAuthority
    suspend_authority: SuspendAuthority
    reinstate_authority: ReinstateAuthority
    replace_keys: ReplaceKeys
    remove_authority: RemoveAuthority
    shield_child: ShieldChild
    unshield_child: UnshieldChild
    supersede_nhs_number: SupersedeNhsNumber
    erase_child: EraseChild
    dispute_record: DisputeRecord
    subject_access_report: SubjectAccessReport
    restore_gate: RestoreGate
    hold_child: HoldChild
    release_hold: ReleaseHold
    broker: Broker
    access_report: AccessReport
    switch_off: SwitchOff


def build(parts: Parts) -> ConsoleFunctions:
    settings, clock, new_id = parts.settings, parts.clock, parts.new_id
    authorities = DynamoAuthorities(parts.tables, parts.access_log)
    context = encryption_context(settings.stage, CURRENT_VERSION, settings.mac_key)
    service_key = WrappedServiceKey(parts.tables, parts.access_log, parts.clients.kms, settings.data_key, context)
    shields = DynamoShields(parts.tables, parts.sealer, parts.access_log)
    index = AccessIndex(parts.clients.connection.client, parts.tables.name_of(AccessItem))
    past_lookups = DynamoPastLookups(parts.tables, index, parts.sealer)
    kms, stage = parts.clients.kms, settings.stage
    # Not the keys of the tables at rest: under them nothing but sealed text is left, and who reads an audit needs one.
    keys = {"pseudonyms": settings.mac_key, "details": settings.data_key}
    connection = parts.clients.connection
    shutdown = StageShutdown(parts.tables, kms, keys, lambda: make_lambda_client(connection), f"knownto-{stage}-api")
    held = DynamoHeldRows(parts.tables, parts.involvements)
    return ConsoleFunctions(
        make_service_key=MakeServiceKey(keys=service_key, clock=clock, new_id=new_id),
        onboard_authority=OnboardAuthority(authorities=authorities, clock=clock, new_id=new_id),
        suspend_authority=SuspendAuthority(authorities=authorities, clock=clock, new_id=new_id),
        reinstate_authority=ReinstateAuthority(authorities=authorities, clock=clock, new_id=new_id),
        replace_keys=ReplaceKeys(authorities=authorities, clock=clock, new_id=new_id),
        remove_authority=RemoveAuthority(authorities=authorities, clock=clock, new_id=new_id),
        shield_child=ShieldChild(
            pseudonyms=parts.pseudonyms,
            involvements=parts.involvements,
            shields=shields,
            clock=clock,
            new_id=new_id,
        ),
        unshield_child=UnshieldChild(
            pseudonyms=parts.pseudonyms,
            supersession=parts.supersession,
            shields=shields,
            access_log=parts.access_log,
            history=parts.access_log,
            clock=clock,
            new_id=new_id,
            same_id=same_id,
        ),
        supersede_nhs_number=SupersedeNhsNumber(
            pseudonyms=parts.pseudonyms,
            supersession=parts.supersession,
            involvements=parts.involvements,
            access_log=parts.access_log,
            clock=clock,
            new_id=new_id,
            same_id=same_id,
        ),
        erase_child=EraseChild(
            pseudonyms=parts.pseudonyms,
            supersession=parts.supersession,
            erasure=DynamoErasure(parts.tables, parts.access_log),
            notices=parts.notices,
            access_log=parts.access_log,
            clock=clock,
            new_id=new_id,
            same_id=same_id,
        ),
        dispute_record=DisputeRecord(
            pseudonyms=parts.pseudonyms,
            supersession=parts.supersession,
            involvements=parts.involvements,
            access_log=parts.access_log,
            clock=clock,
            new_id=new_id,
            schedule=settings.schedule,
        ),
        hold_child=HoldChild(
            pseudonyms=parts.pseudonyms,
            supersession=parts.supersession,
            held=held,
            access_log=parts.access_log,
            clock=clock,
            new_id=new_id,
            meter=meter,
        ),
        release_hold=ReleaseHold(
            pseudonyms=parts.pseudonyms,
            supersession=parts.supersession,
            held=held,
            access_log=parts.access_log,
            clock=clock,
            new_id=new_id,
        ),
        restore_gate=RestoreGate(
            tables=lambda name: _restored(parts, name), access_log=parts.access_log, clock=clock, new_id=new_id
        ),
        subject_access_report=SubjectAccessReport(
            pseudonyms=parts.pseudonyms,
            supersession=parts.supersession,
            involvements=parts.involvements,
            records=DynamoSubjectRecords(parts.tables, parts.sealer, parts.involvements),
            access_log=parts.access_log,
            clock=clock,
            new_id=new_id,
        ),
        broker=Broker(
            past_lookups=past_lookups,
            involvements=parts.involvements,
            supersession=parts.supersession,
            registry=parts.registry,
            access_log=parts.access_log,
            clock=clock,
            new_id=new_id,
        ),
        switch_off=SwitchOff(
            stage=stage,
            shutdown=shutdown,
            notary=KmsNotary(kms, f"alias/knownto-{stage}-statements"),
            access_log=parts.access_log,
            clock=clock,
            new_id=new_id,
        ),
        access_report=AccessReport(
            authorities=authorities,
            past_lookups=past_lookups,
            access_log=parts.access_log,
            clock=clock,
            new_id=new_id,
        ),
    )


def _restored(parts: Parts, name: str) -> DynamoRestoredTable:
    client = parts.clients.connection.client
    own = table_name(parts.settings.stage, INVOLVEMENTS)
    settings = TableSettings(client, name, own)
    tables = parts.tables.beside(name)
    tell_end = partial(_tell_end, parts.access_log) if name == own else None
    return DynamoRestoredTable(tables, Replay(tables, parts.sealer), client, settings, tell_end)


def _tell_end(access_log: DynamoAccessLog, ended: Ended) -> None:
    access_log.append_act(expired(ended, same_id))


def functions() -> ConsoleFunctions:
    """Made anew for each call. What the container remembers of the registry, salts and wrapped keys is read again, so
    that an operator's next step sees the last one. Raises BadSetting."""
    made = parts()
    made.registry.forget()
    return build(made)
