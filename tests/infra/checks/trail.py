"""Promises about CloudTrail: break glass and changed keys raise alarms, and the trail is kept and closed."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from infra.check.packaging import Template

from .people import at_its_longest
from .reading import Check, Problems, resources

# tests/infra/test_rules.py holds each one to the events that it must see.
RULES = {
    *("BreakGlassTaken", "BreakGlassUsed", "KeysChanged", "TablesChanged", "ReadersChanged", "CodeChanged"),
    *("AlarmsChanged", "RoleTaken", "RightsChanged"),
}
_SEES_READING_CALLS = {"BreakGlassTaken", "BreakGlassUsed", "RoleTaken"}
_FACTS = {"$.detail.userIdentity.arn", "$.detail.eventName", "$.time", "$.detail.errorCode"}
_MOST_CHARACTERS = 2048  # of an event pattern
_OURS = "${AWS::Region}:${AWS::AccountId}"
_ALWAYS = (
    [{"Fn::Sub": f"arn:${{AWS::Partition}}:lambda:{_OURS}:function:knownto-${{Stage}}-"}],
    [{"Fn::GetAtt": [table, "Arn"]} for table in ("RegistryTable", "KeysTable", "HeldTable")],
    [{"Fn::Sub": "${TrailBucket.Arn}/"}],
)
_EVERY_TABLE = [{"Fn::Sub": f"arn:${{AWS::Partition}}:dynamodb:{_OURS}:table/knownto-${{Stage}}-"}]
_HAS_TRAIL = [
    {"Fn::Equals": [{"Ref": "Stage"}, "production"]},
    {"Fn::Not": [{"Fn::Equals": [{"Ref": "Trail"}, "none"]}]},
]
# Reading, naming and tagging; and rotation, which opens nothing.
_HARMLESS = re.compile(
    "Describe|Get|List|Tag|Untag|CreateAlias|DeleteAlias|Update(Alias|KeyDesc)|Rotate|EnableKeyRotation"
)


def what_must_ring_at_once_has_a_rule(template: Template) -> Problems:
    rules = resources(template, "AWS::Events::Rule")
    if rules.keys() != RULES:
        yield "a rule is missing, or no test holds it to its events"
    for name, rule in rules.items():
        reads = rule.get("State", "ENABLED") == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
        if reads is not (name in _SEES_READING_CALLS) or rule.get("State", "ENABLED") == "DISABLED":
            yield f"{name} does not see the calls that it waits for"
        if rule["EventPattern"].get("detail-type") != ["AWS API Call via CloudTrail"]:
            yield f"{name} waits for an impossible event"
        pattern = json.dumps(at_its_longest(rule["EventPattern"], template), separators=(",", ":"))
        if len(pattern) > _MOST_CHARACTERS:
            yield f"{name} has {len(pattern)} characters, and EventBridge takes {_MOST_CHARACTERS}"
        [target] = rule["Targets"]
        topic = "BreakGlassTopic" if name == "BreakGlassUsed" else "AlarmTopic"
        if target["Arn"] != {"Ref": topic}:
            yield f"{name} does not reach the topic"
        if {*target["InputTransformer"]["InputPathsMap"].values()} != _FACTS:
            yield f"{name} does not send exactly who, what and when"
    alarm = json.dumps(resources(template, "AWS::CloudWatch::Alarm")["UntoldAlarm"])
    yield from (f"{name} may fail without an alarm" for name in RULES if f'{{"Ref": "{name}"}}' not in alarm)


def changing_a_key_raises_an_alarm(template: Template) -> Problems:
    watched = resources(template, "AWS::Events::Rule")["KeysChanged"]["EventPattern"]["detail"]
    if watched.get("eventSource") != ["kms.amazonaws.com"]:
        yield "KeysChanged waits for an impossible event"
    keys = {arn["Fn::GetAtt"][0] for arn in watched["resources"]["ARN"]}
    yield from (
        f"{name} may be changed without an alarm" for name in resources(template, "AWS::KMS::Key").keys() - keys
    )
    administers = {a for key in resources(template, "AWS::KMS::Key").values() for a in _administration(key)}
    for action in sorted({action for action in administers if not _HARMLESS.match(action)} - {*watched["eventName"]}):
        yield f"{action} raises no alarm"


def the_trail_is_kept_and_closed(template: Template) -> Problems:
    made = template["Resources"]
    trail, bucket = made["CallTrail"]["Properties"], made["TrailBucket"]["Properties"]
    if trail.get("EnableLogFileValidation") is not True or trail.get("IsLogging") is not True:
        yield "the trail can be changed silently, or is off"
    if trail.get("KMSKeyId") != {"Fn::GetAtt": ["LogsKey", "Arn"]}:
        yield "the trail is not encrypted"
    selectors = trail["AdvancedEventSelectors"]
    if [*_starts(one for one in selectors if "FieldSelectors" in one)] != [*_ALWAYS]:
        yield "it covers another stage, or lacks functions, registry, keys or held"
    optional = {one["Fn::If"][0]: one["Fn::If"][1] for one in selectors if "Fn::If" in one}
    if [*_starts([optional["TrailsEveryTable"]])] != [_EVERY_TABLE]:
        yield "it never covers every table"
    if template["Conditions"]["HasTrail"] != {"Fn::Or": _HAS_TRAIL}:
        yield "production can leave it out"
    selected = json.dumps(trail["AdvancedEventSelectors"])
    yield from (
        f"{kind} is not in it"
        for kind in ("AWS::DynamoDB::Table", "AWS::Lambda::Function", "AWS::S3::Object")
        if kind not in selected
    )
    if (
        set(bucket.get("PublicAccessBlockConfiguration", {}).values()) != {True}
        or made["TrailBucket"]["DeletionPolicy"] != "Retain"
    ):
        yield "the bucket is open, or is deleted with the stack"
    if bucket.get("ObjectLockConfiguration", {}).get("Rule", {}).get("DefaultRetention", {}).get("Days") != 2192:
        yield "it is not kept as long as the access records"
    policy = made["TrailBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    yield from (f"{s['Sid']}: for everybody" for s in policy if s["Effect"] == "Allow" and not s.get("Condition"))
    if {made[name].get("Condition") for name in ("CallTrail", "TrailBucket", "TrailBucketPolicy")} != {"HasTrail"}:
        yield "no parameter turns it on"


def _starts(selectors: Iterable[dict[str, Any]]) -> Iterator[list[Any]]:
    fields = (field for one in selectors for field in one["FieldSelectors"])
    yield from (field["StartsWith"] for field in fields if "StartsWith" in field)


def _administration(key: dict[str, Any]) -> list[str]:
    return [action.removeprefix("kms:") for action in key["KeyPolicy"]["Statement"][0]["Action"]]


CHECKS: list[Check] = [
    what_must_ring_at_once_has_a_rule,
    changing_a_key_raises_an_alarm,
    the_trail_is_kept_and_closed,
]
