"""Promises about the API: its routes, its function, its stage, and the gateway's own answers."""

import json
import re
from typing import Any

import msgspec

from app import app
from chalicelib.adapters.http.problems import MEDIA_TYPE, PROBLEMS, problem_response
from chalicelib.config import BadSetting, Settings
from chalicelib.domain.retention import Schedule
from infra.build.package import ROOT
from infra.check.packaging import Template

from .reading import Check, Problems, functions, resources, the_api

# None of these names a child, a record, a person or a machine.
_STAGE_ARN = "arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/${RestAPI}/stages/${Live}"
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


_AFTER_THE_LOGS_ROLE = {"logs": {"Fn::If": ["SetsGatewayAccount", {"Ref": "GatewayAccountSettings"}, "set-before"]}}
_MUTUAL_TLS = {"Fn::If": ["HasTruststore", {"TruststoreUri": {"Ref": "TruststoreUri"}}, {"Ref": "AWS::NoValue"}]}
_MAPPING = {
    "Type": "AWS::ApiGateway::BasePathMapping",
    "Condition": "HasDomain",
    "Properties": {
        "DomainName": {"Ref": "Domain"},
        "RestApiId": {"Ref": "RestAPI"},
        "Stage": {"Ref": "RestAPI.Stage"},
    },
}
_CALLED_BY_THE_GATEWAY = {
    "FunctionName": {"Ref": "APIHandler.Alias"},
    "Action": "lambda:InvokeFunction",
    "Principal": "apigateway.amazonaws.com",
    "SourceArn": {
        "Fn::Sub": [
            "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${RestAPIId}/*",
            {"RestAPIId": {"Ref": "RestAPI"}},
        ]
    },
}
_AS_MEANT = {"Architectures": ["arm64"], "Tracing": "Active", "MemorySize": 1024}
_THE_API_AS_MEANT = {
    "AutoPublishAlias": "live",
    "AutoPublishAliasAllProperties": True,
    "SnapStart": {"ApplyOn": {"Ref": "SnapStart"}},
}
# The longest run of each function, in seconds. The gateway gives up after 29; an operator waits about half a minute.
_SECONDS = {"APIHandler": 29, "CloseHistory": 60}
_SECONDS |= dict.fromkeys(
    (
        "Sweep",
        "FindMisuse",
        "AuditExport",
        "RestoreGate",
        "ReplayNotices",
        "SupersedeNhsNumber",
        "Propose",
        "ListShields",
        "LiftShields",
    ),
    900,
)
_ELSE_SECONDS = 28
_TRIED_ONCE = {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 0}


def the_routes_are_those_of_the_app(template: Template) -> Problems:
    paths = the_api(template)["DefinitionBody"]["paths"]
    made = {(path, method.upper()) for path, methods in paths.items() for method in methods}
    written = {(path, method) for path, methods in app.routes.items() for method in methods}
    yield from (f"{method} {path} is only in the template or only in the app" for path, method in made ^ written)


def the_outputs_are_those_that_the_operators_guide_needs(template: Template) -> Problems:
    pages = "\n".join((ROOT / "docs" / f"{page}.md").read_text() for page in ("deploying", "restoring", "operations"))
    named = re.findall(r"<([A-Z]\w+)>|output\s`(\w+)`", pages)
    outputs = template["Outputs"].keys()
    yield from (f"{name} is no output" for name in sorted({"".join(one) for one in named} - outputs))


def the_api_has_one_name(template: Template) -> Problems:
    """The metrics that alarms watch have the name that the gateway uses."""
    api, name = the_api(template), {"Fn::Sub": "knownto-${Stage}"}
    if (api.get("Name"), api["DefinitionBody"]["info"]["title"]) != (name, name):
        yield "the API does not have the name in the alarms"


def every_route_calls_the_alias(template: Template) -> Problems:
    """Otherwise SnapStart and rolling back would have no effect."""
    alias = {"Api": {"Ref": "APIHandler.Alias"}}
    for path, methods in the_api(template)["DefinitionBody"]["paths"].items():
        for method, operation in methods.items():
            target = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
            if not isinstance(target, list) or target[1] != alias or "functions/${Api}/invocations" not in target[0]:
                yield f"{method} {path} calls another version"
    if resources(template, "AWS::Lambda::Permission") != {"APIHandlerInvokePermission": _CALLED_BY_THE_GATEWAY}:
        yield "the gateway may not call the alias, or others may call a function"


def the_functions_have_the_intended_settings(template: Template) -> Problems:
    for name, function in resources(template, "AWS::Serverless::Function").items():
        expected = _AS_MEANT | {"Timeout": _SECONDS.get(name, _ELSE_SECONDS)}
        expected |= _THE_API_AS_MEANT if name == "APIHandler" else {}
        yield from (f"{name}: {key}" for key, value in expected.items() if function.get(key) != value)
        if "ReservedConcurrentExecutions" in function:
            yield f"{name} has a concurrency limit"


