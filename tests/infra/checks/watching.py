"""Promises about alarms and dashboard: they show what the code counts."""

import json
import re
from functools import cache
from typing import Any

from chalicelib.adapters.dynamodb.stream_readers import READERS
from chalicelib.adapters.telemetry import NAMESPACE, SERVICE
from chalicelib.application.unattended.find_misuse import METRICS
from infra.build.package import ROOT
from infra.check.packaging import Template

from .allowed import UNDER
from .reading import Check, Problems, resources
from .trail import RULES

_METRICS_OF_AWS = {
    "AWS/Lambda": {"Errors", "Throttles", "Duration", "Invocations", "IteratorAge", "DroppedEventCount"},
    "AWS/ApiGateway": {"Count", "4XXError", "5XXError", "Latency"},
    "AWS/DynamoDB": {
        "ReadThrottleEvents",
        "WriteThrottleEvents",
        "ConsumedReadCapacityUnits",
        "ConsumedWriteCapacityUnits",
    },
    "AWS/SQS": {"ApproximateNumberOfMessagesVisible"},
    "AWS/Events": {"FailedInvocations", "Invocations"},
    "AWS/WAFV2": {"BlockedRequests"},
    "AWS/Logs": {"IncomingBytes"},
}
# Metrics that need an alarm each. Whoever adds a metric decides.
_NOT_ALARMING = {
    "Latency",
    "LookupsKnown",
    "LookupsNone",
    "EntriesCurrent",
    "EntriesUnconfirmed",
    "EntriesPrevious",
    "OutcomesReached",
    "OutcomesNotReached",
    "OutcomesCounted",
    "ContactNotices",
    "SoftLimitPassed",
    "Registrations",
    "RegistrationsUnchanged",
    "BatchRows",
    "BatchRowsRefused",  # the authority gets each row's error; ours count as Unavailable too
    "BatchRowsNotAttempted",
    "RecordsRefused",  # ManyRecords counts them too
    "Amendments",
    "UnusualDates",  # accepted: an evaluator sees how often
    "Withdrawals",
    "Shields",
    "RecordsUndecided",  # the owner gets a notice every day
    "UndecidedNotices",
    "NumbersRefused",
    "NoticesPosted",
    "LeavesSealed",
    "CheckpointsUnread",  # the answer says all the rest; history-silent rings if there is none
    "NoticesShown",
    "RegistryChanges",  # each sends a message of its own
    "SNSFailures",  # tried again; if that fails, it becomes a dead letter
    "Operations",
    "OperationsRefused",
    "LambdaFailures",  # while switching off, the operator sees the error; settings that go unchecked have an alarm
    "Expired",
    "ExpiredByTtl",
    "LapseNotices",
    "MisuseFailures",  # tried again in an hour; if that fails, misuse-silent rings
    "FoundVolume",  # the authority's guardian reads it; findings-unread rings if nobody does
    "FoundNoWork",
    "FoundUnusualHours",
    "FoundNothing",
    "FoundSameChild",
    "FoundRotatingIds",
    "FoundSharedToken",
    "FoundMassShields",
    "FoundShieldAfterLookup",
    "FoundHidingPlace",
    "FoundPassedAround",
    "SweepFailures",  # tried again in an hour; if that fails, a record grows old or the sweep stops
    "SweepsUnfinished",
    "StreamRecordsFailed",  # AWS is away: tried again until the stream record is old
    "StreamRecordsPutAside",  # each one is a dead letter
    "SQSFailures",  # the stream record is tried again
    "TransactionConflicts",  # retried; if that fails, it counts as Unavailable
}

