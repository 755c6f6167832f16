"""The parameters of a stage: from its file and the command line, and filled into the template."""

from collections.abc import Callable
from pathlib import Path

import pytest

from infra.check.packaging import packaged_template
from infra.deploy.parameters import parameters_of, settled
from infra.deploy.stack import NotDeployed

from .test_deploy import ROOT, template

pytestmark = pytest.mark.system

Write = Callable[[str], Path]


@pytest.fixture
def stages(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        (tmp_path / "dev.json").write_text(text)
        return tmp_path

    return write


def test_the_command_line_overrides_the_stages_file(stages: Write) -> None:
    folder = stages('{"Audience": "one", "GatewayAccount": "leave"}')
    decided = parameters_of("dev", template(), "Audience='the other one'", folder)
    assert decided == {"Stage": "dev", "Audience": "the other one", "GatewayAccount": "leave"}


@pytest.mark.parametrize(
    ("text", "overrides", "words"),
    [
        ("{}", "", r"lacks:\n  Audience"),
        ('{"Audience": ""}', "", r"lacks:\n  Audience"),
        ('{"Audience": "one", "Colour": "red"}', "", "no parameter Colour"),
        ('{"Audience": "one"}', "Colour=red", "no parameter Colour"),
        ('{"Audience": "one"}', "red", "Name=value pairs"),
        ('{"Audience": 1}', "", "all strings"),
        ("[]", "", "a JSON object"),
        ("{", "", "is not JSON"),
    ],
)
def test_a_missing_unknown_or_non_text_parameter_is_named(stages: Write, text: str, overrides: str, words: str) -> None:
    with pytest.raises(NotDeployed, match=words):
        parameters_of("dev", template(), overrides, stages(text))


def test_production_is_not_deployed_without_a_broker_desk(tmp_path: Path) -> None:
    known = template()
    known["Parameters"]["BrokerDeskCode"] = {"Type": "String", "Default": ""}
    (tmp_path / "production.json").write_text('{"Audience": "one"}')
    with pytest.raises(NotDeployed, match="lacks BrokerDeskCode"):
        parameters_of("production", known, "", tmp_path)
    assert parameters_of("production", known, "BrokerDeskCode=DESK1", tmp_path)["BrokerDeskCode"] == "DESK1"


def test_a_changed_setting_changes_the_text_of_a_function_so_that_sam_makes_a_version() -> None:
    variables = {"AUDIENCE": {"Ref": "Audience"}, "GATEWAY": {"Ref": "GatewayAccount"}, "TOPIC": {"Ref": "Topic"}}
    function = {"Type": "AWS::Serverless::Function", "Properties": {"Environment": {"Variables": variables}}}
    made = settled(
        {**template(Api=function), "Globals": {"Function": {"Tags": [{"Ref": "Audience"}]}}}, {"Audience": "one"}
    )
    assert made["Resources"]["Api"]["Properties"]["Environment"]["Variables"] == {
        "AUDIENCE": "one",
        "GATEWAY": "leave",
        "TOPIC": {"Ref": "Topic"},
    }
    assert made["Globals"] == {"Function": {"Tags": ["one"]}}
    assert made["Resources"]["Topic"] == template()["Resources"]["Topic"]


def test_a_changed_domain_changes_the_text_of_the_api_so_that_sam_deploys_it(tmp_path: Path) -> None:
    """Until then the old address stays open, and callers can avoid mutual TLS."""
    made = packaged_template(tmp_path)
    before, same, after = (
        str(settled(made, {"Stage": "dev", **decided})["Resources"]["RestAPI"]["Properties"]["DefinitionBody"])
        for decided in ({}, {"DomainName": ""}, {"DomainName": "api.known-to.example"})
    )
    assert before == same
    assert before != after


def test_a_stage_without_a_file_is_pointed_to_the_example(tmp_path: Path) -> None:
    with pytest.raises(NotDeployed, match=r"Copy stages/example\.json"):
        parameters_of("dev", template(), "", tmp_path)


def test_the_example_is_enough_for_the_real_template(tmp_path: Path) -> None:
    made = packaged_template(tmp_path)
    assert parameters_of("example", made, "", ROOT / "stages")["Stage"] == "example"
