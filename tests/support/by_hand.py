"""Items that tests enter by hand, past the use cases, so that they may also be odd."""

from secrets import token_bytes
from typing import Any

from chalicelib.adapters.console import authority_store
from chalicelib.adapters.dynamodb.schema import KEYS, table_name
from infra.local.authorities import LocalAuthority, SigningKey, new_authority


def registry_item(authority: LocalAuthority, key: SigningKey) -> dict[str, Any]:
    """The item that onboarding makes of the authority."""
    return authority_store.registry_item(new_authority(authority, key))


def put_salt(dynamodb: Any, stage: str, authority_code: str) -> None:
    """Never replaces a salt: that would make unreadable what it sealed."""
    dynamodb.put_item(
        TableName=table_name(stage, KEYS),
        Item={"key": {"S": f"SALT#{authority_code}"}, "secret": {"B": token_bytes(authority_store.SALT_BYTES)}},
        ConditionExpression="attribute_not_exists(#key)",
        ExpressionAttributeNames={"#key": "key"},
    )
