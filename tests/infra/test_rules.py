"""Each attack on what guards a stage is seen by a rule, from the event that CloudTrail sends. Daily work is not."""

from pathlib import Path
from typing import Any

import pytest

from chalicelib.adapters.dynamodb.schema import SCHEMAS
from infra.build.template import merged
from tests.infra.checks.trail import RULES
from tests.infra.event_patterns import ACCOUNT, REGION, STAGE, call, matches, role_arn, settled

_INFRA = Path(__file__).parents[2] / "infra"
_TEMPLATE, _FORWARDER = merged(_INFRA / "template"), merged(_INFRA / "us_east_1")
Event = dict[str, Any]

BY_CLOUDFORMATION = {"sourceIPAddress": "cloudformation.amazonaws.com"}
TABLE = f"knownto-{STAGE}-access"
TABLE_ARN = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{TABLE}"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:knownto-{STAGE}-alarms"
WATCHER = f"knownto-{STAGE}-watch-access"
_A_SESSION = {"sessionIssuer": {"arn": role_arn("break-glass")}}


def rung(event: Event, template: dict[str, Any] = _TEMPLATE) -> set[str]:
    """The rules that the event matches."""
    rules = {n: r["Properties"] for n, r in template["Resources"].items() if r["Type"] == "AWS::Events::Rule"}
    return {name for name, rule in rules.items() if matches(settled(rule["EventPattern"], template), event)}


def taken(role: str, **detail: Any) -> Event:
    """Somebody assumes a role of the stage."""
    session = {"assumedRoleUser": {"arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/knownto-{STAGE}-{role}/eve"}}
    parameters = {"roleArn": role_arn(role)}
    return call("sts", "AssumeRole", requestParameters=parameters, responseElements=session, **detail)


def table(name: str, **parameters: str) -> Event:
    return call("dynamodb", name, requestParameters=parameters or {"tableName": TABLE})


def function(name: str, by: str = WATCHER, **detail: Any) -> Event:
    return call("lambda", name, requestParameters={"functionName": by}, **detail)


def rights(name: str, **parameters: str) -> Event:
    return call("iam", name, requestParameters=parameters)


