"""Known To: every entry point, thin. What a route does is in `chalicelib/application`."""

import gc
import os
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

_ON_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME" in os.environ
if _ON_LAMBDA:
    gc.disable()  # starting makes many objects and drops none: looking for garbage was a fifth of a cold start

from chalice.app import Chalice, CloudWatchEvent, DynamoDBEvent, Rate, Request, Response

from chalicelib import lazily, wiring
from chalicelib.adapters import answers, openapi, paging, requests, telemetry
from chalicelib.adapters.console import Answer, OperatorEvent, answers_operator, done, has_time, read_event
from chalicelib.adapters.http import (
    JSON,
    LARGEST_BATCH,
    MERGE_PATCH,
    answers_problems,
    authorization,
    cannot_answer_when_in_doubt,
    if_match,
    no_content,
    ok,
    ok_text,
    query,
    raw_body,
    read_body,
    row_problem,
    serve,
)
from chalicelib.adapters.schema import table_name
from chalicelib.application.ports import HasTime
from chalicelib.domain.authority import Caller
from chalicelib.domain.child import NhsNumber, read_nhs_number
from chalicelib.domain.references import read_reference

if TYPE_CHECKING:
    from chalicelib import operations, unattended
    from chalicelib.adapters import events, gate_places, operator_answers, schedules, streams, subject_report
else:
    # What callers never need: half of our modules, and a tenth of a cold start.
    operations, unattended = map(lazily.module, ("chalicelib.operations", "chalicelib.unattended"))
    events, gate_places, operator_answers, schedules, streams, subject_report = (
        lazily.module(f"chalicelib.adapters.{name}")
        for name in ("events", "gate_places", "operator_answers", "schedules", "streams", "subject_report")
    )

app = Chalice(app_name="known-to", configure_logs=False)

# On Lambda the start of a container is not billed to a caller's patience: make the clients now.
if _ON_LAMBDA:
    wiring.services()
    gc.freeze()
    gc.enable()


# `read_body` checks the type where there is a body to read; chalice would refuse a DELETE for its type.
ANY_TYPE = ["*/*"]


@app.middleware("http")
def one_shape(request: Request, get_response: Callable[[Any], Response]) -> Response:
    return serve(request, get_response)


def _request() -> Request:
    assert app.current_request is not None
    return app.current_request


def _nhs_number(text: str, field: str = "nhs_number") -> NhsNumber:
    return read_nhs_number(text, production=wiring.services().settings.production, field=field)


def _signed_in() -> Caller:
    caller = wiring.services().tokens.caller(authorization(_request()))
    telemetry.note(authority=caller.authority.code)
    return caller


@app.route("/v1/lookups", methods=["POST"], content_types=ANY_TYPE)
@cannot_answer_when_in_doubt
def look_up() -> Response:
    caller = _signed_in()
    services = wiring.services()
    body = read_body(_request(), requests.LookupBody)
    question = requests.question(body, production=services.settings.production)
    return ok(answers.answer_body(services.look_up(question, caller)))


@app.route("/v1/involvements/{reference}", methods=["PUT"], content_types=ANY_TYPE)
@answers_problems
def register(reference: str) -> Response:
    caller = _signed_in()
    services = wiring.services()
    body = read_body(_request(), requests.RegistrationBody)
    registration = requests.registration(body, production=services.settings.production)
    version = if_match(_request())
    receipt = services.register(read_reference(reference), registration, caller, version)
    status = HTTPStatus.CREATED if receipt.created else HTTPStatus.OK
    return ok(answers.receipt_body(receipt), status, receipt.version)


@app.route("/v1/involvement-batches", methods=["POST"], content_types=ANY_TYPE)
@answers_problems
def register_batch() -> Response:
    caller = _signed_in()
    services = wiring.services()
    rows = requests.batch(raw_body(_request(), largest=LARGEST_BATCH), production=services.settings.production)
    return ok(answers.batch_results_body(services.register_batch(rows, caller), row_problem))


