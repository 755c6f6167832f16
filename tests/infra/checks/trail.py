"""Promises about CloudTrail: break glass and changed keys raise alarms, and the trail is kept and closed."""

import json
import re
from typing import Any

from infra.check.packaging import Template

from .reading import Check, Problems, resources

_RULES = {
    "BreakGlassTaken": {
        "eventSource": ["sts.amazonaws.com"],
        "requestParameters": {"roleArn": [{"Fn::GetAtt": ["BreakGlassRole", "Arn"]}]},
    },
    "BreakGlassUsed": {
        "userIdentity": {"sessionContext": {"sessionIssuer": {"arn": [{"Fn::GetAtt": ["BreakGlassRole", "Arn"]}]}}}
    },
}
_OURS = "${AWS::Region}:${AWS::AccountId}"
_IN_THE_TRAIL = (
    [{"Fn::Sub": f"arn:${{AWS::Partition}}:lambda:{_OURS}:function:knownto-${{Stage}}-"}],
    [{"Fn::Sub": f"arn:${{AWS::Partition}}:dynamodb:{_OURS}:table/knownto-${{Stage}}-"}],
    [{"Fn::Sub": "${TrailBucket.Arn}/"}],
)
# Reading, naming and tagging; and rotation, which opens nothing.
_HARMLESS = re.compile(
    "Describe|Get|List|Tag|Untag|CreateAlias|DeleteAlias|Update(Alias|KeyDesc)|Rotate|EnableKeyRotation"
)


def break_glass_raises_an_alarm(template: Template) -> Problems:
    rules = resources(template, "AWS::Events::Rule")
    for name, detail in _RULES.items():
        if rules.get(name, {}).get("EventPattern", {}).get("detail") != detail:
            yield f"{name} raises no alarm"
    if rules["BreakGlassUsed"].get("State") != "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS":
        yield "reading raises no alarm"
    for name in (*_RULES, "KeysChanged"):
        if rules[name]["EventPattern"].get("detail-type") != ["AWS API Call via CloudTrail"]:
            yield f"{name} waits for an impossible event"
    watched = rules["KeysChanged"]["EventPattern"]["detail"]
    if watched.get("eventSource") != ["kms.amazonaws.com"]:
        yield "KeysChanged waits for an impossible event"
    keys = {arn["Fn::GetAtt"][0] for arn in watched["resources"]["ARN"]}
    yield from (
        f"{name} may be changed without an alarm" for name in resources(template, "AWS::KMS::Key").keys() - keys
    )
    administers = {a for key in resources(template, "AWS::KMS::Key").values() for a in _administration(key)}
    for action in sorted({action for action in administers if not _HARMLESS.match(action)} - {*watched["eventName"]}):
        yield f"{action} raises no alarm"
    alarm = json.dumps(resources(template, "AWS::CloudWatch::Alarm")["UntoldAlarm"])
    for name in (*_RULES, "KeysChanged"):
        [target] = rules[name]["Targets"]
        sent = {*target["InputTransformer"]["InputPathsMap"].values()}
        if target["Arn"] != {"Ref": "AlarmTopic"} or rules[name].get("State", "ENABLED") == "DISABLED":
            yield f"{name} does not reach the topic"
        if sent != {"$.detail.userIdentity.arn", "$.detail.eventName", "$.time", "$.detail.errorCode"}:
            yield f"{name} does not send exactly who, what and when"
        if f'{{"Ref": "{name}"}}' not in alarm:
            yield f"{name} may fail without an alarm"


def the_trail_is_kept_and_closed(template: Template) -> Problems:
    made = template["Resources"]
    trail, bucket = made["CallTrail"]["Properties"], made["TrailBucket"]["Properties"]
    if trail.get("EnableLogFileValidation") is not True or trail.get("IsLogging") is not True:
        yield "the trail can be changed silently, or is off"
    if trail.get("KMSKeyId") != {"Fn::GetAtt": ["LogsKey", "Arn"]}:
        yield "the trail is not encrypted"
    fields = [field for one in trail["AdvancedEventSelectors"] for field in one.get("FieldSelectors", [])]
    if [field["StartsWith"] for field in fields if "StartsWith" in field] != [*_IN_THE_TRAIL]:
        yield "it covers another stage, or none"
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


def _administration(key: dict[str, Any]) -> list[str]:
    return [action.removeprefix("kms:") for action in key["KeyPolicy"]["Statement"][0]["Action"]]


CHECKS: list[Check] = [
    break_glass_raises_an_alarm,
    the_trail_is_kept_and_closed,
]
