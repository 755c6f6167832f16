"""The routes of the API. Each route reads the request, calls one use case and writes the answer.

The use cases are in `chalicelib/application`. The console functions and the unattended functions are blueprints in
`chalicelib/console.py` and `chalicelib/unattended.py`. On Lambda each of them has its handler in its own module, so the
API's function loads neither module.
"""

import gc
import os
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

_ON_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME" in os.environ
if _ON_LAMBDA:
    gc.disable()  # Imports create many objects and free none, but collecting garbage took a fifth of a cold start.

from chalice.app import Chalice, Request, Response

from chalicelib.adapters import telemetry
from chalicelib.adapters.http import answer_bodies, answers, openapi, paging, requests
from chalicelib.adapters.http.boundary import (
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
    without_body,
)
from chalicelib.domain.authority import Caller
from chalicelib.domain.references import read_reference
from chalicelib.wiring import api

app = Chalice(app_name="known-to", configure_logs=False)

if _ON_LAMBDA:
    # Make the clients before the first request arrives.
    api.services()
    gc.freeze()
    gc.enable()
else:
    from chalicelib import console, unattended

    app.register_blueprint(console.blueprint)
    app.register_blueprint(unattended.blueprint)


# Turns off Chalice's check of the content type, which covers requests without a body too. `read_body` checks it only if
# there is a body.
ANY_TYPE = ["*/*"]


@app.middleware("http")
def serve_request(request: Request, get_response: Callable[[Any], Response]) -> Response:
    return serve(request, get_response)


def _request() -> Request:
    assert app.current_request is not None
    return app.current_request


def _signed_in() -> Caller:
    caller = api.services().tokens.caller(authorization(_request()))
    telemetry.note(authority=caller.authority.code)
    return caller


@app.route("/v1/lookups", methods=["POST"], content_types=ANY_TYPE)
@cannot_answer_when_in_doubt
def look_up() -> Response:
    caller = _signed_in()
    services = api.services()
    body = read_body(_request(), requests.LookupBody)
    question = requests.question(body, services.parts.settings.accepted_numbers)
    return ok(answers.answer_body(services.look_up(question, caller)))


@app.route("/v1/lookups/{lookup_id}/outcomes", methods=["POST"], content_types=ANY_TYPE)
@answers_problems
def record_outcome(lookup_id: str) -> Response:
    caller = _signed_in()
    outcome = requests.outcome(read_body(_request(), requests.OutcomeBody))
    created = api.services().record_outcome(lookup_id, requests.lookup_days(lookup_id), outcome, caller)
    return ok(
        answer_bodies.OutcomeBody(outcome.entry, outcome.outcome), HTTPStatus.CREATED if created else HTTPStatus.OK
    )


@app.route("/v1/involvements/{reference}", methods=["PUT"], content_types=ANY_TYPE)
@answers_problems
def register(reference: str) -> Response:
    caller = _signed_in()
    services = api.services()
    body = read_body(_request(), requests.RegistrationBody)
    registration = requests.registration(body, services.parts.settings.accepted_numbers)
    version = if_match(_request())
    receipt = services.register(read_reference(reference), registration, caller, version)
    status = HTTPStatus.CREATED if receipt.created else HTTPStatus.OK
    return ok(answers.receipt_body(receipt), status, receipt.version)


@app.route("/v1/involvement-batches", methods=["POST"], content_types=ANY_TYPE)
@answers_problems
def register_batch() -> Response:
    caller = _signed_in()
    services = api.services()
    rows = requests.batch(raw_body(_request(), largest=LARGEST_BATCH), services.parts.settings.accepted_numbers)
    return ok(answers.batch_results_body(services.register_batch(rows, caller), row_problem))


@app.route("/v1/involvements/{reference}", methods=["PATCH"], content_types=ANY_TYPE)
@answers_problems
def amend(reference: str) -> Response:
    caller = _signed_in()
    body = read_body(_request(), requests.AmendmentBody, JSON, MERGE_PATCH)
    version = if_match(_request())
    receipt = api.services().amend(read_reference(reference), requests.amendment(body), caller, version)
    return ok(answers.receipt_body(receipt), version=receipt.version)


@app.route("/v1/involvements/{reference}", methods=["GET"], content_types=ANY_TYPE)
@answers_problems
def read_own(reference: str) -> Response:
    caller = _signed_in()
    services = api.services()
    involvement = services.read_own(read_reference(reference), caller)
    return ok(answers.own_body(involvement, services.parts.clock().date()), version=involvement.version)


@app.route("/v1/involvements/{reference}", methods=["DELETE"], content_types=ANY_TYPE)
@answers_problems
def withdraw(reference: str) -> Response:
    caller = _signed_in()
    api.services().withdraw(read_reference(reference), caller, if_match(_request()))
    return no_content()


@app.route("/v1/involvements", methods=["GET"], content_types=ANY_TYPE)
@answers_problems
def read_register() -> Response:
    caller = _signed_in()
    after, limit = paging.page(query(_request()))
    return ok(answers.register_page_body(api.services().read_register(after, limit, caller)))


@app.route("/v1/quality", methods=["GET"], content_types=ANY_TYPE)
@answers_problems
def read_quality() -> Response:
    caller = _signed_in()
    at, limit = paging.quality_page(query(_request()))
    return ok(answers.quality_body(api.services().read_quality(at, limit, caller)))


@app.route("/v1/involvements/{reference}/accesses", methods=["GET"], content_types=ANY_TYPE)
@answers_problems
def read_accesses(reference: str) -> Response:
    caller = _signed_in()
    return ok(answers.accesses_body(api.services().read_accesses(read_reference(reference), caller)))


@app.route("/v1/notices", methods=["GET"], content_types=ANY_TYPE)
@answers_problems
def read_notices() -> Response:
    caller = _signed_in()
    after, limit = paging.notice_page(query(_request()))
    return ok(answers.notices_body(api.services().read_notices(after, limit, caller)))


@app.route("/v1/findings", methods=["GET"], content_types=ANY_TYPE)
@answers_problems
def read_findings() -> Response:
    caller = _signed_in()
    after, limit = paging.notice_page(query(_request()))
    return ok(answers.findings_body(api.services().read_findings(after, limit, caller)))


@app.route("/v1/shields", methods=["POST"], content_types=ANY_TYPE)
@answers_problems
def shield() -> Response:
    caller = _signed_in()
    services = api.services()
    body = read_body(_request(), requests.ShieldBody)
    request = requests.shield_request(body, services.parts.settings.accepted_numbers)
    services.shield(request, caller)
    return ok(answer_bodies.ShieldedBody(True, request.review_on))


@app.route("/v1/history", methods=["GET"], content_types=ANY_TYPE)
@answers_problems
def read_history() -> Response:
    caller = _signed_in()
    number = paging.history_query(query(_request()))
    return ok(answers.history_body(api.services().read_history(number, caller)))


@app.route("/v1/history/lookups/{lookup_id}", methods=["GET"], content_types=ANY_TYPE)
@answers_problems
def prove_lookup(lookup_id: str) -> Response:
    caller = _signed_in()
    days = requests.lookup_days(lookup_id)
    return ok(answers.lookup_proof_body(api.services().prove_lookup(lookup_id, days, caller)))


@app.route("/v1/health", methods=["GET", "HEAD"], content_types=ANY_TYPE)
@answers_problems
def health() -> Response:
    return without_body() if _request().method == "HEAD" else ok(answer_bodies.HealthBody("ok"))


@app.route("/v1/openapi.json", methods=["GET"], content_types=ANY_TYPE)
@answers_problems
def describe() -> Response:
    return ok_text(openapi.document())
