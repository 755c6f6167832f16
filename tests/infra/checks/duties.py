"""The rights of people, stated once. The template may give neither more nor less."""

from typing import Any

from .allowed import AT_REST

# key -> role -> actions, and the only table whose items it may use. Like functions, people use keys only through
# DynamoDB.
KEYS_OF_PEOPLE: dict[str, dict[str, tuple[str, str | None]]] = {
    "TablesKey": {
        "registrar": ("Decrypt Encrypt GenerateDataKey ReEncryptFrom ReEncryptTo", "registry"),
        "break-glass": (AT_REST, None),
    },
    # Not even break glass, because held rows are stored opened.
    "HeldKey": {"auditor": ("Decrypt", "held")},
    "AccessKey": {"break-glass": (AT_REST, None)},
}


# The custodian's functions, which carry out what the operator proposes. The operator runs all other console functions.
SECOND_HALVES = (
    "ChangeGrants EraseChild LiftShields OnboardAuthority ReleaseHold RemoveAuthority ReplaceKeys RetireNhsNumber "
    "SupersedeNhsNumber SwitchOff UndoSupersede UnshieldChild"
)
FIRST_HALF = "Propose"
OF_THE_CUSTODIAN = "ListShields"
OF_THE_AUDITOR = "AccessReport ActReport AuditExport"
_DAILY = (
    "MakeServiceKey SuspendAuthority ReinstateAuthority ShieldChild Broker DisputeRecord "
    "SubjectAccessReport RestoreGate ReplayNotices HoldChild"
)
INVOKED = "lambda:InvokeAsync lambda:InvokeFunction lambda:InvokeFunctionUrl"
_TABLES = "InvolvementsTable AccessTable RegistryTable KeysTable UsageTable NoticesTable HistoryTable HeldTable"
_KEYS = "PseudonymsKey DetailsKey AuditKey TablesKey AccessKey HeldKey StatementsKey HistoryKey"
_RUNS = "lambda:GetFunction lambda:GetFunctionConfiguration lambda:InvokeFunction"


def _through(service: str, table: str | None = None) -> dict[str, Any]:
    via = {"kms:ViaService": {"Fn::Sub": f"{service}.${{AWS::Region}}.${{AWS::URLSuffix}}"}}
    of = {"kms:EncryptionContext:aws:dynamodb:tableName": {"Fn::Sub": f"knownto-${{Stage}}-{table}"}}
    return {"StringEquals": via | (of if table else {})}


