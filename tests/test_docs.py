"""docs/errors.md is true: codes, statuses, the example and the headers."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.adapters.http.problems import PROBLEMS, problem_response
from chalicelib.domain import errors
from chalicelib.domain.errors import FieldError, InvalidRequest, KnownToError, TooManyLookups
from tests.support.stage import Stage, call

ERRORS = (Path(__file__).parents[1] / "docs" / "errors.md").read_text(encoding="utf-8")
_ROW = re.compile(r"^\| `([a-z0-9_]+)` \| (\d{3}) \| (.+) \| (.+) \|$", re.MULTILINE)


def every_error(base: type[KnownToError] = KnownToError) -> Iterator[type[KnownToError]]:
    for kind in base.__subclasses__():
        yield kind
        yield from every_error(kind)


def test_every_code_is_documented_with_its_status_and_nothing_else_is() -> None:
    documented = {code: int(status) for code, status, _, _ in _ROW.findall(ERRORS)}
    assert documented == {code: problem.status for code, problem in PROBLEMS.items()}


def test_every_code_is_documented_once() -> None:
    codes = [code for code, *_ in _ROW.findall(ERRORS)]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("kind", [*every_error()])
def test_every_error_has_a_code_of_its_own_that_becomes_a_problem(kind: type[KnownToError]) -> None:
    assert "code" in vars(kind)
    assert kind.code in PROBLEMS
    assert sum(other.code == kind.code for other in every_error()) == 1


@pytest.mark.parametrize("kind", [*every_error()])
def test_every_error_is_in_the_tree_of_errors(kind: type[KnownToError]) -> None:
    assert errors.__doc__ is not None
    assert re.search(rf"[├└]── {kind.__name__}\b", errors.__doc__)


def test_the_tree_of_errors_names_no_error_that_does_not_exist() -> None:
    named = set(re.findall(r"[├└]── (\w+)", errors.__doc__ or ""))
    assert named == {kind.__name__ for kind in every_error()}


def test_the_example_is_what_the_service_would_send() -> None:
    [example] = re.findall(r"```json\n(.+?)```", ERRORS, re.DOTALL)
    shown = json.loads(example)
    error = InvalidRequest(FieldError("practitioner.name", "is missing"))
    made = problem_response(shown["code"], shown["correlation_id"], error)
    assert shown == json.loads(made.body)
    assert f"X-Correlation-ID: {shown['correlation_id']}" in ERRORS


@pytest.mark.parametrize("code", [*PROBLEMS])
def test_every_problem_says_what_happened_and_what_to_do(code: str) -> None:
    problem = PROBLEMS[code]
    assert problem.title
    assert not problem.title.endswith(".")
    assert problem.next_step.endswith(".")


def test_every_response_header_is_documented(stage: Stage) -> None:
    documented = set(re.findall(r"^\| `([A-Za-z-]+)", ERRORS.partition("## Response headers")[2], re.MULTILINE))
    reference = stage.new_reference()
    replies = [
        stage.register(stage.new_child(), reference),
        call("GET", "/v1/health", headers={"X-Correlation-ID": "0b6f1c1e-4a37-4d0c-9d0a-3f5f5a1b2c3d"}),
        call("GET", "/v1/involvements"),
        stage.call("TRACE", "/v1/lookups"),
    ]
    sent = {name for reply in replies for name in reply.headers} | set(_headers_of_busy_answers())
    assert sent - {"Content-Type"} == documented


def _headers_of_busy_answers() -> Iterator[str]:
    yield from problem_response("unavailable", "id").headers
    yield from problem_response("too_many_lookups", "id", TooManyLookups(5)).headers
