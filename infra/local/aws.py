"""The AWS of the local stage: ministack on the loopback, with the keys and tables that the template describes."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import boto3

from chalicelib.adapters.dynamodb.schema import (
    EXPIRING,
    SCHEMAS,
    STREAMS,
    TTL_ATTRIBUTE,
    table_name,
    table_schema,
)

from .processes import LOOPBACK, free_port, is_taken, running

REGION = "eu-west-2"
_ACCOUNT = "000000000000"


def forget_other_aws() -> None:
    """Removes AWS settings from the environment, so that nothing here calls your own AWS account."""
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
    """The environment that an AWS client needs to call this endpoint."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": _ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@contextmanager
def local_aws(log: Path, python: str = sys.executable, **settings: str) -> Iterator[LocalAws]:
    """Runs a new ministack until the block ends, and keeps none of its data.

    `settings`: more environment variables for ministack.
    """
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


_SIGNS = {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}


@dataclass(frozen=True, slots=True)
class StageKeys:
    mac_key: str
    data_key: str
    audit_key: str
    history_key: str


def make_stage(aws: LocalAws, stage: str) -> StageKeys:
    """Makes the KMS keys, the topic of the alarms, and the tables, with encryption and TTL on. Their streams stay off.

    Nobody has subscribed to the topic: the local stage has no alarms, and its messages go nowhere.
    """
    kms = aws.client("kms")
    table_key = _key(kms, f"{stage}-tables")
    keys = StageKeys(
        mac_key=_key(kms, f"{stage}-pseudonyms", KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC"),
        data_key=_key(kms, f"{stage}-details"),
        audit_key=_key(kms, f"{stage}-audit"),
        history_key=_key(kms, f"{stage}-history", **_SIGNS),
    )
    _key(kms, f"{stage}-statements", **_SIGNS)
    aws.client("sns").create_topic(Name=f"knownto-{stage}-alarms")
    _stand_in_for_the_api(aws.client("lambda"), stage)
    dynamodb = aws.client("dynamodb")
    for table in SCHEMAS:
        _make_table(dynamodb, stage, table, table_key)
    return keys


def make_dead_letters(aws: LocalAws, stage: str) -> str:
    """Makes the queue of stream records that no retry can help. Returns its URL."""
    return str(aws.client("sqs").create_queue(QueueName=f"knownto-{stage}-dead-letters")["QueueUrl"])


def keys_of(kms: Any, stage: str) -> StageKeys:
    """Finds the keys of an existing stage.

    Returns key ids, not aliases: the id of the pseudonym key is in the encryption context of the service key.
    """
    return StageKeys(
        *(
            kms.describe_key(KeyId=f"alias/knownto-{stage}-{name}")["KeyMetadata"]["KeyId"]
            for name in ("pseudonyms", "details", "audit", "history")
        )
    )


def _key(kms: Any, alias: str, **spec: str) -> str:
    key_id = kms.create_key(Description=f"Known To {alias}", **spec)["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=f"alias/knownto-{alias}", TargetKeyId=key_id)
    return str(key_id)


def alarm_topic(stage: str) -> str:
    """The ARN of the topic of the alarms."""
    return f"arn:aws:sns:{REGION}:{_ACCOUNT}:knownto-{stage}-alarms"


def _stand_in_for_the_api(functions: Any, stage: str) -> None:
    """Makes a function for `switch_off` to stop, because the API of the local stage is not a Lambda function."""
    code = io.BytesIO()
    with ZipFile(code, "w") as packed:
        packed.writestr("app.py", "def app(event, context):\n    return {'statusCode': 200}\n")
    functions.create_function(
        FunctionName=f"knownto-{stage}-api",
        Runtime="python3.11",
        Role=f"arn:aws:iam::{_ACCOUNT}:role/knownto-{stage}-api",
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
    """Turns on the tables' streams. A stream reports only what happens after that."""
    dynamodb = aws.client("dynamodb")
    for table, view in STREAMS.items():
        spec = {"StreamEnabled": True, "StreamViewType": view}
        dynamodb.update_table(TableName=table_name(stage, table), StreamSpecification=spec)
