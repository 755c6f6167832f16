"""Sabotage of the rights of functions and of the keys."""

from copy import deepcopy
from typing import Any

from infra.check.packaging import Template

from ..checks import keys, rights
from .parts import Sabotage, policy_of, properties_of


def key_policy_of(template: Template, name: str) -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = properties_of(template, name)["KeyPolicy"]["Statement"]
    return statements


def grant(template: Template, action: str, resource: dict[str, Any]) -> None:
    made = {"Sid": "More", "Effect": "Allow", "Action": [action], "Resource": [resource]}
    policy_of(template, "OnboardAuthorityRole").append(made)


def _wildcard_action(template: Template) -> None:
    policy_of(template)[0]["Action"] = ["dynamodb:*"]


def _wildcard_resource(template: Template) -> None:
    policy_of(template)[0]["Resource"] = ["*"]


def _update_of_access_records(template: Template) -> None:
    policy_of(template)[1]["Action"].append("dynamodb:UpdateItem")


def _deletes_of_usage(template: Template) -> None:
    policy_of(template)[3]["Action"].append("dynamodb:DeleteItem")


def _decrypt_of_anything(template: Template) -> None:
    [unwraps] = [one for one in policy_of(template) if one["Sid"] == "UnwrapTheServiceDataKey"]
    del unwraps["Condition"]


def _another_function_deletes_involvements(template: Template) -> None:
    grant(template, "dynamodb:DeleteItem", {"Fn::GetAtt": ["InvolvementsTable", "Arn"]})


def _another_function_writes_many_access_records(template: Template) -> None:
    grant(template, "dynamodb:BatchWriteItem", {"Fn::GetAtt": ["AccessTable", "Arn"]})


def _another_function_changes_an_index_of_access(template: Template) -> None:
    grant(template, "dynamodb:PartiQLUpdate", {"Fn::Sub": "${AccessTable.Arn}/index/day"})


def _the_same_right_twice(template: Template) -> None:
    policy_of(template).append(deepcopy(policy_of(template)[0]))


def _a_right_without_a_name(template: Template) -> None:
    policy_of(template)[0]["Sid"] = None


def _a_missing_right(template: Template) -> None:
    policy_of(template, "OnboardAuthorityRole").pop(0)


def _a_shared_role(template: Template) -> None:
    properties_of(template, "OnboardAuthority")["Role"] = properties_of(template, "APIHandler")["Role"]


def _a_managed_policy(template: Template) -> None:
    properties_of(template, "MakeServiceKeyRole")["ManagedPolicyArns"] = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]


def _a_role_for_people(template: Template) -> None:
    trust = properties_of(template, "MakeServiceKeyRole")["AssumeRolePolicyDocument"]["Statement"][0]
    trust["Principal"] = {"AWS": "*"}


def _an_unstated_function(template: Template) -> None:
    template["Resources"]["ExportAll"] = deepcopy(template["Resources"]["OnboardAuthority"])


def _a_key_used_without_dynamodb(template: Template) -> None:
    del policy_of(template, "MakeServiceKeyRole")[3]["Condition"]


def _account_decrypts(template: Template) -> None:
    key_policy_of(template, "DetailsKey")[0]["Action"].append("kms:Decrypt")


def _account_does_anything(template: Template) -> None:
    key_policy_of(template, "PseudonymsKey")[0]["Action"] = "kms:*"


def _account_grants(template: Template) -> None:
    key_policy_of(template, "PseudonymsKey")[0]["Action"].append("kms:CreateGrant")


def _another_role_makes_pseudonyms(template: Template) -> None:
    key_policy_of(template, "PseudonymsKey")[1]["Condition"]["ArnEquals"]["aws:PrincipalArn"].append(
        "arn:aws:iam::1:role/x"
    )


def _the_registrar_reads_the_salts(template: Template) -> None:
    del key_policy_of(template, "TablesKey")[2]["Condition"]["StringEquals"][
        "kms:EncryptionContext:aws:dynamodb:tableName"
    ]


def _whoever_deploys_may_read_tables(template: Template) -> None:
    del key_policy_of(template, "AccessKey")[-1]["Condition"]["ForAnyValue:StringEquals"]


def _whoever_deploys_may_grant_to_anybody(template: Template) -> None:
    del key_policy_of(template, "AccessKey")[-2]["Condition"]["Bool"]


