"""Sabotage of what runs unattended."""

from typing import Any

from infra.check.packaging import Template

from ..checks import unattended, watching
from .parts import Sabotage, policy_of, properties_of


def stream_mapping(template: Template, name: str) -> dict[str, Any]:
    [event] = properties_of(template, name)["Events"].values()
    properties: dict[str, Any] = event["Properties"]
    return properties


def _a_stream_mapping_that_starts_at_the_end(template: Template) -> None:
    stream_mapping(template, "WatchInvolvements")["StartingPosition"] = "LATEST"


def _a_stream_of_another_table(template: Template) -> None:
    stream_mapping(template, "WatchAccess")["Stream"] = {"Fn::GetAtt": ["InvolvementsTable", "StreamArn"]}


def _removals_filtered_away(template: Template) -> None:
    patterns = [{"Pattern": '{"eventName": ["MODIFY"]}'}]
    stream_mapping(template, "WatchAccess")["FilterCriteria"] = {"Filters": patterns}


def _lookups_without_notices(template: Template) -> None:
    stream_mapping(template, "PostNotices")["FilterCriteria"]["Filters"][0]["Pattern"] = '{"eventName": ["MODIFY"]}'


def _stream_records_lost_after_ten_tries(template: Template) -> None:
    stream_mapping(template, "WatchInvolvements")["MaximumRetryAttempts"] = 10


def _stream_records_forgotten_without_a_letter(template: Template) -> None:
    del stream_mapping(template, "PostNotices")["MaximumRecordAgeInSeconds"]


def _stream_records_given_up_silently(template: Template) -> None:
    del stream_mapping(template, "WatchAccess")["DestinationConfig"]


def _bad_stream_records_that_cannot_be_put_aside(template: Template) -> None:
    del template["Globals"]["Function"]["Environment"]["Variables"]["KNOWNTO_DEAD_LETTERS"]


def _a_missing_sweep_without_an_alarm(template: Template) -> None:
    properties_of(template, "SweepSilentAlarm")["TreatMissingData"] = "notBreaching"


def _misuse_that_nobody_looks_for(template: Template) -> None:
    properties_of(template, "MisuseSilentAlarm")["TreatMissingData"] = "notBreaching"


def _a_daily_sweep(template: Template) -> None:
    [event] = properties_of(template, "Sweep")["Events"].values()
    event["Properties"]["Schedule"] = "rate(1 day)"


def _late_expiry_reported_too_late(template: Template) -> None:
    properties_of(template, "ExpiryLateAlarm")["Threshold"] = 96


def _backups_for_a_month(template: Template) -> None:
    properties_of(template, "InvolvementsTable")["PointInTimeRecoverySpecification"]["RecoveryPeriodInDays"] = 35


def _a_watcher_that_is_off(template: Template) -> None:
    stream_mapping(template, "WatchAccess")["Enabled"] = False


def _a_check_of_settings_that_changes_them(template: Template) -> None:
    policy_of(template, "CheckSettingsRole")[0]["Action"].append("dynamodb:UpdateTable")


def _a_check_of_settings_that_is_off(template: Template) -> None:
    [event] = properties_of(template, "CheckSettings")["Events"].values()
    event["Properties"]["Enabled"] = False


def _pulses_that_are_off(template: Template) -> None:
    [event] = properties_of(template, "SendPulses")["Events"].values()
    event["Properties"]["Enabled"] = False


def _dropped_stream_records_not_counted(template: Template) -> None:
    del stream_mapping(template, "WatchAccess")["MetricsConfig"]


def _a_missing_pulse_without_an_alarm(template: Template) -> None:
    properties_of(template, "WatchAccessSilentAlarm")["TreatMissingData"] = "notBreaching"


def _a_watcher_that_misses_the_heads(template: Template) -> None:
    stream_mapping(template, "WatchNotices")["FilterCriteria"]["Filters"][0]["Pattern"] = (
        '{"dynamodb": {"Keys": {"sk": {"S": [{"prefix": "N#"}, {"prefix": "D#"}]}}}}'
    )


def _a_registry_of_which_only_changes_are_seen(template: Template) -> None:
    stream_mapping(template, "WatchRegistry")["FilterCriteria"] = {
        "Filters": [{"Pattern": '{"eventName": ["MODIFY"]}'}]
    }


def _a_sweep_that_is_off(template: Template) -> None:
    [event] = properties_of(template, "Sweep")["Events"].values()
    event["Properties"]["Enabled"] = False


def _dead_letters_in_clear(template: Template) -> None:
    del properties_of(template, "DeadLetters")["KmsMasterKeyId"]


def _dead_letters_sent_in_clear(template: Template) -> None:
    del template["Resources"]["DeadLettersPolicy"]


SABOTAGE: Sabotage = [
    (_a_missing_sweep_without_an_alarm, unattended.the_sweep_runs_every_hour_and_a_missing_one_raises_an_alarm),
    (_misuse_that_nobody_looks_for, unattended.misuse_is_looked_for_every_hour_and_silence_raises_an_alarm),
    (_a_missing_sweep_without_an_alarm, watching.every_alarm_reaches_the_topic),
    *(
        (breaks, unattended.settings_are_checked_every_hour_by_a_function_that_changes_nothing)
        for breaks in (_a_check_of_settings_that_changes_them, _a_check_of_settings_that_is_off)
    ),
    (_pulses_that_are_off, unattended.every_stream_has_a_reader_and_gets_a_pulse),
    (_dropped_stream_records_not_counted, unattended.watchers_miss_no_record_and_wait_while_aws_is_away),
    (_a_missing_pulse_without_an_alarm, watching.every_alarm_reaches_the_topic),
    (_a_daily_sweep, unattended.the_sweep_runs_every_hour_and_a_missing_one_raises_an_alarm),
    (_late_expiry_reported_too_late, unattended.the_expiry_promise_has_an_early_alarm),
    (_backups_for_a_month, unattended.the_expiry_promise_has_an_early_alarm),
    (_a_stream_mapping_that_starts_at_the_end, unattended.watchers_miss_no_record_and_wait_while_aws_is_away),
    (_a_stream_of_another_table, unattended.watchers_miss_no_record_and_wait_while_aws_is_away),
    (_removals_filtered_away, unattended.watchers_miss_no_record_and_wait_while_aws_is_away),
    (_lookups_without_notices, unattended.watchers_miss_no_record_and_wait_while_aws_is_away),
    *(
        (breaks, unattended.watchers_miss_no_record_and_wait_while_aws_is_away)
        for breaks in (
            _stream_records_lost_after_ten_tries,
            _stream_records_forgotten_without_a_letter,
            _stream_records_given_up_silently,
            _bad_stream_records_that_cannot_be_put_aside,
        )
    ),
    (_a_watcher_that_is_off, unattended.watchers_miss_no_record_and_wait_while_aws_is_away),
    (_a_watcher_that_misses_the_heads, unattended.watchers_miss_no_record_and_wait_while_aws_is_away),
    (_a_registry_of_which_only_changes_are_seen, unattended.watchers_miss_no_record_and_wait_while_aws_is_away),
    (_a_sweep_that_is_off, unattended.the_sweep_runs_every_hour_and_a_missing_one_raises_an_alarm),
    (_dead_letters_in_clear, unattended.dead_letters_are_encrypted_at_rest_and_in_transit),
    (_dead_letters_sent_in_clear, unattended.dead_letters_are_encrypted_at_rest_and_in_transit),
]