# No alarm on the time of these operations: only operators and schedules wait for them.
_NO_CALLER_WAITS_FOR = {
    "batch_get_item",
    "delete_item",
    "describe_key",
    "disable_key",
    "generate_data_key_without_plaintext",
    "get_public_key",
    "schedule_key_deletion",
    "sign",
}
# What a search for metrics of each sector looks like.
_SEARCH = rf"""SEARCH\('{{{NAMESPACE},sector,service,stage}} MetricName="(\w+)" stage="\$\{{Stage\}}"', '\w+', \d+\)"""
_MOST_METRICS = 10  # in one alarm: a hard limit of CloudWatch
_AT_ONCE = ("Sum", ">=", 1, 300, 1)
_BY_THE_HOUR = "Maximum", ">="
_TWO_HOURS = ("Sum", "<", 1, 3600, 2)
# alarm -> statistic (or expression and statistic), comparison, threshold, seconds, periods. All others go off at once.
_RINGS: dict[str, tuple[Any, ...]] = {
    "UnavailableAlarm": ("Sum", ">=", 5, 300, 1),
    "RefusalsSpikeAlarm": ("Sum", ">=", 100, 300, 1),
    "FirewallBlocksAlarm": ("Sum", ">=", 100, 300, 1),
    "UsageFailuresAlarm": ("Sum", ">=", 10, 300, 1),
    "ExpiryLateAlarm": (*_BY_THE_HOUR, 48, 3600, 1),
    "TtlCanaryAlarm": (*_BY_THE_HOUR, 72, 3600, 1),
    "SettingsWrongAlarm": (*_BY_THE_HOUR, 1, 3600, 1),
    "SettingsUncheckedAlarm": ("Sum", "<", 1, 3600, 3),
    "SweepLeftAlarm": ("Sum", ">=", 1, 3600, 1),
    "BrokerDeskMissingAlarm": ("Sum", ">=", 1, 3600, 1),
    "SweepSilentAlarm": ("Sum", "<", 1, 3600, 26),
    "MisuseSilentAlarm": ("Sum", "<", 1, 3600, 26),
    "FindingsUnreadAlarm": ("Sum", ">=", 1, 86_400, 1),
    "WatchInvolvementsSilentAlarm": _TWO_HOURS,
    "WatchAccessSilentAlarm": _TWO_HOURS,
    "PostNoticesSilentAlarm": _TWO_HOURS,
    "WatchNoticesSilentAlarm": _TWO_HOURS,
    "GatherLeavesSilentAlarm": _TWO_HOURS,
    "StreamRecordsDroppedAlarm": ("SUM(METRICS()) of Sum", ">=", 1, 300, 1),
    "StreamsLateAlarm": ("MAX(METRICS()) of Maximum", ">=", 3_600_000, 300, 1),
    "HistorySilentAlarm": ("Sum", "<", 1, 300, 1),
    "LeavesLateAlarm": (*_BY_THE_HOUR, 300_000, 300, 1),
    "NoticesLateAlarm": (*_BY_THE_HOUR, 900_000, 300, 1),
    "ApiSlowAlarm": ("p99", ">=", 3_000, 300, 3),
    "DeadLettersAlarm": (*_BY_THE_HOUR, 1, 300, 1),
    "BreakGlassUsedAlarm": ("Sum", ">=", 1, 3600, 1),
    "UntoldAlarm": ("SUM(METRICS()) of Sum", ">=", 1, 300, 1),
    "TableReadThrottlesAlarm": ("SUM(METRICS()) of Sum", ">=", 1, 300, 1),
    "TableWriteThrottlesAlarm": ("SUM(METRICS()) of Sum", ">=", 1, 300, 1),
}
_TABLES = sorted(UNDER.keys() - {"RestoredTable"})
_OF_THE_API = [{"FunctionName": {"Ref": "APIHandler"}}]
# alarm on an AWS metric -> the dimensions of each of its metrics
_OF_WHAT: dict[str, list[dict[str, Any]]] = {
    "StreamRecordsDroppedAlarm": [
        {"EventSourceMappingUUID": {"Ref": f"{name}{name}DynamodbEventSource"}}
        for name in (name.replace("_", " ").title().replace(" ", "") for name in READERS)
    ],
    "StreamsLateAlarm": [
        {"FunctionName": {"Ref": name}}
        for name in ("WatchInvolvements", "WatchAccess", "WatchRegistry", "WatchNotices")
    ],
    "LeavesLateAlarm": [{"FunctionName": {"Ref": "GatherLeaves"}}],
    "NoticesLateAlarm": [{"FunctionName": {"Ref": "PostNotices"}}],
    "ApiErrorsAlarm": _OF_THE_API,
    "ApiThrottlesAlarm": _OF_THE_API,
    "ApiSlowAlarm": _OF_THE_API,
    "GatewayServerErrorsAlarm": [{"ApiName": {"Fn::Sub": "knownto-${Stage}"}, "Stage": "live"}],
    "GatewayThrottlesAlarm": [{"stage": {"Ref": "Stage"}}],
    "DeadLettersAlarm": [{"QueueName": {"Fn::GetAtt": ["DeadLetters", "QueueName"]}}],
    "BreakGlassUsedAlarm": [{"RuleName": {"Ref": "BreakGlassUsed"}}],
    "UntoldAlarm": [{"RuleName": {"Ref": name}} for name in RULES],
    "FirewallBlocksAlarm": [
        {"WebACL": {"Fn::Sub": "knownto-${Stage}"}, "Region": {"Ref": "AWS::Region"}, "Rule": "ALL"}
    ],
    "TableReadThrottlesAlarm": [{"TableName": {"Ref": name}} for name in _TABLES],
    "TableWriteThrottlesAlarm": [{"TableName": {"Ref": name}} for name in _TABLES],
}
_COMPARISONS = {"GreaterThanOrEqualToThreshold": ">=", "LessThanThreshold": "<"}
_BY_EMAIL = {
    "Type": "AWS::SNS::Subscription",
    "Condition": "HasAlarmEmail",
    "Properties": {"TopicArn": {"Ref": "AlarmTopic"}, "Protocol": "email", "Endpoint": {"Ref": "AlarmEmail"}},
}
_IN_CLEAR = {"Bool": {"aws:SecureTransport": False}}
# These go off when there is no data.
_MUST_BE_HEARD = {
    "SweepSilentAlarm",
    "MisuseSilentAlarm",
    "SettingsUncheckedAlarm",
    "WatchInvolvementsSilentAlarm",
    "WatchAccessSilentAlarm",
    "PostNoticesSilentAlarm",
    "WatchNoticesSilentAlarm",
    "GatherLeavesSilentAlarm",
    "HistorySilentAlarm",
}


