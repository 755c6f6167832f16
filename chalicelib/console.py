"""The console functions: what administrators run in the AWS console. Each is a Lambda function with rights of its own.

Each one reads its event, runs its use case and answers. The text of the answers is in
`adapters/console/operator_answers.py`.
"""

from typing import Any

from chalice.app import Blueprint

from .adapters.console import event_bodies, operator_answers, restore_cursor
from .adapters.console.boundary import Answer, OperatorEvent, answers_operator, has_time, read_event
from .adapters.dynamodb.schema import table_name
from .adapters.ids import lookup_days
from .domain.child import NhsNumber, read_nhs_number
from .domain.references import read_reference
from .wiring.console import functions
from .wiring.parts import parts

blueprint = Blueprint(__name__)


def _nhs_number(text: str, field: str = "nhs_number") -> NhsNumber:
    return read_nhs_number(text, parts().settings.accepted_numbers, field)


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
    return operator_answers.onboarded(authority.code, functions().onboard_authority(authority, operator))


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
    return operator_answers.keys_replaced(read.authority, functions().replace_keys(read.authority, jwks, operator))


@blueprint.lambda_function(name="remove_authority")
@answers_operator
def remove_authority(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.RemoveAuthorityEvent)
    changed = functions().remove_authority(read.authority, read.confirm, operator)
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
    return operator_answers.unshielded(functions().unshield_child(number, read.confirm, operator))


@blueprint.lambda_function(name="supersede_nhs_number")
@answers_operator
def supersede_nhs_number(event: Any, context: Any) -> Answer:
    read, operator = read_event(event, event_bodies.SupersedeNhsNumberEvent)
    pairs = event_bodies.number_pairs(read, parts().settings.accepted_numbers)
    answers = functions().supersede_nhs_number(pairs, read.confirm, has_time(context), operator)
    return operator_answers.superseded(answers)


@blueprint.lambda_function(name="undo_supersede")
@answers_operator
def undo_supersede(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.UndoSupersedeEvent)
    old = _nhs_number(read.old_nhs_number, "old_nhs_number")
    new = _nhs_number(read.new_nhs_number, "new_nhs_number")
    functions().undo_supersede(old, new, read.confirm, operator)
    return operator_answers.supersede_undone()


@blueprint.lambda_function(name="retire_nhs_number")
@answers_operator
def retire_nhs_number(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.RetireNhsNumberEvent)
    number = _nhs_number(read.nhs_number)
    return operator_answers.retired(functions().retire_nhs_number(number, read.confirm, operator))


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


@blueprint.lambda_function(name="erase_child")
@answers_operator
def erase_child(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.EraseChildEvent)
    number = _nhs_number(read.nhs_number)
    return operator_answers.erased(functions().erase_child(number, read.confirm, operator))


@blueprint.lambda_function(name="dispute_record")
@answers_operator
def dispute_record(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.DisputeRecordEvent)
    dispute = event_bodies.dispute(read, parts().settings.accepted_numbers)
    return operator_answers.disputed(dispute, functions().dispute_record(dispute, operator))


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
    return operator_answers.switched_off(functions().switch_off(read.confirm, read.wait_days, operator))


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
    number = None if read.nhs_number is None else _nhs_number(read.nhs_number)
    hold = read_reference(read.hold, "hold")
    return operator_answers.released(functions().release_hold(hold, number, read.confirm, operator))


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
