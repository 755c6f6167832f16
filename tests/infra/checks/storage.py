"""Promises about storage: the tables are those of the code, and resources with data outlive the stack."""

from chalicelib.adapters.dynamodb.schema import EXPIRING, SCHEMAS, STREAMS, TTL_ATTRIBUTE, table_schema
from infra.check.packaging import Template

from .allowed import UNDER
from .reading import Check, Problems, resources

_TABLES = {
    "involvements": "InvolvementsTable",
    "access": "AccessTable",
    "registry": "RegistryTable",
    "keys": "KeysTable",
    "usage": "UsageTable",
    "notices": "NoticesTable",
    "history": "HistoryTable",
    "held": "HeldTable",
}


def the_tables_are_those_of_the_code(template: Template) -> Problems:
    tables = resources(template, "AWS::DynamoDB::Table")
    if set(tables) != set(_TABLES.values()) or set(_TABLES) != set(SCHEMAS):
        yield "the tables are not those of the code"
    for table, name in _TABLES.items():
        made = tables.get(name, {})
        expected = {
            "TableName": {"Fn::Sub": f"knownto-${{Stage}}-{table}"},
            "BillingMode": "PAY_PER_REQUEST",
            "DeletionProtectionEnabled": True,
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7},
            "SSESpecification": {
                "SSEEnabled": True,
                "SSEType": "KMS",
                "KMSMasterKeyId": {"Fn::GetAtt": [UNDER[name], "Arn"]},
            },
            **table_schema(table),
        }
        if table in EXPIRING:
            expected["TimeToLiveSpecification"] = {"AttributeName": TTL_ATTRIBUTE, "Enabled": True}
        if table in STREAMS:
            expected["StreamSpecification"] = {"StreamViewType": STREAMS[table]}
        yield from (f"{name}: {key}" for key in made.keys() | expected if made.get(key) != expected.get(key))


def resources_with_data_outlive_the_stack(template: Template) -> Problems:
    for name, made in template["Resources"].items():
        if made["Type"] in {"AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::Logs::LogGroup"} and (
            made.get("DeletionPolicy"),
            made.get("UpdateReplacePolicy"),
        ) != ("Retain", "Retain"):
            yield f"{name} is deleted with the stack"


def logs_are_encrypted_and_expire(template: Template) -> Problems:
    for name, group in resources(template, "AWS::Logs::LogGroup").items():
        if group.get("RetentionInDays") != {"Ref": "LogRetentionDays"}:
            yield f"{name} is kept for ever"
        if group.get("KmsKeyId") != {"Fn::GetAtt": ["LogsKey", "Arn"]}:
            yield f"{name} is not encrypted"
    if template["Globals"]["Function"]["LoggingConfig"]["LogGroup"] != {"Ref": "FunctionLogs"}:
        yield "functions log to another group"


CHECKS: list[Check] = [
    the_tables_are_those_of_the_code,
    resources_with_data_outlive_the_stack,
    logs_are_encrypted_and_expire,
]
