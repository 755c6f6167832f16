"""Promises about people in the console: duties are separate, none sees a child, and break glass raises an alarm."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from app import app
from infra.check.packaging import Template

from .allowed import UNDER
from .duties import DUTIES, FIRST_HALF, INVOKED, OF_THE_AUDITOR, OF_THE_CUSTODIAN, SECOND_HALVES
from .reading import Check, Problems, functions, listed, resources

_ITEMS_READ = {
    *("GetItem", "BatchGetItem", "Query", "Scan", "PartiQLSelect", "GetRecords", "GetShardIterator"),
    *("ExportTableToPointInTime", "RestoreTableToPointInTime", "RestoreTableFromBackup", "CreateBackup"),
}
_ITEMS_REMOVED = {"DeleteItem", "BatchWriteItem", "PartiQLDelete", "DeleteTable"}
_ITEMS_CHANGED = {"PutItem", "UpdateItem", "PartiQLInsert", "PartiQLUpdate"}
_KEY_USED = {
    *("Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "GenerateMac", "VerifyMac", "Sign"),
    *("GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"),
    *("ReEncryptFrom", "ReEncryptTo", "CreateGrant", "PutKeyPolicy", "ReplicateKey"),
}
_CODE_CHANGED = {
    *("AddPermission", "CreateEventSourceMapping", "CreateFunction", "CreateFunctionUrlConfig"),
    *("PutFunctionEventInvokeConfig", "UpdateEventSourceMapping", "UpdateFunctionCode"),
    *("UpdateFunctionConfiguration", "UpdateFunctionEventInvokeConfig"),
    *("DeleteEventSourceMapping", "DeleteFunction", "PutFunctionConcurrency"),
}
# With any of these, a watcher sees nothing any more, or TTL removes what it should not.
_WATCHERS_BLINDED = {
    *("DeleteTable", "DisableKinesisStreamingDestination", "EnableKinesisStreamingDestination"),
    *("PutResourcePolicy", "DeleteResourcePolicy"),
    *("UpdateContinuousBackups", "UpdateTable", "UpdateTimeToLive"),
}
# The roles with the policy of denials: those that run console functions.
_DENIED = {"Operator", "Custodian"}
# person -> table -> calls on items. Nobody may make other calls. break-glass may use every table.
_ITEMS = {
    "Operator": {},
    "Custodian": {},
    "Registrar": {"RegistryTable": {"GetItem", "Query", "Scan", "PutItem", "UpdateItem"}},
    "Auditor": {"HeldTable": {"GetItem", "Query"}},
}


def only_the_stated_people_touch_items(template: Template) -> Problems:
    for person, meant in _ITEMS.items():
        for table in UNDER:
            may = {a for a in _ITEMS_READ | _ITEMS_REMOVED | _ITEMS_CHANGED if _may(template, person, a, table)}
            yield from (f"{person}: {action} on {table}" for action in sorted(may ^ meant.get(table, set())))


def only_break_glass_changes_a_tables_settings(template: Template) -> Problems:
    for person in _ITEMS:
        may = {a for a in _WATCHERS_BLINDED for table in UNDER if _may(template, person, a, table)}
        yield from (f"{person} has {action}" for action in sorted(may))


def people_have_exactly_the_stated_rights(template: Template) -> Problems:
    made = resources(template, "AWS::IAM::ManagedPolicy")
    yield from (
        f"{name} is only in the template or only in the list"
        for name in made.keys() ^ {f"{duty}Policy" for duty in DUTIES}
    )
    for duty, stated in DUTIES.items():
        effect = "Deny" if duty.endswith("Denials") else "Allow"
        meant = Counter(
            (effect, place, action, json.dumps(condition, sort_keys=True))
            for places, actions, condition in stated
            for place in places.split()
            for action in actions.split()
        )
        written = Counter(
            (s["Effect"], place, action, json.dumps(s.get("Condition"), sort_keys=True))
            for s in _policy(template, duty)
            for place in _named(s["Resource"])
            for action in listed(s["Action"])
        )
        yield from (
            f"{duty}: {action} on {place}, or not so" for _, place, action, _ in (written - meant) + (meant - written)
        )
        for statement in _policy(template, duty):
            if {"NotAction", "NotResource", "NotPrincipal"} & statement.keys():
                yield f"{duty}: {statement['Sid']} is not a plain statement"


def there_is_no_other_role(template: Template) -> Problems:
    """Only these give rights in IAM: a role for each function, and a role and a policy for each duty."""
    people = {*_ITEMS, "BreakGlass"}
    roles = {function["Role"]["Fn::GetAtt"][0] for function in functions(template).values()}
    roles |= {f"{person}Role" for person in people} | {"GatewayLogsRole"}
    meant = {("AWS::IAM::Role", name) for name in roles}
    meant |= {("AWS::IAM::ManagedPolicy", f"{duty}Policy") for duty in DUTIES}
    made = {(one["Type"], name) for name, one in template["Resources"].items() if one["Type"].startswith("AWS::IAM::")}
    yield from (f"{name} ({kind}) is only in the template or only in the list" for kind, name in sorted(made ^ meant))


def whoever_runs_functions_is_always_denied_the_rest(template: Template) -> Problems:
    denied = [s for s in _policy(template, "Denials") if s["Effect"] == "Deny" and "Condition" not in s]
    keys = resources(template, "AWS::KMS::Key").keys() - {"LogsKey"}
    needed = {
        *((f"dynamodb:{a}", "any") for a in _ITEMS_READ | _ITEMS_REMOVED | _ITEMS_CHANGED | _WATCHERS_BLINDED),
        *((f"kms:{action}", key) for action in _KEY_USED for key in keys),
        *((f"schemas:{action}", place) for action in ("CreateSchema", "UpdateSchema") for place in _SHARED_TEST_EVENTS),
        *((f"lambda:{action}", "any") for action in _CODE_CHANGED),
        ("iam:PassRole", "any"),
        ("sts:AssumeRole", _ROLES_OF_THE_STAGE),
    }
    for action, what in sorted(needed):
        if not any(_covers(statement, action, what) for statement in denied):
            yield f"{action} on {what} is not denied"


def who_may_suspend_cannot_shred(template: Template) -> Problems:
    """The operator, the custodian and the auditor run the console functions. No function belongs to two of them."""
    console = {function.name for function in app.pure_lambda_functions}
    for name, logical_id in zip(functions(template), resources(template, "AWS::Serverless::Function"), strict=True):
        second = logical_id in (*SECOND_HALVES.split(), OF_THE_CUSTODIAN)
        audits = logical_id in OF_THE_AUDITOR.split()
        for person, meant in (("Operator", not second and not audits), ("Custodian", second), ("Auditor", audits)):
            if (name in console and meant) is not _granted(template, person, "lambda:InvokeFunction", logical_id):
                yield f"{person}: {name} differs from the list of functions that may be invoked (people.yaml)"


def no_role_has_both_halves(template: Template) -> Problems:
    """Neither what a role's policies allow taken together, nor any right given to it by mistake."""
    halves = {"proposes": [FIRST_HALF], "carries out": SECOND_HALVES.split()}
    for name, role in resources(template, "AWS::IAM::Role").items():
        attached = [_policy(template, one["Ref"].removesuffix("Policy")) for one in _own_policies(role)]
        statements = [statement for policy in [*attached, *_inline(role)] for statement in policy]
        has = [half for half, ids in halves.items() if any(_invokes(statements, one) for one in ids)]
        if len(has) > 1:
            yield f"{name} proposes and carries out"
    for person, denied in (("Operator", halves["carries out"]), ("Custodian", halves["proposes"])):
        for one in denied:
            if not all(_denies(_policy(template, f"{person}Denials"), action, one) for action in INVOKED.split()):
                yield f"{person}: {one} is not denied"


