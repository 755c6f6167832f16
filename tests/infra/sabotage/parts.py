"""The parts of a template that sabotage changes."""

from collections.abc import Callable
from typing import Any

from infra.check.packaging import Template

from ..checks.reading import Check

Sabotage = list[tuple[Callable[[Template], None], Check]]
"""Each pair: what breaks a promise, and the check that must notice it."""


def properties_of(template: Template, name: str) -> dict[str, Any]:
    made: dict[str, Any] = template["Resources"][name]["Properties"]
    return made


def policy_of(template: Template, role: str = "ApiHandlerRole") -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = properties_of(template, role)["Policies"][0]["PolicyDocument"]["Statement"]
    return made
