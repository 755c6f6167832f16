"""Promises about the KMS keys themselves, and about the AWS services that use them."""

import json
from typing import Any

from infra.check.packaging import Template

from .reading import Check, Problems, resources

_LOGS = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/knownto/${Stage}/"
_LOG_GROUPS = [{"Fn::Sub": f"{_LOGS}{name}"} for name in ("functions", "gateway")]
_TRAIL = "arn:${AWS::Partition}:cloudtrail:${AWS::Region}:${AWS::AccountId}:trail/knownto-${Stage}"
# service -> the condition under which it may use the key of the logs. EventBridge sends nothing to put in a condition.
_SERVED: dict[str, Any] = {
    json.dumps({"Fn::Sub": "logs.${AWS::Region}.${AWS::URLSuffix}"}): {
        "ArnEquals": {"kms:EncryptionContext:aws:logs:arn": _LOG_GROUPS}
    },
    '"cloudtrail.amazonaws.com"': {"StringEquals": {"aws:SourceArn": {"Fn::Sub": _TRAIL}}},
    '"cloudwatch.amazonaws.com"': {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
    '"events.amazonaws.com"': None,
}


def services_use_only_the_key_of_the_logs(template: Template) -> Problems:
    for name, key in resources(template, "AWS::KMS::Key").items():
        served = {
            json.dumps(s["Principal"]["Service"]): s.get("Condition")
            for s in key["KeyPolicy"]["Statement"]
            if "Service" in s["Principal"]
        }
        meant = _SERVED if name == "LogsKey" else {}
        for service in sorted(served.keys() | meant):
            if service not in served or service not in meant or served[service] != meant[service]:
                yield f"{name}: the use by {service} differs from the list"


def the_keys_are_what_the_code_needs(template: Template) -> Problems:
    keys = resources(template, "AWS::KMS::Key")
    pseudonyms = keys["PseudonymsKey"]
    if (pseudonyms.get("KeySpec"), pseudonyms.get("KeyUsage")) != ("HMAC_256", "GENERATE_VERIFY_MAC"):
        yield "PseudonymsKey is no HMAC key"
    yield from (
        f"{name} would be lost with its region"
        for name in ("PseudonymsKey", "DetailsKey", "AuditKey")
        if not _multi(keys[name])
    )
    turning = {name: key for name, key in keys.items() if "KeySpec" not in key}
    yield from (f"{name} is not rotated" for name, key in turning.items() if not key["EnableKeyRotation"])
    yield from (f"{name} may be lost within a month" for name, key in keys.items() if key["PendingWindowInDays"] != 30)
    if keys.keys() - turning.keys() != {"PseudonymsKey", "StatementsKey", "HistoryKey"}:
        yield "a key that KMS cannot rotate"
    aliased = {alias["TargetKeyId"]["Ref"] for alias in resources(template, "AWS::KMS::Alias").values()}
    yield from (f"{name} has no alias" for name in keys.keys() - aliased)


def _multi(key: dict[str, Any]) -> bool:
    return key.get("MultiRegion") is True


CHECKS: list[Check] = [
    services_use_only_the_key_of_the_logs,
    the_keys_are_what_the_code_needs,
]