def _own_policies(role: dict[str, Any]) -> list[dict[str, str]]:
    return [one for one in role.get("ManagedPolicyArns", []) if isinstance(one, dict) and "Ref" in one]


def _inline(role: dict[str, Any]) -> list[list[dict[str, Any]]]:
    return [policy["PolicyDocument"]["Statement"] for policy in role.get("Policies", [])]


def _invokes(statements: list[dict[str, Any]], function: str) -> bool:
    """Whether any statement allows it. A denial beside it does not count: it may be detached."""
    return any(
        statement["Effect"] == "Allow"
        and any(fnmatchcase("lambda:InvokeFunction", pattern) for pattern in listed(statement["Action"]))
        and {function, f"{function}*", "*"} & set(_named(statement["Resource"]))
        for statement in statements
    )


def _denies(statements: list[dict[str, Any]], action: str, function: str) -> bool:
    return any(
        statement["Effect"] == "Deny"
        and "Condition" not in statement
        and action in listed(statement["Action"])
        and f"{function}*" in _named(statement["Resource"])
        for statement in statements
    )


_MOST_CHARACTERS = 6_144


def every_policy_is_small_enough_for_iam(template: Template) -> Problems:
    """Counts as IAM does, without white space, for the region and the stage with the longest names."""
    for name, policy in resources(template, "AWS::IAM::ManagedPolicy").items():
        text = json.dumps(at_its_longest(policy["PolicyDocument"], template), separators=(",", ":"))
        if len(text) > _MOST_CHARACTERS:
            yield f"{name} has {len(text)} characters, and IAM takes {_MOST_CHARACTERS}"


