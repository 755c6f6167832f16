"""Checks that the API's description has every answer that a test gets: its status, its body, a problem's code."""

import json
from functools import cache
from typing import Any

from openapi_schema_validator import OAS31Validator

from chalicelib.adapters.http.openapi import FILE
from chalicelib.adapters.http.problems import MEDIA_TYPE


@cache
def description() -> Any:
    return json.loads(FILE.read_text(encoding="utf-8"))


def response_of(operation: Any, status: str) -> Any:
    """The response of that status, None if there is none."""
    response = operation["responses"].get(status)
    if response is None or "$ref" not in response:
        return response
    return description()["components"]["responses"][response["$ref"].rpartition("/")[2]]


@cache
def _validator(method: str, resource: str, status: str) -> Any:
    """Validates an answer's body. The schema is made strict: undescribed fields are refused."""
    content = response_of(description()["paths"][resource][method], status).get("content")
    if content is None:
        return None
    [described] = content.values()
    return OAS31Validator(_strict({**described["schema"], "components": description()["components"]}))


def _strict(part: Any) -> Any:
    if isinstance(part, list):
        return [_strict(one) for one in part]
    if not isinstance(part, dict):
        return part
    closed = {"additionalProperties": False} if isinstance(part.get("properties"), dict) else {}
    return {name: _strict(value) for name, value in part.items()} | closed


def check_documented(method: str, resource: str, reply: Any) -> None:
    """A method that the resource does not have gives 405, which the description does not list."""
    operation = description()["paths"].get(resource, {}).get(method.lower())
    if operation is None or reply["statusCode"] == 405:
        return
    response = response_of(operation, str(reply["statusCode"]))
    assert response is not None, f"{method} {resource}: {reply['statusCode']} is not documented"
    if reply["headers"].get("Content-Type") == MEDIA_TYPE:
        code = json.loads(reply["body"])["code"]
        assert code in response["content"][MEDIA_TYPE]["examples"], f"{method} {resource}: {code} is not documented"
    validator = _validator(method.lower(), resource, str(reply["statusCode"]))
    wrong = [] if validator is None else [*validator.iter_errors(json.loads(reply["body"]))]
    assert not wrong, f"{method} {resource}: the body is not documented: {wrong}"
    undocumented = {"ETag", "Retry-After", "WWW-Authenticate"} & reply["headers"].keys() - response["headers"].keys()
    assert not undocumented, f"{method} {resource}: {undocumented} not documented"