@app.route("/v1/involvements/{reference}", methods=["PATCH"], content_types=ANY_TYPE)
@answers_problems
def amend(reference: str) -> Response:
    caller = _signed_in()
    body = read_body(_request(), requests.AmendmentBody, JSON, MERGE_PATCH)
    version = if_match(_request())
    receipt = wiring.services().amend(read_reference(reference), requests.amendment(body), caller, version)
    return ok(answers.receipt_body(receipt), version=receipt.version)


@app.route("/v1/involvements/{reference}", methods=["GET"], content_types=ANY_TYPE)
@answers_problems
def read_own(reference: str) -> Response:
    caller = _signed_in()
    services = wiring.services()
    involvement = services.read_own(read_reference(reference), caller)
    return ok(answers.own_body(involvement, services.clock().date()), version=involvement.version)


@app.route("/v1/involvements/{reference}", methods=["DELETE"], content_types=ANY_TYPE)
@answers_problems
def withdraw(reference: str) -> Response:
    caller = _signed_in()
    wiring.services().withdraw(read_reference(reference), caller, if_match(_request()))
    return no_content()


@app.route("/v1/involvements", methods=["GET"], content_types=ANY_TYPE)
@answers_problems
def read_register() -> Response:
    caller = _signed_in()
    after, limit = paging.page(query(_request()))
    return ok(answers.register_page_body(wiring.services().read_register(after, limit, caller)))


@app.route("/v1/involvements/{reference}/accesses", methods=["GET"], content_types=ANY_TYPE)
@answers_problems
def read_accesses(reference: str) -> Response:
    caller = _signed_in()
    return ok(answers.accesses_body(wiring.services().read_accesses(read_reference(reference), caller)))


@app.route("/v1/notices", methods=["GET"], content_types=ANY_TYPE)
@answers_problems
def read_notices() -> Response:
    caller = _signed_in()
    after, limit = paging.notice_page(query(_request()))
    return ok(answers.notices_body(wiring.services().read_notices(after, limit, caller)))


@app.route("/v1/shields", methods=["POST"], content_types=ANY_TYPE)
@answers_problems
def shield() -> Response:
    caller = _signed_in()
    services = wiring.services()
    body = read_body(_request(), requests.ShieldBody)
    request = requests.shield_request(body, production=services.settings.production)
    shielded = services.shield(request, caller)
    status = HTTPStatus.CREATED if shielded.created else HTTPStatus.OK
    return ok(answers.ShieldedBody(True, shielded.review_on), status)


@app.route("/v1/health", methods=["GET"], content_types=ANY_TYPE)
@answers_problems
def health() -> Response:
    return ok(answers.HealthBody("ok"))


@app.route("/v1/openapi.json", methods=["GET"], content_types=ANY_TYPE)
@answers_problems
def describe() -> Response:
    return ok_text(openapi.document())


# What operators run in the AWS console: a function each, so that each has rights of its own.


@app.lambda_function(name="make_service_key")
@answers_operator
def make_service_key(event: Any, _: Any) -> Answer:
    _, operator = read_event(event, OperatorEvent)
    if operations.operations().make_service_key(operator):
        return done("The service data key is made. The stage can take its first authority now.")
    return done("The stage has its service data key already. Nothing was changed.")


@app.lambda_function(name="onboard_authority")
@answers_operator
def onboard_authority(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, events.OnboardAuthorityEvent)
    authority = events.new_authority(read)
    if operations.operations().onboard_authority(authority, operator):
        return done(f"{authority.code} is onboarded. It can call within a minute.")
    return done(f"{authority.code} is onboarded already, exactly so. Nothing was changed.")


@app.lambda_function(name="suspend_authority")
@answers_operator
def suspend_authority(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, events.SuspendAuthorityEvent)
    if operations.operations().suspend_authority(read.authority, operator):
        return done(f"{read.authority} is suspended. Within a minute it can no longer call; its records are served on.")
    return done(f"{read.authority} is suspended already. Nothing was changed.")


