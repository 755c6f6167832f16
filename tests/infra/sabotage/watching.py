"""Sabotage of alarms and the dashboard."""

from collections.abc import Callable
from typing import Any

from infra.check.packaging import Template

from ..checks import watching
from .parts import Sabotage, properties_of


def expression_of(template: Template, alarm: str) -> dict[str, Any]:
    metrics: list[dict[str, Any]] = properties_of(template, alarm)["Metrics"]
    return next(metric for metric in metrics if "Expression" in metric)


def _an_alarm_on_an_unknown_metric(template: Template) -> None:
    properties_of(template, "CannotAnswerAlarm")["MetricName"] = "CannotAnswer"


def _an_alarm_without_the_topic(template: Template) -> None:
    properties_of(template, "CannotAnswerAlarm")["AlarmActions"] = []


def _a_dashboard_of_an_unknown_metric(template: Template) -> None:
    body = properties_of(template, "Dashboard")["DashboardBody"]
    body["Fn::Sub"] = body["Fn::Sub"].replace("GenerateMacLatency", "MacLatency")


def _a_dashboard_that_searches_for_an_unknown_metric(template: Template) -> None:
    body = properties_of(template, "Dashboard")["DashboardBody"]
    body["Fn::Sub"] = body["Fn::Sub"].replace("AuthoritiesSilent", "SilentAuthorities")


def _a_dashboard_that_searches_every_stage(template: Template) -> None:
    body = properties_of(template, "Dashboard")["DashboardBody"]
    body["Fn::Sub"] = body["Fn::Sub"].replace(' stage=\\"${Stage}\\"', "")


def _an_alarm_at_a_thousand(template: Template) -> None:
    properties_of(template, "CannotAnswerAlarm")["Threshold"] = 1000


def _an_alarm_when_all_is_well(template: Template) -> None:
    properties_of(template, "CannotAnswerAlarm")["ComparisonOperator"] = "LessThanThreshold"


def _an_alarm_on_the_mean(template: Template) -> None:
    properties_of(template, "AccessRecordsTamperedAlarm")["Statistic"] = "Average"


def _an_alarm_on_the_youngest_stream_record(template: Template) -> None:
    expression_of(template, "StreamsLateAlarm")["Expression"] = "MIN(METRICS())"


def _an_alarm_without_a_metric(template: Template) -> None:
    expression_of(template, "UntoldAlarm")["Expression"] = "0*SUM(METRICS())"


def _an_alarm_with_too_many_metrics(template: Template) -> None:
    reads, writes = (properties_of(template, f"Table{kind}ThrottlesAlarm")["Metrics"] for kind in ("Read", "Write"))
    reads += [metric for metric in writes if "MetricStat" in metric]


def _an_alarm_without_a_message_at_its_end(template: Template) -> None:
    del properties_of(template, "CannotAnswerAlarm")["OKActions"]


def _throttling_not_counted(template: Template) -> None:
    properties_of(template, "GatewayThrottles")["FilterPattern"] = "nothing"


def _alarms_may_not_publish(template: Template) -> None:
    properties_of(template, "AlarmTopicPolicy")["PolicyDocument"]["Statement"].pop(0)


def _rules_may_not_publish(template: Template) -> None:
    properties_of(template, "AlarmTopicPolicy")["PolicyDocument"]["Statement"].pop(1)


def _watching_another(alarm: str, **value: Any) -> Callable[[Template], None]:
    def sabotage(template: Template) -> None:
        made = properties_of(template, alarm)
        [dimension, *_] = (made if "Dimensions" in made else made["Metrics"][1]["MetricStat"]["Metric"])["Dimensions"]
        dimension["Value"] = value

    sabotage.__name__ = f"{alarm}_watching_another"
    return sabotage


def _a_missing_alarm_on_an_aws_metric(template: Template) -> None:
    del template["Resources"]["DeadLettersAlarm"]


def _an_alarm_on_too_few_tables(template: Template) -> None:
    properties_of(template, "TableReadThrottlesAlarm")["Metrics"].pop()


def _no_mail(template: Template) -> None:
    del template["Resources"]["AlarmEmailSubscription"]


def _throttling_counted_in_other_logs(template: Template) -> None:
    properties_of(template, "GatewayThrottles")["LogGroupName"] = {"Ref": "FunctionLogs"}


def _alarms_in_clear(template: Template) -> None:
    properties_of(template, "AlarmTopicPolicy")["PolicyDocument"]["Statement"].pop()


SABOTAGE: Sabotage = [
    (_an_alarm_on_an_unknown_metric, watching.alarms_watch_what_is_counted),
    (_an_alarm_on_an_unknown_metric, watching.whatever_should_wake_somebody_has_an_alarm),
    (_an_alarm_without_the_topic, watching.every_alarm_reaches_the_topic),
    (_a_dashboard_of_an_unknown_metric, watching.the_dashboard_shows_what_is_counted),
    (_a_dashboard_that_searches_for_an_unknown_metric, watching.the_dashboard_shows_what_is_counted),
    (_a_dashboard_that_searches_every_stage, watching.the_dashboard_shows_what_is_counted),
    (_an_alarm_at_a_thousand, watching.every_alarm_has_its_threshold),
    (_an_alarm_when_all_is_well, watching.every_alarm_has_its_threshold),
    (_an_alarm_on_the_mean, watching.every_alarm_has_its_threshold),
    (_an_alarm_on_the_youngest_stream_record, watching.every_alarm_has_its_threshold),
    (_an_alarm_without_a_metric, watching.every_alarm_has_its_threshold),
    (_an_alarm_with_too_many_metrics, watching.every_alarm_has_its_threshold),
    (_throttling_not_counted, watching.every_alarm_has_its_threshold),
    (_an_alarm_without_a_message_at_its_end, watching.every_alarm_reaches_the_topic),
    (_alarms_may_not_publish, watching.every_alarm_reaches_the_topic),
    (_rules_may_not_publish, watching.every_alarm_reaches_the_topic),
    (_alarms_in_clear, watching.every_alarm_reaches_the_topic),
    *(
        (_watching_another(alarm, Ref="Sweep"), watching.alarms_on_aws_metrics_have_the_right_dimensions)
        for alarm in ("ApiErrorsAlarm", "GatewayServerErrorsAlarm", "NoticesLateAlarm", "FirewallBlocksAlarm")
    ),
    (_a_missing_alarm_on_an_aws_metric, watching.alarms_on_aws_metrics_have_the_right_dimensions),
    (_an_alarm_on_too_few_tables, watching.alarms_on_aws_metrics_have_the_right_dimensions),
    (_no_mail, watching.every_alarm_reaches_the_topic),
    (_throttling_counted_in_other_logs, watching.every_alarm_has_its_threshold),
]
