"""The rights of functions and people, stated once. The template may give neither more nor less.

Add each new function here, write a policy file with its name, and add its role to the policies of the keys it uses. The
keys of tables need no entry: whoever touches a table uses its key through DynamoDB.
"""

from typing import Any

# The calls that Lambda makes to a stream on behalf of the function.
FOLLOW = "DescribeStream GetRecords GetShardIterator ListStreams"

# A restored table exists beside the stage's own table or, if that is gone, under its name.
RESTORED = (
    "Scan GetItem PutItem DeleteItem DescribeTable UpdateTable DescribeTimeToLive UpdateTimeToLive "
    "DescribeContinuousBackups UpdateContinuousBackups ListTagsOfResource"
)

# To open a record, a function reads the authorities, their salts and heartbeats, and uses the service data key.
OPENS_RECORDS = {"RegistryTable": "Scan", "KeysTable": "Scan", "UsageTable": "Query", "DetailsKey": "Decrypt"}

# function, named as its policy file -> what it touches -> actions. Every function writes logs and traces. A function
# that sends to DeadLetters also uses the key of the logs, through SQS.
FUNCTIONS: dict[str, dict[str, str]] = {
    "api_handler": {
        "InvolvementsTable": "Query GetItem PutItem UpdateItem DeleteItem ConditionCheckItem",
        "AccessTable": "PutItem Query",
        "RegistryTable": "Scan",
        "KeysTable": "Scan",
        "UsageTable": "Query UpdateItem PutItem",
        "NoticesTable": "Query GetItem",
        "PseudonymsKey": "GenerateMac",
        "DetailsKey": "Decrypt",
    },
    "make_service_key": {
        "KeysTable": "PutItem",
        "AccessTable": "PutItem",
        "DetailsKey": "GenerateDataKeyWithoutPlaintext",
    },
    "onboard_authority": {
        "RegistryTable": "PutItem",
        "KeysTable": "UpdateItem",
        "AccessTable": "PutItem",
    },
    "suspend_authority": {"RegistryTable": "GetItem UpdateItem", "AccessTable": "PutItem"},
    "reinstate_authority": {"RegistryTable": "GetItem UpdateItem", "AccessTable": "PutItem"},
    "replace_keys": {"RegistryTable": "GetItem UpdateItem", "AccessTable": "PutItem"},
    "remove_authority": {
        "RegistryTable": "GetItem UpdateItem",
        "KeysTable": "DeleteItem",
        "AccessTable": "PutItem",
    },
    "shield_child": {
        "InvolvementsTable": "PutItem",
        "AccessTable": "PutItem",
        "PseudonymsKey": "GenerateMac",
        **OPENS_RECORDS,
    },
    "unshield_child": {
        "InvolvementsTable": "GetItem DeleteItem",
        "AccessTable": "PutItem Query",
        "PseudonymsKey": "GenerateMac",
        **OPENS_RECORDS,
    },
    "dispute_record": {
        "InvolvementsTable": "GetItem PutItem",
        "AccessTable": "PutItem",
        "PseudonymsKey": "GenerateMac",
        **OPENS_RECORDS,
    },
    "subject_access_report": {
        "InvolvementsTable": "Query GetItem",
        "AccessTable": "PutItem Query",
        "PseudonymsKey": "GenerateMac",
        **OPENS_RECORDS,
    },
    "hold_child": {
        "InvolvementsTable": "Query GetItem",
        "HeldTable": "Query PutItem",
        "AccessTable": "PutItem",
        "PseudonymsKey": "GenerateMac",
        **OPENS_RECORDS,
    },
    "release_hold": {
        "InvolvementsTable": "GetItem",
        "HeldTable": "Query DeleteItem",
        "AccessTable": "PutItem",
        "PseudonymsKey": "GenerateMac",
        **OPENS_RECORDS,
    },
    "restore_gate": {
        "InvolvementsTable": RESTORED,
        "RestoredTable": f"{RESTORED} TagResource",
        "AccessTable": "PutItem Query Scan",
        **OPENS_RECORDS,
    },
    "erase_child": {
        "InvolvementsTable": "Query GetItem PutItem DeleteItem",
        "NoticesTable": "Query DeleteItem",
        "AccessTable": "PutItem Query",
        "PseudonymsKey": "GenerateMac",
        **OPENS_RECORDS,
    },
    "supersede_nhs_number": {
        "InvolvementsTable": "GetItem PutItem UpdateItem DeleteItem ConditionCheckItem Query",
        "AccessTable": "PutItem",
        "PseudonymsKey": "GenerateMac",
        **OPENS_RECORDS,
    },
    "undo_supersede": {
        "InvolvementsTable": "GetItem PutItem UpdateItem DeleteItem Query",
        "AccessTable": "PutItem Query",
        "PseudonymsKey": "GenerateMac",
        **OPENS_RECORDS,
    },
    "retire_nhs_number": {
        "InvolvementsTable": "GetItem PutItem UpdateItem Query",
        "AccessTable": "PutItem",
        "PseudonymsKey": "GenerateMac",
        **OPENS_RECORDS,
    },
    "broker": {
        "InvolvementsTable": "GetItem",
        "AccessTable": "GetItem PutItem",
        "AccessTable/index/authority_date": "Query",
        **OPENS_RECORDS,
    },
    "switch_off": {
        "KeysTable": "Scan DeleteItem",
        "AccessTable": "PutItem",
        "APIHandler": "PutFunctionConcurrency",
        "PseudonymsKey": "DescribeKey DisableKey ScheduleKeyDeletion",
        "DetailsKey": "DescribeKey DisableKey ScheduleKeyDeletion",
        "StatementsKey": "GetPublicKey Sign",
    },
    "access_report": {
        "RegistryTable": "GetItem",
        "AccessTable": "BatchGetItem PutItem",
        "AccessTable/index/authority_date": "Query",
    },
    "watch_involvements": {
        "InvolvementsTable/streams": FOLLOW,
        "AccessTable": "Query PutItem",
        "DeadLetters": "SendMessage",
    },
    "sweep": {
        "InvolvementsTable": "GetItem DeleteItem UpdateItem PutItem DescribeTimeToLive",
        "InvolvementsTable/index/due": "Query",
        "AccessTable": "PutItem DescribeTimeToLive",
        "NoticesTable": "GetItem PutItem DescribeTimeToLive",
        "RegistryTable": "Scan",
        "KeysTable": "Scan",
        "UsageTable": "Query DescribeTimeToLive",
        "HeldTable": "DescribeTimeToLive",
        "DetailsKey": "Decrypt",
        "DeadLetters": "SendMessage",
    },
    "watch_access": {
        "AccessTable/streams": FOLLOW,
        "DeadLetters": "SendMessage",
    },
    "post_notices": {
        "AccessTable/streams": FOLLOW,
        "AccessTable": "GetItem",
        "InvolvementsTable": "Query",
        "NoticesTable": "GetItem PutItem",
        **OPENS_RECORDS,
        "DeadLetters": "SendMessage",
    },
}

