"""What the template promises, one function per promise. Each returns what is wrong, in words: nothing is right."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from app import app
from chalicelib.adapters.problems import MEDIA_TYPE, PROBLEMS, problem_response
from chalicelib.adapters.tables import EXPIRING, SCHEMAS, TTL_ATTRIBUTE, table_schema
from chalicelib.adapters.telemetry import NAMESPACE, SERVICE
from chalicelib.config import BadSetting, Settings
from infra.check.packaging import ROOT, Template

Faults = Iterator[str]
Check = Callable[[Template], Faults]

_TABLES = {
    "involvements": "InvolvementsTable",
    "access": "AccessTable",
    "registry": "RegistryTable",
    "keys": "KeysTable",
    "usage": "UsageTable",
}
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
    "TablesKey": [(_AT_REST, ("api", "make-service-key", "registrar"), _THROUGH_DYNAMODB)],
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

# Nothing of these says which child, which record, which person or which machine.
_ACCESS_LOG_MAY_HOLD = {
    "requestId",
    "requestTime",
    "httpMethod",
    "resourcePath",
    "status",
    "responseLatency",
    "integration.latency",
    "integration.status",
    "responseLength",
    "error.responseType",
    "wafResponseCode",
}

_METRICS_OF_AWS = {
    "AWS/Lambda": {"Errors", "Throttles", "Duration", "Invocations"},
    "AWS/ApiGateway": {"Count", "4XXError", "5XXError", "Latency"},
    "AWS/DynamoDB": {
        "ReadThrottleEvents",
        "WriteThrottleEvents",
        "ConsumedReadCapacityUnits",
        "ConsumedWriteCapacityUnits",
    },
    "AWS/WAFV2": {"BlockedRequests"},
    "AWS/Logs": {"IncomingBytes"},
}
# Counted so that somebody is woken: an alarm for each, whoever adds a metric decides.
_NOT_ALARMING = {
    "Latency",
    "LookupsKnown",
    "LookupsNone",
    "SoftLimitPassed",
    "Registrations",
    "RegistrationsUnchanged",
    "Amendments",
    "Withdrawals",
    "Shields",
    "TransactionConflicts",  # retried; what that does not cure is Unavailable
}


def resources(template: Template, kind: str) -> dict[str, dict[str, Any]]:
    """The properties of all resources of a type, by logical id."""
    return {name: made["Properties"] for name, made in template["Resources"].items() if made["Type"] == kind}


def the_tables_are_those_of_the_code(template: Template) -> Faults:
    tables = resources(template, "AWS::DynamoDB::Table")
    if set(tables) != set(_TABLES.values()) or set(_TABLES) != set(SCHEMAS):
        yield "other tables than the code has"
    for table, name in _TABLES.items():
        made = tables.get(name, {})
        expected = {
            "TableName": {"Fn::Sub": f"knownto-${{Stage}}-{table}"},
            "BillingMode": "PAY_PER_REQUEST",
            "DeletionProtectionEnabled": True,
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7},
            "SSESpecification": {
                "SSEEnabled": True,
                "SSEType": "KMS",
                "KMSMasterKeyId": {"Fn::GetAtt": ["TablesKey", "Arn"]},
            },
            **table_schema(table),
        }
        if table in EXPIRING:
            expected["TimeToLiveSpecification"] = {"AttributeName": TTL_ATTRIBUTE, "Enabled": True}
        if table == "access":
            expected["StreamSpecification"] = {"StreamViewType": "NEW_AND_OLD_IMAGES"}
        yield from (f"{name}: {key}" for key in made.keys() | expected if made.get(key) != expected.get(key))


def what_holds_data_outlives_the_stack(template: Template) -> Faults:
    for name, made in template["Resources"].items():
        if made["Type"] in {"AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::Logs::LogGroup"} and (
            made.get("DeletionPolicy"),
            made.get("UpdateReplacePolicy"),
        ) != ("Retain", "Retain"):
            yield f"{name} goes with the stack"


def the_account_administers_keys_and_cannot_use_them(template: Template) -> Faults:
    for name, key in resources(template, "AWS::KMS::Key").items():
        [administers, *_] = statements = key["KeyPolicy"]["Statement"]
        if administers["Principal"] != _ACCOUNT or "Condition" in administers:
            yield f"{name}: nobody administers it"
        for statement in statements:
            actions = _listed(statement["Action"])
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
                "actions": frozenset(_listed(statement["Action"])),
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
        if "kms:CreateGrant" in _listed(statement["Action"]) and statement["Condition"] != {
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
    [document] = [p["PolicyDocument"] for p in _role_of_the_api(template)["Policies"]]
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
                traces = all(action.startswith("xray:Put") for action in _listed(statement["Action"]))
                if any("*" in action for action in _listed(statement["Action"])):
                    yield f"{name}: a wildcard action"
                # Traces are written to no resource that could be named.
                if "*" in json.dumps(statement["Resource"]) and not traces:
                    yield f"{name}: a wildcard resource"


def access_records_are_only_ever_added(template: Template) -> Faults:
    for action in _actions_on(template, "AccessTable") - {"dynamodb:PutItem"}:
        yield f"somebody has {action} on the access table"


def only_involvements_are_deleted(template: Template) -> Faults:
    for table in set(_TABLES.values()) - {"InvolvementsTable"}:
        if _actions_on(template, table) & {"dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:PartiQLDelete"}:
            yield f"somebody deletes from {table}"


def the_routes_are_those_of_the_app(template: Template) -> Faults:
    paths = _api(template)["DefinitionBody"]["paths"]
    made = {(path, method.upper()) for path, methods in paths.items() for method in methods}
    written = {(path, method) for path, methods in app.routes.items() for method in methods}
    yield from (f"{method} {path} on one side only" for path, method in made ^ written)


def every_route_calls_the_alias(template: Template) -> Faults:
    """Else SnapStart and rolling back would do nothing."""
    alias = {"Api": {"Ref": "APIHandler.Alias"}}
    for path, methods in _api(template)["DefinitionBody"]["paths"].items():
        for method, operation in methods.items():
            target = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
            if not isinstance(target, list) or target[1] != alias or "functions/${Api}/invocations" not in target[0]:
                yield f"{method} {path} calls another version"
    if resources(template, "AWS::Lambda::Permission")["APIHandlerInvokePermission"]["FunctionName"] != alias["Api"]:
        yield "the gateway may not call the alias"


def the_function_is_as_meant(template: Template) -> Faults:
    for name, function in resources(template, "AWS::Serverless::Function").items():
        expected = {"Architectures": ["arm64"], "Tracing": "Active", "AutoPublishAlias": "live"}
        yield from (f"{name}: {key}" for key, value in expected.items() if function.get(key) != value)
        if function["Timeout"] > 29:
            yield f"{name} runs on when the gateway has given up"
        if "ReservedConcurrentExecutions" in function:
            yield f"{name} has a ceiling of our own making"
    if _role_of_the_api(template)["RoleName"] != {"Fn::Sub": "knownto-${Stage}-api"}:
        yield "the role has another name than key policies know"


def the_environment_is_what_settings_require(template: Template) -> Faults:
    variables = resources(template, "AWS::Serverless::Function")["APIHandler"]["Environment"]["Variables"]
    yield from (f"{name} on one side only" for name in variables.keys() ^ _required_settings())


def logs_are_kept_for_a_while_and_encrypted(template: Template) -> Faults:
    for name, group in resources(template, "AWS::Logs::LogGroup").items():
        if group.get("RetentionInDays") != {"Ref": "LogRetentionDays"}:
            yield f"{name} is kept for ever"
        if group.get("KmsKeyId") != {"Fn::GetAtt": ["LogsKey", "Arn"]}:
            yield f"{name} is not encrypted"
    if template["Globals"]["Function"]["LoggingConfig"]["LogGroup"] != {"Ref": "FunctionLogs"}:
        yield "functions log elsewhere"


def access_logs_name_nobody(template: Template) -> Faults:
    form = _api(template)["AccessLogSetting"]["Format"]["Fn::Sub"]
    if any(not isinstance(value, str) for value in json.loads(form).values()):
        yield "not flat"
    yield from (f"logs {name}" for name in set(re.findall(r"\$context\.([\w.]+)", form)) - _ACCESS_LOG_MAY_HOLD)
    if re.search(r"\$(input|stageVariables|method)", form):
        yield "logs what was sent"


def the_stage_is_guarded(template: Template) -> Faults:
    api = _api(template)
    [settings] = api["MethodSettings"]
    if (settings["HttpMethod"], settings["ResourcePath"]) != ("*", "/*"):
        yield "not for every route"
    if not (settings.get("ThrottlingRateLimit", 0) > 0 and settings.get("ThrottlingBurstLimit", 0) > 0):
        yield "not throttled"
    if settings.get("LoggingLevel") != "OFF" or settings.get("DataTraceEnabled") is not False:
        yield "execution logs hold paths and tokens"
    if api.get("TracingEnabled") is not True:
        yield "not traced"
    if api["EndpointConfiguration"] != {"Type": "REGIONAL"}:
        yield "not regional"
    if api.get("OpenApiVersion") is None:
        yield "SAM makes a second, unguarded stage"
    if api["DisableExecuteApiEndpoint"] != {"Fn::If": ["HasDomain", True, False]}:
        yield "mutual TLS can be walked around"
    for association in resources(template, "AWS::WAFv2::WebACLAssociation").values():
        if association["ResourceArn"]["Fn::Sub"][1] == {"Live": {"Ref": "RestAPI.Stage"}}:
            return
    yield "no firewall"


def the_firewall_knows_its_rules_and_shows_no_requests(template: Template) -> Faults:
    [firewall] = resources(template, "AWS::WAFv2::WebACL").values()
    rules = {rule["Name"]: rule for rule in firewall["Rules"]}
    managed = {r["Statement"].get("ManagedRuleGroupStatement", {}).get("Name") for r in firewall["Rules"]}
    if not managed >= {"AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet"}:
        yield "managed rules are missing"
    if rules["rate"]["Action"] != {"Block": {}} or "RateBasedStatement" not in rules["rate"]["Statement"]:
        yield "no rate rule"
    counted = rules["common"]["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"]
    if {"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}} not in counted:
        yield "blocks bodies that the API accepts"
    for made in (firewall, *firewall["Rules"]):
        if made["VisibilityConfig"]["SampledRequestsEnabled"] is not False:
            yield "samples show paths and tokens"


def the_gateway_answers_in_our_words(template: Template) -> Faults:
    responses = _api(template)["GatewayResponses"]
    expected = {
        "MISSING_AUTHENTICATION_TOKEN": "no_such_route",
        "RESOURCE_NOT_FOUND": "no_such_route",
        "THROTTLED": "too_many_requests",
        "WAF_FILTERED": "forbidden",
        "DEFAULT_4XX": "forbidden",
        "INTEGRATION_TIMEOUT": "cannot_answer",
        "INTEGRATION_FAILURE": "cannot_answer",
        "DEFAULT_5XX": "cannot_answer",
    }
    documented = set(re.findall(r"^\| `([a-z_]+)` \| \d{3}", (ROOT / "docs" / "errors.md").read_text(), re.MULTILINE))
    yield from (f"{kind} is left to the gateway" for kind in expected.keys() - responses)
    for kind, response in responses.items():
        body = json.loads(response["ResponseTemplates"]["application/json"])
        code = body["code"]
        if code not in PROBLEMS or code not in documented or expected.get(kind, code) != code:
            yield f"{kind}: {code} is not meant"
        elif body != json.loads(problem_response(code, "$context.requestId").body):
            yield f"{kind}: other words than problems.py"
        elif response["StatusCode"] != PROBLEMS[code].status:
            yield f"{kind}: another status than its body says"
        headers = response["ResponseParameters"]["Headers"]
        needed = {
            "Content-Type": f"'{MEDIA_TYPE}'",
            "Cache-Control": "'no-store'",
            "X-Content-Type-Options": "'nosniff'",
        }
        if not headers.items() >= {**needed, "X-Correlation-ID": "context.requestId"}.items():
            yield f"{kind}: without our headers"
        if ("Retry-After" in headers) != (body["status"] in {429, 503}):
            yield f"{kind}: Retry-After"


def alarms_watch_what_is_counted(template: Template) -> Faults:
    for name, alarm in resources(template, "AWS::CloudWatch::Alarm").items():
        nested = [metric["MetricStat"]["Metric"] for metric in alarm.get("Metrics", []) if "MetricStat" in metric]
        for metric in nested or [alarm]:
            dimensions = {d["Name"]: d["Value"] for d in metric["Dimensions"]}
            yield from _unknown_metric(name, template, metric["Namespace"], metric["MetricName"], dimensions)


def whatever_should_wake_somebody_has_an_alarm(template: Template) -> Faults:
    alarms = resources(template, "AWS::CloudWatch::Alarm").values()
    watched = {alarm.get("MetricName") for alarm in alarms if alarm.get("Namespace") == NAMESPACE}
    yield from (f"{name} alarms nobody" for name in sorted(counted_metrics() - _NOT_ALARMING - watched))


def every_alarm_reaches_the_topic(template: Template) -> Faults:
    topic = [{"Ref": "AlarmTopic"}]
    for name, alarm in resources(template, "AWS::CloudWatch::Alarm").items():
        if alarm.get("AlarmActions") != topic or alarm.get("ActionsEnabled", True) is not True:
            yield f"{name} reaches nobody"
        if not alarm.get("AlarmDescription") or alarm.get("TreatMissingData") != "notBreaching":
            yield f"{name} says nothing, or alarms in a quiet night"
    if "KmsMasterKeyId" not in resources(template, "AWS::SNS::Topic")["AlarmTopic"]:
        yield "the topic is not encrypted"


def the_dashboard_shows_what_is_counted(template: Template) -> Faults:
    text = resources(template, "AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"]
    known = template["Resources"].keys() | template["Parameters"].keys() | {"AWS::Region"}
    yield from (f"{name} is nothing" for name in set(re.findall(r"\$\{([^}]+)\}", text)) - known)
    shown: set[str] = set()
    for widget in json.loads(text)["widgets"]:
        for metric in widget["properties"]["metrics"]:
            if isinstance(metric[0], str):
                names = [part for part in metric if isinstance(part, str)]
                dimensions: dict[str, Any] = dict(zip(names[2::2], names[3::2], strict=True))
                yield from _unknown_metric("dashboard", template, names[0], names[1], dimensions)
                shown.add(names[1])
    yield from (f"{name} is not shown" for name in sorted(counted_metrics() - shown))
    yield from (f"{name} is not shown" for name in sorted(step_metrics() - shown))


CHECKS: list[Check] = [
    the_tables_are_those_of_the_code,
    what_holds_data_outlives_the_stack,
    the_account_administers_keys_and_cannot_use_them,
    only_named_roles_use_keys_and_only_as_meant,
    services_use_the_key_of_the_logs_only,
    the_keys_are_what_the_code_needs,
    the_api_function_may_what_it_does_and_no_more,
    no_policy_has_wildcards,
    access_records_are_only_ever_added,
    only_involvements_are_deleted,
    the_routes_are_those_of_the_app,
    every_route_calls_the_alias,
    the_function_is_as_meant,
    the_environment_is_what_settings_require,
    logs_are_kept_for_a_while_and_encrypted,
    access_logs_name_nobody,
    the_stage_is_guarded,
    the_firewall_knows_its_rules_and_shows_no_requests,
    the_gateway_answers_in_our_words,
    alarms_watch_what_is_counted,
    whatever_should_wake_somebody_has_an_alarm,
    every_alarm_reaches_the_topic,
    the_dashboard_shows_what_is_counted,
]


def _source() -> str:
    return "\n".join(path.read_text() for path in sorted((ROOT / "chalicelib").rglob("*.py")))


def counted_metrics() -> set[str]:
    """All that the code meters, `<service>Failures` of each service that it calls, and the request's time."""
    calls = re.findall(r"\bmeter\(([^)\n]*)\)", _source())
    named = {name for call in calls for name in re.findall(r'(?<!f)"([A-Z]\w+)"', call)}
    services = set(re.findall(r'aws_faults\("(\w+)"\)', _source()))
    return named | {f"{service}Failures" for service in services} | {"Latency"}