@app.lambda_function(name="reinstate_authority")
@answers_operator
def reinstate_authority(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, events.ReinstateAuthorityEvent)
    if operations.operations().reinstate_authority(read.authority, operator):
        return done(f"{read.authority} is active. It can call within a minute.")
    return done(f"{read.authority} is active already. Nothing was changed.")


@app.lambda_function(name="replace_keys")
@answers_operator
def replace_keys(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, events.ReplaceKeysEvent)
    jwks = events.checked_jwks(read.jwks)
    if operations.operations().replace_keys(read.authority, jwks, operator):
        return done(
            f"{read.authority} has these keys, and no others. Within a minute no token of another key is taken."
        )
    return done(f"{read.authority} has exactly these keys already. Nothing was changed.")


@app.lambda_function(name="remove_authority")
@answers_operator
def remove_authority(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, events.RemoveAuthorityEvent)
    if operations.operations().remove_authority(read.authority, read.confirm, operator):
        return done(operator_answers.removal_words(read.authority, wiring.services().clock()))
    return done(f"{read.authority} is removed already, and its salt is gone. Nothing was changed.")


@app.lambda_function(name="shield_child")
@answers_operator
def shield_child(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, events.ShieldChildEvent)
    number = _nhs_number(read.nhs_number)
    if operations.operations().shield_child(number, read.review_on, operator):
        return done(f"The child is shielded from now on. Review it on {read.review_on}; a missed review keeps it.")
    return done(f"The child was shielded already, and still is. Its review is on {read.review_on}.")


@app.lambda_function(name="unshield_child")
@answers_operator
def unshield_child(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, events.UnshieldChildEvent)
    number = _nhs_number(read.nhs_number)
    if operations.operations().unshield_child(number, read.confirm, operator):
        return done("The shield is lifted. From now on a lookup shows the child's involvements.")
    return done("The child has no shield. Nothing was changed.")


@app.lambda_function(name="supersede_nhs_number")
@answers_operator
def supersede_nhs_number(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, events.SupersedeNhsNumberEvent)
    old = _nhs_number(read.old_nhs_number, "old_nhs_number")
    new = _nhs_number(read.new_nhs_number, "new_nhs_number")
    if operations.operations().supersede_nhs_number(old, new, read.confirm, operator):
        return done("The old number is superseded. Both numbers now find all that is on record under either.")
    return done("The old number is superseded by the new one already. Nothing was changed.")


@app.lambda_function(name="broker")
@answers_operator
def broker(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, events.BrokerEvent)
    days = events.lookup_days(read.lookup_id)
    brokered = operations.operations().broker(read.authority, read.lookup_id, days, operator)
    return done(operator_answers.brokered_words(brokered), contacts=operator_answers.contacts(brokered))


@app.lambda_function(name="access_report")
@answers_operator
def access_report(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, events.AccessReportEvent)
    report = operations.operations().access_report(read.authority, read.day, read.after, operator)
    return done(
        operator_answers.report_words(read.authority, read.day, report),
        on_this_page=operator_answers.report_totals(report.page),
        next_after=report.page.next_id,
        lookups=[operator_answers.reported(lookup) for lookup in report.page.lookups],
    )


@app.lambda_function(name="erase_child")
@answers_operator
def erase_child(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, events.EraseChildEvent)
    number = _nhs_number(read.nhs_number)
    erased = operations.operations().erase_child(number, read.confirm, operator)
    return done(operator_answers.erasure_words(erased))


@app.lambda_function(name="dispute_record")
@answers_operator
def dispute_record(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, events.DisputeRecordEvent)
    dispute = events.dispute(read, production=wiring.services().settings.production)
    changed = operations.operations().dispute_record(dispute, operator)
    so = "marked as disputed" if dispute.disputed else "not marked as disputed"
    if changed:
        return done(f"The record is {so} from now on. Every answer that shows it says so.")
    return done(f"The record is {so} already. Nothing was changed.")


