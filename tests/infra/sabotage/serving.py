"""Sabotage of the API, its stage and its firewall."""

from infra.check.packaging import Template

from ..checks import firewall, serving
from .parts import Sabotage, properties_of


def _missing_route(template: Template) -> None:
    del properties_of(template, "RestAPI")["DefinitionBody"]["paths"]["/v1/shields"]


def _an_unknown_route(template: Template) -> None:
    properties_of(template, "RestAPI")["DefinitionBody"]["paths"]["/v1/all-children"] = {"get": {}}


def _a_route_that_avoids_the_alias(template: Template) -> None:
    operation = properties_of(template, "RestAPI")["DefinitionBody"]["paths"]["/v1/lookups"]["post"]
    operation["x-amazon-apigateway-integration"]["uri"] = {"Fn::Sub": "functions/${APIHandler.Arn}/invocations"}


def _path_in_access_logs(template: Template) -> None:
    form = properties_of(template, "RestAPI")["AccessLogSetting"]["Format"]
    form["Fn::Sub"] = form["Fn::Sub"].replace("$context.resourcePath", "$context.path")


def _no_throttle(template: Template) -> None:
    del properties_of(template, "RestAPI")["MethodSettings"][0]["ThrottlingRateLimit"]


def _every_request_traced(template: Template) -> None:
    properties_of(template, "TraceSampling")["SamplingRule"]["ReservoirSize"] = 100


def _no_firewall(template: Template) -> None:
    del template["Resources"]["WebAclAssociation"]


def _a_failed_lookup_reads_like_a_missing_record(template: Template) -> None:
    responses = properties_of(template, "RestAPI")["GatewayResponses"]
    responses["INTEGRATION_FAILURE"] = responses["RESOURCE_NOT_FOUND"]


def _setting_missing(template: Template) -> None:
    del template["Globals"]["Function"]["Environment"]["Variables"]["KNOWNTO_AUDIENCE"]


def _any_text_accepted_as_retention(template: Template) -> None:
    template["Parameters"]["Retention"]["AllowedPattern"] = ".*"


def _retention_that_stops_every_function(template: Template) -> None:
    template["Parameters"]["Retention"]["Default"] = '{"lapse_days": 18}'


def _an_event_kept_for_hours(template: Template) -> None:
    del template["Globals"]["Function"]["EventInvokeConfig"]["MaximumEventAgeInSeconds"]


def _an_operators_event_kept_in_a_queue(template: Template) -> None:
    kept = {"OnFailure": {"Type": "SQS", "Destination": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}}
    properties_of(template, "OnboardAuthority")["EventInvokeConfig"] = {"DestinationConfig": kept}


def _a_failed_sweep_without_a_dead_letter(template: Template) -> None:
    nightly = {"Type": "Schedule", "Properties": {"Schedule": "rate(1 day)"}}
    properties_of(template, "OnboardAuthority")["Events"] = {"Nightly": nightly}


def _a_stream_mapping_without_dead_letters(template: Template) -> None:
    stream = {"FunctionResponseTypes": ["ReportBatchItemFailures"], "MaximumRetryAttempts": 3}
    properties_of(template, "OnboardAuthority")["Events"] = {"Changes": {"Type": "DynamoDB", "Properties": stream}}


def _a_throttle_of_five_calls_a_second(template: Template) -> None:
    properties_of(template, "RestAPI")["MethodSettings"][0]["ThrottlingRateLimit"] = 5


def _a_stage_made_before_its_logs(template: Template) -> None:
    del properties_of(template, "RestAPI")["Variables"]


def _old_tls(template: Template) -> None:
    [domain] = (name for name, made in template["Resources"].items() if made["Type"] == "AWS::ApiGateway::DomainName")
    properties_of(template, domain)["SecurityPolicy"] = "TLS_1_0"


def _no_client_certificate(template: Template) -> None:
    del properties_of(template, "Domain")["MutualTlsAuthentication"]


def _a_domain_without_a_mapping(template: Template) -> None:
    del template["Resources"]["DomainMapping"]


def _a_domain_that_does_not_deploy_the_api(template: Template) -> None:
    del properties_of(template, "RestAPI")["DefinitionBody"]["x-known-to-domain"]


def _a_trace_of_every_path(template: Template) -> None:
    properties_of(template, "TraceSampling")["SamplingRule"]["URLPath"] = "*"


def _a_trace_of_other_requests(template: Template) -> None:
    properties_of(template, "TraceNothingElse")["SamplingRule"]["ReservoirSize"] = 1


def _an_api_with_two_names(template: Template) -> None:
    properties_of(template, "RestAPI")["DefinitionBody"]["info"]["title"] = "known-to"


def _a_function_that_anybody_calls(template: Template) -> None:
    anybody = {"FunctionName": {"Ref": "EraseChild"}, "Action": "lambda:InvokeFunction", "Principal": "*"}
    template["Resources"]["Open"] = {"Type": "AWS::Lambda::Permission", "Properties": anybody}