def _the_dead_letter_key_for_every_queue(template: Template) -> None:
    letters = next(s for s in key_policy_of(template, "LogsKey") if s["Sid"] == "DeadLettersAreSentAndRead")
    del letters["Condition"]["StringEquals"]["kms:EncryptionContext:aws:sqs:arn"]


def _alarms_may_not_use_the_topics_key(template: Template) -> None:
    statements = key_policy_of(template, "LogsKey")
    statements[:] = [s for s in statements if "cloudwatch.amazonaws.com" not in str(s["Principal"])]


def _a_key_deleted_within_a_week(template: Template) -> None:
    properties_of(template, "PseudonymsKey")["PendingWindowInDays"] = 7


def _no_stream_of_a_restored_table(template: Template) -> None:
    policy_of(template, "WatchAccessRole")[0]["Resource"] = [{"Fn::GetAtt": ["AccessTable", "StreamArn"]}]


def _a_key_that_nobody_can_administer(template: Template) -> None:
    key_policy_of(template, "PseudonymsKey")[0]["Action"].remove("kms:PutKeyPolicy")


def _a_log_key_for_every_log_group(template: Template) -> None:
    logs = next(s for s in key_policy_of(template, "LogsKey") if s["Sid"] == "CloudWatchLogsUsesItForOurGroups")
    logs["Condition"] = {"StringEquals": {"aws:SourceAccount": "1"}}


SABOTAGE: Sabotage = [
    (_wildcard_action, rights.no_policy_has_wildcards),
    (_wildcard_resource, rights.no_policy_has_wildcards),
    (_wildcard_action, rights.functions_have_exactly_the_stated_rights),
    (_update_of_access_records, rights.access_records_are_only_inserted),
    (_deletes_of_usage, rights.only_the_stated_functions_delete),
    (_decrypt_of_anything, rights.functions_have_exactly_the_stated_rights),
    (_another_function_deletes_involvements, rights.only_the_stated_functions_delete),
    (_another_function_writes_many_access_records, rights.only_the_stated_functions_delete),
    (_another_function_writes_many_access_records, rights.access_records_are_only_inserted),
    (_another_function_changes_an_index_of_access, rights.access_records_are_only_inserted),
    (_another_function_changes_an_index_of_access, rights.functions_have_exactly_the_stated_rights),
    (_the_same_right_twice, rights.functions_have_exactly_the_stated_rights),
    (_a_right_without_a_name, rights.functions_have_exactly_the_stated_rights),
    (_a_missing_right, rights.functions_have_exactly_the_stated_rights),
    (_a_key_used_without_dynamodb, rights.functions_have_exactly_the_stated_rights),
    (_a_shared_role, rights.every_function_has_a_role_and_rights_of_its_own),
    (_a_managed_policy, rights.every_function_has_a_role_and_rights_of_its_own),
    (_a_role_for_people, rights.every_function_has_a_role_and_rights_of_its_own),
    (_an_unstated_function, rights.every_function_has_a_role_and_rights_of_its_own),
    (_account_decrypts, rights.the_account_administers_keys_and_cannot_use_them),
    (_account_does_anything, rights.the_account_administers_keys_and_cannot_use_them),
    (_account_grants, rights.the_account_administers_keys_and_cannot_use_them),
    (_another_role_makes_pseudonyms, rights.only_the_stated_roles_use_keys),
    (_the_registrar_reads_the_salts, rights.only_the_stated_roles_use_keys),
    (_whoever_deploys_may_read_tables, rights.only_the_stated_roles_use_keys),
    (_whoever_deploys_may_grant_to_anybody, rights.only_the_stated_roles_use_keys),
    (_the_dead_letter_key_for_every_queue, rights.only_the_stated_roles_use_keys),
    (_alarms_may_not_use_the_topics_key, keys.services_use_only_the_key_of_the_logs),
    (_a_key_deleted_within_a_week, keys.the_keys_are_what_the_code_needs),
    (_a_key_that_nobody_can_administer, rights.the_account_administers_keys_and_cannot_use_them),
    (_a_log_key_for_every_log_group, keys.services_use_only_the_key_of_the_logs),
    (_no_stream_of_a_restored_table, rights.functions_have_exactly_the_stated_rights),
]
