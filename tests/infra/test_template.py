"""The template that would be deployed keeps its promises, and the checks notice a template that does not."""

from collections.abc import Callable
from copy import deepcopy

import pytest

from infra.check.packaging import Template, packaged_template

from . import sabotage
from .checks import firewall, keys, people, rights, serving, storage, trail, unattended, watching
from .checks.reading import Check, resources
from .sabotage.parts import Sabotage

CHECKS: list[Check] = [
    check
    for subject in (storage, rights, keys, people, trail, serving, firewall, watching, unattended)
    for check in subject.CHECKS
]
SABOTAGE: Sabotage = [
    *sabotage.storage.SABOTAGE,
    *sabotage.rights.SABOTAGE,
    *sabotage.people.SABOTAGE,
    *sabotage.serving.SABOTAGE,
    *sabotage.watching.SABOTAGE,
    *sabotage.unattended.SABOTAGE,
]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return packaged_template(tmp_path_factory.mktemp("package"))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_template_keeps_its_promise(check: Check, template: Template) -> None:
    assert [*check(template)] == []


def test_the_code_counts_what_the_checks_look_for() -> None:
    assert {"LookupsCannotAnswer", "LookupsNone", "KMSFailures", "DynamoDBFailures"} <= watching.counted_metrics()
    assert {"GenerateMacLatency", "TransactWriteItemsLatency", "QueryLatency"} <= watching.step_metrics()


@pytest.mark.parametrize(("breaks", "check"), SABOTAGE, ids=lambda part: part.__name__.strip("_"))
def test_a_broken_promise_is_noticed(breaks: Callable[[Template], None], check: Check, template: Template) -> None:
    broken = deepcopy(template)
    breaks(broken)
    assert [*check(broken)] != []


def test_every_resource_has_a_type_that_the_checks_can_see(template: Template) -> None:
    assert resources(template, "AWS::DynamoDB::Table")
    assert all("Type" in made for made in template["Resources"].values())
