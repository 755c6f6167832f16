"""Errors as callers see them: RFC 9457 problem documents with a stable `code`, and what to do next.

Only this module gives an error a status and words for callers. It never quotes what a caller sent.
"""

from typing import Any

import msgspec

from ...domain.errors import InvalidRequest, KnownToError, NoBasisAfter18, TooManyLookups, TooManyShields
from ...domain.values import Struct

MEDIA_TYPE = "application/problem+json"
_RETRY_AFTER_SECONDS = 2


class Problem(Struct, frozen=True):
    status: int
    title: str
    next_step: str


PROBLEMS: dict[str, Problem] = {
    "unreadable_body": Problem(400, "The body is not readable", "Send one JSON object in UTF-8, without a byte order mark."),
    "invalid_request": Problem(400, "The request is not valid", "Correct the fields listed in errors and send it again."),
    "nothing_to_change": Problem(400, "The patch changes nothing", 'Send at least one field, such as {"confirmed_on": "<today>"}.'),
    "not_signed_in": Problem(401, "Not signed in", "Send Authorization: Bearer and a fresh token, signed with a key registered for your authority."),
    "forbidden": Problem(403, "Not allowed", "Ask your administrator what your authority may do."),
    "authority_suspended": Problem(403, "Your authority is suspended", "Ring the operator of the service."),
    "scope_not_granted": Problem(403, "The token lacks a scope", "Ask for the scope in the token; if it is there, it is not granted to your authority."),
    "purpose_not_granted": Problem(403, "The purpose is not granted to your authority", "Use a purpose that your authority was granted."),
    "system_may_not_look_up": Problem(403, "Only a practitioner may look up", "Send a token whose sub is the practitioner who asks."),
    "system_may_not_read_findings": Problem(403, "Only a person may read findings", "Send a token whose sub is the authority's guardian."),
    "accesses_withheld": Problem(403, "Accesses are not shown for this record", "They are shown for current social care only, to an authority with a wide purpose. If you must know, ring the broker desk."),
    "system_may_not_shield": Problem(403, "Only a practitioner may shield", "Send a token whose sub is the practitioner who asks. By night the broker desk can have a child shielded."),
    "not_found": Problem(404, "No such record", "Check the reference. An expired record does not exist for anyone."),
    "no_such_route": Problem(404, "No such address", "Check the path: it begins with /v1/ and has no slash at its end."),
    "method_not_allowed": Problem(405, "The method does not fit the address", "Use a method listed in the Allow header."),
    "erased": Problem(409, "The record was erased and may not come back", "Leave it out of your feed. Your administrator can say why."),
    "outcome_recorded": Problem(409, "Another outcome is on record for this entry", "Keep the one on record: an outcome is recorded once."),
    "not_sealed_yet": Problem(409, "Not in the history yet", "Ask again in two minutes. If that does not help, report the correlation_id to the operator."),
    "not_in_history": Problem(409, "The lookup is not in the history", "It should have been sealed within two minutes. Somebody may have kept it out: report this, with the correlation_id, to the operator and to your authority's guardian."),
    "another_child": Problem(409, "The reference is in use for another child", "Nothing was changed. A person must decide. After a slip, withdraw the record and register it again. After an adoption or a new identity, withdraw or end the record, and register under a new reference."),
    "trace_number": Problem(409, "The NHS number is no longer in use", "Nothing was stored. Trace the number anew, then send the present one."),
    "record_unreadable": Problem(409, "The record on file cannot be read", "Send the whole record again with PUT. If that fails too, report the correlation_id to the operator."),
    "too_many_records": Problem(409, "Your authority has too many current records of this child", "Nothing was stored. End or withdraw records that are no longer current, then send this one again. If all are right, ring the operator."),
    "already_expired": Problem(422, "Nothing stored: retention has already ended for this record", "Leave it out of your feed."),
    "no_basis_after_18": Problem(422, "Nothing stored: the basis does not carry beyond 18", "Leave it out of your feed, unless leaving_care or another basis that this stage carries beyond 18 is right for it."),
    "too_late": Problem(422, "The lookup is too long ago", "Leave it out: an outcome is taken within 7 days of its lookup."),
    "version_mismatch": Problem(412, "The record has changed since you read it", "Read it again, decide again, send the new version in If-Match."),
    "too_large": Problem(413, "The request is too large", "Send less at once; the limit is in the reference."),
    "unsupported_media_type": Problem(415, "The body is of a type we do not read", "Send Content-Type: application/json, not compressed."),
    "too_many_lookups": Problem(429, "Far too many lookups", "Wait as long as Retry-After says. In an emergency ring the broker desk."),
    "too_many_shields": Problem(429, "Far too many shields", "The child was not shielded. Ring the broker desk: it can have the child shielded at once."),
    "too_many_requests": Problem(429, "Too many calls at once", "Wait as long as Retry-After says. If it was a lookup: treat as unknown; ring your duty team."),
    "internal_error": Problem(500, "The service failed", "Try once more; then report the correlation_id to the operator."),
    "unavailable": Problem(503, "The service could not do this now", "Nothing was left half done. Send the same request again after Retry-After."),
    "not_attempted": Problem(503, "No time was left for this row", "Nothing was stored for it. Send it again, in another batch."),
    "cannot_answer": Problem(503, "Could not check", "Treat as unknown; ring your duty team."),
}  # fmt: skip


