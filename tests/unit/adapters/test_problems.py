"""Every error has its own problem document, which never quotes what was sent."""

import json
from collections.abc import Iterator

import pytest

from chalicelib.adapters.http.problems import PROBLEMS, problem_response
from chalicelib.domain import errors
from chalicelib.domain.errors import FieldError, InvalidRequest, KnownToError, TooManyLookups, TooManyShields


def _below(kind: type[KnownToError]) -> Iterator[type[KnownToError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)


@pytest.mark.parametrize("kind", list(_below(KnownToError)))
def test_every_error_has_its_own_text(kind: type[KnownToError]) -> None:
    assert kind.code in PROBLEMS


def test_no_two_errors_share_a_code() -> None:
    codes = [kind.code for kind in _below(KnownToError)]
    assert len(codes) == len(set(codes))


def test_every_error_is_in_the_tree_in_the_docstring_of_errors() -> None:
    assert errors.__doc__ is not None
    assert [kind.__name__ for kind in _below(KnownToError) if kind.__name__ not in errors.__doc__] == []


@pytest.mark.parametrize("code", PROBLEMS)
def test_a_problem_document_has_every_field(code: str) -> None:
    problem = problem_response(code, "correlation-1")
    assert problem.headers["Content-Type"] == "application/problem+json"
    body = json.loads(problem.body)
    assert set(body) == {"type", "title", "status", "detail", "code", "correlation_id"}
    assert (body["code"], body["status"], body["correlation_id"]) == (code, problem.status, "correlation-1")
    assert body["type"] == f"urn:known-to:problem:{code}"
    assert body["title"]
    assert body["detail"].endswith(".")


@pytest.mark.parametrize("code", PROBLEMS)
def test_a_temporary_problem_says_when_to_try_again(code: str) -> None:
    problem = problem_response(code, "x")
    assert ("Retry-After" in problem.headers) is (problem.status == 503)


def test_far_too_many_lookups_say_how_long_to_wait() -> None:
    problem = problem_response("too_many_lookups", "x", TooManyLookups(2680))
    assert (problem.status, problem.headers["Retry-After"]) == (429, "2680")


def test_far_too_many_shields_give_the_phone_of_the_broker_desk() -> None:
    problem = problem_response("too_many_shields", "x", TooManyShields(60, "020 7946 0100"))
    assert (problem.status, problem.headers["Retry-After"]) == (429, "60")
    assert "020 7946 0100" in json.loads(problem.body)["detail"]


def test_not_signed_in_carries_a_bearer_challenge() -> None:
    assert problem_response("not_signed_in", "x").headers["WWW-Authenticate"] == "Bearer"


def test_the_errors_of_a_request_are_listed_field_by_field() -> None:
    error = InvalidRequest(FieldError("practitioner.name", "is missing"), FieldError("", "is odd"))
    assert json.loads(problem_response("invalid_request", "x", error).body)["errors"] == [
        {"field": "practitioner.name", "problem": "is missing"},
        {"field": "", "problem": "is odd"},
    ]


def test_cannot_answer_says_treat_as_unknown() -> None:
    body = json.loads(problem_response("cannot_answer", "x").body)
    assert (body["status"], body["title"]) == (503, "Could not check")
    assert body["detail"] == "Treat as unknown; ring your duty team."