def alarms_watch_what_is_counted(template: Template) -> Problems:
    for name, alarm in resources(template, "AWS::CloudWatch::Alarm").items():
        for metric in _metrics(alarm):
            dimensions = {d["Name"]: d["Value"] for d in metric["Dimensions"]}
            yield from _unknown_metric(name, template, metric["Namespace"], metric["MetricName"], dimensions)


def alarms_on_aws_metrics_have_the_right_dimensions(template: Template) -> Problems:
    """CloudWatch accepts any dimension, and one that does not exist never has data."""
    watched = {
        name: [{d["Name"]: d["Value"] for d in metric["Dimensions"]} for metric in _metrics(alarm)]
        for name, alarm in resources(template, "AWS::CloudWatch::Alarm").items()
        if any(metric["Namespace"] != NAMESPACE for metric in _metrics(alarm))
    }
    for name in sorted(watched.keys() | _OF_WHAT):
        if _in_order(watched.get(name, [])) != _in_order(_OF_WHAT.get(name, [])):
            yield f"{name} is missing, or watches something else"


def _in_order(dimensions: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(one, sort_keys=True) for one in dimensions)


def _metrics(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    return [metric["MetricStat"]["Metric"] for metric in alarm.get("Metrics", []) if "MetricStat" in metric] or [alarm]


def whatever_should_wake_somebody_has_an_alarm(template: Template) -> Problems:
    alarms = resources(template, "AWS::CloudWatch::Alarm").values()
    watched = {alarm.get("MetricName") for alarm in alarms if alarm.get("Namespace") == NAMESPACE}
    yield from (f"{name} has no alarm" for name in sorted(counted_metrics() - _NOT_ALARMING - watched))


def every_alarm_has_its_threshold(template: Template) -> Problems:
    for name, alarm in resources(template, "AWS::CloudWatch::Alarm").items():
        [*metrics] = (metric for metric in alarm.get("Metrics", []) if "MetricStat" in metric)
        if len(metrics) > _MOST_METRICS:
            yield f"{name} has more metrics than CloudWatch allows"
        if _threshold_of(alarm) != _RINGS.get(name, _AT_ONCE) or "DatapointsToAlarm" in alarm:
            yield f"{name} has another threshold: {_threshold_of(alarm)}"
    [throttled] = resources(template, "AWS::Logs::MetricFilter").values()
    [counted] = throttled["MetricTransformations"]
    source = throttled["LogGroupName"], throttled["FilterPattern"], counted.get("Dimensions")
    if source != ({"Ref": "GatewayLogs"}, '{ $.errorType = "THROTTLED" }', [{"Key": "stage", "Value": "$.stage"}]):
        yield "the gateway's throttling is not counted"


def _threshold_of(alarm: dict[str, Any]) -> tuple[Any, ...]:
    statistic, seconds = alarm.get("Statistic") or alarm.get("ExtendedStatistic"), alarm.get("Period")
    if "Metrics" in alarm:
        [expression] = (metric["Expression"] for metric in alarm["Metrics"] if "Expression" in metric)
        [(stat, seconds)] = {
            (metric["MetricStat"]["Stat"], metric["MetricStat"]["Period"])
            for metric in alarm["Metrics"]
            if "MetricStat" in metric
        }
        statistic = f"{expression} of {stat}"
    comparison = _COMPARISONS.get(alarm["ComparisonOperator"])
    return statistic, comparison, alarm["Threshold"], seconds, alarm["EvaluationPeriods"]


def every_alarm_reaches_the_topic(template: Template) -> Problems:
    topic = [{"Ref": "AlarmTopic"}]
    statements = resources(template, "AWS::SNS::TopicPolicy")["AlarmTopicPolicy"]["PolicyDocument"]["Statement"]
    published = [s["Principal"]["Service"] for s in statements if s["Effect"] == "Allow"]
    if [s["Condition"] for s in statements if s["Effect"] == "Deny"] != [_IN_CLEAR]:
        yield "published in clear"
    if published != ["cloudwatch.amazonaws.com", "events.amazonaws.com"]:
        yield "the alarms cannot publish"
    for name, alarm in resources(template, "AWS::CloudWatch::Alarm").items():
        if alarm.get("OKActions") != topic:
            yield f"{name} sends no message at its end"
        if alarm.get("AlarmActions") != topic or alarm.get("ActionsEnabled", True) is not True:
            yield f"{name} does not reach the topic"
        no_data = "breaching" if name in _MUST_BE_HEARD else "notBreaching"
        if not alarm.get("AlarmDescription") or alarm.get("TreatMissingData") != no_data:
            yield f"{name} has no description, or goes off without data"
    if template["Resources"].get("AlarmEmailSubscription") != _BY_EMAIL:
        yield "nobody gets mail"
    if "KmsMasterKeyId" not in resources(template, "AWS::SNS::Topic")["AlarmTopic"]:
        yield "the topic is not encrypted"


def the_dashboard_shows_what_is_counted(template: Template) -> Problems:
    text = resources(template, "AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"]
    known = template["Resources"].keys() | template["Parameters"].keys() | {"AWS::Region"}
    yield from (f"{name} does not exist" for name in set(re.findall(r"\$\{([^}]+)\}", text)) - known)
    shown: set[str] = set()
    searched: set[str] = set()
    for widget in json.loads(text)["widgets"]:
        for metric in widget["properties"]["metrics"]:
            if isinstance(metric[0], dict):
                searched |= set(re.findall(_SEARCH, metric[0]["expression"]))
            if isinstance(metric[0], str):
                names = [part for part in metric if isinstance(part, str)]
                dimensions: dict[str, Any] = dict(zip(names[2::2], names[3::2], strict=True))
                yield from _unknown_metric("dashboard", template, names[0], names[1], dimensions)
                shown.add(names[1])
    yield from (f"{name} is not shown" for name in sorted(counted_metrics() - shown))
    yield from (f"{name} is not shown" for name in sorted(step_metrics() - shown))
    yield from (f"{name} is not shown by sector" for name in sorted(sector_metrics() - searched))
    yield from (f"dashboard: nobody counts {name} by sector" for name in sorted(searched - sector_metrics()))


@cache
def _source() -> str:
    return "\n".join(path.read_text() for path in sorted((ROOT / "chalicelib").rglob("*.py")))


@cache
def counted_metrics() -> frozenset[str]:
    """Returns all that the code meters, `<service>Failures` of each service that it calls, and the request's time."""
    calls = re.findall(r"\bmeter\(([^)\n]*)\)", _source())
    named = {name for call in calls for name in re.findall(r'(?<!f)"([A-Z]\w+)"', call)} | set(METRICS.values())
    services = set(re.findall(r'aws_errors\("(\w+)"\)', _source()))
    pulses = {reader.pulses for reader in READERS.values() if reader.pulses is not None}
    return frozenset(named | {f"{service}Failures" for service in services} | pulses | {"Latency"})


@cache
def sector_metrics() -> frozenset[str]:
    """Returns the metrics with the further dimension `sector`. A search finds them, whatever sectors there are."""
    return frozenset(re.findall(r'\bmeter_sector\("([A-Z]\w+)"', _source()))


@cache
def step_metrics() -> frozenset[str]:
    """Returns the time metrics of the AWS operations that callers wait for."""
    operations = set(re.findall(r"self\._(?:client|kms)\.([a-z_]+)\(", _source())) - _NO_CALLER_WAITS_FOR
    return frozenset("".join(map(str.capitalize, operation.split("_"))) + "Latency" for operation in operations)


def _unknown_metric(where: str, template: Template, namespace: str, name: str, dimensions: dict[str, Any]) -> Problems:
    if namespace == NAMESPACE:
        stage = dimensions.get("stage")
        if dimensions.keys() != {"service", "stage"} or dimensions["service"] != SERVICE:
            yield f"{where}: {name} has other dimensions"
        if stage not in ({"Ref": "Stage"}, "${Stage}") or name not in counted_metrics() | step_metrics():
            yield f"{where}: nobody counts {name}"
    elif namespace == f"{NAMESPACE}/Gateway":
        filters = resources(template, "AWS::Logs::MetricFilter").values()
        made = [made for filtered in filters for made in filtered["MetricTransformations"]]
        if not any(m["MetricNamespace"] == namespace and m["MetricName"] == name for m in made):
            yield f"{where}: nobody counts {name}"
    elif name not in _METRICS_OF_AWS.get(namespace, set()):
        yield f"{where}: AWS does not count {namespace} {name}"


CHECKS: list[Check] = [
    alarms_watch_what_is_counted,
    alarms_on_aws_metrics_have_the_right_dimensions,
    whatever_should_wake_somebody_has_an_alarm,
    every_alarm_has_its_threshold,
    every_alarm_reaches_the_topic,
    the_dashboard_shows_what_is_counted,
]