# policy -> resources (logical ids, or their text), actions, and the condition. Every policy allows, except the denials.
# `EraseChild*` is the function with its versions and aliases.
DUTIES: dict[str, list[tuple[str, str, dict[str, Any] | None]]] = {
    "Operator": [
        (
            _TABLES,
            "dynamodb:DescribeContinuousBackups dynamodb:DescribeTable dynamodb:DescribeTimeToLive "
            "dynamodb:ListTagsOfResource",
            None,
        ),
        (f"{FIRST_HALF} {_DAILY}", _RUNS, None),
        ("APIHandler", "lambda:GetAlias lambda:ListVersionsByFunction lambda:UpdateAlias", None),
        (
            "FunctionLogs GatewayLogs",
            "logs:DescribeLogStreams logs:FilterLogEvents logs:GetLogEvents logs:StartQuery",
            None,
        ),
        ("DeadLetters", "sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage", None),
        ("LogsKey", "kms:Decrypt", _through("sqs")),
        (
            "*",
            "cloudwatch:DescribeAlarmHistory cloudwatch:DescribeAlarms cloudwatch:GetDashboard "
            "cloudwatch:GetMetricData cloudwatch:ListDashboards cloudwatch:ListMetrics dynamodb:ListTables "
            "lambda:ListFunctions logs:DescribeLogGroups logs:GetQueryResults sqs:ListQueues",
            None,
        ),
    ],
    "Custodian": [(f"{SECOND_HALVES} {OF_THE_CUSTODIAN}", _RUNS, None), ("*", "lambda:ListFunctions", None)],
    "OperatorDenials": [(" ".join(f"{name}*" for name in SECOND_HALVES.split()), INVOKED, None)],
    "CustodianDenials": [(f"{FIRST_HALF}*", INVOKED, None)],
    "Registrar": [
        (
            "RegistryTable",
            "dynamodb:DescribeTable dynamodb:GetItem dynamodb:PutItem dynamodb:Query dynamodb:Scan dynamodb:UpdateItem",
            None,
        ),
        (
            "TablesKey",
            "kms:Decrypt kms:Encrypt kms:GenerateDataKey kms:ReEncryptFrom kms:ReEncryptTo",
            _through("dynamodb", "registry"),
        ),
        ("*", "dynamodb:ListTables", None),
    ],
    "Auditor": [
        ("HeldTable", "dynamodb:DescribeTable dynamodb:GetItem dynamodb:Query", None),
        ("HeldKey", "kms:Decrypt", _through("dynamodb", "held")),
        (OF_THE_AUDITOR, _RUNS, None),
        ("*", "dynamodb:ListTables lambda:ListFunctions", None),
    ],
    "AuditorTrail": [
        ("TrailBucket TrailBucket/*", "s3:GetObject s3:ListBucket", None),
        ("LogsKey", "kms:Decrypt", _through("s3")),
    ],
    "BreakGlass": [
        (
            "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/knownto-${Stage}-*",
            "dynamodb:BatchWriteItem dynamodb:CreateBackup dynamodb:DeleteItem dynamodb:DeleteTable "
            "dynamodb:DescribeBackup dynamodb:DescribeContinuousBackups dynamodb:DescribeTable "
            "dynamodb:DescribeTimeToLive dynamodb:GetItem dynamodb:ListTagsOfResource dynamodb:PutItem dynamodb:Query "
            "dynamodb:RestoreTableFromBackup dynamodb:RestoreTableToPointInTime dynamodb:Scan "
            "dynamodb:UpdateContinuousBackups dynamodb:UpdateItem dynamodb:UpdateTable dynamodb:UpdateTimeToLive",
            None,
        ),
        (
            "TablesKey AccessKey",
            "kms:CreateGrant kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey "
            "kms:GenerateDataKeyWithoutPlaintext kms:ReEncryptFrom kms:ReEncryptTo",
            _through("dynamodb"),
        ),
        (
            f"{_KEYS} LogsKey",
            "kms:CancelKeyDeletion kms:DescribeKey kms:EnableKey kms:GetKeyPolicy kms:PutKeyPolicy "
            "kms:UpdatePrimaryRegion",
            None,
        ),
        ("*", "dynamodb:ListBackups dynamodb:ListTables kms:ListAliases", None),
    ],
    "Denials": [
        (
            "*",
            "dynamodb:BatchGetItem dynamodb:BatchWriteItem dynamodb:ConditionCheckItem dynamodb:CreateBackup "
            "dynamodb:DeleteItem dynamodb:DeleteTable dynamodb:EnableKinesisStreamingDestination "
            "dynamodb:ExportTableToPointInTime dynamodb:GetItem dynamodb:GetRecords dynamodb:GetShardIterator "
            "dynamodb:PartiQLDelete dynamodb:PartiQLInsert dynamodb:PartiQLSelect dynamodb:PartiQLUpdate "
            "dynamodb:PutItem dynamodb:PutResourcePolicy dynamodb:Query dynamodb:RestoreTableFromBackup "
            "dynamodb:RestoreTableToPointInTime dynamodb:Scan dynamodb:StartAwsBackupJob dynamodb:UpdateItem",
            None,
        ),
        (
            "*",
            "dynamodb:DeleteResourcePolicy dynamodb:DisableKinesisStreamingDestination "
            "dynamodb:UpdateContinuousBackups dynamodb:UpdateTable dynamodb:UpdateTimeToLive",
            None,
        ),
        (
            _KEYS,
            "kms:CreateGrant kms:Decrypt kms:Encrypt kms:GenerateDataKey kms:GenerateDataKeyPair "
            "kms:GenerateDataKeyPairWithoutPlaintext kms:GenerateDataKeyWithoutPlaintext kms:GenerateMac "
            "kms:PutKeyPolicy kms:ReEncryptFrom kms:ReEncryptTo kms:ReplicateKey kms:Sign kms:VerifyMac",
            None,
        ),
        (
            "arn:${AWS::Partition}:schemas:*:${AWS::AccountId}:registry/lambda-testevent-schemas "
            "arn:${AWS::Partition}:schemas:*:${AWS::AccountId}:schema/lambda-testevent-schemas/*",
            "schemas:*",
            None,
        ),
        (
            "*",
            "iam:PassRole lambda:AddPermission lambda:CreateEventSourceMapping lambda:CreateFunction "
            "lambda:CreateFunctionUrlConfig lambda:DeleteEventSourceMapping lambda:DeleteFunction "
            "lambda:PutFunctionConcurrency lambda:PutFunctionEventInvokeConfig lambda:UpdateEventSourceMapping "
            "lambda:UpdateFunctionCode lambda:UpdateFunctionConfiguration lambda:UpdateFunctionEventInvokeConfig",
            None,
        ),
        ("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/knownto-${Stage}-*", "sts:AssumeRole", None),
    ],
}
