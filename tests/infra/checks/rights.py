"""Promises about rights: keys and policies."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from infra.build.package import ROOT
from infra.check.packaging import Template

from .allowed import AT_REST, DELETERS, FUNCTIONS, SETTINGS, UNDER
from .duties import KEYS_OF_PEOPLE
from .reading import Check, Problems, functions, listed, resources, role_name, role_of, statements

_ACCOUNT = {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
_SEALING = {
    "kms:EncryptionContext:service": "known-to",
    "kms:EncryptionContext:stage": {"Ref": "Stage"},
    "kms:EncryptionContext:purpose": "service-data-key",
}
_AUDITING = {**_SEALING, "kms:EncryptionContext:purpose": "audit-key"}
_THROUGH_SQS = {"kms:ViaService": {"Fn::Sub": "sqs.${AWS::Region}.${AWS::URLSuffix}"}}
_THROUGH_SNS = {"kms:ViaService": {"Fn::Sub": "sns.${AWS::Region}.${AWS::URLSuffix}"}}
_THROUGH_SQS_AND_SNS = {"kms:ViaService": [_THROUGH_SQS["kms:ViaService"], _THROUGH_SNS["kms:ViaService"]]}
_THROUGH_DYNAMODB = {"kms:ViaService": {"Fn::Sub": "dynamodb.${AWS::Region}.${AWS::URLSuffix}"}}


# The actions of the account on a key. None of them encrypts, decrypts, makes MACs or data keys, or grants.
_ADMINISTRATION = re.compile(
    r"kms:((Describe|Disable|Enable|ScheduleKeyDeletion|CancelKeyDeletion|Tag|Untag|Get|List|Update|Replicate"
    r"|RevokeGrant|PutKeyPolicy|RotateKeyOnDemand)[A-Za-z]*|CreateAlias|DeleteAlias)"
)
# For whoever deploys: the calls that CloudFormation and DynamoDB make to the key when they make a table.
_FOR_CLOUDFORMATION = json.dumps(
    {
        "ForAnyValue:StringEquals": {"aws:CalledVia": {"Fn::Sub": "cloudformation.${AWS::URLSuffix}"}},
        "StringEquals": _THROUGH_DYNAMODB,
    },
    sort_keys=True,
)
# For every role whose own policy allows it. The functions' policies have exactly the stated rights.
_SENDING = ("kms:Decrypt", "kms:GenerateDataKey")
_FOR_DEAD_LETTERS = json.dumps(
    {
        "StringEquals": {
            **_THROUGH_SQS,
            "kms:EncryptionContext:aws:sqs:arn": {
                "Fn::Sub": "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:knownto-${Stage}-dead-letters"
            },
        }
    },
    sort_keys=True,
)
_FOR_MESSAGES = json.dumps(
    {
        "StringEquals": {
            **_THROUGH_SNS,
            "kms:EncryptionContext:aws:sns:topicArn": {
                "Fn::Sub": "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:knownto-${Stage}-alarms"
            },
        }
    },
    sort_keys=True,
)
_FOR_THE_TRAIL = json.dumps({"StringEquals": {"kms:ViaService": {"Fn::Sub": "s3.${AWS::Region}.${AWS::URLSuffix}"}}})
_TO_DYNAMODB = json.dumps(
    {"Bool": {"kms:GrantIsForAWSResource": True}, "StringEquals": _THROUGH_DYNAMODB}, sort_keys=True
)
_ROLE = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/knownto-${Stage}-"
_ASSUMED_BY_LAMBDA = [
    {"Sid": "", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
]
_SERVICES = {"Table": "dynamodb", "Key": "kms", "Topic": "sns", "Letters": "sqs", "Handler": "lambda", "*": "lambda"}
_RESTORED = (
    "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/knownto-${Stage}-involvements-restored"
)
_ADD = (
    "Scan",
    "DescribeContinuousBackups",
    "DescribeTable",
    "DescribeTimeToLive",
    "PutItem",
    "GetItem",
    "BatchGetItem",
    "Query",
    "DescribeStream",
    "GetRecords",
    "GetShardIterator",
    "ListStreams",
)
_DELETES = {"dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:PartiQLDelete", "dynamodb:*"}
_OF_NO_RESOURCE = {"lambda:ListEventSourceMappings"}
_GET = re.compile(r"kms:Get(KeyPolicy|KeyRotationStatus|PublicKey)")


_CONDITIONS: dict[str, dict[str, Any]] = {
    "TablesKey": _THROUGH_DYNAMODB,
    "AccessKey": _THROUGH_DYNAMODB,
    "HeldKey": _THROUGH_DYNAMODB,
    "PseudonymsKey": {"kms:MacAlgorithm": "HMAC_SHA_256"},
    "DetailsKey": _SEALING,
    "AuditKey": _AUDITING,
    "LogsKey": _THROUGH_SQS,
    "StatementsKey": {"kms:SigningAlgorithm": "ECDSA_SHA_256"},
    "HistoryKey": {"kms:SigningAlgorithm": "ECDSA_SHA_256"},
}
_OF_EVERYBODY = {
    ("FunctionLogs", "logs:CreateLogStream"),
    ("FunctionLogs", "logs:PutLogEvents"),
    ("*", "xray:PutTraceSegments"),
    ("*", "xray:PutTelemetryRecords"),
}


def the_account_administers_keys_and_cannot_use_them(template: Template) -> Problems:
    for name, key in resources(template, "AWS::KMS::Key").items():
        [administers, *_] = made = key["KeyPolicy"]["Statement"]
        if administers["Principal"] != _ACCOUNT or "Condition" in administers:
            yield f"{name}: nobody administers it"
        if not {"kms:PutKeyPolicy", "kms:EnableKey", "kms:CancelKeyDeletion"} <= {*administers["Action"]}:
            yield f"{name}: nobody could ever change its policy"
        for statement in made:
            actions = listed(statement["Action"])
            if statement["Effect"] != "Allow" or any("*" in action for action in actions):
                yield f"{name}: {statement['Sid']} is not a plain grant"
            if "Condition" not in statement and "Service" not in statement["Principal"]:
                if statement["Principal"] != _ACCOUNT:
                    yield f"{name}: {statement['Sid']} lets others administer"
                yield from (f"{name}: the account has {action}" for action in actions if not _administers(action))


def only_the_stated_roles_use_keys(template: Template) -> Problems:
    for name, key in resources(template, "AWS::KMS::Key").items():
        made = [statement for statement in key["KeyPolicy"]["Statement"] if "AWS" in statement["Principal"]]
        used = {use for statement in made for use in _uses(statement)}
        for role, action, _ in sorted(used ^ {*_stated_uses(name)}):
            yield f"{name}: {action} by {role} is only in the template or only in the list, or has another condition"


def _uses(statement: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yields role, action and condition. Leaves out the account's administration, which another check covers."""
    condition = dict(statement.get("Condition", {}))
    roles = condition.pop("ArnEquals", {}).get("aws:PrincipalArn", [{"Fn::Sub": "anybody"}] if condition else [])
    for role in roles:
        name = role.get("Fn::Sub", "") if isinstance(role, dict) else role
        for action in listed(statement["Action"]):
            yield name.removeprefix(_ROLE), action, json.dumps(condition, sort_keys=True)


