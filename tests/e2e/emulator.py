"""The gaps of ministack: every difference between the deployed template and the real one, with its reason.

Each run shows that a difference is still needed. A second list names what the emulator accepts and ignores; each run
shows that it is still ignored. For both, a check of the real template covers the gap (tests/infra/checks).
"""

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from infra.check.packaging import Template
from tests.infra.checks import rights, serving, storage, watching
from tests.infra.checks.reading import Check

from .stage import Deployed

_A_ROLE = re.compile(r":iam::(\$\{AWS::AccountId\}):role/(\S+)$")


@dataclass(frozen=True, slots=True)
class Difference:
    """`adapt` changes the template. Without it a run fails with `failure`. `covered_by` checks the real template."""

    what: str
    why: str
    adapt: Callable[[Template], None]
    failure: str
    covered_by: Check


@dataclass(frozen=True, slots=True)
class Ignored:
    """`is_ignored` examines the deployed stage. `covered_by` checks the real template."""

    what: str
    is_ignored: Callable[[Deployed], bool]
    covered_by: Check


def adapted(template: Template, but: Difference | None = None) -> Template:
    """Returns the template with every difference except `but`."""
    made = deepcopy(template)
    for difference in DIFFERENCES:
        if difference is not but:
            difference.adapt(made)
    return made


def touched(template: Template, difference: Difference) -> list[str]:
    """Returns the names of the resources that the difference removes or changes."""
    made = deepcopy(template)
    difference.adapt(made)
    return sorted(name for name, one in template["Resources"].items() if made["Resources"].get(name) != one)


def _without(kind: str, which: Callable[[dict[str, Any]], bool] = lambda _: True) -> Callable[[Template], None]:
    def adapt(template: Template) -> None:
        made = template["Resources"]
        for name in [n for n, one in made.items() if one["Type"] == kind and which(one["Properties"])]:
            del made[name]

    return adapt


def _without_condition(*begins: str) -> Callable[[Template], None]:
    def adapt(template: Template) -> None:
        for condition in _conditions(template):
            equal = condition.get("StringEquals", {})
            for key in [key for key in equal if key.startswith(begins)]:
                del equal[key]
            if not equal:
                condition.pop("StringEquals", None)

    return adapt


def _name_sessions_for_roles(template: Template) -> None:
    for condition in _conditions(template):
        named = condition.get("ArnEquals", {}).get("aws:PrincipalArn")
        if named is not None:
            condition["ArnEquals"]["aws:PrincipalArn"] = [
                {"Fn::Sub": _A_ROLE.sub(r":sts::\1:assumed-role/\2/*", role["Fn::Sub"])} for role in named
            ]


def _conditions(within: Any) -> Iterator[dict[str, Any]]:
    """Yields the condition of every policy statement in the template."""
    if isinstance(within, dict):
        if "Effect" in within and "Condition" in within:
            yield within["Condition"]
        for nested in within.values():
            yield from _conditions(nested)
    elif isinstance(within, list):
        for nested in within:
            yield from _conditions(nested)


DIFFERENCES = (
    Difference(
        "no firewall in front of the API",
        "it does not know the type AWS::WAFv2::WebACLAssociation",
        _without("AWS::WAFv2::WebACLAssociation"),
        "Unrecognized resource types: [AWS::WAFv2::WebACLAssociation]",
        serving.the_stage_is_guarded,
    ),
    Difference(
        "no sampling of traces",
        "it does not know the type AWS::XRay::SamplingRule",
        _without("AWS::XRay::SamplingRule"),
        "Unrecognized resource types: [AWS::XRay::SamplingRule]",
        serving.only_lookups_are_traced_and_few_of_them,
    ),
    Difference(
        "no alarms on expressions",
        "it supports alarms on one metric, but not on an expression of several",
        _without("AWS::CloudWatch::Alarm", lambda alarm: "Metrics" in alarm),
        "(metric math) is not supported",
        watching.alarms_watch_what_is_counted,
    ),
    Difference(
        "key policies without conditions on the encryption context",
        "it evaluates conditions, but never fills in kms:EncryptionContext",
        _without_condition("kms:EncryptionContext:"),
        "Expected a key: ",
        rights.only_the_stated_roles_use_keys,
    ),
    Difference(
        "key policies without conditions on the algorithm",
        "it evaluates conditions, but never fills in kms:MacAlgorithm or kms:SigningAlgorithm",
        _without_condition("kms:MacAlgorithm", "kms:SigningAlgorithm"),
        "Expected a registration to be answered with 201, not 503",
        rights.only_the_stated_roles_use_keys,
    ),
    Difference(
        "key policies name the sessions of a role instead of the role",
        "its aws:PrincipalArn is that of the session; on AWS it is that of the role",
        _name_sessions_for_roles,
        "Expected a key: ",
        rights.only_the_stated_roles_use_keys,
    ),
)


def _of_every_table(look: Callable[[Any, str], bool]) -> Callable[[Deployed], bool]:
    def is_so(deployed: Deployed) -> bool:
        dynamodb = deployed.client("dynamodb")
        return all(look(dynamodb, name) for name in dynamodb.list_tables()["TableNames"])

    return is_so


def _is_not_encrypted(dynamodb: Any, table: str) -> bool:
    return "SSEDescription" not in dynamodb.describe_table(TableName=table)["Table"]


def _never_expires(dynamodb: Any, table: str) -> bool:
    status = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]["TimeToLiveStatus"]
    return bool(status == "DISABLED")


def _is_not_backed_up(dynamodb: Any, table: str) -> bool:
    described = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    return bool(described["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "DISABLED")


def _answers_unknown_paths_in_its_own_words(deployed: Deployed) -> bool:
    return deployed.call("GET", "/v1/no-such-route").headers["Content-Type"] != "application/problem+json"


def _logs_no_access(deployed: Deployed) -> bool:
    stage = deployed.client("apigateway").get_stage(restApiId=deployed.outputs["RestAPIId"], stageName="live")
    return not stage.get("accessLogSettings")


IGNORED = (
    Ignored("encryption of tables", _of_every_table(_is_not_encrypted), storage.the_tables_are_those_of_the_code),
    Ignored("expiry by TTL", _of_every_table(_never_expires), storage.the_tables_are_those_of_the_code),
    Ignored("point-in-time recovery", _of_every_table(_is_not_backed_up), storage.the_tables_are_those_of_the_code),
    Ignored(
        "the gateway's own answers", _answers_unknown_paths_in_its_own_words, serving.the_gateway_answers_in_our_words
    ),
    Ignored("access logs of the stage", _logs_no_access, serving.access_logs_name_nobody),
)
