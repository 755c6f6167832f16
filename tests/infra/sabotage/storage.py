"""Sabotage of tables, logs and the resources that hold data."""

from infra.check.packaging import Template

from ..checks import storage
from .parts import Sabotage, properties_of


def _no_ttl(template: Template) -> None:
    del properties_of(template, "InvolvementsTable")["TimeToLiveSpecification"]


def _another_ttl_attribute(template: Template) -> None:
    properties_of(template, "AccessTable")["TimeToLiveSpecification"]["AttributeName"] = "expires_at"


def _a_table_deleted_with_the_stack(template: Template) -> None:
    del template["Resources"]["AccessTable"]["DeletionPolicy"]


def _access_records_under_the_key_of_the_others(template: Template) -> None:
    properties_of(template, "AccessTable")["SSESpecification"]["KMSMasterKeyId"] = {"Fn::GetAtt": ["TablesKey", "Arn"]}


def _logs_for_ever(template: Template) -> None:
    del properties_of(template, "FunctionLogs")["RetentionInDays"]


def _sealed_data_in_the_access_stream(template: Template) -> None:
    properties_of(template, "AccessTable")["StreamSpecification"]["StreamViewType"] = "NEW_AND_OLD_IMAGES"


SABOTAGE: Sabotage = [
    (_no_ttl, storage.the_tables_are_those_of_the_code),
    (_another_ttl_attribute, storage.the_tables_are_those_of_the_code),
    (_a_table_deleted_with_the_stack, storage.resources_with_data_outlive_the_stack),
    (_access_records_under_the_key_of_the_others, storage.the_tables_are_those_of_the_code),
    (_logs_for_ever, storage.logs_are_encrypted_and_expire),
    (_sealed_data_in_the_access_stream, storage.the_tables_are_those_of_the_code),
]