def _stated_uses(key: str) -> Iterator[tuple[str, str, str]]:
    if key == "LogsKey":
        yield from (("anybody", action, use) for action in _SENDING for use in (_FOR_DEAD_LETTERS, _FOR_MESSAGES))
        yield "auditor", "kms:Decrypt", _FOR_THE_TRAIL
        return
    for function, stated in FUNCTIONS.items():
        condition = json.dumps({"StringEquals": _CONDITIONS.get(key)}, sort_keys=True)
        touched = [action for name, action in _touches(stated) if name == key]
        # Deleting a key is administration. The account's statement allows it if the role's own policy does.
        used = [action for action in touched if key in UNDER.values() or not _administers(action)]
        yield from ((role_name(function), action, condition) for action in used)
    for role, (actions, table) in KEYS_OF_PEOPLE.get(key, {}).items():
        only = {"kms:EncryptionContext:aws:dynamodb:tableName": {"Fn::Sub": f"knownto-${{Stage}}-{table}"}}
        condition = json.dumps({"StringEquals": _THROUGH_DYNAMODB | (only if table else {})}, sort_keys=True)
        yield from ((role, f"kms:{action}", condition) for action in actions.split())
    if key in UNDER.values():
        yield from (("anybody", f"kms:{action}", _FOR_CLOUDFORMATION) for action in AT_REST.split())
        yield "anybody", "kms:CreateGrant", _TO_DYNAMODB


def every_function_has_a_role_and_rights_of_its_own(template: Template) -> Problems:
    made = functions(template)
    written = {path.stem for path in (ROOT / "infra" / "policies").glob("*.json")}
    yield from (f"{name}: function, policy file or statement is missing" for name in made.keys() ^ written)
    yield from (f"{name}: function or statement is missing" for name in made.keys() ^ FUNCTIONS.keys())
    roles = Counter(json.dumps(function["Role"]) for function in made.values())
    yield from (f"{role} is shared" for role, count in roles.items() if count > 1)
    for name in made:
        role = role_of(template, name)
        if len(role["Policies"]) != 1 or role.get("ManagedPolicyArns"):
            yield f"{name} has other rights than those of its policy file"
        if role["RoleName"] != {"Fn::Sub": f"knownto-${{Stage}}-{role_name(name)}"}:
            yield f"{name}: the role does not have the name in the key policies"
        if role["AssumeRolePolicyDocument"]["Statement"] != _ASSUMED_BY_LAMBDA:
            yield f"{name}: others besides Lambda may take its role"