POLICY_ARN = f"arn:aws:iam::{ACCOUNT}:policy/knownto-{STAGE}-denials"
ATTACKS: list[tuple[str, str, Event]] = [
    ("break glass is taken", "BreakGlassTaken", taken("break-glass")),
    (
        "break glass acts",
        "BreakGlassUsed",
        call("dynamodb", "ListTables", userIdentity={"type": "AssumedRole", "sessionContext": _A_SESSION}),
    ),
    (
        "a key's policy is changed",
        "KeysChanged",
        call("kms", "PutKeyPolicy", resources=[{"ARN": "arn:of:AccessKey"}]),
    ),
    ("a stream is turned off", "TablesChanged", table("UpdateTable")),
    ("a stream is turned off by ARN", "TablesChanged", table("UpdateTable", tableName=TABLE_ARN)),
    ("TTL is pointed at another attribute", "TablesChanged", table("UpdateTimeToLive")),
    ("backups are shortened", "TablesChanged", table("UpdateContinuousBackups")),
    ("a backup is deleted", "TablesChanged", table("DeleteBackup", backupArn=f"{TABLE_ARN}/backup/01")),
    ("a table is opened to another account", "TablesChanged", table("PutResourcePolicy", resourceArn=TABLE_ARN)),
    ("a table is copied out", "TablesChanged", table("ExportTableToPointInTime", tableArn=TABLE_ARN)),
    ("a table is copied beside it", "TablesChanged", table("RestoreTableToPointInTime", sourceTableName=TABLE)),
    ("changes go to Kinesis", "TablesChanged", table("EnableKinesisStreamingDestination")),
    *(
        (f"{name} is deleted", "TablesChanged", table("DeleteTable", tableName=f"knownto-{STAGE}-{name}"))
        for name in SCHEMAS
    ),
    (
        "a stream mapping is disabled",
        "ReadersChanged",
        call("lambda", "UpdateEventSourceMapping20150331", requestParameters={"uUID": "1"}),
    ),
    (
        "a stream mapping is deleted",
        "ReadersChanged",
        call("lambda", "DeleteEventSourceMapping20150331", requestParameters={"uUID": "1"}),
    ),
    ("a watcher gets other code", "CodeChanged", function("UpdateFunctionCode20150331v2")),
    (
        "a watcher gets other code by ARN",
        "CodeChanged",
        function("UpdateFunctionCode20150331v2", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{WATCHER}"),
    ),
    ("a watcher gets other settings", "CodeChanged", function("UpdateFunctionConfiguration20150331v2")),
    ("a watcher may not run", "CodeChanged", function("PutFunctionConcurrency20171031")),
    ("a watcher is deleted", "CodeChanged", function("DeleteFunction20150331")),
    ("others may invoke a function", "CodeChanged", function("AddPermission20150331v2")),
    ("a function gets an address", "CodeChanged", function("CreateFunctionUrlConfig")),
    ("the trail stops", "AlarmsChanged", call("cloudtrail", "StopLogging", requestParameters={"name": "any"})),
    ("the trail is narrowed", "AlarmsChanged", call("cloudtrail", "PutEventSelectors")),
    (
        "a rule is disabled",
        "AlarmsChanged",
        call("events", "DisableRule", requestParameters={"name": f"knownto-{STAGE}-tables-changed"}),
    ),
    (
        "a rule loses its target",
        "AlarmsChanged",
        call("events", "RemoveTargets", requestParameters={"rule": f"knownto-{STAGE}-tables-changed"}),
    ),
    (
        "alarms are deleted",
        "AlarmsChanged",
        call(
            "monitoring", "DeleteAlarms", requestParameters={"alarmNames": ["other", f"knownto-{STAGE}-settings-wrong"]}
        ),
    ),
    (
        "an alarm no longer reaches anybody",
        "AlarmsChanged",
        call("monitoring", "PutMetricAlarm", requestParameters={"alarmName": f"knownto-{STAGE}-settings-wrong"}),
    ),
    (
        "nobody is subscribed any more",
        "AlarmsChanged",
        call("sns", "Unsubscribe", requestParameters={"subscriptionArn": f"{TOPIC}:1"}),
    ),
    (
        "the topic takes no messages",
        "AlarmsChanged",
        call("sns", "SetTopicAttributes", requestParameters={"topicArn": TOPIC}),
    ),
    (
        "the dead letters are purged",
        "AlarmsChanged",
        call("sqs", "PurgeQueue", requestParameters={"queueUrl": f"https://x/{ACCOUNT}/knownto-{STAGE}-dead-letters"}),
    ),
    (
        "the log lines are deleted",
        "AlarmsChanged",
        call("logs", "DeleteLogGroup", requestParameters={"logGroupName": f"/knownto/{STAGE}/functions"}),
    ),
    ("a person takes the role of a function", "RoleTaken", taken("erase-child")),
    ("a role takes the role of a function", "RoleTaken", taken("api", userIdentity={"type": "AssumedRole"})),
    ("a role trusts somebody else", "RightsChanged", rights("UpdateAssumeRolePolicy", roleName="knownto-dev-api")),
    ("a role gets another policy", "RightsChanged", rights("PutRolePolicy", roleName="knownto-dev-watch-access")),
    ("the denials are detached", "RightsChanged", rights("DetachRolePolicy", policyArn=POLICY_ARN, roleName="x")),
    ("the denials are weakened", "RightsChanged", rights("CreatePolicyVersion", policyArn=POLICY_ARN)),
    ("somebody else gets a policy", "RightsChanged", rights("AttachUserPolicy", policyArn=POLICY_ARN, userName="eve")),
]


@pytest.mark.parametrize(("rule", "event"), [(r, e) for _, r, e in ATTACKS], ids=[what for what, _, _ in ATTACKS])
def test_an_attack_rings(rule: str, event: Event) -> None:
    assert rung(event) == {rule}


DAILY: list[tuple[str, Event]] = [
    ("the operator takes a role", taken("operator")),
    ("Lambda takes the role of a function", taken("erase-child", userIdentity={"type": "AWSService"})),
    ("a deployment changes code", function("UpdateFunctionCode20150331v2", **BY_CLOUDFORMATION)),
    (
        "a deployment changes an alarm",
        call(
            "monitoring",
            "PutMetricAlarm",
            requestParameters={"alarmName": f"knownto-{STAGE}-x"},
            **BY_CLOUDFORMATION,
        ),
    ),
    (
        "a deployment changes a role",
        call("iam", "PutRolePolicy", requestParameters={"roleName": "knownto-dev-api"}, **BY_CLOUDFORMATION),
    ),
    ("a table of somebody else is changed", table("UpdateTable", tableName="orders")),
    ("a function of somebody else is changed", function("UpdateFunctionCode20150331v2", "orders")),
    ("a table of another stage is changed", table("UpdateTable", tableName="knownto-live-access")),
    ("a role of somebody else is changed", rights("PutRolePolicy", roleName="orders")),
]


@pytest.mark.parametrize("event", [event for _, event in DAILY], ids=[what for what, _ in DAILY])
def test_daily_work_does_not_ring(event: Event) -> None:
    assert rung(event) == set()


def test_every_rule_is_held_to_an_attack() -> None:
    assert {rule for _, rule, _ in ATTACKS} == RULES


IN_US_EAST_1 = [
    (what, event)
    for what, rule, event in ATTACKS
    if rule in {"BreakGlassTaken", "RoleTaken", "RightsChanged"}
    or (rule == "AlarmsChanged" and event["detail"]["eventSource"][:6] in {"cloudt", "events"})
]


@pytest.mark.parametrize("event", [event for _, event in IN_US_EAST_1], ids=[what for what, _ in IN_US_EAST_1])
def test_what_happens_in_us_east_1_alone_is_forwarded_to_the_region_of_the_stage(event: Event) -> None:
    assert len(rung(event, _FORWARDER)) == 1


def test_the_forwarder_sends_to_the_bus_of_the_stages_region_and_may_do_nothing_else() -> None:
    made = _FORWARDER["Resources"]
    bus = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
    role = settled(made["ForwardRole"]["Properties"], _FORWARDER)
    [statement] = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == (["events:PutEvents"], [bus])
    rules = [one["Properties"] for one in made.values() if one["Type"] == "AWS::Events::Rule"]
    assert {settled(rule["Targets"][0]["Arn"], _FORWARDER) for rule in rules} == {bus}
    states = {name: made[name]["Properties"].get("State", "ENABLED") for name in made if name != "ForwardRole"}
    assert states.pop("RolesForwarded") == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
    assert set(states.values()) == {"ENABLED"}
