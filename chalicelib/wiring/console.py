"""Builds the console functions. It is separate from `api.py`, so that neither loads what only the other needs."""

from functools import partial

from ..adapters.console.authority_store import DynamoAuthorities
from ..adapters.console.erasure import DynamoErasure
from ..adapters.console.exported_lookups import DynamoExportedLookups
from ..adapters.console.held_rows import DynamoHeldRows
from ..adapters.console.notary import KmsNotary
from ..adapters.console.past_acts import DynamoPastActs
from ..adapters.console.past_lookups import DynamoPastLookups
from ..adapters.console.proposal_log import DynamoProposalLog
from ..adapters.console.records_of_time import DynamoRecordsOfTime
from ..adapters.console.replay import Replay
from ..adapters.console.restored_table import DynamoRestoredTable
from ..adapters.console.service_key import WrappedKey, WrappedKeys
from ..adapters.console.shields import DynamoShields
from ..adapters.console.shutdown import StageShutdown
from ..adapters.console.standing_shields import DynamoStandingShields
from ..adapters.console.subject_records import DynamoSubjectRecords
from ..adapters.console.table_settings import TableSettings
from ..adapters.dynamodb import attributes
from ..adapters.dynamodb.access_leaves import AccessLeaves
from ..adapters.dynamodb.history_proofs import DynamoHistoryProofs
from ..adapters.dynamodb.involvement_rows import InvolvementRows
from ..adapters.dynamodb.lookup_index import LookupIndex
from ..adapters.dynamodb.schema import INVOLVEMENTS, AccessItem, table_name
from ..adapters.sealing import audit_keys, keyring
from ..adapters.sealing.audit_keys import AUDIT_KEY, audit_context
from ..adapters.sealing.keyring import SERVICE_KEY, encryption_context
from ..adapters.telemetry import meter
from ..application.console.access_report import AccessReport
from ..application.console.act_report import ActReport
from ..application.console.audit_export import AuditExport
from ..application.console.broker import Broker
from ..application.console.change_grants import ChangeGrants
from ..application.console.dispute_record import DisputeRecord
from ..application.console.erase_child import EraseChild
from ..application.console.hold_child import HoldChild
from ..application.console.lift_shields import LiftShields
from ..application.console.list_shields import ListShields
from ..application.console.make_service_key import MakeServiceKey
from ..application.console.onboard_authority import OnboardAuthority
from ..application.console.ports import ScanKey
from ..application.console.proposals import Proposals
from ..application.console.reinstate_authority import ReinstateAuthority
from ..application.console.release_hold import ReleaseHold
from ..application.console.remove_authority import RemoveAuthority
from ..application.console.replace_keys import ReplaceKeys
from ..application.console.replay_notices import ReplayNotices
from ..application.console.restore_gate import RestoreGate
from ..application.console.retire_nhs_number import RetireNhsNumber
from ..application.console.shield_child import ShieldChild
from ..application.console.subject_access_report import SubjectAccessReport
from ..application.console.supersede_nhs_number import SupersedeNhsNumber
from ..application.console.suspend_authority import SuspendAuthority
from ..application.console.switch_off import SwitchOff
from ..application.console.undo_supersede import UndoSupersede
from ..application.console.unshield_child import UnshieldChild
from ..application.store_errors import Unreadable
from ..domain.values import Struct
from .parts import Parts, make_lambda_client, parts


class ConsoleFunctions(Struct, frozen=True, kw_only=True):
    make_service_key: MakeServiceKey
    onboard_authority: OnboardAuthority
    suspend_authority: SuspendAuthority
    reinstate_authority: ReinstateAuthority
    replace_keys: ReplaceKeys
    change_grants: ChangeGrants
    remove_authority: RemoveAuthority
    shield_child: ShieldChild
    unshield_child: UnshieldChild
    list_shields: ListShields
    lift_shields: LiftShields
    supersede_nhs_number: SupersedeNhsNumber
    undo_supersede: UndoSupersede
    retire_nhs_number: RetireNhsNumber
    erase_child: EraseChild
    dispute_record: DisputeRecord
    subject_access_report: SubjectAccessReport
    restore_gate: RestoreGate
    hold_child: HoldChild
    release_hold: ReleaseHold
    broker: Broker
    access_report: AccessReport
    act_report: ActReport
    audit_export: AuditExport
    switch_off: SwitchOff
    replay_notices: ReplayNotices