def functions_have_exactly_the_stated_rights(template: Template) -> Problems:
    """Also wrong: an action in two statements, or one without its condition."""
    for name in functions(template):
        granted: Counter[tuple[str, str]] = Counter()
        sids = Counter(statement.get("Sid") for statement in statements(role_of(template, name)))
        yield from (f"{name}: the name {sid} is missing or used twice" for sid, n in sids.items() if n > 1 or not sid)
        for statement in statements(role_of(template, name)):
            if statement["Effect"] != "Allow" or {"NotAction", "NotResource"} & statement.keys():
                yield f"{name}: {statement['Sid']} is not a plain grant"
            for resource in statement.get("Resource", []):
                touched = name_of(resource)
                granted.update((touched, action) for action in listed(statement.get("Action", [])))
                ends = all(map(_administers, listed(statement.get("Action", []))))
                expected = {"StringEquals": _condition(name, touched)} if touched in _CONDITIONS and not ends else None
                if statement.get("Condition") != expected:
                    yield f"{name}: {statement['Sid']} has another condition"
        stated = {*_touches(FUNCTIONS.get(name, {})), *_OF_EVERYBODY}
        for touched, action in sorted(granted.keys() ^ stated):
            yield f"{name}: {action} on {touched} is only in the template or only in the list"
        yield from (f"{name}: {action} on {t} is granted twice" for (t, action), times in granted.items() if times > 1)


def _condition(function: str, key: str) -> dict[str, Any]:
    publishes = "AlarmTopic" in FUNCTIONS.get(function, {})
    return _THROUGH_SQS_AND_SNS if key == "LogsKey" and publishes else _CONDITIONS[key]


def _touches(stated: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yields each resource, tables' keys included, with the action."""
    for name, actions in stated.items():
        service = next(service for end, service in _SERVICES.items() if name.partition("/")[0].endswith(end))
        yield from ((name, f"{service}:{action}") for action in actions.split())
    tables = {name.partition("/")[0] for name, actions in stated.items() if actions != SETTINGS}
    for key in {UNDER[table] for table in tables if table in UNDER}:
        yield from ((key, f"kms:{action}") for action in AT_REST.split())
    if "DeadLetters" in stated:
        yield from (("LogsKey", action) for action in _SENDING)


def name_of(resource: Any) -> str:
    """Returns `Table`, `Table/index/due` or `Table/streams` (all of its streams), or otherwise the text."""
    match resource:
        case {"Fn::GetAtt": [name, "Arn"]}:
            return str(name)
        case {"Ref": "AlarmTopic"}:
            return "AlarmTopic"
        case {"Fn::Sub": str(text)} if text == _RESTORED:
            return "RestoredTable"
        case {"Fn::Sub": str(text)} if named := re.fullmatch(r"\$\{(\w+)\.Arn\}/stream/\*", text):
            return f"{named[1]}/streams"
        case {"Fn::Sub": str(text)} if named := re.fullmatch(r"\$\{(\w+)\.Arn\}(/index/\w+)", text):
            return "".join(named.groups())
    return resource if isinstance(resource, str) else json.dumps(resource)


def no_policy_has_wildcards(template: Template) -> Problems:
    for name, role in resources(template, "AWS::IAM::Role").items():
        for policy in role.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                actions = listed(statement["Action"])
                traces = all(action.startswith("xray:Put") or action in _OF_NO_RESOURCE for action in actions)
                if any("*" in action for action in listed(statement["Action"])):
                    yield f"{name}: a wildcard action"
                # Traces and lists have no resource to name, and a restored table has another stream.
                streams = all(name_of(resource).endswith("Table/streams") for resource in listed(statement["Resource"]))
                if "*" in json.dumps(statement["Resource"]) and not (traces or streams):
                    yield f"{name}: a wildcard resource"


def access_records_are_only_inserted(template: Template) -> Problems:
    """Even a stated right may only read access records or insert them."""
    for name, action in _actions_on(template, "AccessTable") - {(n, f"dynamodb:{a}") for n in FUNCTIONS for a in _ADD}:
        yield f"{name} has {action} on the access table"


def only_the_stated_functions_delete(template: Template) -> Problems:
    for table in UNDER:
        for name, action in _actions_on(template, table):
            if action in _DELETES and name not in DELETERS.get(table, set()):
                yield f"{name} deletes from {table}"


def _administers(action: str) -> bool:
    if action.startswith("kms:Get"):
        return _GET.fullmatch(action) is not None
    return _ADMINISTRATION.fullmatch(action) is not None


def _actions_on(template: Template, logical_id: str) -> set[tuple[str, str]]:
    """Returns what functions may do with the resource, and with its indexes and streams."""
    return {
        (name, action)
        for name in functions(template)
        for statement in statements(role_of(template, name))
        if re.search(rf'"(\$\{{)?{logical_id}\b', json.dumps(statement["Resource"]))
        for action in listed(statement["Action"])
    }


CHECKS: list[Check] = [
    the_account_administers_keys_and_cannot_use_them,
    only_the_stated_roles_use_keys,
    every_function_has_a_role_and_rights_of_its_own,
    functions_have_exactly_the_stated_rights,
    no_policy_has_wildcards,
    access_records_are_only_inserted,
    only_the_stated_functions_delete,
]
