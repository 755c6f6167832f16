"""The template that would be deployed keeps its promises, and the checks would notice if it did not."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from infra.check.packaging import Template, packaged_template

from .checks import people, rights, serving, storage, unattended, watching
from .checks.reading import Check, resources

CHECKS = storage.CHECKS + rights.CHECKS + people.CHECKS + serving.CHECKS + watching.CHECKS + unattended.CHECKS


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return packaged_template(tmp_path_factory.mktemp("package"))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_template_keeps_its_promise(check: Check, template: Template) -> None:
    assert [*check(template)] == []


def test_the_code_counts_what_the_checks_look_for() -> None:
    assert {"LookupsCannotAnswer", "LookupsNone", "KMSFailures", "DynamoDBFailures"} <= watching.counted_metrics()
    assert {"GenerateMacLatency", "TransactWriteItemsLatency", "QueryLatency"} <= watching.step_metrics()


def _properties(template: Template, name: str) -> dict[str, Any]:
    made: dict[str, Any] = template["Resources"][name]["Properties"]
    return made


def _policy(template: Template, role: str = "ApiHandlerRole") -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = _properties(template, role)["Policies"][0]["PolicyDocument"]["Statement"]
    return made


def _key_policy(template: Template, name: str) -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = _properties(template, name)["KeyPolicy"]["Statement"]
    return statements


def _wildcard_action(template: Template) -> None:
    _policy(template)[0]["Action"] = ["dynamodb:*"]


def _wildcard_resource(template: Template) -> None:
    _policy(template)[0]["Resource"] = ["*"]


def _update_of_access_records(template: Template) -> None:
    _policy(template)[1]["Action"].append("dynamodb:UpdateItem")


def _deletes_of_usage(template: Template) -> None:
    _policy(template)[3]["Action"].append("dynamodb:DeleteItem")


def _decrypt_of_anything(template: Template) -> None:
    del _policy(template)[6]["Condition"]


def _grant(template: Template, action: str, resource: dict[str, Any]) -> None:
    made = {"Sid": "More", "Effect": "Allow", "Action": [action], "Resource": [resource]}
    _policy(template, "OnboardAuthorityRole").append(made)


def _another_function_deletes_involvements(template: Template) -> None:
    _grant(template, "dynamodb:DeleteItem", {"Fn::GetAtt": ["InvolvementsTable", "Arn"]})


def _another_function_writes_many_access_records(template: Template) -> None:
    _grant(template, "dynamodb:BatchWriteItem", {"Fn::GetAtt": ["AccessTable", "Arn"]})


def _another_function_changes_an_index_of_access(template: Template) -> None:
    _grant(template, "dynamodb:PartiQLUpdate", {"Fn::Sub": "${AccessTable.Arn}/index/authority_date"})


def _the_same_right_twice(template: Template) -> None:
    _policy(template).append(deepcopy(_policy(template)[0]))


def _a_right_without_a_name(template: Template) -> None:
    _policy(template)[0]["Sid"] = None


def _a_right_less(template: Template) -> None:
    _policy(template, "OnboardAuthorityRole").pop(0)


def _a_shared_role(template: Template) -> None:
    _properties(template, "OnboardAuthority")["Role"] = _properties(template, "APIHandler")["Role"]


def _a_managed_policy(template: Template) -> None:
    _properties(template, "MakeServiceKeyRole")["ManagedPolicyArns"] = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]


def _a_role_for_people(template: Template) -> None:
    trust = _properties(template, "MakeServiceKeyRole")["AssumeRolePolicyDocument"]["Statement"][0]
    trust["Principal"] = {"AWS": "*"}


def _a_function_that_nobody_stated(template: Template) -> None:
    template["Resources"]["ExportAll"] = deepcopy(template["Resources"]["OnboardAuthority"])


def _a_key_used_past_dynamodb(template: Template) -> None:
    del _policy(template, "MakeServiceKeyRole")[3]["Condition"]


def _no_ttl(template: Template) -> None:
    del _properties(template, "InvolvementsTable")["TimeToLiveSpecification"]


def _another_ttl_attribute(template: Template) -> None:
    _properties(template, "AccessTable")["TimeToLiveSpecification"]["AttributeName"] = "expires_at"


def _table_goes_with_the_stack(template: Template) -> None:
    del template["Resources"]["AccessTable"]["DeletionPolicy"]


def _missing_route(template: Template) -> None:
    del _properties(template, "RestAPI")["DefinitionBody"]["paths"]["/v1/shields"]


def _route_of_nobody(template: Template) -> None:
    _properties(template, "RestAPI")["DefinitionBody"]["paths"]["/v1/all-children"] = {"get": {}}


def _route_past_the_alias(template: Template) -> None:
    operation = _properties(template, "RestAPI")["DefinitionBody"]["paths"]["/v1/lookups"]["post"]
    operation["x-amazon-apigateway-integration"]["uri"] = {"Fn::Sub": "functions/${APIHandler.Arn}/invocations"}


def _account_decrypts(template: Template) -> None:
    _key_policy(template, "DetailsKey")[0]["Action"].append("kms:Decrypt")


def _account_does_anything(template: Template) -> None:
    _key_policy(template, "PseudonymsKey")[0]["Action"] = "kms:*"


def _account_grants(template: Template) -> None:
    _key_policy(template, "PseudonymsKey")[0]["Action"].append("kms:CreateGrant")


def _another_role_makes_pseudonyms(template: Template) -> None:
    _key_policy(template, "PseudonymsKey")[1]["Condition"]["ArnEquals"]["aws:PrincipalArn"].append(
        "arn:aws:iam::1:role/x"
    )


def _the_registrar_reads_the_salts(template: Template) -> None:
    del _key_policy(template, "TablesKey")[2]["Condition"]["StringEquals"][
        "kms:EncryptionContext:aws:dynamodb:tableName"
    ]


def _whoever_deploys_reads_tables(template: Template) -> None:
    del _key_policy(template, "AccessKey")[-1]["Condition"]["ForAnyValue:StringEquals"]


def _whoever_deploys_grants_to_anybody(template: Template) -> None:
    del _key_policy(template, "AccessKey")[-2]["Condition"]["Bool"]


def _access_records_under_the_key_of_the_others(template: Template) -> None:
    _properties(template, "AccessTable")["SSESpecification"]["KMSMasterKeyId"] = {"Fn::GetAtt": ["TablesKey", "Arn"]}


def _path_in_access_logs(template: Template) -> None:
    form = _properties(template, "RestAPI")["AccessLogSetting"]["Format"]
    form["Fn::Sub"] = form["Fn::Sub"].replace("$context.resourcePath", "$context.path")


def _logs_for_ever(template: Template) -> None:
    del _properties(template, "FunctionLogs")["RetentionInDays"]


def _no_throttle(template: Template) -> None:
    del _properties(template, "RestAPI")["MethodSettings"][0]["ThrottlingRateLimit"]


def _every_request_traced(template: Template) -> None:
    _properties(template, "TraceSampling")["SamplingRule"]["ReservoirSize"] = 100


def _no_firewall(template: Template) -> None:
    del template["Resources"]["WebAclAssociation"]


def _a_failed_lookup_reads_like_a_missing_record(template: Template) -> None:
    responses = _properties(template, "RestAPI")["GatewayResponses"]
    responses["INTEGRATION_FAILURE"] = responses["RESOURCE_NOT_FOUND"]


def _alarm_on_nothing(template: Template) -> None:
    _properties(template, "CannotAnswerAlarm")["MetricName"] = "CannotAnswer"


def _alarm_to_nobody(template: Template) -> None:
    _properties(template, "CannotAnswerAlarm")["AlarmActions"] = []


def _dashboard_of_nothing(template: Template) -> None:
    body = _properties(template, "Dashboard")["DashboardBody"]
    body["Fn::Sub"] = body["Fn::Sub"].replace("GenerateMacLatency", "MacLatency")


def _setting_missing(template: Template) -> None:
    del template["Globals"]["Function"]["Environment"]["Variables"]["KNOWNTO_AUDIENCE"]


def _any_text_as_retention(template: Template) -> None:
    template["Parameters"]["Retention"]["AllowedPattern"] = ".*"


def _retention_that_stops_every_function(template: Template) -> None:
    template["Parameters"]["Retention"]["Default"] = '{"lapse_days": 18}'


def _an_event_kept_for_hours(template: Template) -> None:
    del template["Globals"]["Function"]["EventInvokeConfig"]["MaximumEventAgeInSeconds"]


def _an_operators_event_kept_in_a_queue(template: Template) -> None:
    kept = {"OnFailure": {"Type": "SQS", "Destination": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}}
    _properties(template, "OnboardAuthority")["EventInvokeConfig"] = {"DestinationConfig": kept}


def _a_night_that_fails_unseen(template: Template) -> None:
    nightly = {"Type": "Schedule", "Properties": {"Schedule": "rate(1 day)"}}
    _properties(template, "OnboardAuthority")["Events"] = {"Nightly": nightly}


def _a_stream_that_loses_what_fails(template: Template) -> None:
    stream = {"FunctionResponseTypes": ["ReportBatchItemFailures"], "MaximumRetryAttempts": 3}
    _properties(template, "OnboardAuthority")["Events"] = {"Changes": {"Type": "DynamoDB", "Properties": stream}}


def _a_letter_key_for_every_queue(template: Template) -> None:
    letters = next(s for s in _key_policy(template, "LogsKey") if s["Sid"] == "DeadLettersAreSentAndRead")
    del letters["Condition"]["StringEquals"]["kms:EncryptionContext:aws:sqs:arn"]


def _duty(template: Template, person: str, sid: str) -> dict[str, Any]:
    made = _properties(template, f"{person}Policy")["PolicyDocument"]["Statement"]
    return next(statement for statement in made if statement["Sid"] == sid)


def _the_operator_reads_items(template: Template) -> None:
    _duty(template, "Operator", "TableSettings")["Action"].append("dynamodb:Query")
    _duty(template, "Denials", "NoItem")["Action"].remove("dynamodb:Query")


def _the_operator_exports(template: Template) -> None:
    _duty(template, "Denials", "NoItem")["Action"].remove("dynamodb:ExportTableToPointInTime")


def _the_operator_uses_a_key(template: Template) -> None:
    _duty(template, "Denials", "NoKey")["Resource"].pop()


def _the_operator_keeps_test_events(template: Template) -> None:
    _duty(template, "Denials", "NoSharedTestEvent")["Resource"].pop()


def _a_denial_under_a_condition(template: Template) -> None:
    _duty(template, "Denials", "NoItem")["Condition"] = {"Bool": {"aws:MultiFactorAuthPresent": False}}


def _the_operator_calls_the_api_function(template: Template) -> None:
    _duty(template, "Operator", "ConsoleFunctions")["Resource"].append({"Fn::GetAtt": ["APIHandler", "Arn"]})


def _a_console_function_for_nobody(template: Template) -> None:
    _duty(template, "Operator", "ConsoleFunctions")["Resource"].pop()


def _the_registrar_deletes(template: Template) -> None:
    _duty(template, "Registrar", "TheRegistry")["Action"].append("dynamodb:DeleteItem")


def _the_auditor_reads_children(template: Template) -> None:
    _duty(template, "Auditor", "AccessRecords")["Resource"].append({"Fn::GetAtt": ["InvolvementsTable", "Arn"]})


def _the_auditor_writes(template: Template) -> None:
    _duty(template, "Auditor", "AccessRecords")["Action"].append("dynamodb:UpdateItem")


def _two_duties_in_one(template: Template) -> None:
    _properties(template, "RegistrarRole")["ManagedPolicyArns"].append({"Ref": "AuditorPolicy"})


def _a_duty_without_a_second_factor(template: Template) -> None:
    del _properties(template, "AuditorRole")["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]


def _break_glass_makes_pseudonyms(template: Template) -> None:
    _duty(template, "BreakGlass", "KeysThatWereDisabledOrLost")["Action"].append("kms:GenerateMac")


def _break_glass_taken_unseen(template: Template) -> None:
    detail = _properties(template, "BreakGlassTaken")["EventPattern"]["detail"]
    detail["requestParameters"]["roleArn"] = [{"Fn::GetAtt": ["OperatorRole", "Arn"]}]


def _break_glass_reads_unseen(template: Template) -> None:
    _properties(template, "BreakGlassUsed")["State"] = "ENABLED"


def _a_message_that_says_what_was_sent(template: Template) -> None:
    [target] = _properties(template, "BreakGlassUsed")["Targets"]
    target["InputTransformer"]["InputPathsMap"]["sent"] = "$.detail.requestParameters"


def _a_key_changed_unseen(template: Template) -> None:
    _properties(template, "KeysChanged")["EventPattern"]["detail"]["resources"]["ARN"].pop()


def _feed(template: Template, name: str) -> dict[str, Any]:
    [event] = _properties(template, name)["Events"].values()
    properties: dict[str, Any] = event["Properties"]
    return properties


def _a_stream_from_now_on(template: Template) -> None:
    _feed(template, "WatchInvolvements")["StartingPosition"] = "LATEST"


def _a_stream_of_another_table(template: Template) -> None:
    _feed(template, "WatchAccess")["Stream"] = {"Fn::GetAtt": ["InvolvementsTable", "StreamArn"]}


def _removals_filtered_away(template: Template) -> None:
    _feed(template, "WatchAccess")["FilterCriteria"]["Filters"][0]["Pattern"] = '{"eventName": ["MODIFY"]}'


def _lookups_that_nobody_hears_of(template: Template) -> None:
    _feed(template, "PostNotices")["FilterCriteria"]["Filters"][0]["Pattern"] = '{"eventName": ["MODIFY"]}'


def _a_poison_record_retried_for_ever(template: Template) -> None:
    del _feed(template, "WatchInvolvements")["MaximumRetryAttempts"]


def _sealed_data_in_the_access_stream(template: Template) -> None:
    _properties(template, "AccessTable")["StreamSpecification"]["StreamViewType"] = "NEW_AND_OLD_IMAGES"


def _a_trail_that_can_be_changed(template: Template) -> None:
    _properties(template, "CallTrail")["EnableLogFileValidation"] = False


def _a_trail_without_tables(template: Template) -> None:
    del _properties(template, "CallTrail")["AdvancedEventSelectors"][1]


def _an_open_bucket(template: Template) -> None:
    _properties(template, "TrailBucket")["PublicAccessBlockConfiguration"]["BlockPublicPolicy"] = False


def _a_trail_of_everybodys(template: Template) -> None:
    del _properties(template, "TrailBucketPolicy")["PolicyDocument"]["Statement"][1]["Condition"]


def _a_quiet_sweep_is_well(template: Template) -> None:
    _properties(template, "SweepSilentAlarm")["TreatMissingData"] = "notBreaching"


def _a_sweep_a_day(template: Template) -> None:
    [event] = _properties(template, "Sweep")["Events"].values()
    event["Properties"]["Schedule"] = "rate(1 day)"


def _expiry_late_is_told_too_late(template: Template) -> None:
    _properties(template, "ExpiryLateAlarm")["Threshold"] = 96


def _backups_for_a_month(template: Template) -> None:
    _properties(template, "InvolvementsTable")["PointInTimeRecoverySpecification"]["RecoveryPeriodInDays"] = 35


def _alarm_at_a_thousand(template: Template) -> None:
    _properties(template, "CannotAnswerAlarm")["Threshold"] = 1000


def _alarm_when_all_is_well(template: Template) -> None:
    _properties(template, "CannotAnswerAlarm")["ComparisonOperator"] = "LessThanThreshold"


def _alarm_on_the_mean(template: Template) -> None:
    _properties(template, "AccessRecordsTamperedAlarm")["Statistic"] = "Average"


def _alarm_on_the_youngest_stream(template: Template) -> None:
    _expression(template, "StreamsLateAlarm")["Expression"] = "MIN(METRICS())"


def _alarm_on_nothing_at_all(template: Template) -> None:
    _expression(template, "UntoldAlarm")["Expression"] = "0*SUM(METRICS())"


def _expression(template: Template, alarm: str) -> dict[str, Any]:
    metrics: list[dict[str, Any]] = _properties(template, alarm)["Metrics"]
    return next(metric for metric in metrics if "Expression" in metric)


def _alarm_of_more_metrics_than_cloudwatch_takes(template: Template) -> None:
    reads, writes = (_properties(template, f"Table{kind}ThrottlesAlarm")["Metrics"] for kind in ("Read", "Write"))
    reads += [metric for metric in writes if "MetricStat" in metric]


def _alarm_that_never_says_it_is_over(template: Template) -> None:
    del _properties(template, "CannotAnswerAlarm")["OKActions"]


def _throttling_not_counted(template: Template) -> None:
    _properties(template, "GatewayThrottles")["FilterPattern"] = "nothing"


def _alarms_may_not_publish(template: Template) -> None:
    _properties(template, "AlarmTopicPolicy")["PolicyDocument"]["Statement"].pop(0)


def _rules_may_not_publish(template: Template) -> None:
    _properties(template, "AlarmTopicPolicy")["PolicyDocument"]["Statement"].pop(1)


def _alarms_may_not_use_the_topics_key(template: Template) -> None:
    statements = _key_policy(template, "LogsKey")
    statements[:] = [s for s in statements if "cloudwatch.amazonaws.com" not in str(s["Principal"])]


def _a_key_gone_in_a_week(template: Template) -> None:
    _properties(template, "PseudonymsKey")["PendingWindowInDays"] = 7


def _a_key_copied_unseen(template: Template) -> None:
    _properties(template, "KeysChanged")["EventPattern"]["detail"]["eventName"].remove("ReplicateKey")


def _the_operator_copies_a_key(template: Template) -> None:
    _duty(template, "Denials", "NoKey")["Action"].remove("kms:ReplicateKey")


def _the_operator_changes_a_functions_settings(template: Template) -> None:
    _duty(template, "Denials", "NoCode")["Action"].remove("lambda:UpdateFunctionConfiguration")


def _a_watcher_that_is_off(template: Template) -> None:
    _feed(template, "WatchAccess")["Enabled"] = False


def _a_sweep_that_is_off(template: Template) -> None:
    [event] = _properties(template, "Sweep")["Events"].values()
    event["Properties"]["Enabled"] = False


def _five_calls_a_second(template: Template) -> None:
    _properties(template, "RestAPI")["MethodSettings"][0]["ThrottlingRateLimit"] = 5


def _a_stage_before_its_logs(template: Template) -> None:
    del _properties(template, "RestAPI")["Variables"]


def _old_tls(template: Template) -> None:
    [domain] = (name for name, made in template["Resources"].items() if made["Type"] == "AWS::ApiGateway::DomainName")
    _properties(template, domain)["SecurityPolicy"] = "TLS_1_0"


def _a_stream_of_no_restored_table(template: Template) -> None:
    _policy(template, "WatchAccessRole")[0]["Resource"] = [{"Fn::GetAtt": ["AccessTable", "StreamArn"]}]


def _no_client_certificate(template: Template) -> None:
    del _properties(template, "Domain")["MutualTlsAuthentication"]


def _a_domain_that_leads_nowhere(template: Template) -> None:
    del template["Resources"]["DomainMapping"]


def _a_domain_that_deploys_nothing(template: Template) -> None:
    del _properties(template, "RestAPI")["DefinitionBody"]["x-known-to-domain"]


def _a_trace_of_every_path(template: Template) -> None:
    _properties(template, "TraceSampling")["SamplingRule"]["URLPath"] = "*"


def _a_trace_of_all_else(template: Template) -> None:
    _properties(template, "TraceNothingElse")["SamplingRule"]["ReservoirSize"] = 1


def _an_api_of_two_names(template: Template) -> None:
    _properties(template, "RestAPI")["DefinitionBody"]["info"]["title"] = "known-to"


def _a_function_that_anybody_calls(template: Template) -> None:
    anybody = {"FunctionName": {"Ref": "EraseChild"}, "Action": "lambda:InvokeFunction", "Principal": "*"}
    template["Resources"]["Open"] = {"Type": "AWS::Lambda::Permission", "Properties": anybody}


def _any_gateway_calls(template: Template) -> None:
    del _properties(template, "APIHandlerInvokePermission")["SourceArn"]


def _no_snap_start(template: Template) -> None:
    del _properties(template, "APIHandler")["SnapStart"]


def _a_sweep_of_three_seconds(template: Template) -> None:
    _properties(template, "Sweep")["Timeout"] = 3


def _managed_rules_that_only_count(template: Template) -> None:
    _properties(template, "WebAcl")["Rules"][1]["OverrideAction"] = {"Count": {}}


def _a_firewall_without_a_limit(template: Template) -> None:
    _properties(template, "WebAcl")["Rules"][0]["Statement"]["RateBasedStatement"]["Limit"] = 2_000_000_000


def _a_reference_that_the_firewall_takes_for_a_file(template: Template) -> None:
    _properties(template, "WebAcl")["Rules"][1]["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"].pop()


def _a_path_that_looks_like_a_signature(template: Template) -> None:
    del _properties(template, "RestAPI")["GatewayResponses"]["INVALID_SIGNATURE"]


def _an_access_log_among_the_functions(template: Template) -> None:
    where = _properties(template, "RestAPI")["AccessLogSetting"]["DestinationArn"]
    where["Fn::Sub"] = where["Fn::Sub"].replace("GatewayLogs", "FunctionLogs")


def _watches_another(alarm: str, **value: Any) -> Callable[[Template], None]:
    def sabotage(template: Template) -> None:
        made = _properties(template, alarm)
        [dimension, *_] = (made if "Dimensions" in made else made["Metrics"][1]["MetricStat"]["Metric"])["Dimensions"]
        dimension["Value"] = value

    sabotage.__name__ = f"{alarm}_watches_another"
    return sabotage


def _an_alarm_of_aws_less(template: Template) -> None:
    del template["Resources"]["DeadLettersAlarm"]


def _an_alarm_of_fewer_tables(template: Template) -> None:
    _properties(template, "TableReadThrottlesAlarm")["Metrics"].pop()


def _no_mail(template: Template) -> None:
    del template["Resources"]["AlarmEmailSubscription"]


def _throttling_counted_in_other_logs(template: Template) -> None:
    _properties(template, "GatewayThrottles")["LogGroupName"] = {"Ref": "FunctionLogs"}


def _more(person: str, action: str, logical_id: str) -> Callable[[Template], None]:
    """A right that nobody stated, in a statement of its own."""

    def sabotage(template: Template) -> None:
        made = {"Sid": "More", "Effect": "Allow", "Action": [action], "Resource": [{"Fn::GetAtt": [logical_id, "Arn"]}]}
        _properties(template, f"{person}Policy")["PolicyDocument"]["Statement"].append(made)

    sabotage.__name__ = f"{person}_{action.partition(':')[2]}_{logical_id}"
    return sabotage


def _the_registrar_uses_the_key_for_every_table(template: Template) -> None:
    context = "kms:EncryptionContext:aws:dynamodb:tableName"
    del _duty(template, "Registrar", "ItsKeyForThisTableOnly")["Condition"]["StringEquals"][context]


def _break_glass_opens_what_is_held(template: Template) -> None:
    _duty(template, "BreakGlass", "KeysOfTheTables")["Resource"].append({"Fn::GetAtt": ["HeldKey", "Arn"]})


def _the_operator_signs(template: Template) -> None:
    _duty(template, "Denials", "NoKey")["Action"].remove("kms:Sign")


def _the_operator_takes_another_role(template: Template) -> None:
    _duty(template, "Denials", "NoOtherRole")["Resource"] = ["arn:aws:iam::1:role/some"]


def _an_operator_without_denials(template: Template) -> None:
    _properties(template, "OperatorRole")["ManagedPolicyArns"].pop()


def _the_operator_shreds(template: Template) -> None:
    _duty(template, "Operator", "ConsoleFunctions")["Resource"].append({"Fn::GetAtt": ["RemoveAuthority", "Arn"]})


def _the_custodian_onboards(template: Template) -> None:
    shredding = _duty(template, "Custodian", "WhatCannotBeTakenBack")["Resource"]
    shredding.append({"Fn::GetAtt": ["OnboardAuthority", "Arn"]})


def _a_policy_too_long_for_iam(template: Template) -> None:
    found = _duty(template, "Operator", "ConsoleFunctions")["Resource"]
    found *= 4


def _a_role_of_nobody(template: Template) -> None:
    template["Resources"]["ReaderRole"] = deepcopy(template["Resources"]["AuditorRole"])


def _a_policy_of_nobody(template: Template) -> None:
    template["Resources"]["ReaderPolicy"] = deepcopy(template["Resources"]["AuditorPolicy"])


def _a_role_that_everybody_takes(template: Template) -> None:
    _properties(template, "AuditorRole")["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] = {"AWS": "*"}


def _a_rule_that_waits_for_what_never_comes(template: Template) -> None:
    _properties(template, "KeysChanged")["EventPattern"]["detail-type"] = ["AWS API call"]


def _a_trail_of_another_stage(template: Template) -> None:
    _properties(template, "CallTrail")["AdvancedEventSelectors"][1]["FieldSelectors"][2]["StartsWith"] = ["arn:aws:x"]


def _a_key_that_nobody_could_mend(template: Template) -> None:
    _key_policy(template, "PseudonymsKey")[0]["Action"].remove("kms:PutKeyPolicy")


def _a_key_of_anybodys_logs(template: Template) -> None:
    logs = next(s for s in _key_policy(template, "LogsKey") if s["Sid"] == "CloudWatchLogsUsesItForOurGroups")
    logs["Condition"] = {"StringEquals": {"aws:SourceAccount": "1"}}


def _letters_in_clear(template: Template) -> None:
    del _properties(template, "DeadLetters")["KmsMasterKeyId"]


def _letters_sent_in_clear(template: Template) -> None:
    del template["Resources"]["DeadLettersPolicy"]


def _alarms_in_clear(template: Template) -> None:
    _properties(template, "AlarmTopicPolicy")["PolicyDocument"]["Statement"].pop()


def _nowhere_to_call(template: Template) -> None:
    del template["Outputs"]["EndpointURL"]


def _nowhere_to_point(template: Template) -> None:
    del template["Outputs"]["DomainTarget"]


SABOTAGE: list[tuple[Callable[[Template], None], Check]] = [
    (_wildcard_action, rights.no_policy_has_wildcards),
    (_wildcard_resource, rights.no_policy_has_wildcards),
    (_wildcard_action, rights.a_function_may_what_is_stated_and_no_more),
    (_update_of_access_records, rights.access_records_are_only_ever_added),
    (_deletes_of_usage, rights.only_who_must_deletes),
    (_decrypt_of_anything, rights.a_function_may_what_is_stated_and_no_more),
    (_another_function_deletes_involvements, rights.only_who_must_deletes),
    (_another_function_writes_many_access_records, rights.only_who_must_deletes),
    (_another_function_writes_many_access_records, rights.access_records_are_only_ever_added),
    (_another_function_changes_an_index_of_access, rights.access_records_are_only_ever_added),
    (_another_function_changes_an_index_of_access, rights.a_function_may_what_is_stated_and_no_more),
    (_the_same_right_twice, rights.a_function_may_what_is_stated_and_no_more),
    (_a_right_without_a_name, rights.a_function_may_what_is_stated_and_no_more),
    (_a_right_less, rights.a_function_may_what_is_stated_and_no_more),
    (_a_key_used_past_dynamodb, rights.a_function_may_what_is_stated_and_no_more),
    (_a_shared_role, rights.every_function_has_a_role_and_rights_of_its_own),
    (_a_managed_policy, rights.every_function_has_a_role_and_rights_of_its_own),
    (_a_role_for_people, rights.every_function_has_a_role_and_rights_of_its_own),
    (_a_function_that_nobody_stated, rights.every_function_has_a_role_and_rights_of_its_own),
    (_no_ttl, storage.the_tables_are_those_of_the_code),
    (_another_ttl_attribute, storage.the_tables_are_those_of_the_code),
    (_table_goes_with_the_stack, storage.what_holds_data_outlives_the_stack),
    (_missing_route, serving.the_routes_are_those_of_the_app),
    (_route_of_nobody, serving.the_routes_are_those_of_the_app),
    (_route_past_the_alias, serving.every_route_calls_the_alias),
    (_account_decrypts, rights.the_account_administers_keys_and_cannot_use_them),
    (_account_does_anything, rights.the_account_administers_keys_and_cannot_use_them),
    (_account_grants, rights.the_account_administers_keys_and_cannot_use_them),
    (_another_role_makes_pseudonyms, rights.only_named_roles_use_keys_and_only_as_meant),
    (_the_registrar_reads_the_salts, rights.only_named_roles_use_keys_and_only_as_meant),
    (_whoever_deploys_reads_tables, rights.only_named_roles_use_keys_and_only_as_meant),
    (_whoever_deploys_grants_to_anybody, rights.only_named_roles_use_keys_and_only_as_meant),
    (_access_records_under_the_key_of_the_others, storage.the_tables_are_those_of_the_code),
    (_path_in_access_logs, serving.access_logs_name_nobody),
    (_logs_for_ever, storage.logs_are_kept_for_a_while_and_encrypted),
    (_no_throttle, serving.the_stage_is_guarded),
    (_no_firewall, serving.the_stage_is_guarded),
    (_every_request_traced, serving.only_lookups_are_traced_and_few_of_them),
    (_a_failed_lookup_reads_like_a_missing_record, serving.the_gateway_answers_in_our_words),
    (_alarm_on_nothing, watching.alarms_watch_what_is_counted),
    (_alarm_on_nothing, watching.whatever_should_wake_somebody_has_an_alarm),
    (_alarm_to_nobody, watching.every_alarm_reaches_the_topic),
    (_dashboard_of_nothing, watching.the_dashboard_shows_what_is_counted),
    (_any_text_as_retention, serving.the_retention_that_can_be_given_is_read),
    (_retention_that_stops_every_function, serving.the_retention_that_can_be_given_is_read),
    (_an_event_kept_for_hours, serving.what_nobody_waits_for_is_tried_as_meant),
    (_an_operators_event_kept_in_a_queue, serving.what_nobody_waits_for_is_tried_as_meant),
    (_a_night_that_fails_unseen, serving.what_nobody_waits_for_is_tried_as_meant),
    (_a_stream_that_loses_what_fails, serving.what_nobody_waits_for_is_tried_as_meant),
    (_a_letter_key_for_every_queue, rights.only_named_roles_use_keys_and_only_as_meant),
    (_the_operator_reads_items, people.nobody_touches_items_but_as_meant),
    (_the_operator_exports, people.whoever_runs_functions_is_denied_the_rest_whatever_is_attached),
    (_the_operator_uses_a_key, people.whoever_runs_functions_is_denied_the_rest_whatever_is_attached),
    (_the_operator_keeps_test_events, people.whoever_runs_functions_is_denied_the_rest_whatever_is_attached),
    (_a_denial_under_a_condition, people.whoever_runs_functions_is_denied_the_rest_whatever_is_attached),
    (_the_operator_calls_the_api_function, people.who_may_suspend_cannot_shred),
    (_a_console_function_for_nobody, people.who_may_suspend_cannot_shred),
    (_the_registrar_deletes, people.nobody_touches_items_but_as_meant),
    (_the_auditor_reads_children, people.nobody_touches_items_but_as_meant),
    (_the_auditor_writes, people.nobody_touches_items_but_as_meant),
    (_two_duties_in_one, people.duties_are_separate),
    (_a_duty_without_a_second_factor, people.duties_are_separate),
    (_break_glass_makes_pseudonyms, people.break_glass_opens_no_details),
    (_break_glass_taken_unseen, people.break_glass_rings),
    (_break_glass_reads_unseen, people.break_glass_rings),
    (_a_message_that_says_what_was_sent, people.break_glass_rings),
    (_a_key_changed_unseen, people.break_glass_rings),
    (_a_quiet_sweep_is_well, unattended.the_sweep_comes_every_hour_and_its_silence_is_heard),
    (_a_quiet_sweep_is_well, watching.every_alarm_reaches_the_topic),
    (_a_sweep_a_day, unattended.the_sweep_comes_every_hour_and_its_silence_is_heard),
    (_expiry_late_is_told_too_late, unattended.the_promise_is_watched_before_it_is_broken),
    (_backups_for_a_month, unattended.the_promise_is_watched_before_it_is_broken),
    (_a_stream_from_now_on, unattended.watchers_miss_nothing_and_stop_at_nothing),
    (_a_stream_of_another_table, unattended.watchers_miss_nothing_and_stop_at_nothing),
    (_removals_filtered_away, unattended.watchers_miss_nothing_and_stop_at_nothing),
    (_lookups_that_nobody_hears_of, unattended.watchers_miss_nothing_and_stop_at_nothing),
    (_a_poison_record_retried_for_ever, unattended.watchers_miss_nothing_and_stop_at_nothing),
    (_sealed_data_in_the_access_stream, storage.the_tables_are_those_of_the_code),
    (_a_trail_that_can_be_changed, people.the_trail_is_kept_and_closed),
    (_a_trail_without_tables, people.the_trail_is_kept_and_closed),
    (_an_open_bucket, people.the_trail_is_kept_and_closed),
    (_a_trail_of_everybodys, people.the_trail_is_kept_and_closed),
    (_setting_missing, serving.the_environment_is_what_settings_require),
    (_alarm_at_a_thousand, watching.every_alarm_rings_when_it_should),
    (_alarm_when_all_is_well, watching.every_alarm_rings_when_it_should),
    (_alarm_on_the_mean, watching.every_alarm_rings_when_it_should),
    (_alarm_on_the_youngest_stream, watching.every_alarm_rings_when_it_should),
    (_alarm_on_nothing_at_all, watching.every_alarm_rings_when_it_should),
    (_alarm_of_more_metrics_than_cloudwatch_takes, watching.every_alarm_rings_when_it_should),
    (_throttling_not_counted, watching.every_alarm_rings_when_it_should),
    (_alarm_that_never_says_it_is_over, watching.every_alarm_reaches_the_topic),
    (_alarms_may_not_publish, watching.every_alarm_reaches_the_topic),
    (_rules_may_not_publish, watching.every_alarm_reaches_the_topic),
    (_alarms_may_not_use_the_topics_key, rights.services_use_the_key_of_the_logs_only),
    (_a_key_gone_in_a_week, rights.the_keys_are_what_the_code_needs),
    (_a_key_copied_unseen, people.break_glass_rings),
    (_the_operator_copies_a_key, people.whoever_runs_functions_is_denied_the_rest_whatever_is_attached),
    (_the_operator_changes_a_functions_settings, people.whoever_runs_functions_is_denied_the_rest_whatever_is_attached),
    (_a_watcher_that_is_off, unattended.watchers_miss_nothing_and_stop_at_nothing),
    (_a_sweep_that_is_off, unattended.the_sweep_comes_every_hour_and_its_silence_is_heard),
    (_five_calls_a_second, serving.the_stage_is_guarded),
    (_a_stage_before_its_logs, serving.the_stage_is_guarded),
    *(
        (_more(*right), people.people_may_what_is_stated_and_no_more)
        for right in (
            ("Registrar", "dynamodb:UpdateTable", "RegistryTable"),
            ("Registrar", "kms:PutKeyPolicy", "TablesKey"),
            ("Auditor", "kms:PutKeyPolicy", "AccessKey"),
            ("BreakGlass", "lambda:UpdateFunctionCode", "EraseChild"),
            ("BreakGlass", "lambda:InvokeFunction", "EraseChild"),
            ("Operator", "lambda:PutFunctionConcurrency", "APIHandler"),
            ("Operator", "cloudwatch:DeleteAlarms", "CannotAnswerAlarm"),
            ("Operator", "logs:DeleteLogGroup", "FunctionLogs"),
        )
    ),
    (_the_registrar_uses_the_key_for_every_table, people.people_may_what_is_stated_and_no_more),
    (_break_glass_opens_what_is_held, people.people_may_what_is_stated_and_no_more),
    (_the_operator_signs, people.whoever_runs_functions_is_denied_the_rest_whatever_is_attached),
    (_the_operator_takes_another_role, people.whoever_runs_functions_is_denied_the_rest_whatever_is_attached),
    (_an_operator_without_denials, people.duties_are_separate),
    (_the_operator_shreds, people.who_may_suspend_cannot_shred),
    (_the_custodian_onboards, people.who_may_suspend_cannot_shred),
    (_a_policy_too_long_for_iam, people.every_policy_is_small_enough_for_iam),
    (_a_role_of_nobody, people.nobody_else_has_a_role),
    (_a_policy_of_nobody, people.nobody_else_has_a_role),
    (_a_role_that_everybody_takes, people.duties_are_separate),
    (_a_rule_that_waits_for_what_never_comes, people.break_glass_rings),
    (_a_trail_of_another_stage, people.the_trail_is_kept_and_closed),
    (_a_key_that_nobody_could_mend, rights.the_account_administers_keys_and_cannot_use_them),
    (_a_key_of_anybodys_logs, rights.services_use_the_key_of_the_logs_only),
    (_letters_in_clear, unattended.dead_letters_are_kept_encrypted_and_sent_so),
    (_letters_sent_in_clear, unattended.dead_letters_are_kept_encrypted_and_sent_so),
    (_alarms_in_clear, watching.every_alarm_reaches_the_topic),
    (_nowhere_to_call, serving.what_the_operators_guide_takes_from_the_outputs_is_there),
    (_nowhere_to_point, serving.what_the_operators_guide_takes_from_the_outputs_is_there),
    (_old_tls, serving.mutual_tls_cannot_be_walked_around),
    (_no_client_certificate, serving.mutual_tls_cannot_be_walked_around),
    (_a_domain_that_leads_nowhere, serving.mutual_tls_cannot_be_walked_around),
    (_a_domain_that_deploys_nothing, serving.mutual_tls_cannot_be_walked_around),
    (_a_trace_of_every_path, serving.only_lookups_are_traced_and_few_of_them),
    (_a_trace_of_all_else, serving.only_lookups_are_traced_and_few_of_them),
    (_an_api_of_two_names, serving.the_api_has_one_name),
    (_a_function_that_anybody_calls, serving.every_route_calls_the_alias),
    (_any_gateway_calls, serving.every_route_calls_the_alias),
    (_no_snap_start, serving.the_function_is_as_meant),
    (_a_sweep_of_three_seconds, serving.the_function_is_as_meant),
    (_managed_rules_that_only_count, serving.the_firewall_knows_its_rules_and_shows_no_requests),
    (_a_firewall_without_a_limit, serving.the_firewall_knows_its_rules_and_shows_no_requests),
    (_a_reference_that_the_firewall_takes_for_a_file, serving.the_firewall_knows_its_rules_and_shows_no_requests),
    (_a_path_that_looks_like_a_signature, serving.the_gateway_answers_in_our_words),
    (_an_access_log_among_the_functions, serving.access_logs_name_nobody),
    *(
        (_watches_another(alarm, Ref="Sweep"), watching.alarms_on_what_aws_counts_watch_the_right_thing)
        for alarm in ("ApiErrorsAlarm", "GatewayServerErrorsAlarm", "NoticesLateAlarm", "FirewallBlocksAlarm")
    ),
    (_an_alarm_of_aws_less, watching.alarms_on_what_aws_counts_watch_the_right_thing),
    (_an_alarm_of_fewer_tables, watching.alarms_on_what_aws_counts_watch_the_right_thing),
    (_no_mail, watching.every_alarm_reaches_the_topic),
    (_throttling_counted_in_other_logs, watching.every_alarm_rings_when_it_should),
    (_a_stream_of_no_restored_table, rights.a_function_may_what_is_stated_and_no_more),
]


@pytest.mark.parametrize(("sabotage", "check"), SABOTAGE, ids=lambda part: part.__name__.strip("_"))
def test_a_broken_promise_is_noticed(sabotage: Callable[[Template], None], check: Check, template: Template) -> None:
    broken = deepcopy(template)
    sabotage(broken)
    assert [*check(broken)] != []


def test_every_resource_has_a_type_that_the_checks_can_see(template: Template) -> None:
    assert resources(template, "AWS::DynamoDB::Table")
    assert all("Type" in made for made in template["Resources"].values())
