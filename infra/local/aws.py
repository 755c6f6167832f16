"""The AWS of the local stage: ministack on the loopback, with keys and tables as the template makes them."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes
from typing import Any
from zipfile import ZipFile

import boto3

from chalicelib.adapters.dynamodb.schema import (
    EXPIRING,
    KEYS,
    SCHEMAS,
    STREAMS,
    TTL_ATTRIBUTE,
    table_name,
    table_schema,
)
from chalicelib.adapters.sealing.keyring import CURRENT_VERSION, encryption_context

from .processes import LOOPBACK, free_port, is_taken, running

REGION = "eu-west-2"
SALT_BYTES = 32


def forget_other_aws() -> None:
    """A profile, key or endpoint of your own AWS must not reach the local one, nor what runs here reach yours."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]


@dataclass(frozen=True, slots=True)
class LocalAws:
    endpoint_url: str
    process: subprocess.Popen[bytes]

    @property
    def environ(self) -> dict[str, str]:
        return environ_of(self.endpoint_url)

    def client(self, service: str) -> Any:
        environ = self.environ
        session = boto3.Session(environ["AWS_ACCESS_KEY_ID"], environ["AWS_SECRET_ACCESS_KEY"], region_name=REGION)
        return session.client(service, endpoint_url=self.endpoint_url)


def environ_of(endpoint_url: str) -> dict[str, str]:
    """What any AWS client needs to reach it."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "000000000000",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@contextmanager
def local_aws(log: Path, python: str = sys.executable, **settings: str) -> Iterator[LocalAws]:
    """A fresh ministack that ends with the block. Nothing of it is kept. `settings`: environment of its own."""
    port = free_port()
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "BIND_HOST": LOOPBACK,
        "MINISTACK_HOST": LOOPBACK,
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        **settings,
    }
    with running([python, "-m", "ministack"], environ, log, lambda: is_taken(port)) as process:
        yield LocalAws(f"http://{LOOPBACK}:{port}", process)


@dataclass(frozen=True, slots=True)
class StageKeys:
    mac_key: str
    data_key: str


def make_stage(aws: LocalAws, stage: str) -> StageKeys:
    """KMS keys, the wrapped service data key, and the tables with encryption and TTL on."""
    kms = aws.client("kms")
    table_key = _key(kms, f"{stage}-tables")
    keys = StageKeys(
        mac_key=_key(kms, f"{stage}-pseudonyms", KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC"),
        data_key=_key(kms, f"{stage}-details"),
    )
    _key(kms, f"{stage}-statements", KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    _stand_in_for_the_api(aws.client("lambda"), stage)
    dynamodb = aws.client("dynamodb")
    for table in SCHEMAS:
        _make_table(dynamodb, stage, table, table_key)
    wrapped = kms.generate_data_key_without_plaintext(
        KeyId=keys.data_key,
        KeySpec="AES_256",
        EncryptionContext=encryption_context(stage, CURRENT_VERSION, keys.mac_key),
    )
    put_secret(dynamodb, stage, f"SERVICE#{CURRENT_VERSION}", wrapped["CiphertextBlob"])
    return keys


def keys_of(kms: Any, stage: str) -> StageKeys:
    """Of a stage that is made already. By their ids: the service key opens under the id of the other, not its alias."""
    mac_key, data_key = (
        kms.describe_key(KeyId=f"alias/knownto-{stage}-{name}")["KeyMetadata"]["KeyId"]
        for name in ("pseudonyms", "details")
    )
    return StageKeys(mac_key, data_key)


def _key(kms: Any, alias: str, **spec: str) -> str:
    key_id = kms.create_key(Description=f"Known To {alias}", **spec)["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=f"alias/knownto-{alias}", TargetKeyId=key_id)
    return str(key_id)


def _stand_in_for_the_api(functions: Any, stage: str) -> None:
    """The API of the local stage is no Lambda function: this is what switching off has to stop instead."""
    code = io.BytesIO()
    with ZipFile(code, "w") as packed:
        packed.writestr("app.py", "def app(event, context):\n    return {'statusCode': 200}\n")
    functions.create_function(
        FunctionName=f"knownto-{stage}-api",
        Runtime="python3.11",
        Role=f"arn:aws:iam::000000000000:role/knownto-{stage}-api",
        Handler="app.app",
        Code={"ZipFile": code.getvalue()},
    )


def _make_table(dynamodb: Any, stage: str, table: str, key_id: str) -> None:
    name = table_name(stage, table)
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key_id},
        DeletionProtectionEnabled=True,
        **table_schema(table),
    )
    if table in EXPIRING:
        dynamodb.update_time_to_live(
            TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": TTL_ATTRIBUTE}
        )


def turn_on_streams(aws: LocalAws, stage: str) -> None:
    """Apart from making the tables: a stream tells of what happens from then on."""
    dynamodb = aws.client("dynamodb")
    for table, view in STREAMS.items():
        spec = {"StreamEnabled": True, "StreamViewType": view}
        dynamodb.update_table(TableName=table_name(stage, table), StreamSpecification=spec)


def put_secret(dynamodb: Any, stage: str, key: str, secret: bytes) -> None:
    """A row of the Keys table. One that is there is never replaced: that would shred what it sealed."""
    dynamodb.put_item(
        TableName=table_name(stage, KEYS),
        Item={"key": {"S": key}, "secret": {"B": secret}},
        ConditionExpression="attribute_not_exists(#key)",
        ExpressionAttributeNames={"#key": "key"},
    )


def make_salt(dynamodb: Any, stage: str, authority_code: str) -> None:
    put_secret(dynamodb, stage, f"SALT#{authority_code}", token_bytes(SALT_BYTES))
