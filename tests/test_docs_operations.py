"""The pages for operators name only things that exist, and every alarm has its row."""

import re
from pathlib import Path
from typing import Any

import pytest

from app import app
from chalicelib.adapters.http.problems import PROBLEMS
from chalicelib.domain.access_records import Act
from chalicelib.domain.misuse.rules import RULES

THRESHOLDS = [
    (rule, name, getattr(getattr(RULES, rule), name))
    for rule in RULES.__struct_fields__
    for name in getattr(RULES, rule).__struct_fields__
]
"""Of each rule on misuse, in the order of the code."""
ROOT = Path(__file__).parents[1]
PAGES = {
    name: (ROOT / "docs" / f"{name}.md").read_text()
    for name in ("operations", "deploying", "alarms", "restoring", "keys")
}
TEMPLATE = "\n".join(path.read_text() for path in sorted((ROOT / "infra" / "template").glob("*.yaml")))
_NAMED = r"!Sub knownto-\$\{Stage\}-([a-z-]+)"
each_page = pytest.mark.parametrize("page", PAGES)


def test_every_alarm_has_a_row_and_every_row_an_alarm() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| .+ \| .+ \|$", PAGES["alarms"], re.MULTILINE)
    assert sorted(rows) == sorted(re.findall(rf"AlarmName: {_NAMED}", TEMPLATE))


def test_every_rule_that_sends_a_message_has_a_row_and_every_row_a_rule() -> None:
    rows = re.findall(r"^\|.*\| `([a-z-]+)` \| .+ \|$", PAGES["alarms"].partition("## Messages")[2], re.MULTILINE)
    rules = re.findall(rf"Type: AWS::Events::Rule\n    Properties:\n      Name: {_NAMED}", TEMPLATE)
    assert sorted(rows) == sorted({*rules} - {"break-glass-used"})


def test_every_function_that_a_page_names_exists() -> None:
    functions = set(app.handler_map)
    every_page = "\n".join(PAGES.values())
    words = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", every_page)) - {
        "correlation_id",
        "expires_at",
        "request_id",
        "requested_by",
    }
    assert words
    of_rules = {word for rule, name, _ in THRESHOLDS for word in (rule, name)}
    assert words <= functions | PROBLEMS.keys() | {act.value for act in Act} | of_rules


def test_every_threshold_of_the_rules_on_misuse_is_documented_with_its_reason() -> None:
    table = PAGES["operations"].partition("## Misuse")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([a-z_]+)` \| `([a-z_]+)` \| ([\d.]+) \| (.+) \|$", table, re.MULTILINE)
    assert [(rule, name, float(value)) for rule, name, value, _ in rows] == THRESHOLDS
    assert all(why[0].isupper() for *_, why in rows)


@each_page
def test_every_resource_of_a_stage_that_a_page_names_is_in_the_template(page: str) -> None:
    named = set(re.findall(r"knownto-<stage>-([a-z-]+)", PAGES[page])) - {"involvements-restored"}
    assert named <= set(re.findall(r"knownto-\$\{Stage\}-([a-z-]+)", TEMPLATE))


@each_page
def test_every_parameter_that_a_page_names_is_in_the_template(page: str) -> None:
    named = set(re.findall(r"PARAMS=\"(\w+)=|`((?:Alarm|Waf|Snap|Trail)\w+)`", PAGES[page]))
    parameters = (ROOT / "infra" / "template" / "parameters.yaml").read_text()
    assert all(re.search(rf"^  {''.join(name)}:", parameters, re.MULTILINE) for name in named)


@each_page
def test_the_entry_page_leads_to_each_page(page: str) -> None:
    assert page == "operations" or f"]({page}.md)" in PAGES["operations"]


# An invocation as CloudTrail records it, by the field names of AWS's own example of a data event of Lambda.
INVOKED = {
    "eventVersion": "1.08",
    "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::1:assumed-role/knownto-dev-operator/j.doe"},
    "eventTime": "2026-11-30T22:00:00Z",
    "eventSource": "lambda.amazonaws.com",
    "eventName": "Invoke",
    "awsRegion": "eu-west-2",
    "sourceIPAddress": "192.0.2.7",
    "requestParameters": {"functionName": "arn:aws:lambda:eu-west-2:1:function:knownto-dev-broker"},
    "requestID": "4f5d4b1e-0000-0000-0000-000000000001",
    "readOnly": False,
    "eventCategory": "Data",
}


def test_the_query_for_who_invoked_a_function_uses_fields_that_cloudtrail_has() -> None:
    [query] = re.findall(r"jq -r --arg id \S+ '(.+?)'", PAGES["operations"], re.DOTALL)
    asked = set(re.findall(r"(?<![\w\]])\.(\w+(?:\.\w+)*)", query)) - {"Records"}
    assert {"eventName", "requestID", "userIdentity.arn", "requestParameters.functionName"} <= asked
    for path in asked:
        found: Any = INVOKED
        for name in path.split("."):
            found = found[name]
        assert isinstance(found, str)
