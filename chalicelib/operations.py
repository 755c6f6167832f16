"""The composition root of what operators run. Apart from `wiring.py`, so that a lookup's cold start does without it."""

from functools import partial

from . import wiring
from .adapters.access_index import AccessIndex
from .adapters.access_log import DynamoAccessLog
from .adapters.authority_store import DynamoAuthorities
from .adapters.erasure import DynamoErasure
from .adapters.held_rows import DynamoHeldRows
from .adapters.keyring import CURRENT_VERSION, encryption_context
from .adapters.notary import KmsNotary
from .adapters.past_lookups import DynamoPastLookups
from .adapters.replay import Replay
from .adapters.restored_table import DynamoRestoredTable
from .adapters.schema import INVOLVEMENTS, AccessItem, table_name
from .adapters.service_key import WrappedServiceKey
from .adapters.shields import DynamoShields
from .adapters.shutdown import StageShutdown
from .adapters.subject_records import DynamoSubjectRecords
from .adapters.table_settings import TableSettings
from .adapters.telemetry import meter
from .application.expired import Ended, expired
from .application.operations.access_report import AccessReport
from .application.operations.broker import Broker
from .application.operations.dispute_record import DisputeRecord
from .application.operations.erase_child import EraseChild
from .application.operations.hold_child import HoldChild
from .application.operations.make_service_key import MakeServiceKey
from .application.operations.onboard_authority import OnboardAuthority
from .application.operations.reinstate_authority import ReinstateAuthority
from .application.operations.release_hold import ReleaseHold
from .application.operations.remove_authority import RemoveAuthority
from .application.operations.replace_keys import ReplaceKeys
from .application.operations.restore_gate import RestoreGate
from .application.operations.shield_child import ShieldChild
from .application.operations.subject_access_report import SubjectAccessReport
from .application.operations.supersede_nhs_number import SupersedeNhsNumber
from .application.operations.suspend_authority import SuspendAuthority
from .application.operations.switch_off import SwitchOff
from .application.operations.unshield_child import UnshieldChild
from .domain.values import Struct


class Operations(Struct, frozen=True, kw_only=True):
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


def build(parts: wiring.Parts) -> Operations:
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
    shutdown = StageShutdown(
        parts.tables, kms, keys, lambda: wiring.make_lambda_client(connection), f"knownto-{stage}-api"
    )
    held = DynamoHeldRows(parts.tables, parts.involvements)
    return Operations(
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
            succession=parts.succession,
            shields=shields,
            access_log=parts.access_log,
            history=parts.access_log,
            clock=clock,
            new_id=new_id,
            same_id=wiring.same_id,
        ),
        supersede_nhs_number=SupersedeNhsNumber(
            pseudonyms=parts.pseudonyms,
            succession=parts.succession,
            involvements=parts.involvements,
            access_log=parts.access_log,
            clock=clock,
            new_id=new_id,
            same_id=wiring.same_id,
        ),
        erase_child=EraseChild(
            pseudonyms=parts.pseudonyms,
            succession=parts.succession,
            erasure=DynamoErasure(parts.tables, parts.access_log),
            notices=parts.notices,
            access_log=parts.access_log,
            clock=clock,
            new_id=new_id,
            same_id=wiring.same_id,
        ),
        dispute_record=DisputeRecord(
            pseudonyms=parts.pseudonyms,
            succession=parts.succession,
            involvements=parts.involvements,
            access_log=parts.access_log,
            clock=clock,
            new_id=new_id,
            schedule=settings.schedule,
        ),
        hold_child=HoldChild(
            pseudonyms=parts.pseudonyms,
            succession=parts.succession,
            held=held,
            access_log=parts.access_log,
            clock=clock,
            new_id=new_id,
            meter=meter,
        ),
        release_hold=ReleaseHold(
            pseudonyms=parts.pseudonyms,
            succession=parts.succession,
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
            succession=parts.succession,
            involvements=parts.involvements,
            records=DynamoSubjectRecords(parts.tables, parts.sealer, parts.involvements),
            access_log=parts.access_log,
            clock=clock,
            new_id=new_id,
        ),
        broker=Broker(
            past_lookups=past_lookups,
            involvements=parts.involvements,
            succession=parts.succession,
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


def _restored(parts: wiring.Parts, name: str) -> DynamoRestoredTable:
    client = parts.clients.connection.client
    own = table_name(parts.settings.stage, INVOLVEMENTS)
    settings = TableSettings(client, name, own)
    tables = parts.tables.beside(name)
    tell_end = partial(_tell_end, parts.access_log) if name == own else None
    return DynamoRestoredTable(tables, Replay(tables, parts.sealer), client, settings, tell_end)


def _tell_end(access_log: DynamoAccessLog, ended: Ended) -> None:
    access_log.append_act(expired(ended, wiring.same_id))


def operations() -> Operations:
    """Of the services that are installed, made for one call: what a container remembers of the registry and of salts
    and wrapped keys is read anew, so that an operator's next step sees the last one. Raises BadSetting."""
    parts = wiring.services().parts
    parts.registry.forget()
    return build(parts)
