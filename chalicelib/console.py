"""The console functions: what operators run in the AWS console. One Lambda function each, with rights of its own."""

from typing import Any

from chalice.app import Blueprint

from .adapters.console import event_bodies, operator_answers, restore_cursor, subject_report
from .adapters.console.boundary import Answer, OperatorEvent, answers_operator, done, has_time, read_event
from .adapters.dynamodb.schema import table_name
from .domain.child import NhsNumber, read_nhs_number
from .domain.references import read_reference
from .wiring.console import functions
from .wiring.parts import parts

blueprint = Blueprint(__name__)


def _nhs_number(text: str, field: str = "nhs_number") -> NhsNumber:
    return read_nhs_number(text, production=parts().settings.production, field=field)


@blueprint.lambda_function(name="make_service_key")
@answers_operator
def make_service_key(event: Any, _: Any) -> Answer:
    _, operator = read_event(event, OperatorEvent)
    if functions().make_service_key(operator):
        return done("The service data key is made. The stage can take its first authority now.")
    return done("The stage has its service data key already. Nothing was changed.")


@blueprint.lambda_function(name="onboard_authority")
@answers_operator
def onboard_authority(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.OnboardAuthorityEvent)
    authority = event_bodies.new_authority(read)
    if functions().onboard_authority(authority, operator):
        return done(f"{authority.code} is onboarded. It can call within a minute.")
    return done(f"{authority.code} is onboarded already, exactly so. Nothing was changed.")


@blueprint.lambda_function(name="suspend_authority")
@answers_operator
def suspend_authority(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.SuspendAuthorityEvent)
    if functions().suspend_authority(read.authority, operator):
        return done(f"{read.authority} is suspended. Within a minute it can no longer call; its records are served on.")
    return done(f"{read.authority} is suspended already. Nothing was changed.")


@blueprint.lambda_function(name="reinstate_authority")
@answers_operator
def reinstate_authority(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.ReinstateAuthorityEvent)
    if functions().reinstate_authority(read.authority, operator):
        return done(f"{read.authority} is active. It can call within a minute.")
    return done(f"{read.authority} is active already. Nothing was changed.")


@blueprint.lambda_function(name="replace_keys")
@answers_operator
def replace_keys(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.ReplaceKeysEvent)
    jwks = event_bodies.checked_jwks(read.jwks)
    if functions().replace_keys(read.authority, jwks, operator):
        return done(
            f"{read.authority} has these keys, and no others. Within a minute no token of another key is taken."
        )
    return done(f"{read.authority} has exactly these keys already. Nothing was changed.")


@blueprint.lambda_function(name="remove_authority")
@answers_operator
def remove_authority(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.RemoveAuthorityEvent)
    if functions().remove_authority(read.authority, read.confirm, operator):
        return done(operator_answers.removal_words(read.authority, parts().clock()))
    return done(f"{read.authority} is removed already, and its salt is gone. Nothing was changed.")


@blueprint.lambda_function(name="shield_child")
@answers_operator
def shield_child(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.ShieldChildEvent)
    number = _nhs_number(read.nhs_number)
    if functions().shield_child(number, read.review_on, operator):
        return done(f"The child is shielded from now on. Review it on {read.review_on}; a missed review keeps it.")
    return done(f"The child was shielded already, and still is. Its review is on {read.review_on}.")


@blueprint.lambda_function(name="unshield_child")
@answers_operator
def unshield_child(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.UnshieldChildEvent)
    number = _nhs_number(read.nhs_number)
    if functions().unshield_child(number, read.confirm, operator):
        return done("The shield is lifted. From now on a lookup shows the child's involvements.")
    return done("The child has no shield. Nothing was changed.")


