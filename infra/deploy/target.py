"""The account and region that a stage is deployed to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from .stack import NotDeployed


@dataclass(frozen=True, slots=True)
class Target:
    account: str
    region: str
    client: Callable[[str], Any]


def find_target(session: boto3.Session) -> Target:
    """Raises NotDeployed."""
    if not session.region_name:
        raise NotDeployed("No region is set. Name one, for example: make deploy STAGE=dev AWS_DEFAULT_REGION=eu-west-2")
    try:
        identity = session.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise NotDeployed(
            "AWS does not know who you are: there are no credentials, or they have expired. Sign in, for example with "
            f"`aws sso login`, and try again. The SDK says: {error}"
        ) from None
    return Target(identity["Account"], session.region_name, session.client)