def the_environment_holds_the_required_settings(template: Template) -> Problems:
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    settings = {*re.findall(r"KNOWNTO_[A-Z_]+", Settings.__doc__ or "")}
    yield from (f"{name} is only in the template or only in the settings" for name in variables.keys() ^ settings)
    yield from (f"{name} is not set" for name in _required_settings() - variables.keys())
    for name, function in functions(template).items():
        yield from (
            f"{name} sets {own} for itself alone" for own in function.get("Environment", {}).get("Variables", {})
        )


def the_code_can_read_the_retention_parameter(template: Template) -> Problems:
    parameter = template["Parameters"]["Retention"]
    every = msgspec.json.encode(Schedule()).decode().replace(",", ", ")
    for text in (parameter["Default"], *re.findall(r"\{.*\}", parameter["ConstraintDescription"]), every):
        if not re.fullmatch(parameter["AllowedPattern"], text):
            yield f"the parameter refuses {text}"
        try:
            Settings.from_env({**dict.fromkeys(_required_settings(), "some"), "KNOWNTO_RETENTION": text})
        except BadSetting:
            yield f"the code refuses {text}"
    for text in ("", "24", '{"lapse_months": {"x": 1}}', '{"lapse_months": "${Stage}"}', '{"a": 1}\n{"b": 2}'):
        if re.fullmatch(parameter["AllowedPattern"], text):
            yield f"the parameter accepts {text}"


def asynchronous_events_are_retried_as_intended(template: Template) -> Problems:
    """Console functions are tried once and leave nothing. Schedules and streams leave a dead letter that names
    nobody."""
    if template["Globals"]["Function"].get("EventInvokeConfig") != _TRIED_ONCE:
        yield "asynchronous events are kept or tried again"
    letters = {"Fn::GetAtt": ["DeadLetters", "Arn"]}
    for name, function in functions(template).items():
        events = list(function.get("Events", {}).values())
        scheduled = any(event["Type"] in {"Schedule", "ScheduleV2"} for event in events)
        if (function.get("DeadLetterQueue") == {"Type": "SQS", "TargetArn": letters}) is not scheduled:
            yield f"{name}: exactly the schedules must have dead letters"
        if "DestinationConfig" in function.get("EventInvokeConfig", {}):
            yield f"{name}: a destination would hold the event"
        if "EventInvokeConfig" in function and not scheduled:
            yield f"{name}: its retries differ from those of the others"
        for event in events:
            if event["Type"] == "DynamoDB":
                yield from (f"{name}: {problem}" for problem in _stream_problems(event["Properties"], letters))


def _stream_problems(stream: dict[str, Any], letters: dict[str, Any]) -> Problems:
    if stream.get("DestinationConfig") != {"OnFailure": {"Type": "SQS", "Destination": letters}}:
        yield "failed work is lost"
    if stream.get("FunctionResponseTypes") != ["ReportBatchItemFailures"] or not stream.get("MaximumRetryAttempts"):
        yield "one bad record fails its batch, or stops the shard for a day"


def access_logs_name_nobody(template: Template) -> Problems:
    setting = the_api(template)["AccessLogSetting"]
    if not setting["DestinationArn"]["Fn::Sub"].endswith(":log-group:${GatewayLogs}"):
        yield "wrong log group"
    form = setting["Format"]["Fn::Sub"]
    if any(not isinstance(value, str) for value in json.loads(form).values()):
        yield "not a flat JSON object"
    yield from (f"logs {name}" for name in set(re.findall(r"\$context\.([\w.]+)", form)) - _ACCESS_LOG_MAY_HOLD)
    if re.search(r"\$(input|stageVariables|method)", form):
        yield "logs what was sent"


def the_stage_is_guarded(template: Template) -> Problems:
    api = the_api(template)
    [settings] = api["MethodSettings"]
    if (settings["HttpMethod"], settings["ResourcePath"]) != ("*", "/*"):
        yield "not the same for every route"
    if (settings.get("ThrottlingRateLimit"), settings.get("ThrottlingBurstLimit")) != (200, 400):
        yield "the throttle differs from docs/alarms.md"
    if api.get("Variables") != _AFTER_THE_LOGS_ROLE:
        yield "the stage may be made before the gateway may write logs"
    if settings.get("LoggingLevel") != "OFF" or settings.get("DataTraceEnabled") is not False:
        yield "execution logs hold paths and tokens"
    if api["EndpointConfiguration"] != {"Type": "REGIONAL"}:
        yield "not regional"
    if api.get("OpenApiVersion") is None:
        yield "SAM makes a second, unguarded stage"
    for association in resources(template, "AWS::WAFv2::WebACLAssociation").values():
        if association["ResourceArn"]["Fn::Sub"][1] == {"Live": {"Ref": "RestAPI.Stage"}}:
            return
    yield "no firewall"