def _any_gateway_calls(template: Template) -> None:
    del properties_of(template, "APIHandlerInvokePermission")["SourceArn"]


def _no_snap_start(template: Template) -> None:
    del properties_of(template, "APIHandler")["SnapStart"]


def _a_sweep_of_three_seconds(template: Template) -> None:
    properties_of(template, "Sweep")["Timeout"] = 3


def _managed_rules_that_only_count(template: Template) -> None:
    properties_of(template, "WebAcl")["Rules"][1]["OverrideAction"] = {"Count": {}}


def _a_firewall_without_a_limit(template: Template) -> None:
    properties_of(template, "WebAcl")["Rules"][0]["Statement"]["RateBasedStatement"]["Limit"] = 2_000_000_000


def _a_firewall_that_blocks_references(template: Template) -> None:
    properties_of(template, "WebAcl")["Rules"][1]["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"].pop()


def _an_unknown_path_without_our_answer(template: Template) -> None:
    del properties_of(template, "RestAPI")["GatewayResponses"]["INVALID_SIGNATURE"]


def _an_access_log_among_the_functions(template: Template) -> None:
    where = properties_of(template, "RestAPI")["AccessLogSetting"]["DestinationArn"]
    where["Fn::Sub"] = where["Fn::Sub"].replace("GatewayLogs", "FunctionLogs")


def _no_output_with_the_address(template: Template) -> None:
    del template["Outputs"]["EndpointURL"]


def _no_output_with_the_domain_target(template: Template) -> None:
    del template["Outputs"]["DomainTarget"]


SABOTAGE: Sabotage = [
    (_missing_route, serving.the_routes_are_those_of_the_app),
    (_an_unknown_route, serving.the_routes_are_those_of_the_app),
    (_a_route_that_avoids_the_alias, serving.every_route_calls_the_alias),
    (_path_in_access_logs, serving.access_logs_name_nobody),
    (_no_throttle, serving.the_stage_is_guarded),
    (_no_firewall, serving.the_stage_is_guarded),
    (_every_request_traced, serving.only_lookups_are_traced_and_few_of_them),
    (_a_failed_lookup_reads_like_a_missing_record, serving.the_gateway_answers_in_our_words),
    (_any_text_accepted_as_retention, serving.the_code_can_read_the_retention_parameter),
    (_retention_that_stops_every_function, serving.the_code_can_read_the_retention_parameter),
    (_an_event_kept_for_hours, serving.asynchronous_events_are_retried_as_intended),
    (_an_operators_event_kept_in_a_queue, serving.asynchronous_events_are_retried_as_intended),
    (_a_failed_sweep_without_a_dead_letter, serving.asynchronous_events_are_retried_as_intended),
    (_a_stream_mapping_without_dead_letters, serving.asynchronous_events_are_retried_as_intended),
    (_setting_missing, serving.the_environment_holds_the_required_settings),
    (_a_throttle_of_five_calls_a_second, serving.the_stage_is_guarded),
    (_a_stage_made_before_its_logs, serving.the_stage_is_guarded),
    (_no_output_with_the_address, serving.the_outputs_are_those_that_the_operators_guide_needs),
    (_no_output_with_the_domain_target, serving.the_outputs_are_those_that_the_operators_guide_needs),
    (_old_tls, serving.mutual_tls_cannot_be_avoided),
    (_no_client_certificate, serving.mutual_tls_cannot_be_avoided),
    (_a_domain_without_a_mapping, serving.mutual_tls_cannot_be_avoided),
    (_a_domain_that_does_not_deploy_the_api, serving.mutual_tls_cannot_be_avoided),
    (_a_trace_of_every_path, serving.only_lookups_are_traced_and_few_of_them),
    (_a_trace_of_other_requests, serving.only_lookups_are_traced_and_few_of_them),
    (_an_api_with_two_names, serving.the_api_has_one_name),
    (_a_function_that_anybody_calls, serving.every_route_calls_the_alias),
    (_any_gateway_calls, serving.every_route_calls_the_alias),
    (_no_snap_start, serving.the_functions_have_the_intended_settings),
    (_a_sweep_of_three_seconds, serving.the_functions_have_the_intended_settings),
    (_managed_rules_that_only_count, firewall.the_firewall_knows_its_rules_and_shows_no_requests),
    (_a_firewall_without_a_limit, firewall.the_firewall_knows_its_rules_and_shows_no_requests),
    (_a_firewall_that_blocks_references, firewall.the_firewall_knows_its_rules_and_shows_no_requests),
    (_an_unknown_path_without_our_answer, serving.the_gateway_answers_in_our_words),
    (_an_access_log_among_the_functions, serving.access_logs_name_nobody),
]
