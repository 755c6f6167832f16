"""Promises about who works in the console: separate duties, none of which sees a child, and a glass that rings."""

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from app import app
from infra.check.packaging import Template

from .allowed import UNDER
from .reading import Check, Faults, functions, listed, resources

_ITEMS_READ = {
    *("GetItem", "BatchGetItem", "Query", "Scan", "PartiQLSelect", "GetRecords", "GetShardIterator"),
    *("ExportTableToPointInTime", "RestoreTableToPointInTime", "RestoreTableFromBackup", "CreateBackup"),
}
_ITEMS_REMOVED = {"DeleteItem", "BatchWriteItem", "PartiQLDelete", "DeleteTable"}
_ITEMS_CHANGED = {"PutItem", "UpdateItem", "PartiQLInsert", "PartiQLUpdate"}
_KEY_USED = {
    *("Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "GenerateMac", "VerifyMac"),
    *("ReEncryptFrom", "ReEncryptTo", "CreateGrant", "PutKeyPolicy", "ReplicateKey"),
}
_CODE_CHANGED = {
    *("AddPermission", "CreateEventSourceMapping", "CreateFunction", "CreateFunctionUrlConfig"),
    *("PutFunctionEventInvokeConfig", "UpdateEventSourceMapping", "UpdateFunctionCode"),
    *("UpdateFunctionConfiguration", "UpdateFunctionEventInvokeConfig"),
}
# person -> table -> what of items; everything else is nobody's. break-glass is for every table.
_ITEMS = {
    "Operator": {},
    "Registrar": {"RegistryTable": {"GetItem", "Query", "Scan", "PutItem", "UpdateItem"}},
    "Auditor": {"AccessTable": {"GetItem", "Query"}, "HeldTable": {"GetItem", "Query"}},
}
_RULES = {
    "BreakGlassTaken": {
        "eventSource": ["sts.amazonaws.com"],
        "requestParameters": {"roleArn": [{"Fn::GetAtt": ["BreakGlassRole", "Arn"]}]},
    },
    "BreakGlassUsed": {
        "userIdentity": {"sessionContext": {"sessionIssuer": {"arn": [{"Fn::GetAtt": ["BreakGlassRole", "Arn"]}]}}}
    },
}


def nobody_touches_items_but_as_meant(template: Template) -> Faults:
    for person, meant in _ITEMS.items():
        for table in UNDER:
            may = {a for a in _ITEMS_READ | _ITEMS_REMOVED | _ITEMS_CHANGED if _may(template, person, a, table)}
            yield from (f"{person}: {action} on {table}" for action in sorted(may ^ meant.get(table, set())))


def the_operator_is_denied_whatever_else_he_is_given(template: Template) -> Faults:
    denied = [s for s in _policy(template, "Operator") if s["Effect"] == "Deny" and "Condition" not in s]
    keys = resources(template, "AWS::KMS::Key").keys() - {"LogsKey"}
    needed = {
        *((f"dynamodb:{action}", "any") for action in _ITEMS_READ | _ITEMS_REMOVED | _ITEMS_CHANGED),
        *((f"kms:{action}", key) for action in _KEY_USED for key in keys),
        *((f"schemas:{action}", place) for action in ("CreateSchema", "UpdateSchema") for place in _SHARED_TEST_EVENTS),
        *((f"lambda:{action}", "any") for action in _CODE_CHANGED),
        ("iam:PassRole", "any"),
    }
    for action, what in sorted(needed):
        if not any(_covers(statement, action, what) for statement in denied):
            yield f"{action} on {what} is not denied"


def the_operator_invokes_the_console_functions(template: Template) -> Faults:
    """Those of app.py that no route, schedule or stream calls."""
    console = {function.name for function in app.pure_lambda_functions}
    for name, logical_id in zip(functions(template), resources(template, "AWS::Serverless::Function"), strict=True):
        if (name in console) is not _granted(template, "Operator", "lambda:InvokeFunction", logical_id):
            yield f"{name} may be invoked, or may not, otherwise than meant (people.yaml)"


def duties_are_separate(template: Template) -> Faults:
    """Each role has its one policy, is taken by people with a second factor only, and for an hour."""
    for person in (*_ITEMS, "BreakGlass"):
        role = resources(template, "AWS::IAM::Role")[f"{person}Role"]
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", person).lower()
        own = [{"Ref": f"{person}Policy"}, *([_READS_THE_TRAIL] if person == "Auditor" else [])]
        if role.get("ManagedPolicyArns") != own or "Policies" in role:
            yield f"{person}: other rights than its policy"
        if role.get("RoleName") != {"Fn::Sub": f"knownto-${{Stage}}-{name}"} or role.get("MaxSessionDuration") != 3600:
            yield f"{person}: another name, or longer than an hour"
        conditions = [s.get("Condition") for s in role["AssumeRolePolicyDocument"]["Statement"]]
        if conditions != [{"Bool": {"aws:MultiFactorAuthPresent": True}}, {"ArnLike": _IDENTITY_CENTER}]:
            yield f"{person}: taken without a second factor"
    for name, policy in resources(template, "AWS::IAM::ManagedPolicy").items():
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow" and "*" in json.dumps(statement["Action"]):
                yield f"{name}: {statement['Sid']} allows by wildcard"
            if statement["Effect"] == "Allow" and statement["Resource"] == "*" and not _finds(statement):
                yield f"{name}: {statement['Sid']} is for everything"
        yield from (f"{name} is attached past the role" for way in ("Users", "Groups", "Roles") if policy.get(way))


def break_glass_opens_no_details(template: Template) -> Faults:
    for key in ("PseudonymsKey", "DetailsKey"):
        may = sorted(a for a in _KEY_USED - {"PutKeyPolicy"} if _granted(template, "BreakGlass", f"kms:{a}", key))
        yield from (f"break-glass has {action} on {key}" for action in may)


def _administration(key: dict[str, Any]) -> list[str]:
    return [action.removeprefix("kms:") for action in key["KeyPolicy"]["Statement"][0]["Action"]]


# Reads, names and tags; and what rotates, which opens nothing.
_HARMLESS = re.compile(
    "Describe|Get|List|Tag|Untag|CreateAlias|DeleteAlias|Update(Alias|KeyDesc)|Rotate|EnableKeyRotation"
)


def break_glass_rings(template: Template) -> Faults:
    rules = resources(template, "AWS::Events::Rule")
    for name, detail in _RULES.items():
        if rules.get(name, {}).get("EventPattern", {}).get("detail") != detail:
            yield f"{name} is not noticed"
    if rules["BreakGlassUsed"].get("State") != "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS":
        yield "reading is not noticed"
    watched = rules["KeysChanged"]["EventPattern"]["detail"]
    keys = {arn["Fn::GetAtt"][0] for arn in watched["resources"]["ARN"]}
    yield from (f"{name} may be changed unseen" for name in resources(template, "AWS::KMS::Key").keys() - keys)
    administers = {a for key in resources(template, "AWS::KMS::Key").values() for a in _administration(key)}
    for action in sorted({action for action in administers if not _HARMLESS.match(action)} - {*watched["eventName"]}):
        yield f"{action} is not noticed"
    alarm = json.dumps(resources(template, "AWS::CloudWatch::Alarm")["UntoldAlarm"])
    for name in (*_RULES, "KeysChanged"):
        [target] = rules[name]["Targets"]
        told = {*target["InputTransformer"]["InputPathsMap"].values()}
        if target["Arn"] != {"Ref": "AlarmTopic"} or rules[name].get("State", "ENABLED") == "DISABLED":
            yield f"{name} reaches nobody"
        if told != {"$.detail.userIdentity.arn", "$.detail.eventName", "$.time", "$.detail.errorCode"}:
            yield f"{name} tells what was sent"
        if f'{{"Ref": "{name}"}}' not in alarm:
            yield f"{name} may fail unseen"


def the_trail_is_kept_and_closed(template: Template) -> Faults:
    made = template["Resources"]
    trail, bucket = made["CallTrail"]["Properties"], made["TrailBucket"]["Properties"]
    if trail.get("EnableLogFileValidation") is not True or trail.get("IsLogging") is not True:
        yield "the trail can be changed unseen, or is off"
    if trail.get("KMSKeyId") != {"Fn::GetAtt": ["LogsKey", "Arn"]}:
        yield "the trail is not encrypted"
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
        yield "the bucket is open, or goes with the stack"
    if bucket.get("ObjectLockConfiguration", {}).get("Rule", {}).get("DefaultRetention", {}).get("Days") != 2192:
        yield "it is not kept as long as the access records"
    policy = made["TrailBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    yield from (f"{s['Sid']}: for everybody" for s in policy if s["Effect"] == "Allow" and not s.get("Condition"))
    if {made[name].get("Condition") for name in ("CallTrail", "TrailBucket", "TrailBucketPolicy")} != {"HasTrail"}:
        yield "it is not on a parameter"


_REGISTRY_OF_TEST_EVENTS = "arn:${AWS::Partition}:schemas:*:${AWS::AccountId}"
_SHARED_TEST_EVENTS = (
    f"{_REGISTRY_OF_TEST_EVENTS}:registry/lambda-testevent-schemas",
    f"{_REGISTRY_OF_TEST_EVENTS}:schema/lambda-testevent-schemas/*",
)
_IDENTITY_CENTER = {
    "aws:PrincipalArn": {
        "Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/aws-reserved/sso.amazonaws.com/*"
    }
}
_READS_THE_TRAIL = {"Fn::If": ["HasTrail", {"Ref": "AuditorTrailPolicy"}, {"Ref": "AWS::NoValue"}]}
_FINDING = re.compile(r"(cloudwatch|dynamodb|kms|lambda|logs|sqs):(List|Describe|GetMetric|GetDash|GetQuery)\w+")


def _policy(template: Template, person: str) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = resources(template, "AWS::IAM::ManagedPolicy")[f"{person}Policy"]["PolicyDocument"][
        "Statement"
    ]
    return made


def _may(template: Template, person: str, action: str, table: str) -> bool:
    return _granted(template, person, f"dynamodb:{action}", table)


def _granted(template: Template, person: str, action: str, what: str) -> bool:
    effects = {s["Effect"] for s in _policy(template, person) if _covers(s, action, what)}
    return effects == {"Allow"}


def _covers(statement: dict[str, Any], action: str, what: str) -> bool:
    if not any(fnmatchcase(action, pattern) for pattern in listed(statement["Action"])):
        return False
    return any(place in (what, "*") for place in _places(statement["Resource"]))


def _places(resource: Any) -> Iterator[str]:
    """Logical ids, an index as its table; else the text of it."""
    for one in resource if isinstance(resource, list) else [resource]:
        match one:
            case {"Fn::GetAtt": [name, "Arn"]}:
                yield str(name)
            case {"Fn::Sub": str(text)}:
                yield re.sub(r"^\$\{(\w+)\.Arn\}/.*$", r"\1", text)
            case _:
                yield str(one)


def _finds(statement: dict[str, Any]) -> bool:
    return all(_FINDING.fullmatch(action) for action in statement["Action"])


CHECKS: list[Check] = [
    nobody_touches_items_but_as_meant,
    the_operator_is_denied_whatever_else_he_is_given,
    the_operator_invokes_the_console_functions,
    duties_are_separate,
    break_glass_opens_no_details,
    break_glass_rings,
    the_trail_is_kept_and_closed,
]