@app.lambda_function(name="subject_access_report")
@answers_operator
def subject_access_report(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, events.SubjectAccessReportEvent)
    services = wiring.services()
    number = _nhs_number(read.nhs_number)
    report = operations.operations().subject_access_report(number, read.after, operator)
    authorities = services.parts.registry.view().authorities
    stated = subject_report.subject_report(report, authorities, services.clock().date())
    return done(subject_report.subject_words(report), **stated)


@app.lambda_function(name="switch_off")
@answers_operator
def switch_off(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, events.SwitchOffEvent)
    signed = operations.operations().switch_off(read.confirm, read.wait_days, operator)
    return done(operator_answers.switched_off_words(signed), **operator_answers.statement_details(signed))


@app.lambda_function(name="hold_child")
@answers_operator
def hold_child(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, events.HoldChildEvent)
    number = _nhs_number(read.nhs_number)
    hold = read_reference(read.hold, "hold")
    return done(
        operator_answers.hold_words(operations.operations().hold_child(number, hold, read.until, operator), read.until)
    )


@app.lambda_function(name="release_hold")
@answers_operator
def release_hold(event: Any, _: Any) -> Answer:
    read, operator = read_event(event, events.ReleaseHoldEvent)
    number = None if read.nhs_number is None else _nhs_number(read.nhs_number)
    hold = read_reference(read.hold, "hold")
    released = operations.operations().release_hold(hold, number, read.confirm, operator)
    return done(f"{released} held rows are deleted." if released else "Nothing was held. Nothing was changed.")


@app.lambda_function(name="restore_gate")
@answers_operator
def restore_gate(event: Any, context: Any) -> Answer:
    read, operator = read_event(event, events.RestoreGateEvent)
    services = wiring.services()
    table, sealer = table_name(services.settings.stage, read.table), services.parts.sealer
    start = gate_places.read_place(sealer, table, read.backup_at, read.after)
    passage = operations.operations().restore_gate(table, read.backup_at, start, has_time(context), operator)
    following = passage.next and gate_places.write_place(sealer, table, read.backup_at, passage.next)
    return done(operator_answers.gate_words(passage), safe_for_traffic=passage.safe is True, next_after=following)


# What runs unattended: schedules and streams, a function each too. A stream has no name before its table is made, so
# the template says which stream feeds which function.
STREAM = "see infra/template/functions.yaml"


@app.on_dynamodb_record(STREAM, batch_size=25, starting_position="TRIM_HORIZON", name="watch_involvements")
def watch_involvements(event: DynamoDBEvent) -> "streams.Failures":
    watch = unattended.unattended().watch_involvements
    return streams.each_record(event, "watch_involvements", lambda record: watch(streams.row_change(record)))


@app.on_dynamodb_record(STREAM, batch_size=25, starting_position="TRIM_HORIZON", name="watch_access")
def watch_access(event: DynamoDBEvent) -> "streams.Failures":
    watch = unattended.unattended().watch_access
    return streams.each_record(event, "watch_access", lambda record: watch(tampered=streams.is_tampered(record)))


@app.on_dynamodb_record(STREAM, batch_size=25, starting_position="TRIM_HORIZON", name="post_notices")
def post_notices(event: DynamoDBEvent) -> "streams.Failures":
    made = unattended.unattended()
    return streams.each_record(event, "post_notices", lambda record: made.notify(made.seen_access(record)))


@app.schedule(Rate(1, unit=Rate.HOURS), name="sweep", description="Expiry, every hour")
def sweep(event: CloudWatchEvent) -> None:
    def work(has_time: HasTime) -> bool:
        made = unattended.unattended()
        finished = made.sweep(has_time)
        made.check_ttl()
        return finished

    schedules.on_schedule(event.context, "sweep", work)
