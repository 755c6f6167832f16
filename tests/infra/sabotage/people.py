"""Sabotage of the roles of people, of break glass and of the trail."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from infra.check.packaging import Template

from ..checks import people, trail
from .parts import Sabotage, properties_of


def statement_of(template: Template, person: str, sid: str) -> dict[str, Any]:
    made = properties_of(template, f"{person}Policy")["PolicyDocument"]["Statement"]
    return next(statement for statement in made if statement["Sid"] == sid)


def _the_operator_reads_items(template: Template) -> None:
    statement_of(template, "Operator", "TableSettings")["Action"].append("dynamodb:Query")
    statement_of(template, "Denials", "NoItem")["Action"].remove("dynamodb:Query")


def _the_operator_turns_off_ttl(template: Template) -> None:
    statement_of(template, "Operator", "TableSettings")["Action"].append("dynamodb:UpdateTimeToLive")


def _the_operator_may_be_given_table_settings(template: Template) -> None:
    statement_of(template, "Denials", "NoTableSetting")["Action"].remove("dynamodb:UpdateTable")


def _the_operator_exports(template: Template) -> None:
    statement_of(template, "Denials", "NoItem")["Action"].remove("dynamodb:ExportTableToPointInTime")


def _the_operator_uses_a_key(template: Template) -> None:
    statement_of(template, "Denials", "NoKey")["Resource"].pop()


def _the_operator_keeps_test_events(template: Template) -> None:
    statement_of(template, "Denials", "NoSharedTestEvent")["Resource"].pop()


def _a_denial_under_a_condition(template: Template) -> None:
    statement_of(template, "Denials", "NoItem")["Condition"] = {"Bool": {"aws:MultiFactorAuthPresent": False}}


def _the_operator_calls_the_api_function(template: Template) -> None:
    statement_of(template, "Operator", "ConsoleFunctions")["Resource"].append({"Fn::GetAtt": ["APIHandler", "Arn"]})


def _a_console_function_for_nobody(template: Template) -> None:
    statement_of(template, "Operator", "ConsoleFunctions")["Resource"].pop()


def _the_registrar_deletes(template: Template) -> None:
    statement_of(template, "Registrar", "TheRegistry")["Action"].append("dynamodb:DeleteItem")


def _the_auditor_reads_children(template: Template) -> None:
    statement_of(template, "Auditor", "WhatIsHeldForInquiries")["Resource"].append(
        {"Fn::GetAtt": ["InvolvementsTable", "Arn"]}
    )


def _the_auditor_writes(template: Template) -> None:
    statement_of(template, "Auditor", "WhatIsHeldForInquiries")["Action"].append("dynamodb:UpdateItem")


def _two_duties_in_one_session(template: Template) -> None:
    properties_of(template, "RegistrarRole")["ManagedPolicyArns"].append({"Ref": "AuditorPolicy"})


def _a_duty_without_a_second_factor(template: Template) -> None:
    del properties_of(template, "AuditorRole")["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]


def _break_glass_makes_pseudonyms(template: Template) -> None:
    statement_of(template, "BreakGlass", "KeysThatWereDisabledOrLost")["Action"].append("kms:GenerateMac")


def _break_glass_taken_without_an_alarm(template: Template) -> None:
    """AssumeRole reads, and a rule in the usual state never sees it."""
    properties_of(template, "BreakGlassTaken")["State"] = "ENABLED"


def _one_message_for_each_call_of_break_glass(template: Template) -> None:
    properties_of(template, "BreakGlassUsed")["Targets"][0]["Arn"] = {"Ref": "AlarmTopic"}


def _roles_taken_without_an_alarm(template: Template) -> None:
    del template["Resources"]["RoleTaken"]


def _a_rule_whose_failures_nobody_sees(template: Template) -> None:
    properties_of(template, "UntoldAlarm")["Metrics"].pop()


def _break_glass_read_without_an_alarm(template: Template) -> None:
    properties_of(template, "BreakGlassUsed")["State"] = "ENABLED"


def _a_message_that_quotes_the_request(template: Template) -> None:
    [target] = properties_of(template, "BreakGlassUsed")["Targets"]
    target["InputTransformer"]["InputPathsMap"]["sent"] = "$.detail.requestParameters"


def _a_key_changed_without_an_alarm(template: Template) -> None:
    properties_of(template, "KeysChanged")["EventPattern"]["detail"]["resources"]["ARN"].pop()


def _a_trail_that_can_be_changed(template: Template) -> None:
    properties_of(template, "CallTrail")["EnableLogFileValidation"] = False


def _a_trail_without_tables(template: Template) -> None:
    del properties_of(template, "CallTrail")["AdvancedEventSelectors"][1]


def _a_production_without_a_trail(template: Template) -> None:
    template["Conditions"]["HasTrail"] = {"Fn::Not": [{"Fn::Equals": [{"Ref": "Trail"}, "none"]}]}


def _a_trail_whose_registry_is_optional(template: Template) -> None:
    selectors = properties_of(template, "CallTrail")["AdvancedEventSelectors"]
    selectors[1] = {"Fn::If": ["TrailsManagement", selectors[1], {"Ref": "AWS::NoValue"}]}


def _an_open_bucket(template: Template) -> None:
    properties_of(template, "TrailBucket")["PublicAccessBlockConfiguration"]["BlockPublicPolicy"] = False


def _a_trail_that_anybody_may_read(template: Template) -> None:
    del properties_of(template, "TrailBucketPolicy")["PolicyDocument"]["Statement"][1]["Condition"]


def _a_key_copied_without_an_alarm(template: Template) -> None:
    properties_of(template, "KeysChanged")["EventPattern"]["detail"]["eventName"].remove("ReplicateKey")


def _the_operator_copies_a_key(template: Template) -> None:
    statement_of(template, "Denials", "NoKey")["Action"].remove("kms:ReplicateKey")


def _the_operator_changes_a_functions_settings(template: Template) -> None:
    statement_of(template, "Denials", "NoCode")["Action"].remove("lambda:UpdateFunctionConfiguration")


def _with_more_rights(person: str, action: str, logical_id: str) -> Callable[[Template], None]:
    """A right that nobody stated, in a statement of its own."""

    def sabotage(template: Template) -> None:
        made = {"Sid": "More", "Effect": "Allow", "Action": [action], "Resource": [{"Fn::GetAtt": [logical_id, "Arn"]}]}
        properties_of(template, f"{person}Policy")["PolicyDocument"]["Statement"].append(made)

    sabotage.__name__ = f"{person}_{action.partition(':')[2]}_{logical_id}"
    return sabotage


def _the_registrar_uses_the_key_for_every_table(template: Template) -> None:
    context = "kms:EncryptionContext:aws:dynamodb:tableName"
    del statement_of(template, "Registrar", "ItsKeyForThisTableOnly")["Condition"]["StringEquals"][context]


def _break_glass_opens_held_rows(template: Template) -> None:
    statement_of(template, "BreakGlass", "KeysOfTheTables")["Resource"].append({"Fn::GetAtt": ["HeldKey", "Arn"]})


def _the_operator_signs(template: Template) -> None:
    statement_of(template, "Denials", "NoKey")["Action"].remove("kms:Sign")


def _the_operator_takes_another_role(template: Template) -> None:
    statement_of(template, "Denials", "NoOtherRole")["Resource"] = ["arn:aws:iam::1:role/some"]


def _an_operator_without_denials(template: Template) -> None:
    properties_of(template, "OperatorRole")["ManagedPolicyArns"].pop()


def _the_operator_shreds(template: Template) -> None:
    statement_of(template, "Operator", "ConsoleFunctions")["Resource"].append(
        {"Fn::GetAtt": ["RemoveAuthority", "Arn"]}
    )


def _the_custodian_suspends(template: Template) -> None:
    shredding = statement_of(template, "Custodian", "WhatOthersPropose")["Resource"]
    shredding.append({"Fn::GetAtt": ["SuspendAuthority", "Arn"]})


def _the_custodian_proposes(template: Template) -> None:
    statement_of(template, "Custodian", "WhatOthersPropose")["Resource"].append({"Fn::GetAtt": ["Propose", "Arn"]})


def _a_function_carries_out_what_it_proposed(template: Template) -> None:
    both = [{"Fn::GetAtt": [name, "Arn"]} for name in ("Propose", "EraseChild")]
    more = {"Effect": "Allow", "Action": ["lambda:InvokeFunction"], "Resource": both}
    properties_of(template, "BrokerRole").setdefault("Policies", []).append({"PolicyDocument": {"Statement": [more]}})


def _the_operator_is_not_denied_the_second_half(template: Template) -> None:
    statement_of(template, "OperatorDenials", "NotTheSecondHalf")["Resource"].pop()


def _the_custodian_may_call_a_version_of_the_first_half(template: Template) -> None:
    statement_of(template, "CustodianDenials", "NotTheFirstHalf")["Resource"] = [{"Fn::GetAtt": ["Propose", "Arn"]}]


def _a_policy_too_long_for_iam(template: Template) -> None:
    found = statement_of(template, "Operator", "ConsoleFunctions")["Resource"]
    found *= 4


def _an_unknown_role(template: Template) -> None:
    template["Resources"]["ReaderRole"] = deepcopy(template["Resources"]["AuditorRole"])


def _an_unknown_policy(template: Template) -> None:
    template["Resources"]["ReaderPolicy"] = deepcopy(template["Resources"]["AuditorPolicy"])


def _a_role_that_anybody_may_take(template: Template) -> None:
    properties_of(template, "AuditorRole")["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] = {"AWS": "*"}


def _a_rule_for_an_impossible_event(template: Template) -> None:
    properties_of(template, "KeysChanged")["EventPattern"]["detail-type"] = ["AWS API call"]


def _a_trail_of_another_stage(template: Template) -> None:
    properties_of(template, "CallTrail")["AdvancedEventSelectors"][1]["FieldSelectors"][2]["StartsWith"] = ["arn:aws:x"]


SABOTAGE: Sabotage = [
    (_the_operator_turns_off_ttl, people.only_break_glass_changes_a_tables_settings),
    (_the_operator_may_be_given_table_settings, people.whoever_runs_functions_is_always_denied_the_rest),
    (_the_operator_reads_items, people.only_the_stated_people_touch_items),
    (_the_operator_exports, people.whoever_runs_functions_is_always_denied_the_rest),
    (_the_operator_uses_a_key, people.whoever_runs_functions_is_always_denied_the_rest),
    (_the_operator_keeps_test_events, people.whoever_runs_functions_is_always_denied_the_rest),
    (_a_denial_under_a_condition, people.whoever_runs_functions_is_always_denied_the_rest),
    (_the_operator_calls_the_api_function, people.who_may_suspend_cannot_shred),
    (_a_console_function_for_nobody, people.who_may_suspend_cannot_shred),
    (_the_registrar_deletes, people.only_the_stated_people_touch_items),
    (_the_auditor_reads_children, people.only_the_stated_people_touch_items),
    (_the_auditor_writes, people.only_the_stated_people_touch_items),
    (_two_duties_in_one_session, people.duties_are_separate),
    (_a_duty_without_a_second_factor, people.duties_are_separate),
    (_break_glass_makes_pseudonyms, people.break_glass_opens_no_details),
    *(
        (breaks, trail.what_must_ring_at_once_has_a_rule)
        for breaks in (
            _one_message_for_each_call_of_break_glass,
            _roles_taken_without_an_alarm,
            _a_rule_whose_failures_nobody_sees,
        )
    ),
    (_break_glass_taken_without_an_alarm, trail.what_must_ring_at_once_has_a_rule),
    (_break_glass_read_without_an_alarm, trail.what_must_ring_at_once_has_a_rule),
    (_a_message_that_quotes_the_request, trail.what_must_ring_at_once_has_a_rule),
    (_a_key_changed_without_an_alarm, trail.changing_a_key_raises_an_alarm),
    (_a_trail_that_can_be_changed, trail.the_trail_is_kept_and_closed),
    (_a_production_without_a_trail, trail.the_trail_is_kept_and_closed),
    (_a_trail_whose_registry_is_optional, trail.the_trail_is_kept_and_closed),
    (_a_trail_without_tables, trail.the_trail_is_kept_and_closed),
    (_an_open_bucket, trail.the_trail_is_kept_and_closed),
    (_a_trail_that_anybody_may_read, trail.the_trail_is_kept_and_closed),
    (_a_key_copied_without_an_alarm, trail.changing_a_key_raises_an_alarm),
    (_the_operator_copies_a_key, people.whoever_runs_functions_is_always_denied_the_rest),
    (_the_operator_changes_a_functions_settings, people.whoever_runs_functions_is_always_denied_the_rest),
    *(
        (_with_more_rights(*right), people.people_have_exactly_the_stated_rights)
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
    (_the_registrar_uses_the_key_for_every_table, people.people_have_exactly_the_stated_rights),
    (_break_glass_opens_held_rows, people.people_have_exactly_the_stated_rights),
    (_the_operator_signs, people.whoever_runs_functions_is_always_denied_the_rest),
    (_the_operator_takes_another_role, people.whoever_runs_functions_is_always_denied_the_rest),
    (_an_operator_without_denials, people.duties_are_separate),
    (_the_operator_shreds, people.who_may_suspend_cannot_shred),
    (_the_custodian_suspends, people.who_may_suspend_cannot_shred),
    (_the_custodian_proposes, people.no_role_has_both_halves),
    (_a_function_carries_out_what_it_proposed, people.no_role_has_both_halves),
    (_the_operator_is_not_denied_the_second_half, people.no_role_has_both_halves),
    (_the_custodian_may_call_a_version_of_the_first_half, people.no_role_has_both_halves),
    (_a_policy_too_long_for_iam, people.every_policy_is_small_enough_for_iam),
    (_an_unknown_role, people.there_is_no_other_role),
    (_an_unknown_policy, people.there_is_no_other_role),
    (_a_role_that_anybody_may_take, people.duties_are_separate),
    (_a_rule_for_an_impossible_event, trail.what_must_ring_at_once_has_a_rule),
    (_a_trail_of_another_stage, trail.the_trail_is_kept_and_closed),
]