# The calls that DynamoDB makes to a key on behalf of whoever uses a table.
AT_REST = "Decrypt DescribeKey Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext ReEncryptFrom ReEncryptTo"

# The key that each table is encrypted under.
UNDER = {
    "InvolvementsTable": "TablesKey",
    "RestoredTable": "TablesKey",
    "AccessTable": "AccessKey",
    "RegistryTable": "TablesKey",
    "KeysTable": "TablesKey",
    "UsageTable": "TablesKey",
    "NoticesTable": "TablesKey",
    "HeldTable": "HeldKey",
}

# table -> the functions that delete there. A withdrawal deletes a row, and so does a record that goes to the present
# key of its child. The
# sweep deletes expired rows, lifting a shield deletes it, and superseding a number deletes its list of former
# keys, and undoing that deletes the pointer.
# Erasing deletes all rows and notices of a child. In the Keys table, removing an authority deletes its salt, and
# switching off deletes every item. Nobody deletes anywhere else.
DELETERS = {
    "InvolvementsTable": {
        "api_handler",
        "sweep",
        "unshield_child",
        "supersede_nhs_number",
        "undo_supersede",
        "erase_child",
        "restore_gate",
    },
    "NoticesTable": {"erase_child"},
    "HeldTable": {"release_hold"},
    "KeysTable": {"remove_authority", "switch_off"},
}

