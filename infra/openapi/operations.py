"""Describes each route: its purpose, what it reads and answers, and how it may fail."""

from dataclasses import dataclass, field
from typing import Any

from chalicelib.adapters.http import answer_bodies, paging, requests
from chalicelib.adapters.http.boundary import JSON, MERGE_PATCH
from chalicelib.domain.authority import Scope
from chalicelib.domain.references import REFERENCE

from . import examples
from .examples import Json

_OF_THE_GATEWAY = ("forbidden", "too_many_requests", "cannot_answer")
_OURS = ("internal_error", "unavailable")
_SIGNED_IN = ("not_signed_in", "authority_suspended", "scope_not_granted")
_BODY = ("unreadable_body", "invalid_request", "too_large", "unsupported_media_type")
_WRITES = ("erased", "record_unreadable", "version_mismatch")

_REFERENCE = {
    "name": "reference",
    "in": "path",
    "required": True,
    "description": "Your own name for the record. It may not be or hold an NHS number.",
    "schema": {"type": "string", "pattern": f"^(?!\\.{{1,2}}$)({REFERENCE})$", "minLength": 1, "maxLength": 64},
    "example": "ref-1",
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "description": "Change the record only if this is still its version. `*` means any version.",
    "schema": {"type": "string"},
}
_LOOKUP_ID = {
    "name": "lookup_id",
    "in": "path",
    "required": True,
    "description": "`lookup_id` of one of your authority's answers.",
    "schema": {"type": "string", "pattern": "^0[0-9A-HJKMNP-TV-Z]{25}$"},
    "example": examples.LOOKUP_ID,
}
_FROM = {
    "name": "from",
    "in": "query",
    "description": "`number` of a checkpoint that you saw.",
    "schema": {"type": "string", "pattern": "^[1-9][0-9]{0,11}$"},
}


def _limit(largest: int) -> dict[str, Any]:
    return {
        "name": "limit",
        "in": "query",
        "schema": {"type": "integer", "minimum": 1, "maximum": largest, "default": 100},
    }


def _page(cursor: str) -> tuple[dict[str, Any], ...]:
    """`cursor`: what a cursor looks like, as a regular expression."""
    return (
        _limit(paging.LARGEST_PAGE),
        {
            "name": "cursor",
            "in": "query",
            "description": "`next_cursor` of the page before. Leave it out for the first page.",
            "schema": {"type": "string", "pattern": f"^({cursor})$", "maxLength": 100},
        },
    )