def at_its_longest(value: Any, template: Template) -> Any:
    match value:
        case {"Fn::GetAtt": [str(name), "Arn"]}:
            return _longest_arn(template["Resources"][name])
        case {"Fn::Sub": str(text)}:
            text = re.sub(r"\$\{(\w+)\.Arn\}", lambda named: _longest_arn(template["Resources"][named[1]]), text)
            return re.sub(r"\$\{([\w:]+)\}", lambda named: _LONGEST[named[1]], text)
        case dict():
            return {key: at_its_longest(nested, template) for key, nested in value.items()}
        case list():
            return [at_its_longest(nested, template) for nested in value]
    return value


def _longest_arn(made: dict[str, Any]) -> str:
    service, kind, name = _ARNS[made["Type"]]
    named = made["Properties"].get(name, {"Fn::Sub": "0" * 63})
    ends = f"{_LONGEST['AWS::Region']}:{_LONGEST['AWS::AccountId']}:{kind}"
    return f"arn:{_LONGEST['AWS::Partition']}:{service}:{ends}{at_its_longest(named, {})}"


# Longer than any real pair of partition and region.
_LONGEST = {
    "AWS::Partition": "aws-us-gov",
    "AWS::Region": "ap-northeast-1",
    "AWS::AccountId": "123456789012",
    "AWS::URLSuffix": "amazonaws.com.cn",
    "Stage": "s" * 20,
}
# type -> service, prefix of the name, and the property with the name. KMS makes a key's name: 36 characters.
_ARNS = {
    "AWS::DynamoDB::Table": ("dynamodb", "table/", "TableName"),
    "AWS::Serverless::Function": ("lambda", "function:", "FunctionName"),
    "AWS::Logs::LogGroup": ("logs", "log-group:*", "LogGroupName"),
    "AWS::SQS::Queue": ("sqs", "", "QueueName"),
    "AWS::KMS::Key": ("kms", "key/", ""),
    "AWS::S3::Bucket": ("s3", "", ""),
    "AWS::IAM::Role": ("iam", "role/", "RoleName"),
}


