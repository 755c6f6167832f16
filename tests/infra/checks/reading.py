"""Reads the packaged template for the checks. A check returns sentences about what is wrong, or nothing."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from infra.check.packaging import Template

Problems = Iterator[str]
Check = Callable[[Template], Problems]


def resources(template: Template, kind: str) -> dict[str, dict[str, Any]]:
    """Returns the properties of all resources of a type, by logical id."""
    return {name: made["Properties"] for name, made in template["Resources"].items() if made["Type"] == kind}


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def the_api(template: Template) -> dict[str, Any]:
    [api] = resources(template, "AWS::Serverless::Api").values()
    return api


def functions(template: Template) -> dict[str, dict[str, Any]]:
    """Returns the functions by the name of their policy file: `MakeServiceKey` is `make_service_key`."""
    made = resources(template, "AWS::Serverless::Function")
    return {re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower(): f for name, f in made.items()}


def role_name(function: str) -> str:
    """Returns the end of the role's name, after `knownto-<stage>-`."""
    return "api" if function == "api_handler" else function.replace("_", "-")


def role_of(template: Template, function: str) -> dict[str, Any]:
    return resources(template, "AWS::IAM::Role")[functions(template)[function]["Role"]["Fn::GetAtt"][0]]


def statements(role: dict[str, Any]) -> list[dict[str, Any]]:
    return [statement for policy in role.get("Policies", []) for statement in policy["PolicyDocument"]["Statement"]]