_REGISTER_PAGE = _page("[A-Za-z0-9_-]{2,86}")
_QUALITY_PAGE = _page("register\\.[A-Za-z0-9_-]{2,86}|notices\\.(0|[1-9][0-9]{0,11})")
_NOTICE_PAGE = (
    _limit(paging.LARGEST_NOTICE_PAGE),
    {
        "name": "after",
        "in": "query",
        "description": "`next_after` of the page before. Leave it out to begin with the oldest that is kept.",
        "schema": {"type": "string", "pattern": "^(0|[1-9][0-9]{0,11})$"},
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """`answers`: by status, the type of the body and an example, or None without a body. `fails`: problem codes."""

    name: str
    summary: str
    tag: str
    scope: Scope | None
    answers: dict[int, tuple[type, Json] | None]
    fails: tuple[str, ...] = ()
    body: type | None = None
    example: Json | None = None
    media_types: tuple[str, ...] = (JSON,)
    parameters: tuple[dict[str, Any], ...] = ()
    etag: bool = False
    description: str | None = None
    codes: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        ours = () if self.name == "look_up" else _OURS if self.scope else ("internal_error",)
        signed_in = _SIGNED_IN if self.scope else ()
        body = _BODY if self.body else ()
        codes = dict.fromkeys((*_OF_THE_GATEWAY, *ours, *signed_in, *body, *self.fails))
        object.__setattr__(self, "codes", tuple(codes))


_RECEIPT = (answer_bodies.ReceiptBody, examples.RECEIPT)
_OUTCOME = (answer_bodies.OutcomeBody, examples.OUTCOME)
_SHIELDED = (answer_bodies.ShieldedBody, examples.SHIELDED)

OPERATIONS: dict[tuple[str, str], Operation] = {
    ("POST", "/v1/lookups"): Operation(
        name="look_up",
        summary="Is this child known to another practitioner, and whom do I ring?",
        description="A failure never means that nobody is known: treat as unknown; ring your duty team.",
        tag="Lookups",
        scope=Scope.LOOKUP,
        body=requests.LookupBody,
        example=examples.QUESTION,
        answers={200: (answer_bodies.AnswerBody, examples.ANSWER)},
        fails=("purpose_not_granted", "system_may_not_look_up", "too_many_lookups"),
    ),
    ("POST", "/v1/lookups/{lookup_id}/outcomes"): Operation(
        name="record_outcome",
        summary="Did the call reach somebody?",
        description="Optional. For one `full` entry of the lookup, within 7 days. 201 first, 200 for the same again.",
        tag="Lookups",
        scope=Scope.LOOKUP,
        body=requests.OutcomeBody,
        example=examples.OUTCOME,
        parameters=(_LOOKUP_ID,),
        answers={201: _OUTCOME, 200: _OUTCOME},
        fails=("system_may_not_look_up", "not_found", "outcome_recorded", "too_late"),
    ),
    ("PUT", "/v1/involvements/{reference}"): Operation(
        name="register",
        summary="Register an involvement, or replace it",
        description="Idempotent by reference: 201 first, 200 after. An unchanged body writes nothing unless it was "
        "last confirmed over 28 days ago. A reference never changes child.",
        tag="Involvements",
        scope=Scope.REGISTER,
        body=requests.RegistrationBody,
        example=examples.REGISTRATION,
        parameters=(_REFERENCE, _IF_MATCH),
        answers={201: _RECEIPT, 200: _RECEIPT},
        fails=(*_WRITES, "another_child", "trace_number", "too_many_records", "already_expired", "no_basis_after_18"),
        etag=True,
    ),
    ("PATCH", "/v1/involvements/{reference}"): Operation(
        name="amend",
        summary="Change some fields, or confirm",
        description="A JSON merge patch of the fields of PUT, except `nhs_number`. `confirmed_on` confirms the record.",
        tag="Involvements",
        scope=Scope.REGISTER,
        body=requests.AmendmentBody,
        example=examples.AMENDMENT,
        media_types=(JSON, MERGE_PATCH),
        parameters=(_REFERENCE, _IF_MATCH),
        answers={200: _RECEIPT},
        fails=("nothing_to_change", "not_found", *_WRITES, "too_many_records", "already_expired"),
        etag=True,
    ),
    ("GET", "/v1/involvements/{reference}"): Operation(
        name="read_own",
        summary="Your own record",
        description="Everything that you sent, except the NHS number and the birth date, which are not kept.",
        tag="Involvements",
        scope=Scope.REGISTER,
        parameters=(_REFERENCE,),
        answers={200: (answer_bodies.OwnInvolvementBody, examples.OWN)},
        fails=("invalid_request", "not_found", "record_unreadable"),
        etag=True,
    ),
    ("DELETE", "/v1/involvements/{reference}"): Operation(
        name="withdraw",
        summary="Withdraw a record made in error",
        description="Safe to repeat. If the work has simply ended, send `ended_on` instead.",
        tag="Involvements",
        scope=Scope.REGISTER,
        parameters=(_REFERENCE, _IF_MATCH),
        answers={204: None},
        fails=("invalid_request", "version_mismatch", "record_unreadable"),
    ),
    ("GET", "/v1/involvements/{reference}/accesses"): Operation(
        name="read_accesses",
        summary="Who looked that child up: the last 25 lookups",
        description="For current social care only, if your authority is granted a wide purpose.",
        tag="Involvements",
        scope=Scope.ACCESSES,
        parameters=(_REFERENCE,),
        answers={200: (answer_bodies.AccessesBody, examples.ACCESSES)},
        fails=("invalid_request", "not_found", "record_unreadable", "accesses_withheld"),
    ),
    ("GET", "/v1/involvements"): Operation(
        name="read_register",
        summary="Your register, page by page",
        description="Go on with `next_cursor` until it is null. A page may hold fewer records than `limit`.",
        tag="Involvements",
        scope=Scope.REGISTER,
        parameters=_REGISTER_PAGE,
        answers={200: (answer_bodies.RegisterPageBody, examples.REGISTER_PAGE)},
        fails=("invalid_request",),
    ),
    ("GET", "/v1/quality"): Operation(
        name="read_quality",
        summary="What to look at in your register, page by page",
        description="First your records, then the calls that failed. Go on with `next_cursor` until it is null.",
        tag="Involvements",
        scope=Scope.REGISTER,
        parameters=_QUALITY_PAGE,
        answers={200: (answer_bodies.QualityBody, examples.QUALITY)},
        fails=("invalid_request",),
    ),
    ("POST", "/v1/involvement-batches"): Operation(
        name="register_batch",
        summary="Register or replace up to 100 involvements at once",
        description="One result for each row, in order; one bad row never costs another. At most 256 KB.",
        tag="Involvements",
        scope=Scope.REGISTER,
        body=requests.BatchBody,
        example=examples.BATCH,
        answers={200: (answer_bodies.BatchResultsBody, examples.BATCH_RESULTS)},
    ),
    ("GET", "/v1/notices"): Operation(
        name="read_notices",
        summary="What waits for your authority, in order",
        description="Go on with `next_after`, even after an empty page, until it equals the `after` that you sent.",
        tag="Notices",
        scope=Scope.NOTICES,
        parameters=_NOTICE_PAGE,
        answers={200: (answer_bodies.NoticesBody, examples.NOTICES)},
        fails=("invalid_request",),
    ),
    ("GET", "/v1/findings"): Operation(
        name="read_findings",
        summary="What the rules on misuse have found among your practitioners, in order",
        description="For your authority's guardian, a person. New findings come once a day and are kept for 90 days.",
        tag="Findings",
        scope=Scope.FINDINGS,
        parameters=_NOTICE_PAGE,
        answers={200: (answer_bodies.FindingsBody, examples.FINDINGS)},
        fails=("invalid_request", "system_may_not_read_findings"),
    ),
    ("POST", "/v1/shields"): Operation(
        name="shield",
        summary='Protect a child at once: every lookup says "known" and shows no details',
        description="The answer is the same if the child was shielded before. Only the service's custodian lifts it.",
        tag="Shields",
        scope=Scope.SHIELD,
        body=requests.ShieldBody,
        example=examples.SHIELD,
        answers={200: _SHIELDED},
        fails=("system_may_not_shield", "too_many_shields"),
    ),
    ("GET", "/v1/history"): Operation(
        name="read_history",
        summary="The latest checkpoint, and a proof that its history contains the one that you saw",
        description="`consistency` is empty without `from`, and if you saw the latest checkpoint or a later one.",
        tag="History",
        scope=Scope.LOOKUP,
        parameters=(_FROM,),
        answers={200: (answer_bodies.HistoryBody, examples.HISTORY)},
        fails=("invalid_request", "not_sealed_yet"),
    ),
    ("GET", "/v1/history/lookups/{lookup_id}"): Operation(
        name="prove_lookup",
        summary="A proof that a lookup of yours is in the history, as it was recorded",
        description="For your own authority's lookups only. A lookup is sealed within two minutes.",
        tag="History",
        scope=Scope.LOOKUP,
        parameters=(_LOOKUP_ID,),
        answers={200: (answer_bodies.LookupProofBody, examples.LOOKUP_PROOF)},
        fails=("not_found", "not_sealed_yet", "not_in_history"),
    ),
    ("GET", "/v1/health"): Operation(
        name="health",
        summary="Is the service there?",
        tag="Service",
        scope=None,
        answers={200: (answer_bodies.HealthBody, examples.HEALTH)},
    ),
    ("HEAD", "/v1/health"): Operation(
        name="check_health",
        summary="Is the service there? Without a body",
        tag="Service",
        scope=None,
        answers={200: None},
    ),
    ("GET", "/v1/openapi.json"): Operation(
        name="openapi",
        summary="This description",
        tag="Service",
        scope=None,
        answers={200: (dict, {"openapi": "3.1.0"})},
    ),
}
