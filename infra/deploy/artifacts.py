"""The bucket from which CloudFormation takes packages: one per account and region, private, encrypted, versioned."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from .parameters import settled
from .target import Target


def bucket_name(target: Target) -> str:
    return f"knownto-artifacts-{target.account}-{target.region}"


def make_bucket(target: Target) -> bool:
    """Returns False if the bucket existed. Corrects its settings in any case. Raises ClientError if somebody else owns
    it."""
    s3, bucket = target.client("s3"), bucket_name(target)
    owned = {"Bucket": bucket, "ExpectedBucketOwner": target.account}
    made = not _exists(s3, owned)
    if made:
        # S3 refuses this one region as a constraint.
        placed = {} if target.region == "us-east-1" else {"LocationConstraint": target.region}
        s3.create_bucket(Bucket=bucket, **({"CreateBucketConfiguration": placed} if placed else {}))
    s3.put_public_access_block(
        **owned,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )
    s3.put_bucket_versioning(**owned, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_encryption(
        **owned,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
    )
    return made


def upload(target: Target, package: Path, decided: Mapping[str, str]) -> str:
    """Uploads the zip and the template from the folder `package`. Returns the address of the template.

    The name of each is a hash of its content, so the same package gives the same deployment.
    """
    zipped = _put(target, (package / "deployment.zip").read_bytes(), "zip")
    template = settled(json.loads((package / "template.json").read_text()), decided)
    for made in template["Resources"].values():
        if made["Type"] == "AWS::Serverless::Function":
            made["Properties"]["CodeUri"] = f"s3://{bucket_name(target)}/{zipped}"
    key = _put(target, json.dumps(template).encode(), "json")
    return f"{target.client('s3').meta.endpoint_url}/{bucket_name(target)}/{key}"


def _put(target: Target, content: bytes, kind: str) -> str:
    key = f"{hashlib.sha256(content).hexdigest()}.{kind}"
    # Others can guess the bucket's name and own it, so we name the owner that we expect.
    target.client("s3").put_object(
        Bucket=bucket_name(target), ExpectedBucketOwner=target.account, Key=key, Body=content
    )
    return key


def _exists(s3: Any, owned: dict[str, str]) -> bool:
    try:
        s3.head_bucket(**owned)
    except ClientError as error:
        if error.response["Error"]["Code"] == "404":
            return False
        raise
    return True
