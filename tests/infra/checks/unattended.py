"""Promises about unattended functions: they see what they must see, and their failures are reported."""

from typing import Any

from infra.check.packaging import Template

from .reading import Check, Problems, functions, resources

_INSERTED = '{"eventName": ["INSERT"], "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "C#"}, {"prefix": "A#"}]}}}}'
_HEADS_NOTICES_MARKS = '{"dynamodb": {"Keys": {"sk": {"S": ["HEAD", {"prefix": "N#"}, {"prefix": "D#"}]}}}}'
# function -> the table whose stream it reads, and the changes that it does not need
_WATCHERS = {
    "watch_involvements": ("InvolvementsTable", None),
    "watch_access": ("AccessTable", None),
    "watch_registry": ("RegistryTable", None),
    "watch_notices": ("NoticesTable", _HEADS_NOTICES_MARKS),
    "post_notices": ("AccessTable", _INSERTED),
    "gather_leaves": ("AccessTable", '{"eventName": ["INSERT"]}'),
}
# Its code puts aside what can never succeed, so whatever else fails is tried until the stream drops it.
_NEVER_SKIPS = {"gather_leaves"}
_FIRST_TO_LAST = "TRIM_HORIZON"


def watchers_miss_no_record_and_skip_failing_ones(template: Template) -> Problems:
    for name, (table, spared) in _WATCHERS.items():
        feed = _feed(template, name)
        if feed["Stream"] != {"Fn::GetAtt": [table, "StreamArn"]} or feed["StartingPosition"] != _FIRST_TO_LAST:
            yield f"{name} does not see every change of {table}"
        if feed.get("FilterCriteria") != (None if spared is None else {"Filters": [{"Pattern": spared}]}):
            yield f"{name} has another filter than intended"
        if feed.get("Enabled", True) is not True:
            yield f"{name} is off"
        if name in _NEVER_SKIPS:
            if feed.get("MaximumRetryAttempts") != -1:
                yield f"{name} skips what failed"
        elif feed.get("BisectBatchOnFunctionError") is not True or not 0 < feed.get("MaximumRetryAttempts", -1) <= 100:
            yield f"{name}: one bad record stops the stream"


def the_sweep_runs_every_hour_and_a_missing_one_raises_an_alarm(template: Template) -> Problems:
    sweep = functions(template)["sweep"]
    [schedule] = sweep["Events"].values()
    if (schedule["Type"], schedule["Properties"]["Schedule"]) != ("Schedule", "rate(1 hour)"):
        yield "it does not run every hour"
    if schedule["Properties"].get("Enabled", True) is not True or schedule["Properties"].get("State") == "DISABLED":
        yield "it never runs"
    silent = resources(template, "AWS::CloudWatch::Alarm")["SweepSilentAlarm"]
    heard = {name: silent[name] for name in ("MetricName", "ComparisonOperator", "Threshold", "TreatMissingData")}
    expected = {"MetricName": "Sweeps", "ComparisonOperator": "LessThanThreshold", "Threshold": 1}
    if heard != {**expected, "TreatMissingData": "breaching"}:
        yield "a missing sweep raises no alarm"
    if silent["Period"] * silent["EvaluationPeriods"] != 26 * 3600:
        yield "the alarm is not after 26 hours"


def the_history_is_closed_every_minute_and_a_missing_checkpoint_raises_an_alarm(template: Template) -> Problems:
    [schedule] = functions(template)["close_history"]["Events"].values()
    if (schedule["Type"], schedule["Properties"]["Schedule"]) != ("Schedule", "rate(1 minute)"):
        yield "it does not run every minute"
    if schedule["Properties"].get("Enabled", True) is not True or schedule["Properties"].get("State") == "DISABLED":
        yield "it never runs"
    silent = resources(template, "AWS::CloudWatch::Alarm")["HistorySilentAlarm"]
    heard = {name: silent[name] for name in ("MetricName", "ComparisonOperator", "Threshold", "TreatMissingData")}
    expected = {"MetricName": "CheckpointsClosed", "ComparisonOperator": "LessThanThreshold", "Threshold": 1}
    if heard != {**expected, "TreatMissingData": "breaching"}:
        yield "a missing checkpoint raises no alarm"


def dead_letters_are_encrypted_at_rest_and_in_transit(template: Template) -> Problems:
    queue = resources(template, "AWS::SQS::Queue")["DeadLetters"]
    if queue.get("KmsMasterKeyId") != {"Fn::GetAtt": ["LogsKey", "Arn"]}:
        yield "not encrypted"
    if queue.get("MessageRetentionPeriod") != 14 * 24 * 3600:
        yield "not kept for fourteen days"
    policies = resources(template, "AWS::SQS::QueuePolicy").values()
    refused = [(s["Effect"], s.get("Condition")) for p in policies for s in p["PolicyDocument"]["Statement"]]
    if refused != [("Deny", {"Bool": {"aws:SecureTransport": False}})]:
        yield "sent in clear, or others may send"


def the_expiry_promise_has_an_early_alarm(template: Template) -> Problems:
    """Data leaves the live tables within 72 hours, and the backups within 7 more days: docs/expiry.md."""
    alarms = resources(template, "AWS::CloudWatch::Alarm")
    for name, (metric, most) in {
        "ExpiryLateAlarm": ("OldestOverdueHours", 48),
        "TtlCanaryAlarm": ("TtlCanaryHours", 72),
        "TtlOffAlarm": ("TtlOff", 1),
    }.items():
        made = alarms[name]
        if (made["MetricName"], made["Statistic"], made["Threshold"]) != (metric, "Maximum", most):
            yield f"{name} comes too late, or never"
        if made["Period"] < 3600:
            yield f"{name} ends between two sweeps"
    for name, table in resources(template, "AWS::DynamoDB::Table").items():
        if table["PointInTimeRecoverySpecification"]["RecoveryPeriodInDays"] != 7:
            yield f"{name} is kept longer in backups"


def _feed(template: Template, name: str) -> dict[str, Any]:
    [event] = functions(template)[name]["Events"].values()
    properties: dict[str, Any] = event["Properties"]
    return properties


CHECKS: list[Check] = [
    watchers_miss_no_record_and_skip_failing_ones,
    the_sweep_runs_every_hour_and_a_missing_one_raises_an_alarm,
    the_history_is_closed_every_minute_and_a_missing_checkpoint_raises_an_alarm,
    dead_letters_are_encrypted_at_rest_and_in_transit,
    the_expiry_promise_has_an_early_alarm,
]