def mutual_tls_cannot_be_avoided(template: Template) -> Problems:
    """With a domain, callers reach the API only through it, and it checks certificates against the trust store."""
    api = the_api(template)
    domain = template["Resources"]["Domain"]
    if domain["Condition"] != "HasDomain" or domain["Properties"]["DomainName"] != {"Ref": "DomainName"}:
        yield "the domain is not that of the parameters"
    if domain["Properties"].get("MutualTlsAuthentication") != _MUTUAL_TLS:
        yield "no client certificate is needed"
    if domain["Properties"].get("SecurityPolicy") != "TLS_1_2":
        yield "accepts old TLS"
    if template["Resources"].get("DomainMapping") != _MAPPING:
        yield "the domain has no mapping"
    if api["DisableExecuteApiEndpoint"] != {"Fn::If": ["HasDomain", True, False]}:
        yield "the old address stays open"
    if api["DefinitionBody"].get("x-known-to-domain") != {"Ref": "DomainName"}:
        yield "the old address stays open until another deployment of the API"


def only_lookups_are_traced_and_few_of_them(template: Template) -> Problems:
    """X-Ray's default rule would trace every request of a quiet service, and cost as much as the database."""
    if the_api(template).get("TracingEnabled") is not True:
        yield "not traced"
    rules = [made["SamplingRule"] for made in resources(template, "AWS::XRay::SamplingRule").values()]
    lookups, others = sorted(rules, key=lambda rule: rule["Priority"])
    if not 0 < lookups["FixedRate"] <= 0.05 or lookups["ReservoirSize"] != 0:
        yield "too many requests are traced"
    if (lookups["HTTPMethod"], lookups["URLPath"]) != ("POST", "*/v1/lookups"):
        yield "traces contain references"
    if (others["FixedRate"], others["ReservoirSize"], others["HTTPMethod"], others["URLPath"]) != (0, 0, "*", "*"):
        yield "traces of other calls contain references and cursors"
    for rule in rules:
        if rule["ResourceARN"]["Fn::Sub"] != [_STAGE_ARN, {"Live": {"Ref": "RestAPI.Stage"}}]:
            yield "samples other APIs too"
        if {rule[name] for name in ("ServiceName", "ServiceType", "Host")} != {"*"}:
            yield "the rule misses a call"


def the_gateway_answers_in_our_words(template: Template) -> Problems:
    responses = the_api(template)["GatewayResponses"]
    expected = {
        "MISSING_AUTHENTICATION_TOKEN": "no_such_route",
        "INVALID_SIGNATURE": "no_such_route",
        "REQUEST_TOO_LARGE": "too_large",
        "UNSUPPORTED_MEDIA_TYPE": "unsupported_media_type",
        "RESOURCE_NOT_FOUND": "no_such_route",
        "THROTTLED": "too_many_requests",
        "WAF_FILTERED": "forbidden",
        "DEFAULT_4XX": "forbidden",
        "INTEGRATION_TIMEOUT": "cannot_answer",
        "INTEGRATION_FAILURE": "cannot_answer",
        "DEFAULT_5XX": "cannot_answer",
    }
    documented = set(
        re.findall(r"^\| `([a-z0-9_]+)` \| \d{3}", (ROOT / "docs" / "errors.md").read_text(), re.MULTILINE)
    )
    yield from (f"{kind} has the gateway's own answer" for kind in expected.keys() - responses)
    for kind, response in responses.items():
        body = json.loads(response["ResponseTemplates"]["application/json"])
        code = body["code"]
        if code not in PROBLEMS or code not in documented or expected.get(kind, code) != code:
            yield f"{kind}: {code} is not the intended code"
        elif body != json.loads(problem_response(code, "$context.requestId").body):
            yield f"{kind}: the words differ from problems.py"
        elif response["StatusCode"] != PROBLEMS[code].status:
            yield f"{kind}: the status differs from its body"
        headers = response["ResponseParameters"]["Headers"]
        needed = {
            "Content-Type": f"'{MEDIA_TYPE}'",
            "Cache-Control": "'no-store'",
            "X-Content-Type-Options": "'nosniff'",
        }
        if not headers.items() >= {**needed, "X-Correlation-ID": "context.requestId"}.items():
            yield f"{kind}: without our headers"
        if ("Retry-After" in headers) != (body["status"] in {429, 503}):
            yield f"{kind}: wrong Retry-After"


def _required_settings() -> set[str]:
    """Adds each setting that Settings misses, until it is complete."""
    environ: dict[str, str] = {}
    while True:
        try:
            Settings.from_env(environ)
        except BadSetting as missing:
            environ[str(missing).removesuffix(" is not set")] = "some"
        else:
            return set(environ)


CHECKS: list[Check] = [
    the_routes_are_those_of_the_app,
    the_outputs_are_those_that_the_operators_guide_needs,
    the_api_has_one_name,
    every_route_calls_the_alias,
    the_functions_have_the_intended_settings,
    the_environment_holds_the_required_settings,
    the_code_can_read_the_retention_parameter,
    asynchronous_events_are_retried_as_intended,
    access_logs_name_nobody,
    the_stage_is_guarded,
    mutual_tls_cannot_be_avoided,
    only_lookups_are_traced_and_few_of_them,
    the_gateway_answers_in_our_words,
]
