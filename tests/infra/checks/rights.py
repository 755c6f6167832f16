"""Promises about who may what: keys and policies."""

import json
import re
from typing import Any

from infra.check.packaging import Template

from .reading import Check, Faults, listed, resources, role_of_the_api

_TABLES = {"InvolvementsTable", "AccessTable", "RegistryTable", "KeysTable", "UsageTable"}
_ACCOUNT = {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
_SEALING = {
    "kms:EncryptionContext:service": "known-to",
    "kms:EncryptionContext:stage": {"Ref": "Stage"},
    "kms:EncryptionContext:purpose": "service-data-key",
}
_THROUGH_DYNAMODB = {"kms:ViaService": {"Fn::Sub": "dynamodb.${AWS::Region}.${AWS::URLSuffix}"}}


_AT_REST = frozenset(
    {
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
    }
)
# What the account may do with a key. Not among them: whatever encrypts, decrypts, makes MACs or data keys, or grants.
_ADMINISTRATION = re.compile(
    r"kms:((Describe|Disable|Enable|ScheduleKeyDeletion|CancelKeyDeletion|Tag|Untag|Get|List|Update|Replicate"
    r"|RevokeGrant|PutKeyPolicy|RotateKeyOnDemand)[A-Za-z]*|CreateAlias|DeleteAlias)"
)
_GET = re.compile(r"kms:Get(KeyPolicy|KeyRotationStatus)")


# key, actions, roles, conditions: all use that anybody is allowed.
_USE: dict[str, list[tuple[frozenset[str], tuple[str, ...], dict[str, Any]]]] = {
    "PseudonymsKey": [(frozenset({"kms:GenerateMac"}), ("api",), {"kms:MacAlgorithm": "HMAC_SHA_256"})],
    "DetailsKey": [
        (frozenset({"kms:Decrypt"}), ("api",), _SEALING),
        (frozenset({"kms:GenerateDataKeyWithoutPlaintext"}), ("make-service-key",), _SEALING),
    ],
    "TablesKey": [(_AT_REST, ("api", "make-service-key", "onboard-authority", "registrar"), _THROUGH_DYNAMODB)],
    "LogsKey": [],
}
_API_MAY: dict[str, set[str]] = {
    "InvolvementsTable": {"dynamodb:Query", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"},
    "AccessTable": {"dynamodb:PutItem"},
    "RegistryTable": {"dynamodb:Scan"},
    "KeysTable": {"dynamodb:Scan"},
    "UsageTable": {"dynamodb:Query", "dynamodb:UpdateItem", "dynamodb:PutItem"},
    "TablesKey": set(_AT_REST),
    "PseudonymsKey": {"kms:GenerateMac"},
    "DetailsKey": {"kms:Decrypt"},
    "FunctionLogs": {"logs:CreateLogStream", "logs:PutLogEvents"},
    "*": {"xray:PutTraceSegments", "xray:PutTelemetryRecords"},
}
_CONDITIONS = {
    "TablesKey": _THROUGH_DYNAMODB,
    "PseudonymsKey": {"kms:MacAlgorithm": "HMAC_SHA_256"},
    "DetailsKey": _SEALING,
}


def the_account_administers_keys_and_cannot_use_them(template: Template) -> Faults:
    for name, key in resources(template, "AWS::KMS::Key").items():
        [administers, *_] = statements = key["KeyPolicy"]["Statement"]
        if administers["Principal"] != _ACCOUNT or "Condition" in administers:
            yield f"{name}: nobody administers it"
        for statement in statements:
            actions = listed(statement["Action"])
            if statement["Effect"] != "Allow" or any("*" in action for action in actions):
                yield f"{name}: {statement['Sid']} is not a plain grant"
            if "Condition" not in statement:
                if statement["Principal"] != _ACCOUNT:
                    yield f"{name}: {statement['Sid']} lets others administer"
                yield from (f"{name}: the account has {action}" for action in actions if not _administers(action))


def only_named_roles_use_keys_and_only_as_meant(template: Template) -> Faults:
    keys = resources(template, "AWS::KMS::Key")
    if set(keys) != set(_USE):
        yield "other keys than are known here"
    for name, key in keys.items():
        by_roles = [
            {
                "actions": frozenset(listed(statement["Action"])),
                "condition": statement["Condition"],
            }
            for statement in key["KeyPolicy"]["Statement"][1:]
            if "AWS" in statement["Principal"] and statement["Sid"] != "TablesMayBeMadeUnderIt"
        ]
        expected = [
            {
                "actions": actions,
                "condition": {"ArnEquals": {"aws:PrincipalArn": [_role(r) for r in roles]}, "StringEquals": equal},
            }
            for actions, roles, equal in _USE.get(name, [])
        ]
        if by_roles != expected:
            yield f"{name}: used otherwise than meant"
    for statement in keys["TablesKey"]["KeyPolicy"]["Statement"]:
        if "kms:CreateGrant" in listed(statement["Action"]) and statement["Condition"] != {
            "Bool": {"kms:GrantIsForAWSResource": True},
            "StringEquals": _THROUGH_DYNAMODB,
        }:
            yield "TablesKey: grants to others than DynamoDB"


def services_use_the_key_of_the_logs_only(template: Template) -> Faults:
    for name, key in resources(template, "AWS::KMS::Key").items():
        services = [s for s in key["KeyPolicy"]["Statement"] if "Service" in s["Principal"]]
        if services and name != "LogsKey":
            yield f"{name}: a service of AWS may use it"
        yield from (f"{name}: {s['Sid']} has no condition" for s in services if not s.get("Condition"))


def the_keys_are_what_the_code_needs(template: Template) -> Faults:
    keys = resources(template, "AWS::KMS::Key")
    pseudonyms = keys["PseudonymsKey"]
    if (pseudonyms.get("KeySpec"), pseudonyms.get("KeyUsage")) != ("HMAC_256", "GENERATE_VERIFY_MAC"):
        yield "PseudonymsKey makes no HMAC"
    yield from (f"{name} is lost with its region" for name in ("PseudonymsKey", "DetailsKey") if not _multi(keys[name]))
    yield from (f"{n} is not rotated" for n, k in keys.items() if n != "PseudonymsKey" and not k["EnableKeyRotation"])
    aliased = {alias["TargetKeyId"]["Ref"] for alias in resources(template, "AWS::KMS::Alias").values()}
    yield from (f"{name} has no alias" for name in keys.keys() - aliased)


def the_api_function_may_what_it_does_and_no_more(template: Template) -> Faults:
    """An action that two statements grant, or one without its condition, is wrong too."""
    [document] = [p["PolicyDocument"] for p in role_of_the_api(template)["Policies"]]
    granted: dict[str, set[str]] = {}
    for statement in document["Statement"]:
        if statement["Effect"] != "Allow" or {"NotAction", "NotResource"} & statement.keys():
            yield f"{statement['Sid']} is not a plain grant"
        for resource in statement["Resource"]:
            name = resource if isinstance(resource, str) else resource["Fn::GetAtt"][0]
            granted.setdefault(name, set()).update(statement["Action"])
            if statement.get("Condition", {}).get("StringEquals") != _CONDITIONS.get(name):
                yield f"{statement['Sid']}: another condition than meant"
    yield from (
        f"other rights on {name}" for name in granted.keys() | _API_MAY if granted.get(name) != _API_MAY.get(name)
    )


def no_policy_has_wildcards(template: Template) -> Faults:
    for name, role in resources(template, "AWS::IAM::Role").items():
        for policy in role.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                traces = all(action.startswith("xray:Put") for action in listed(statement["Action"]))
                if any("*" in action for action in listed(statement["Action"])):
                    yield f"{name}: a wildcard action"
                # Traces are written to no resource that could be named.
                if "*" in json.dumps(statement["Resource"]) and not traces:
                    yield f"{name}: a wildcard resource"


def access_records_are_only_ever_added(template: Template) -> Faults:
    for action in _actions_on(template, "AccessTable") - {"dynamodb:PutItem"}:
        yield f"somebody has {action} on the access table"


def only_involvements_are_deleted(template: Template) -> Faults:
    for table in _TABLES - {"InvolvementsTable"}:
        if _actions_on(template, table) & {"dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:PartiQLDelete"}:
            yield f"somebody deletes from {table}"


def _administers(action: str) -> bool:
    if action.startswith("kms:Get"):
        return _GET.fullmatch(action) is not None
    return _ADMINISTRATION.fullmatch(action) is not None


def _multi(key: dict[str, Any]) -> bool:
    return key.get("MultiRegion") is True


def _role(name: str) -> dict[str, str]:
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/knownto-${{Stage}}-{name}"}


def _actions_on(template: Template, logical_id: str) -> set[str]:
    """What any role of the template may do there."""
    roles = resources(template, "AWS::IAM::Role").values()
    statements = [s for r in roles for p in r.get("Policies", []) for s in p["PolicyDocument"]["Statement"]]
    named = [s for s in statements if f'"{logical_id}"' in json.dumps(s["Resource"])]
    return {action for statement in named for action in listed(statement["Action"])}


CHECKS: list[Check] = [
    the_account_administers_keys_and_cannot_use_them,
    only_named_roles_use_keys_and_only_as_meant,
    services_use_the_key_of_the_logs_only,
    the_keys_are_what_the_code_needs,
    the_api_function_may_what_it_does_and_no_more,
    no_policy_has_wildcards,
    access_records_are_only_ever_added,
    only_involvements_are_deleted,
]
