"""Every answer that any test gets stands in the API's description: its status, and its code where it is a problem."""

import json
from functools import cache
from typing import Any

from chalicelib.adapters.openapi import FILE
from chalicelib.adapters.problems import MEDIA_TYPE


@cache
def description() -> Any:
    return json.loads(FILE.read_text(encoding="utf-8"))


def check_documented(method: str, resource: str, reply: Any) -> None:
    """A method that the resource does not have is 405, and documented nowhere."""
    operation = description()["paths"].get(resource, {}).get(method.lower())
    if operation is None or reply["statusCode"] == 405:
        return
    response = operation["responses"].get(str(reply["statusCode"]))
    assert response is not None, f"{method} {resource}: {reply['statusCode']} is not documented"
    if reply["headers"].get("Content-Type") == MEDIA_TYPE:
        code = json.loads(reply["body"])["code"]
        assert code in response["content"][MEDIA_TYPE]["examples"], f"{method} {resource}: {code} is not documented"
    undocumented = {"ETag", "Retry-After", "WWW-Authenticate"} & reply["headers"].keys() - response["headers"].keys()
    assert not undocumented, f"{method} {resource}: {undocumented} not documented"
