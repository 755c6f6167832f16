"""The console functions: what administrators run in the AWS console. Each is a Lambda function with rights of its own.

Each one reads its event, runs its use case and answers. The text of the answers is in
`adapters/console/operator_answers.py`.
"""

from typing import Any

from chalice.app import Blueprint

from .adapters.console import event_bodies, operator_answers, replay_cursor, restore_cursor
from .adapters.console.boundary import Answer, OperatorEvent, answers_operator, has_time, read_event
from .adapters.console.event_bodies import proposal_code
from .adapters.console.thumbprints import thumbprints
from .adapters.dynamodb.schema import table_name
from .adapters.ids import lookup_days
from .application.console.proposals import Proposed
from .application.console.supersede_nhs_number import PairAnswer
from .application.ports import HasTime
from .domain.access_records import Operator
from .domain.child import NhsNumber, read_nhs_number
from .domain.errors import FieldError, InvalidRequest
from .domain.references import read_reference
from .wiring.console import functions
from .wiring.parts import parts

blueprint = Blueprint(__name__)


def _nhs_number(text: str, field: str = "nhs_number") -> NhsNumber:
    return read_nhs_number(text, parts().settings.accepted_numbers, field)


def _numbers(read: event_bodies.UndoSupersedeEvent) -> tuple[NhsNumber, NhsNumber]:
    return _nhs_number(read.old_nhs_number, "old_nhs_number"), _nhs_number(read.new_nhs_number, "new_nhs_number")


def _hold(read: event_bodies.ReleaseHoldEvent) -> tuple[str, NhsNumber | None]:
    number = None if read.nhs_number is None else _nhs_number(read.nhs_number)
    return read_reference(read.hold, "hold"), number


def _typed(text: str | None, field: str) -> str:
    """What whoever carries out the work must type, although the proposal did not need it."""
    if text is None:
        raise InvalidRequest(FieldError(field, "is missing"))
    return text


@blueprint.lambda_function(name="propose")
@answers_operator
def propose(event: Any, context: Any) -> Answer:
    read, _ = read_event(event, event_bodies.ProposeEvent)
    work, operator = event_bodies.proposed_work(read)
    made = _proposed(work, operator, has_time(context))
    if not isinstance(made, Proposed):
        return operator_answers.superseded(made)
    jwks = getattr(work, "jwks", None)
    return operator_answers.proposed(made, jwks and thumbprints(jwks))


def _proposed(work: event_bodies.WorkEvent, operator: Operator, has_time: HasTime) -> Proposed | tuple[PairAnswer, ...]:
    """One case for each function in `PROPOSABLE`."""
    made = functions()
    proposed: Proposed | tuple[PairAnswer, ...]
    match work:
        case event_bodies.OnboardAuthorityEvent():
            proposed = made.onboard_authority.propose(event_bodies.new_authority(work), operator)
        case event_bodies.ReplaceKeysEvent():
            proposed = made.replace_keys.propose(work.authority, event_bodies.checked_jwks(work.jwks), operator)
        case event_bodies.ChangeGrantsEvent():
            proposed = made.change_grants.propose(event_bodies.wanted_grants(work), operator)
        case event_bodies.RemoveAuthorityEvent():
            proposed = made.remove_authority.propose(work.authority, operator)
        case event_bodies.SupersedeNhsNumberEvent():
            pairs = event_bodies.number_pairs(work, parts().settings.accepted_numbers)
            proposed = made.supersede_nhs_number.propose(pairs, has_time, operator)
        case event_bodies.UndoSupersedeEvent():
            proposed = made.undo_supersede.propose(*_numbers(work), operator)
        case event_bodies.RetireNhsNumberEvent():
            proposed = made.retire_nhs_number.propose(_nhs_number(work.nhs_number), operator)
        case event_bodies.EraseChildEvent():
            proposed = made.erase_child.propose(_nhs_number(work.nhs_number), operator)
        case event_bodies.UnshieldChildEvent() | event_bodies.LiftShieldsEvent():
            proposed = _proposed_lifting(work, operator, has_time)
        case event_bodies.ReleaseHoldEvent():
            proposed = made.release_hold.propose(*_hold(work), operator)
        case event_bodies.SwitchOffEvent():
            proposed = made.switch_off.propose(work.wait_days, operator)
        case _:
            raise AssertionError(f"{type(work).__name__} cannot be proposed")
    return proposed