def build(parts: Parts) -> ConsoleFunctions:
    settings, clock, recorder = parts.settings, parts.clock, parts.recorder
    tables, access_log, sealer = parts.tables, parts.access_log, parts.sealer
    pseudonyms, supersession, involvements = parts.pseudonyms, parts.supersession, parts.involvements
    connection, kms, stage = parts.clients.connection, parts.clients.kms, settings.stage
    authorities = DynamoAuthorities(tables, access_log, parts.grant_stamps)
    proposals = Proposals(
        log=DynamoProposalLog(tables, parts.records), recorder=recorder, clock=clock, same_id=parts.same_id
    )
    shields = DynamoShields(tables, sealer, access_log)
    standing = DynamoStandingShields(tables, parts.records)
    rows = InvolvementRows(sealer)
    held = DynamoHeldRows(tables, rows)
    past_lookups = DynamoPastLookups(LookupIndex(connection.client, tables.name_of(AccessItem)), parts.records)
    proofs = DynamoHistoryProofs(tables, parts.history_leaves, parts.history_stamps)
    return ConsoleFunctions(
        make_service_key=MakeServiceKey(keys=_wrapped_keys(parts), recorder=recorder),
        onboard_authority=OnboardAuthority(authorities=authorities, recorder=recorder, proposals=proposals),
        suspend_authority=SuspendAuthority(authorities=authorities, recorder=recorder),
        reinstate_authority=ReinstateAuthority(authorities=authorities, recorder=recorder),
        replace_keys=ReplaceKeys(authorities=authorities, recorder=recorder, proposals=proposals),
        change_grants=ChangeGrants(authorities=authorities, recorder=recorder, proposals=proposals),
        remove_authority=RemoveAuthority(authorities=authorities, recorder=recorder, proposals=proposals),
        shield_child=ShieldChild(
            pseudonyms=pseudonyms, involvements=involvements, shields=shields, recorder=recorder, clock=clock
        ),
        unshield_child=UnshieldChild(
            pseudonyms=pseudonyms,
            supersession=supersession,
            shields=shields,
            history=access_log,
            recorder=recorder,
            proposals=proposals,
        ),
        list_shields=ListShields(standing=standing, recorder=recorder, clock=clock),
        lift_shields=LiftShields(
            standing=standing,
            shields=shields,
            history=access_log,
            recorder=recorder,
            clock=clock,
            proposals=proposals,
        ),
        supersede_nhs_number=SupersedeNhsNumber(
            pseudonyms=pseudonyms,
            supersession=supersession,
            involvements=involvements,
            recorder=recorder,
            clock=clock,
            proposals=proposals,
        ),
        undo_supersede=UndoSupersede(
            pseudonyms=pseudonyms,
            supersession=supersession,
            involvements=involvements,
            shields=shields,
            history=access_log,
            recorder=recorder,
            clock=clock,
            proposals=proposals,
        ),
        retire_nhs_number=RetireNhsNumber(
            pseudonyms=pseudonyms,
            supersession=supersession,
            involvements=involvements,
            recorder=recorder,
            clock=clock,
            proposals=proposals,
        ),
        erase_child=EraseChild(
            pseudonyms=pseudonyms,
            supersession=supersession,
            erasure=DynamoErasure(tables, access_log),
            notices=parts.notices,
            recorder=recorder,
            proposals=proposals,
        ),
        dispute_record=DisputeRecord(
            pseudonyms=pseudonyms,
            supersession=supersession,
            involvements=involvements,
            recorder=recorder,
            clock=clock,
            new_id=parts.new_id,
            schedule=settings.schedule,
        ),
        hold_child=HoldChild(
            pseudonyms=pseudonyms, supersession=supersession, held=held, recorder=recorder, clock=clock, meter=meter
        ),
        release_hold=ReleaseHold(
            pseudonyms=pseudonyms, supersession=supersession, held=held, recorder=recorder, proposals=proposals
        ),
        restore_gate=RestoreGate(tables=lambda name: _restored(parts, name), recorder=recorder, clock=clock),
        subject_access_report=SubjectAccessReport(
            pseudonyms=pseudonyms,
            supersession=supersession,
            involvements=involvements,
            records=DynamoSubjectRecords(tables, sealer, rows, parts.records),
            recorder=recorder,
            clock=clock,
        ),
        broker=Broker(
            lookups=parts.lookups,
            involvements=involvements,
            supersession=supersession,
            registry=parts.registry,
            recorder=recorder,
            clock=clock,
        ),
        access_report=AccessReport(authorities=authorities, past_lookups=past_lookups, recorder=recorder, clock=clock),
        act_report=ActReport(
            pseudonyms=pseudonyms,
            past_acts=DynamoPastActs(tables, parts.records),
            recorder=recorder,
            clock=clock,
        ),
        audit_export=AuditExport(
            authorities=authorities,
            lookups=DynamoExportedLookups(
                LookupIndex(connection.client, tables.name_of(AccessItem)),
                AccessLeaves(parts.records, parts.history_leaves),
                proofs,
                parts.audit_keys,
            ),
            proofs=proofs,
            recorder=recorder,
            clock=clock,
            meter=meter,
        ),
        replay_notices=ReplayNotices(
            records=DynamoRecordsOfTime(tables), post=partial(_post, parts), recorder=recorder, clock=clock
        ),
        switch_off=SwitchOff(
            stage=stage,
            shutdown=_shutdown(parts),
            notary=KmsNotary(kms, f"alias/knownto-{stage}-statements"),
            recorder=recorder,
            clock=clock,
            proposals=proposals,
        ),
    )