@blueprint.lambda_function(name="supersede_nhs_number")
@answers_operator
def supersede_nhs_number(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.SupersedeNhsNumberEvent)
    old = _nhs_number(read.old_nhs_number, "old_nhs_number")
    new = _nhs_number(read.new_nhs_number, "new_nhs_number")
    if functions().supersede_nhs_number(old, new, read.confirm, operator):
        return done("The old number is superseded. Both numbers now find all that is on record under either.")
    return done("The old number is superseded by the new one already. Nothing was changed.")


@blueprint.lambda_function(name="broker")
@answers_operator
def broker(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.BrokerEvent)
    days = event_bodies.lookup_days(read.lookup_id)
    brokered = functions().broker(read.authority, read.lookup_id, days, operator)
    return done(operator_answers.brokered_words(brokered), contacts=operator_answers.contacts(brokered))


@blueprint.lambda_function(name="access_report")
@answers_operator
def access_report(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.AccessReportEvent)
    report = functions().access_report(read.authority, read.day, read.after, operator)
    return done(
        operator_answers.report_words(read.authority, read.day, report),
        on_this_page=operator_answers.report_totals(report.page),
        next_after=report.page.next_id,
        lookups=[operator_answers.reported(lookup) for lookup in report.page.lookups],
    )


@blueprint.lambda_function(name="erase_child")
@answers_operator
def erase_child(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.EraseChildEvent)
    number = _nhs_number(read.nhs_number)
    erased = functions().erase_child(number, read.confirm, operator)
    return done(operator_answers.erasure_words(erased))


@blueprint.lambda_function(name="dispute_record")
@answers_operator
def dispute_record(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.DisputeRecordEvent)
    dispute = event_bodies.dispute(read, production=parts().settings.production)
    changed = functions().dispute_record(dispute, operator)
    so = "marked as disputed" if dispute.disputed else "not marked as disputed"
    if changed:
        return done(f"The record is {so} from now on. Every answer that shows it says so.")
    return done(f"The record is {so} already. Nothing was changed.")


@blueprint.lambda_function(name="subject_access_report")
@answers_operator
def subject_access_report(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.SubjectAccessReportEvent)
    made = parts()
    number = _nhs_number(read.nhs_number)
    report = functions().subject_access_report(number, read.after, operator)
    authorities = made.registry.view().authorities
    stated = subject_report.subject_report(report, authorities, made.clock().date())
    return done(subject_report.subject_words(report), **stated)


@blueprint.lambda_function(name="switch_off")
@answers_operator
def switch_off(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.SwitchOffEvent)
    signed = functions().switch_off(read.confirm, read.wait_days, operator)
    return done(operator_answers.switched_off_words(signed), **operator_answers.statement_details(signed))


@blueprint.lambda_function(name="hold_child")
@answers_operator
def hold_child(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.HoldChildEvent)
    number = _nhs_number(read.nhs_number)
    hold = read_reference(read.hold, "hold")
    return done(operator_answers.hold_words(functions().hold_child(number, hold, read.until, operator), read.until))


@blueprint.lambda_function(name="release_hold")
@answers_operator
def release_hold(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, event_bodies.ReleaseHoldEvent)
    number = None if read.nhs_number is None else _nhs_number(read.nhs_number)
    hold = read_reference(read.hold, "hold")
    released = functions().release_hold(hold, number, read.confirm, operator)
    return done(f"{released} held rows are deleted." if released else "Nothing was held. Nothing was changed.")


@blueprint.lambda_function(name="restore_gate")
@answers_operator
def restore_gate(event: Any, context: Any) -> Answer:
    read, operator = read_event(event, event_bodies.RestoreGateEvent)
    made = parts()
    table, sealer = table_name(made.settings.stage, read.table), made.sealer
    start = restore_cursor.read_cursor(sealer, table, read.backup_at, read.after)
    passage = functions().restore_gate(table, read.backup_at, start, has_time(context), operator)
    following = passage.next and restore_cursor.write_cursor(sealer, table, read.backup_at, passage.next)
    return done(operator_answers.gate_words(passage), safe_for_traffic=passage.safe is True, next_after=following)
