"""The rights of functions, stated once (those of people: `duties.py`). The template may give neither more nor less.

Add each new function here, write a policy file with its name, and add its role to the policies of the keys it uses. The
keys of tables need no entry: whoever touches a table uses its key through DynamoDB.
"""

# The calls that Lambda makes to a stream on behalf of the function.
FOLLOW = "DescribeStream GetRecords GetShardIterator ListStreams"

# A restored table exists beside the stage's own table or, if that is gone, under its name.
RESTORED = (
    "Scan GetItem PutItem DeleteItem DescribeTable UpdateTable DescribeTimeToLive UpdateTimeToLive "
    "DescribeContinuousBackups UpdateContinuousBackups ListTagsOfResource"
)

# To see a table's settings, which touches no encrypted data.
SETTINGS = "DescribeContinuousBackups DescribeTable DescribeTimeToLive"

# To open a record, a function reads the authorities, their salts and heartbeats, and uses the service key.
OPENS_RECORDS = {"RegistryTable": "Scan", "KeysTable": "Scan", "UsageTable": "Query", "DetailsKey": "Decrypt"}

# function, named as its policy file -> what it touches -> actions. Every function writes logs and traces. A function
# that sends to DeadLetters also uses the key of the logs, through SQS; one that publishes to AlarmTopic, through SNS.
_STATED: dict[str, dict[str, str]] = {
    "api_handler": {
        "InvolvementsTable": "Query GetItem PutItem UpdateItem DeleteItem ConditionCheckItem",
        "AccessTable": "GetItem PutItem Query",
        "AccessTable/index/day": "Query",
        "RegistryTable": "Scan",
        "KeysTable": "Scan",
        "UsageTable": "GetItem Query UpdateItem PutItem",
        "NoticesTable": "Query GetItem",
        "HistoryTable": "BatchGetItem GetItem Query",
        "PseudonymsKey": "GenerateMac",
        "DetailsKey": "Decrypt",
    },
    "make_service_key": {
        "KeysTable": "PutItem",
        "AccessTable": "PutItem",
        "DetailsKey": "GenerateDataKeyWithoutPlaintext",
        "AuditKey": "GenerateDataKeyWithoutPlaintext",
    },
    "propose": {
        **OPENS_RECORDS,
        "InvolvementsTable": "BatchGetItem Query GetItem",
        "InvolvementsTable/index/due": "Query",
        "HeldTable": "Query",
        "AccessTable": "BatchGetItem PutItem Query",
        "RegistryTable": "GetItem Scan",
        "PseudonymsKey": "GenerateMac",
    },
    "onboard_authority": {
        "RegistryTable": "PutItem",
        "KeysTable": "UpdateItem",
        "AccessTable": "PutItem GetItem",
    },
    "suspend_authority": {"RegistryTable": "GetItem UpdateItem", "AccessTable": "PutItem"},
    "reinstate_authority": {"RegistryTable": "GetItem UpdateItem", "AccessTable": "PutItem"},
    "replace_keys": {"RegistryTable": "GetItem UpdateItem", "AccessTable": "PutItem GetItem"},
    "change_grants": {"RegistryTable": "GetItem UpdateItem", "AccessTable": "PutItem GetItem"},
    "remove_authority": {
        "RegistryTable": "GetItem UpdateItem",
        "KeysTable": "DeleteItem",
        "AccessTable": "PutItem GetItem",
    },
    "shield_child": {
        "InvolvementsTable": "GetItem PutItem",
        "AccessTable": "PutItem",
        "PseudonymsKey": "GenerateMac",
        **OPENS_RECORDS,
    },
    "unshield_child": {
        "InvolvementsTable": "GetItem DeleteItem",
        "AccessTable": "PutItem GetItem Query",
        "PseudonymsKey": "GenerateMac",
        **OPENS_RECORDS,
    },
    "list_shields": {
        "InvolvementsTable": "BatchGetItem",
        "InvolvementsTable/index/due": "Query",
        "AccessTable": "BatchGetItem PutItem",
    },
    "lift_shields": {
        "InvolvementsTable": "BatchGetItem DeleteItem GetItem",
        "InvolvementsTable/index/due": "Query",
        "AccessTable": "BatchGetItem GetItem PutItem Query",
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
        "AccessTable": "PutItem GetItem",
        "PseudonymsKey": "GenerateMac",
        **OPENS_RECORDS,
    },
    "restore_gate": {
        "InvolvementsTable": RESTORED,
        "RestoredTable": f"{RESTORED} TagResource",
        "AccessTable": "PutItem Query Scan",
        **OPENS_RECORDS,
    },
    "replay_notices": {
        "AccessTable": "GetItem PutItem Scan",
        "InvolvementsTable": "Query",
        "NoticesTable": "GetItem PutItem UpdateItem",
        **OPENS_RECORDS,
    },
    "erase_child": {
        "InvolvementsTable": "Query GetItem PutItem DeleteItem",
        "NoticesTable": "Query DeleteItem",
        "AccessTable": "PutItem GetItem Query",
        "PseudonymsKey": "GenerateMac",
        **OPENS_RECORDS,
    },
    "supersede_nhs_number": {
        "InvolvementsTable": "GetItem PutItem UpdateItem DeleteItem ConditionCheckItem Query",
        "AccessTable": "PutItem GetItem",
        "PseudonymsKey": "GenerateMac",
        **OPENS_RECORDS,
    },
    "undo_supersede": {
        "InvolvementsTable": "GetItem PutItem UpdateItem DeleteItem Query",
        "AccessTable": "PutItem GetItem Query",
        "PseudonymsKey": "GenerateMac",
        **OPENS_RECORDS,
    },
    "retire_nhs_number": {
        "InvolvementsTable": "GetItem PutItem UpdateItem Query",
        "AccessTable": "PutItem GetItem",
        "PseudonymsKey": "GenerateMac",
        **OPENS_RECORDS,
    },
    "broker": {
        "InvolvementsTable": "GetItem",
        "AccessTable": "GetItem PutItem",
        "AccessTable/index/day": "Query",
        **OPENS_RECORDS,
    },
    "switch_off": {
        "KeysTable": "Scan DeleteItem",
        "AccessTable": "PutItem GetItem",
        "APIHandler": "PutFunctionConcurrency",
        "PseudonymsKey": "DescribeKey DisableKey ScheduleKeyDeletion",
        "DetailsKey": "DescribeKey DisableKey ScheduleKeyDeletion",
        "StatementsKey": "GetPublicKey Sign",
    },
    "access_report": {
        "RegistryTable": "GetItem",
        "AccessTable": "BatchGetItem PutItem",
        "AccessTable/index/day": "Query",
    },
    "act_report": {"AccessTable": "PutItem Query", "PseudonymsKey": "GenerateMac"},
    "audit_export": {
        "RegistryTable": "GetItem",
        "AccessTable": "BatchGetItem PutItem",
        "AccessTable/index/day": "Query",
        "HistoryTable": "BatchGetItem GetItem Query",
    },
    "watch_involvements": {
        "InvolvementsTable/streams": FOLLOW,
        "AccessTable": "Query PutItem",
        "DeadLetters": "SendMessage",
    },
    "sweep": {
        "InvolvementsTable": "GetItem DeleteItem UpdateItem PutItem",
        "InvolvementsTable/index/due": "Query",
        "AccessTable": "PutItem",
        "NoticesTable": "GetItem PutItem Query DeleteItem",
        "RegistryTable": "Scan",
        "KeysTable": "Scan",
        "UsageTable": "Query",
        "DetailsKey": "Decrypt",
        "DeadLetters": "SendMessage",
    },
    "check_settings": {
        "InvolvementsTable": SETTINGS,
        "AccessTable": SETTINGS,
        "RegistryTable": SETTINGS,
        "KeysTable": SETTINGS,
        "UsageTable": SETTINGS,
        "NoticesTable": SETTINGS,
        "HistoryTable": SETTINGS,
        "HeldTable": SETTINGS,
        "*": "ListEventSourceMappings",
        "DeadLetters": "SendMessage",
    },
    "send_pulses": {
        "InvolvementsTable": "PutItem",
        "AccessTable": "PutItem",
        "NoticesTable": "PutItem",
        "DeadLetters": "SendMessage",
    },
    "gather_leaves": {
        "AccessTable/streams": FOLLOW,
        "AccessTable": "BatchGetItem",
        "HistoryTable": "PutItem",
        "DeadLetters": "SendMessage",
    },
    "close_history": {
        "HistoryTable": "GetItem Query PutItem DeleteItem",
        "HistoryKey": "GetPublicKey Sign",
        "DeadLetters": "SendMessage",
    },
    "find_misuse": {
        **OPENS_RECORDS,
        "AccessTable": "BatchGetItem Query",
        "AccessTable/index/day": "Query",
        "UsageTable": "GetItem PutItem Query",
        "DeadLetters": "SendMessage",
    },
    "watch_access": {
        "AccessTable/streams": FOLLOW,
        "DeadLetters": "SendMessage",
    },
    "watch_notices": {
        "NoticesTable/streams": FOLLOW,
        "AccessTable": "GetItem",
        "DeadLetters": "SendMessage",
    },
    "watch_registry": {
        "RegistryTable/streams": FOLLOW,
        "AccessTable": "Query PutItem",
        "AlarmTopic": "Publish",
        "DeadLetters": "SendMessage",
    },
    "post_notices": {
        "AccessTable/streams": FOLLOW,
        "AccessTable": "GetItem",
        "InvolvementsTable": "Query",
        "NoticesTable": "GetItem PutItem UpdateItem",
        **OPENS_RECORDS,
        "DeadLetters": "SendMessage",
    },
}


