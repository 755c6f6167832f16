"""Items that tests enter by hand, without an access record, and odd ones too."""

from secrets import token_bytes
from typing import Any

from chalicelib.adapters.console import authority_store
from chalicelib.adapters.dynamodb.registry_items import GRANTED, read_grants
from chalicelib.adapters.dynamodb.schema import KEYS, table_name
from chalicelib.adapters.sealing import audit_keys
from chalicelib.adapters.sealing.audit_keys import AUDIT_KEY, audit_context
from chalicelib.adapters.sealing.grant_stamps import GrantStamps
from chalicelib.adapters.sealing.keyring import CURRENT_VERSION, SALT, SERVICE_KEY, encryption_context
from infra.local.authorities import LocalAuthority, SigningKey, new_authority
from infra.local.aws import LocalAws, StageKeys


def registry_item(authority: LocalAuthority, key: SigningKey) -> dict[str, Any]:
    """The item that onboarding makes of the authority, without the stamp of its grants."""
    item = authority_store.registry_item(new_authority(authority, key), b"")
    return {name: value for name, value in item.items() if name != GRANTED}


def with_stamp(item: dict[str, Any], stamps: GrantStamps) -> dict[str, Any]:
    """As if two people had granted what the item says, however odd. An item without readable keys gets no stamp."""
    grants = read_grants(item["authority"]["S"], item)
    return item if grants is None else {**item, GRANTED: {"B": stamps.stamp(grants)}}


def put_data_keys(aws: LocalAws, stage: str, keys: StageKeys) -> None:
    """The service key and the audit key, wrapped."""
    kms, dynamodb = aws.client("kms"), aws.client("dynamodb")
    made = {
        f"{SERVICE_KEY}{CURRENT_VERSION}": (keys.data_key, encryption_context(stage, CURRENT_VERSION, keys.mac_key)),
        f"{AUDIT_KEY}{audit_keys.CURRENT_VERSION}": (
            keys.audit_key,
            audit_context(stage, audit_keys.CURRENT_VERSION),
        ),
    }
    for name, (key_id, context) in made.items():
        wrapped = kms.generate_data_key_without_plaintext(KeyId=key_id, KeySpec="AES_256", EncryptionContext=context)
        _put_once(dynamodb, stage, name, wrapped["CiphertextBlob"])


def put_salt(dynamodb: Any, stage: str, authority_code: str) -> None:
    _put_once(dynamodb, stage, SALT + authority_code, token_bytes(authority_store.SALT_BYTES))


def _put_once(dynamodb: Any, stage: str, key: str, secret: bytes) -> None:
    """Never replaces an item: whatever its secret sealed would become unreadable."""
    dynamodb.put_item(
        TableName=table_name(stage, KEYS),
        Item={"key": {"S": key}, "secret": {"B": secret}},
        ConditionExpression="attribute_not_exists(#key)",
        ExpressionAttributeNames={"#key": "key"},
    )
