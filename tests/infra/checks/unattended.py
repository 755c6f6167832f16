"""Promises about unattended functions: they see what they must see, and their failures are reported."""

import re
from typing import Any

from chalicelib.adapters.dynamodb.schema import STREAMS, TABLE_OF
from chalicelib.adapters.dynamodb.stream_readers import READERS
from chalicelib.adapters.unattended.pulses import PULSES
from infra.check.packaging import Template

from .reading import Check, Problems, functions, listed, resources, role_of, statements

_TO_DEAD_LETTERS = {"OnFailure": {"Type": "SQS", "Destination": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}}
_WITHOUT_PULSES = {"registry"}  # every item there is an authority


def watchers_miss_no_record_and_wait_while_aws_is_away(template: Template) -> Problems:
    """The hourly check compares the running stage with the same expectations."""
    for name, reader in READERS.items():
        feed = dict(_feed(template, name))
        expected = {
            **reader.mapping(),
            "Stream": {"Fn::GetAtt": [f"{reader.table.capitalize()}Table", "StreamArn"]},
            "DestinationConfig": _TO_DEAD_LETTERS,
            "MetricsConfig": {"Metrics": ["EventCount"]},
        }
        if reader.patterns:
            expected["FilterCriteria"] = {"Filters": [{"Pattern": pattern} for pattern in reader.patterns]}
        if feed.pop("Enabled", True) is not True:
            yield f"{name} is off"
        yield from (f"{name}: {key}" for key in feed.keys() | expected if feed.get(key) != expected.get(key))
    if _shared_setting(template, "KNOWNTO_DEAD_LETTERS") != {"Ref": "DeadLetters"}:
        yield "a bad record cannot be put aside"


def every_stream_has_a_reader_and_gets_a_pulse(template: Template) -> Problems:
    """The pulses run every hour."""
    if {reader.table for reader in READERS.values()} != STREAMS.keys():
        yield "a stream without a reader, or a reader without a stream"
    heard = {reader.table for reader in READERS.values() if reader.pulses is not None}
    if sorted(TABLE_OF[model] for model in PULSES) != sorted(heard) or STREAMS.keys() - heard != _WITHOUT_PULSES:
        yield "a stream without a pulse"
    yield from _runs_every_hour(template, "send_pulses")


def the_sweep_runs_every_hour_and_a_missing_one_raises_an_alarm(template: Template) -> Problems:
    yield from _runs_every_hour(template, "sweep")
    silent = resources(template, "AWS::CloudWatch::Alarm")["SweepSilentAlarm"]
    heard = {name: silent[name] for name in ("MetricName", "ComparisonOperator", "Threshold", "TreatMissingData")}
    expected = {"MetricName": "Sweeps", "ComparisonOperator": "LessThanThreshold", "Threshold": 1}
    if heard != {**expected, "TreatMissingData": "breaching"}:
        yield "a missing sweep raises no alarm"
    if silent["Period"] * silent["EvaluationPeriods"] != 26 * 3600:
        yield "the alarm is not after 26 hours"


def misuse_is_looked_for_every_hour_and_silence_raises_an_alarm(template: Template) -> Problems:
    """There is work once a day. What one run leaves undone, the next one does."""
    yield from _runs_every_hour(template, "find_misuse")
    silent = resources(template, "AWS::CloudWatch::Alarm")["MisuseSilentAlarm"]
    heard = {name: silent[name] for name in ("MetricName", "ComparisonOperator", "Threshold", "TreatMissingData")}
    expected = {"MetricName": "MisuseRuns", "ComparisonOperator": "LessThanThreshold", "Threshold": 1}
    if heard != {**expected, "TreatMissingData": "breaching"}:
        yield "nobody hears that nobody looks"


def settings_are_checked_every_hour_by_a_function_that_changes_nothing(template: Template) -> Problems:
    yield from _runs_every_hour(template, "check_settings")
    for statement in statements(role_of(template, "check_settings")):
        for action in listed(statement["Action"]):
            if action.partition(":")[0] in {"dynamodb", "lambda"} and not re.search(r":(Describe|List)", action):
                yield f"it may do more than describe: {action}"


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
        "SettingsWrongAlarm": ("SettingsWrong", 1),
    }.items():
        made = alarms[name]
        if (made["MetricName"], made["Statistic"], made["Threshold"]) != (metric, "Maximum", most):
            yield f"{name} comes too late, or never"
        if made["Period"] < 3600:
            yield f"{name} ends between two sweeps"
    for name, table in resources(template, "AWS::DynamoDB::Table").items():
        if table["PointInTimeRecoverySpecification"]["RecoveryPeriodInDays"] != 7:
            yield f"{name} is kept longer in backups"


def _runs_every_hour(template: Template, name: str) -> Problems:
    [schedule] = functions(template)[name]["Events"].values()
    if (schedule["Type"], schedule["Properties"]["Schedule"]) != ("Schedule", "rate(1 hour)"):
        yield f"{name} does not run every hour"
    if schedule["Properties"].get("Enabled", True) is not True or schedule["Properties"].get("State") == "DISABLED":
        yield f"{name} never runs"


def _shared_setting(template: Template, name: str) -> Any:
    return template["Globals"]["Function"]["Environment"]["Variables"].get(name)


def _feed(template: Template, name: str) -> dict[str, Any]:
    [event] = functions(template)[name]["Events"].values()
    properties: dict[str, Any] = event["Properties"]
    return properties


CHECKS: list[Check] = [
    watchers_miss_no_record_and_wait_while_aws_is_away,
    every_stream_has_a_reader_and_gets_a_pulse,
    the_sweep_runs_every_hour_and_a_missing_one_raises_an_alarm,
    misuse_is_looked_for_every_hour_and_silence_raises_an_alarm,
    settings_are_checked_every_hour_by_a_function_that_changes_nothing,
    the_history_is_closed_every_minute_and_a_missing_checkpoint_raises_an_alarm,
    dead_letters_are_encrypted_at_rest_and_in_transit,
    the_expiry_promise_has_an_early_alarm,
]
