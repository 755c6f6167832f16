"""`make e2e` changes the template for the emulator only as stated, and other checks cover what it removes."""

from typing import Any

import pytest

from infra.check.packaging import Template, packaged_template
from tests.e2e.emulator import DIFFERENCES, IGNORED, Difference, adapted, touched
from tests.infra.test_template import CHECKS


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return packaged_template(tmp_path_factory.mktemp("package"))


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda difference: difference.what)
def test_each_stated_difference_changes_the_template(difference: Difference, template: Template) -> None:
    assert touched(template, difference) != []


@pytest.mark.parametrize("item", [*DIFFERENCES, *IGNORED], ids=lambda item: item.what)
def test_checks_of_the_template_cover_what_the_emulator_cannot_show(item: Any) -> None:
    assert item.covered_by in CHECKS


def test_nothing_else_is_changed(template: Template) -> None:
    made = adapted(template)
    assert {section: made[section] for section in made.keys() - {"Resources"}} == {
        section: template[section] for section in template.keys() - {"Resources"}
    }
    left_out = [template["Resources"][name] for name in template["Resources"].keys() - made["Resources"].keys()]
    for one in left_out:
        unknown = ("AWS::WAFv2::WebACLAssociation", "AWS::XRay::SamplingRule")
        assert one["Type"] in unknown or "Expression" in str(one["Properties"]["Metrics"])
    changed = {one["Type"] for name, one in made["Resources"].items() if one != template["Resources"][name]}
    assert changed <= {"AWS::IAM::Role", "AWS::IAM::ManagedPolicy", "AWS::KMS::Key"}


def test_no_right_is_added_and_no_key_is_opened_to_others(template: Template) -> None:
    made = adapted(template)
    for name, one in made["Resources"].items():
        assert _granted(one) == _granted(template["Resources"][name])
    named = [statement for key in _keys(made) for statement in key if "Sid" in statement]
    assert all("ArnEquals" in s["Condition"] for s in named if "PrincipalArn" in str(s))


def _granted(one: Any) -> list[Any]:
    """Returns the statements of a role or a managed policy, and nothing for other resources."""
    properties = one["Properties"] if one["Type"] in ("AWS::IAM::Role", "AWS::IAM::ManagedPolicy") else {}
    holders = [*properties.get("Policies", []), *([properties] if "PolicyDocument" in properties else [])]
    statements = [s for holder in holders for s in holder["PolicyDocument"]["Statement"]]
    return [{name: part for name, part in s.items() if name != "Condition"} for s in statements]


def _keys(template: Template) -> list[Any]:
    keys = [made for made in template["Resources"].values() if made["Type"] == "AWS::KMS::Key"]
    return [key["Properties"]["KeyPolicy"]["Statement"] for key in keys]
