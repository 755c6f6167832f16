"""Who may touch what: the one place where it is stated. The template may give neither more nor less.

A new function comes here, gets a policy file of its name, and its role joins the policies of the keys it uses. Of a
table the keys follow: whoever touches it uses, through DynamoDB, the key that it is encrypted under.
"""

# What Lambda asks of a stream on behalf of the function that it feeds.
FOLLOW = "DescribeStream GetRecords GetShardIterator ListStreams"

# A restored table stands beside the stage's own or, where that is gone, in its place.
RESTORED = (
    "Scan GetItem PutItem DeleteItem DescribeTable UpdateTable DescribeTimeToLive UpdateTimeToLive "
    "DescribeContinuousBackups UpdateContinuousBackups ListTagsOfResource TagResource"
)

# function, as its policy file is named -> what it touches -> actions. The log group and traces are everybody's; who
# sends to DeadLetters uses, through SQS, the key of the logs.
FUNCTIONS: dict[str, dict[str, str]] = {
    "api_handler": {
        "InvolvementsTable": "Query GetItem PutItem DeleteItem ConditionCheckItem",
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
        "InvolvementsTable": "PutItem ConditionCheckItem",
        "AccessTable": "PutItem",
        "RegistryTable": "Scan",
        "KeysTable": "Scan",
        "UsageTable": "Query",
        "PseudonymsKey": "GenerateMac",
        "DetailsKey": "Decrypt",
    },
    "unshield_child": {
        "InvolvementsTable": "GetItem DeleteItem",
        "AccessTable": "PutItem Query",
        "RegistryTable": "Scan",
        "KeysTable": "Scan",
        "UsageTable": "Query",
        "PseudonymsKey": "GenerateMac",
        "DetailsKey": "Decrypt",
    },
    "dispute_record": {
        "InvolvementsTable": "GetItem PutItem",
        "AccessTable": "PutItem",
        "RegistryTable": "Scan",
        "KeysTable": "Scan",
        "UsageTable": "Query",
        "PseudonymsKey": "GenerateMac",
        "DetailsKey": "Decrypt",
    },
    "subject_access_report": {
        "InvolvementsTable": "Query GetItem",
        "AccessTable": "PutItem Query",
        "RegistryTable": "Scan",
        "KeysTable": "Scan",
        "UsageTable": "Query",
        "PseudonymsKey": "GenerateMac",
        "DetailsKey": "Decrypt",
    },
    "hold_child": {
        "InvolvementsTable": "Query GetItem",
        "HeldTable": "Query PutItem",
        "AccessTable": "PutItem",
        "RegistryTable": "Scan",
        "KeysTable": "Scan",
        "UsageTable": "Query",
        "PseudonymsKey": "GenerateMac",
        "DetailsKey": "Decrypt",
    },
    "release_hold": {
        "InvolvementsTable": "GetItem",
        "HeldTable": "Query DeleteItem",
        "AccessTable": "PutItem",
        "RegistryTable": "Scan",
        "KeysTable": "Scan",
        "UsageTable": "Query",
        "PseudonymsKey": "GenerateMac",
        "DetailsKey": "Decrypt",
    },
    "restore_gate": {
        "InvolvementsTable": RESTORED,
        "RestoredTable": RESTORED,
        "AccessTable": "PutItem Query Scan",
        "RegistryTable": "Scan",
        "KeysTable": "Scan",
        "UsageTable": "Query",
        "DetailsKey": "Decrypt",
    },
    "erase_child": {
        "InvolvementsTable": "Query GetItem PutItem DeleteItem",
        "NoticesTable": "Query DeleteItem",
        "AccessTable": "PutItem Query",
        "RegistryTable": "Scan",
        "KeysTable": "Scan",
        "UsageTable": "Query",
        "PseudonymsKey": "GenerateMac",
        "DetailsKey": "Decrypt",
    },
    "supersede_nhs_number": {
        "InvolvementsTable": "GetItem PutItem DeleteItem ConditionCheckItem Query",
        "AccessTable": "PutItem",
        "RegistryTable": "Scan",
        "KeysTable": "Scan",
        "UsageTable": "Query",
        "PseudonymsKey": "GenerateMac",
        "DetailsKey": "Decrypt",
    },
    "broker": {
        "InvolvementsTable": "GetItem",
        "AccessTable": "GetItem PutItem",
        "AccessTable/index/authority_date": "Query",
        "RegistryTable": "Scan",
        "KeysTable": "Scan",
        "UsageTable": "Query",
        "DetailsKey": "Decrypt",
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
        "RegistryTable": "Scan",
        "KeysTable": "Scan",
        "UsageTable": "Query",
        "DetailsKey": "Decrypt",
        "DeadLetters": "SendMessage",
    },
}

# What DynamoDB asks of a key on behalf of who uses a table.
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

# table -> who deletes there. Withdrawal and the move to another child delete rows, the sweep those that have expired,
# lifting deletes a shield, and a number that is superseded drops its list of former keys; erasing takes all of a child,
# its notices too; of the keys, the salt of a removed authority goes, and all when the stage is switched off. Nobody
# deletes anywhere else.
DELETERS = {
    "InvolvementsTable": {
        "api_handler",
        "sweep",
        "unshield_child",
        "supersede_nhs_number",
        "erase_child",
        "restore_gate",
    },
    "NoticesTable": {"erase_child"},
    "HeldTable": {"release_hold"},
    "KeysTable": {"remove_authority", "switch_off"},
}

# key -> role -> actions, and the one table whose items it may use. Only through DynamoDB, as the functions.
PEOPLE: dict[str, dict[str, tuple[str, str | None]]] = {
    "TablesKey": {
        "registrar": ("Decrypt Encrypt GenerateDataKey ReEncryptFrom ReEncryptTo", "registry"),
        "break-glass": (AT_REST, None),
    },
    # Not even break glass: what is held stands there opened.
    "HeldKey": {"auditor": ("Decrypt", "held")},
    "AccessKey": {
        "auditor": ("Decrypt", "access"),
        "break-glass": (AT_REST, None),
    },
}