class FieldErrorBody(msgspec.Struct):
    """`field` is a path such as `practitioner.name`. It is empty if the error is in the request as a whole."""

    field: str
    problem: str


class ProblemBody(msgspec.Struct, kw_only=True, omit_defaults=True):
    type: str
    title: str
    status: int
    detail: str
    code: str
    correlation_id: str
    errors: list[FieldErrorBody] | None = None


class ProblemResponse(Struct, frozen=True):
    status: int
    body: bytes
    headers: dict[str, str]


def problem_response(code: str, correlation_id: str, error: KnownToError | None = None) -> ProblemResponse:
    body = problem_body(code, correlation_id, error)
    return ProblemResponse(
        body.status, msgspec.json.encode(body), {"Content-Type": MEDIA_TYPE, **_headers(body.status, error)}
    )


def problem_body(code: str, correlation_id: str, error: KnownToError | None = None) -> ProblemBody:
    problem = PROBLEMS[code]
    return ProblemBody(
        type=f"urn:known-to:problem:{code}",
        title=problem.title,
        status=problem.status,
        detail=_detail(problem, error),
        code=code,
        correlation_id=correlation_id,
        errors=_errors(error),
    )


def _detail(problem: Problem, error: KnownToError | None) -> str:
    if isinstance(error, NoBasisAfter18):
        return _after_18(error)
    if isinstance(error, TooManyShields):
        return f"{problem.next_step} Its phone is {error.desk_phone}."
    return problem.next_step


def _after_18(error: NoBasisAfter18) -> str:
    if not error.bases:
        return "On this stage no basis carries a record of this kind beyond 18. Leave it out of your feed."
    bases = " or ".join(error.bases)
    return f"The person is over 18: a record needs the basis {bases}. If that is not right, leave it out of your feed."


def _errors(error: KnownToError | None) -> list[FieldErrorBody] | None:
    if not isinstance(error, InvalidRequest):
        return None
    return [FieldErrorBody(one.field, one.problem) for one in error.errors]


def _headers(status: int, error: KnownToError | None) -> dict[str, Any]:
    if isinstance(error, TooManyLookups | TooManyShields):
        return {"Retry-After": str(error.retry_after_seconds)}
    if status == 503:
        return {"Retry-After": str(_RETRY_AFTER_SECONDS)}
    if status == 401:
        return {"WWW-Authenticate": "Bearer"}
    return {}