def duties_are_separate(template: Template) -> Problems:
    """Each role has exactly one policy, and its denials. People take it only with a second factor, and for an hour."""
    for person in (*_ITEMS, "BreakGlass"):
        role = resources(template, "AWS::IAM::Role")[f"{person}Role"]
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", person).lower()
        own = [{"Ref": f"{person}Policy"}, *([_READS_THE_TRAIL] if person == "Auditor" else [])]
        own += [{"Ref": "DenialsPolicy"}, {"Ref": f"{person}DenialsPolicy"}] if person in _DENIED else []
        if role.get("ManagedPolicyArns") != own or "Policies" in role:
            yield f"{person}: rights besides its policy"
        if role.get("RoleName") != {"Fn::Sub": f"knownto-${{Stage}}-{name}"} or role.get("MaxSessionDuration") != 3600:
            yield f"{person}: a wrong name, or sessions longer than an hour"
        trusted = [{k: v for k, v in s.items() if k != "Sid"} for s in role["AssumeRolePolicyDocument"]["Statement"]]
        if trusted != [_TRUSTED | {"Condition": condition} for condition in _SIGNED_IN]:
            yield f"{person}: people outside the account, or without a second factor, may take it"
    for name, policy in resources(template, "AWS::IAM::ManagedPolicy").items():
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow" and "*" in json.dumps(statement["Action"]):
                yield f"{name}: {statement['Sid']} allows by wildcard"
            if statement["Effect"] == "Allow" and statement["Resource"] == "*" and not _finds(statement):
                yield f"{name}: {statement['Sid']} is for every resource"
        yield from (
            f"{name} is attached to something besides the role"
            for way in ("Users", "Groups", "Roles")
            if policy.get(way)
        )


def break_glass_opens_no_details(template: Template) -> Problems:
    for key in ("PseudonymsKey", "DetailsKey", "AuditKey"):
        may = sorted(a for a in _KEY_USED - {"PutKeyPolicy"} if _granted(template, "BreakGlass", f"kms:{a}", key))
        yield from (f"break-glass has {action} on {key}" for action in may)


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
_TRUSTED = {
    "Effect": "Allow",
    "Principal": {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}},
    "Action": "sts:AssumeRole",
}
_SIGNED_IN = ({"Bool": {"aws:MultiFactorAuthPresent": True}}, {"ArnLike": _IDENTITY_CENTER})
_ROLES_OF_THE_STAGE = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/knownto-${Stage}-*"
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
    """Yields logical ids, with an index as its table, or otherwise the text."""
    for one in resource if isinstance(resource, list) else [resource]:
        match one:
            case {"Fn::GetAtt": [name, "Arn"]}:
                yield str(name)
            case {"Fn::Sub": str(text)}:
                yield re.sub(r"^\$\{(\w+)\.Arn\}/.*$", r"\1", text)
            case _:
                yield str(one)


def _named(resource: Any) -> Iterator[str]:
    """Yields names as in `DUTIES`: a logical id, an index or part of it, or otherwise the text."""
    for one in resource if isinstance(resource, list) else [resource]:
        match one:
            case {"Fn::GetAtt": [name, "Arn"]}:
                yield str(name)
            case {"Fn::Sub": str(text)}:
                yield re.sub(r"^\$\{(\w+)\.Arn\}", r"\1", text)
            case _:
                yield str(one)


def _finds(statement: dict[str, Any]) -> bool:
    return all(_FINDING.fullmatch(action) for action in statement["Action"])


CHECKS: list[Check] = [
    people_have_exactly_the_stated_rights,
    there_is_no_other_role,
    only_the_stated_people_touch_items,
    only_break_glass_changes_a_tables_settings,
    whoever_runs_functions_is_always_denied_the_rest,
    who_may_suspend_cannot_shred,
    no_role_has_both_halves,
    every_policy_is_small_enough_for_iam,
    duties_are_separate,
    break_glass_opens_no_details,
]