def _wrapped_keys(parts: Parts) -> WrappedKeys:
    settings = parts.settings
    service = encryption_context(settings.stage, keyring.CURRENT_VERSION, settings.mac_key)
    audit = audit_context(settings.stage, audit_keys.CURRENT_VERSION)
    return WrappedKeys(
        parts.tables,
        parts.access_log,
        parts.clients.kms,
        WrappedKey(f"{SERVICE_KEY}{keyring.CURRENT_VERSION}", settings.data_key, service),
        WrappedKey(f"{AUDIT_KEY}{audit_keys.CURRENT_VERSION}", settings.audit_key, audit),
    )


def _shutdown(parts: Parts) -> StageShutdown:
    """Leaves out the keys that encrypt the tables at rest, so switching off keeps them. The auditor still needs one of
    them afterwards, and everything else that they encrypt is sealed."""
    settings, connection = parts.settings, parts.clients.connection
    keys = {"pseudonyms": settings.mac_key, "details": settings.data_key}
    function = f"knownto-{settings.stage}-api"
    return StageShutdown(parts.tables, parts.clients.kms, keys, lambda: make_lambda_client(connection), function)


def _restored(parts: Parts, name: str) -> DynamoRestoredTable:
    client = parts.clients.connection.client
    own = table_name(parts.settings.stage, INVOLVEMENTS)
    settings = TableSettings(client, name, own)
    tables = parts.tables.beside(name)
    # Only for the stage's own table. A record in another table may still be live in the stage's own.
    write_expired = parts.recorder.write_expired if name == own else None
    return DynamoRestoredTable(tables, Replay(tables, parts.sealer, parts.records), settings, write_expired)


def functions() -> ConsoleFunctions:
    """The console functions, built anew for each call. Raises BadSetting.

    The registry, salts and wrapped keys that the container has in memory are read again, so that each step of an
    operator sees the result of the step before.
    """
    made = parts()
    made.registry.forget()
    return build(made)


def _post(parts: Parts, key: ScanKey) -> bool:
    """Does what `post_notices` does when the stream hands it this access record."""
    # Loaded here, because no other console function needs it.
    from . import unattended

    keys = attributes.raw(pk=key.pk, sk=key.sk)
    try:
        unattended.build(parts).post_notices({"dynamodb": {"Keys": keys}})
    except Unreadable:
        meter("UnreadableRows")
        return False
    return True