# key -> role -> actions, and the only table whose items it may use. Like functions, people use keys only through
# DynamoDB.
KEYS_OF_PEOPLE: dict[str, dict[str, tuple[str, str | None]]] = {
    "TablesKey": {
        "registrar": ("Decrypt Encrypt GenerateDataKey ReEncryptFrom ReEncryptTo", "registry"),
        "break-glass": (AT_REST, None),
    },
    # Not even break glass, because held rows are stored opened.
    "HeldKey": {"auditor": ("Decrypt", "held")},
    "AccessKey": {
        "auditor": ("Decrypt", "access"),
        "break-glass": (AT_REST, None),
    },
}


# The custodian's functions, whose work cannot be undone. The operator runs all other console functions.
IRREVERSIBLE = (
    "EraseChild ReleaseHold RemoveAuthority RetireNhsNumber SupersedeNhsNumber SwitchOff UndoSupersede UnshieldChild"
)
_DAILY = (
    "MakeServiceKey OnboardAuthority SuspendAuthority ReinstateAuthority ReplaceKeys ShieldChild Broker "
    "AccessReport DisputeRecord SubjectAccessReport RestoreGate HoldChild"
)
_TABLES = "InvolvementsTable AccessTable RegistryTable KeysTable UsageTable NoticesTable HeldTable"
_KEYS = "PseudonymsKey DetailsKey TablesKey AccessKey HeldKey StatementsKey"
_RUNS = "lambda:GetFunction lambda:GetFunctionConfiguration lambda:InvokeFunction"


def _through(service: str, table: str | None = None) -> dict[str, Any]:
    via = {"kms:ViaService": {"Fn::Sub": f"{service}.${{AWS::Region}}.${{AWS::URLSuffix}}"}}
    of = {"kms:EncryptionContext:aws:dynamodb:tableName": {"Fn::Sub": f"knownto-${{Stage}}-{table}"}}
    return {"StringEquals": via | (of if table else {})}


# policy -> resources (logical ids, or their text), actions, and the condition. Every policy allows, except the denials.
DUTIES: dict[str, list[tuple[str, str, dict[str, Any] | None]]] = {
    "Operator": [
        (
            _TABLES,
            "dynamodb:DescribeContinuousBackups dynamodb:DescribeTable dynamodb:DescribeTimeToLive "
            "dynamodb:ListTagsOfResource dynamodb:UpdateContinuousBackups dynamodb:UpdateTable "
            "dynamodb:UpdateTimeToLive",
            None,
        ),
        (_DAILY, _RUNS, None),
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
    "Custodian": [(IRREVERSIBLE, _RUNS, None), ("*", "lambda:ListFunctions", None)],
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
        (
            "AccessTable AccessTable/index/authority_date HeldTable",
            "dynamodb:DescribeTable dynamodb:GetItem dynamodb:Query",
            None,
        ),
        ("HeldKey", "kms:Decrypt", _through("dynamodb", "held")),
        ("AccessKey", "kms:Decrypt", _through("dynamodb", "access")),
        ("*", "dynamodb:ListTables", None),
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
            "lambda:CreateFunctionUrlConfig lambda:PutFunctionEventInvokeConfig lambda:UpdateEventSourceMapping "
            "lambda:UpdateFunctionCode lambda:UpdateFunctionConfiguration lambda:UpdateFunctionEventInvokeConfig",
            None,
        ),
        ("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/knownto-${Stage}-*", "sts:AssumeRole", None),
    ],
}
