"""The packaged template, read by the checks. A check returns what is wrong, in words: nothing is right."""

from collections.abc import Callable, Iterator
from typing import Any

from infra.check.packaging import Template

Faults = Iterator[str]
Check = Callable[[Template], Faults]


def resources(template: Template, kind: str) -> dict[str, dict[str, Any]]:
    """The properties of all resources of a type, by logical id."""
    return {name: made["Properties"] for name, made in template["Resources"].items() if made["Type"] == kind}


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def the_api(template: Template) -> dict[str, Any]:
    [api] = resources(template, "AWS::Serverless::Api").values()
    return api


def role_of_the_api(template: Template) -> dict[str, Any]:
    name = resources(template, "AWS::Serverless::Function")["APIHandler"]["Role"]["Fn::GetAtt"][0]
    return resources(template, "AWS::IAM::Role")[name]