def _proposed_lifting(
    work: event_bodies.UnshieldChildEvent | event_bodies.LiftShieldsEvent, operator: Operator, has_time: HasTime
) -> Proposed:
    made = functions()
    if isinstance(work, event_bodies.LiftShieldsEvent):
        return made.lift_shields.propose(event_bodies.mass_shield(work), has_time, operator)
    return made.unshield_child.propose(_nhs_number(work.nhs_number), operator)


@blueprint.lambda_function(name="make_service_key")
@answers_operator
def make_service_key(event: Any, _: Any) -> Answer:
    _, operator = read_event(event, OperatorEvent)
    return operator_answers.service_key_made(functions().make_service_key(operator))


@blueprint.lambda_function(name="onboard_authority")
@answers_operator
def onboard_authority(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.OnboardAuthorityEvent)
    authority = event_bodies.new_authority(read)
    is_new = functions().onboard_authority(authority, proposal_code(read), operator)
    return operator_answers.onboarded(authority.code, is_new)


@blueprint.lambda_function(name="suspend_authority")
@answers_operator
def suspend_authority(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.SuspendAuthorityEvent)
    return operator_answers.suspended(read.authority, functions().suspend_authority(read.authority, operator))


@blueprint.lambda_function(name="reinstate_authority")
@answers_operator
def reinstate_authority(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.ReinstateAuthorityEvent)
    return operator_answers.reinstated(read.authority, functions().reinstate_authority(read.authority, operator))


@blueprint.lambda_function(name="replace_keys")
@answers_operator
def replace_keys(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.ReplaceKeysEvent)
    jwks = event_bodies.checked_jwks(read.jwks)
    changed = functions().replace_keys(read.authority, jwks, proposal_code(read), operator)
    return operator_answers.keys_replaced(read.authority, changed)


@blueprint.lambda_function(name="change_grants")
@answers_operator
def change_grants(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.ChangeGrantsEvent)
    wanted = event_bodies.wanted_grants(read)
    changed = functions().change_grants(wanted, proposal_code(read), operator)
    return operator_answers.grants_changed(read.authority, changed)


@blueprint.lambda_function(name="remove_authority")
@answers_operator
def remove_authority(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.RemoveAuthorityEvent)
    code, name = proposal_code(read), _typed(read.name, "name")
    changed = functions().remove_authority(read.authority, name, code, operator)
    return operator_answers.removed(read.authority, changed, parts().clock())


@blueprint.lambda_function(name="shield_child")
@answers_operator
def shield_child(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.ShieldChildEvent)
    number = _nhs_number(read.nhs_number)
    is_new = functions().shield_child(number, read.review_on, operator)
    return operator_answers.shielded(read.review_on, is_new)


@blueprint.lambda_function(name="unshield_child")
@answers_operator
def unshield_child(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.UnshieldChildEvent)
    number = _nhs_number(read.nhs_number)
    return operator_answers.unshielded(functions().unshield_child(number, proposal_code(read), operator))


@blueprint.lambda_function(name="list_shields")
@answers_operator
def list_shields(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.ListShieldsEvent)
    wanted = event_bodies.wanted_shields(read, parts().clock().date())
    return operator_answers.shields_listed(functions().list_shields(wanted, read.after, operator))


@blueprint.lambda_function(name="lift_shields")
@answers_operator
def lift_shields(event: Any, context: Any) -> Answer:
    read, operator = read_event(event, event_bodies.LiftShieldsEvent)
    mass = event_bodies.mass_shield(read)
    lifted = functions().lift_shields(mass, proposal_code(read), has_time(context), operator)
    return operator_answers.shields_lifted(lifted)


@blueprint.lambda_function(name="supersede_nhs_number")
@answers_operator
def supersede_nhs_number(event: Any, context: Any) -> Answer:
    read, operator = read_event(event, event_bodies.SupersedeNhsNumberEvent)
    pairs = event_bodies.number_pairs(read, parts().settings.accepted_numbers)
    answers = functions().supersede_nhs_number(pairs, proposal_code(read), has_time(context), operator)
    return operator_answers.superseded(answers)