def _with_the_audit_key(stated: dict[str, str]) -> dict[str, str]:
    """Every function writes access records or believes them, and so uses the audit key, which it reads wrapped."""
    more = {"KeysTable": "GetItem", "AuditKey": "Decrypt"}
    return stated | {name: f"{stated.get(name, '')} {action}".strip() for name, action in more.items()}


# They neither write access records nor believe any.
_WITHOUT_ACCESS_RECORDS = {"check_settings", "send_pulses", "watch_access"}
FUNCTIONS = {
    name: stated if name in _WITHOUT_ACCESS_RECORDS else _with_the_audit_key(stated) for name, stated in _STATED.items()
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
    "HistoryTable": "AccessKey",
    "HeldTable": "HeldKey",
}

# table -> the functions that delete there. A withdrawal deletes a row, and so does a record that goes to the present
# key of its child. The sweep deletes expired rows, and the weekly counts of outcomes once their notices are posted.
# Lifting a shield deletes it, superseding a number deletes its list of former keys, and undoing that deletes the
# pointer. Erasing deletes all rows and notices of a child. In the Keys table, removing an authority deletes its salt,
# and switching off deletes every item. Closing a
# minute of the history deletes the leaves that waited for it. Nobody deletes anywhere else.
DELETERS = {
    "InvolvementsTable": {
        "api_handler",
        "sweep",
        "unshield_child",
        "lift_shields",
        "supersede_nhs_number",
        "undo_supersede",
        "erase_child",
        "restore_gate",
    },
    "NoticesTable": {"erase_child", "sweep"},
    "HeldTable": {"release_hold"},
    "HistoryTable": {"close_history"},
    "KeysTable": {"remove_authority", "switch_off"},
}