def step_metrics() -> set[str]:
    """The time of each AWS operation that the code calls."""
    operations = re.findall(r"self\._(?:client|kms)\.([a-z_]+)\(", _source())
    return {"".join(word.capitalize() for word in operation.split("_")) + "Latency" for operation in operations}


def _unknown_metric(where: str, template: Template, namespace: str, name: str, dimensions: dict[str, Any]) -> Faults:
    if namespace == NAMESPACE:
        stage = dimensions.get("stage")
        if dimensions.keys() != {"service", "stage"} or dimensions["service"] != SERVICE:
            yield f"{where}: {name} is counted under other dimensions"
        if stage not in ({"Ref": "Stage"}, "${Stage}") or name not in counted_metrics() | step_metrics():
            yield f"{where}: nobody counts {name}"
    elif namespace == f"{NAMESPACE}/Gateway":
        filters = resources(template, "AWS::Logs::MetricFilter").values()
        made = [made for filtered in filters for made in filtered["MetricTransformations"]]
        if not any(m["MetricNamespace"] == namespace and m["MetricName"] == name for m in made):
            yield f"{where}: nobody counts {name}"
    elif name not in _METRICS_OF_AWS.get(namespace, set()):
        yield f"{where}: AWS does not count {namespace} {name}"


def _required_settings() -> set[str]:
    """Asks Settings until it is content."""
    environ: dict[str, str] = {}
    while True:
        try:
            Settings.from_env(environ)
        except BadSetting as missing:
            environ[str(missing).removesuffix(" is not set")] = "some"
        else:
            return set(environ)


def _administers(action: str) -> bool:
    if action.startswith("kms:Get"):
        return _GET.fullmatch(action) is not None
    return _ADMINISTRATION.fullmatch(action) is not None


def _multi(key: dict[str, Any]) -> bool:
    return key.get("MultiRegion") is True


def _role(name: str) -> dict[str, str]:
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/knownto-${{Stage}}-{name}"}


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _api(template: Template) -> dict[str, Any]:
    [api] = resources(template, "AWS::Serverless::Api").values()
    return api


def _role_of_the_api(template: Template) -> dict[str, Any]:
    name = resources(template, "AWS::Serverless::Function")["APIHandler"]["Role"]["Fn::GetAtt"][0]
    return resources(template, "AWS::IAM::Role")[name]


def _actions_on(template: Template, logical_id: str) -> set[str]:
    """What any role of the template may do there."""
    roles = resources(template, "AWS::IAM::Role").values()
    statements = [s for r in roles for p in r.get("Policies", []) for s in p["PolicyDocument"]["Statement"]]
    named = [s for s in statements if f'"{logical_id}"' in json.dumps(s["Resource"])]
    return {action for statement in named for action in _listed(statement["Action"])}