@blueprint.lambda_function(name="undo_supersede")
@answers_operator
def undo_supersede(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.UndoSupersedeEvent)
    functions().undo_supersede(*_numbers(read), proposal_code(read), operator)
    return operator_answers.supersede_undone()


@blueprint.lambda_function(name="retire_nhs_number")
@answers_operator
def retire_nhs_number(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.RetireNhsNumberEvent)
    number = _nhs_number(read.nhs_number)
    return operator_answers.retired(functions().retire_nhs_number(number, proposal_code(read), operator))


@blueprint.lambda_function(name="broker")
@answers_operator
def broker(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.BrokerEvent)
    days = lookup_days(read.lookup_id)
    return operator_answers.brokered(functions().broker(read.authority, read.lookup_id, days, operator))


@blueprint.lambda_function(name="access_report")
@answers_operator
def access_report(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.AccessReportEvent)
    report = functions().access_report(read.authority, read.day, read.after, operator)
    return operator_answers.accesses_reported(read.authority, read.day, report)


@blueprint.lambda_function(name="act_report")
@answers_operator
def act_report(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.ActReportEvent)
    whose = event_bodies.whose_acts(read, parts().settings.accepted_numbers)
    return operator_answers.acts_reported(whose, functions().act_report(whose, read.since, read.after, operator))


@blueprint.lambda_function(name="erase_child")
@answers_operator
def erase_child(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.EraseChildEvent)
    number = _nhs_number(read.nhs_number)
    return operator_answers.erased(functions().erase_child(number, proposal_code(read), operator))


@blueprint.lambda_function(name="dispute_record")
@answers_operator
def dispute_record(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.DisputeRecordEvent)
    dispute = event_bodies.dispute(read, parts().settings.accepted_numbers)
    return operator_answers.disputed(dispute, functions().dispute_record(dispute, operator))


@blueprint.lambda_function(name="audit_export")
@answers_operator
def audit_export(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.AuditExportEvent)
    page = functions().audit_export(read.authority, read.day, read.after, operator)
    return operator_answers.audit_exported(read.authority, read.day, page)


@blueprint.lambda_function(name="subject_access_report")
@answers_operator
def subject_access_report(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.SubjectAccessReportEvent)
    made = parts()
    number = _nhs_number(read.nhs_number)
    report = functions().subject_access_report(number, read.after, operator)
    return operator_answers.subject_reported(report, made.registry.view().authorities, made.clock().date())


@blueprint.lambda_function(name="switch_off")
@answers_operator
def switch_off(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.SwitchOffEvent)
    code, stage = proposal_code(read), _typed(read.stage, "stage")
    return operator_answers.switched_off(functions().switch_off(stage, read.wait_days, code, operator))


@blueprint.lambda_function(name="hold_child")
@answers_operator
def hold_child(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.HoldChildEvent)
    number = _nhs_number(read.nhs_number)
    hold = read_reference(read.hold, "hold")
    return operator_answers.held(functions().hold_child(number, hold, read.until, operator), read.until)


@blueprint.lambda_function(name="release_hold")
@answers_operator
def release_hold(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.ReleaseHoldEvent)
    hold, number = _hold(read)
    return operator_answers.released(functions().release_hold(hold, number, proposal_code(read), operator))


@blueprint.lambda_function(name="restore_gate")
@answers_operator
def restore_gate(event: Any, context: Any) -> Answer:
    read, operator = read_event(event, event_bodies.RestoreGateEvent)
    made = parts()
    table, sealer = table_name(made.settings.stage, read.table), made.sealer
    start = restore_cursor.read_cursor(sealer, table, read.backup_at, read.after)
    passage = functions().restore_gate(table, read.backup_at, start, has_time(context), operator)
    next_after = restore_cursor.write_cursor(sealer, table, read.backup_at, passage.next)
    return operator_answers.gate_passed(passage, next_after)


@blueprint.lambda_function(name="replay_notices")
@answers_operator
def replay_notices(event: Any, context: Any) -> Answer:
    read, operator = read_event(event, event_bodies.ReplayNoticesEvent)
    sealer, since, before = parts().sealer, read.since, read.before
    start = replay_cursor.read_cursor(sealer, since, before, read.after)
    replayed = functions().replay_notices(since, before, start, has_time(context), operator)
    next_after = replay_cursor.write_cursor(sealer, since, before, replayed.next)
    return operator_answers.notices_replayed(replayed, next_after)
