"""`make deploy` with an emulated CloudFormation: what it makes, prints and leaves alone."""

import io
import itertools
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra.deploy import deploy as command
from infra.deploy.artifacts import bucket_name
from infra.deploy.deploy import deploy, forward_events
from infra.deploy.stack import Change, NotDeployed
from infra.deploy.target import Target, find_target
from tests.support.stage import Stage

pytestmark = pytest.mark.system

REGION = "eu-west-2"
ROOT = Path(__file__).parents[2]
_ACCOUNTS = itertools.count(100_000_000_001)
# The emulator refuses this only when it makes it, after the other resources.
BROKEN = {
    "Type": "AWS::CloudWatch::Alarm",
    "DependsOn": "Topic",
    "Properties": {
        "ComparisonOperator": "GreaterThanThreshold",
        "EvaluationPeriods": 1,
        "Metrics": [{"Id": "sum", "Expression": "a + b"}],
    },
}


def template(**resources: Any) -> dict[str, Any]:
    """A small template without SAM, which the emulator of these tests does not support."""
    return {
        "Parameters": {
            "Stage": {"Type": "String"},
            "Audience": {"Type": "String"},
            "GatewayAccount": {"Type": "String", "Default": "leave"},
        },
        "Conditions": {"SetsGatewayAccount": {"Fn::Equals": [{"Ref": "GatewayAccount"}, "set"]}},
        "Resources": {
            "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Audience"}}},
            "Role": {
                "Type": "AWS::IAM::Role",
                "Condition": "SetsGatewayAccount",
                "Properties": {
                    "AssumeRolePolicyDocument": {
                        "Version": "2012-10-17",
                        "Statement": {
                            "Effect": "Allow",
                            "Principal": {"Service": "apigateway.amazonaws.com"},
                            "Action": "sts:AssumeRole",
                        },
                    }
                },
            },
            "Account": {
                "Type": "AWS::ApiGateway::Account",
                "Condition": "SetsGatewayAccount",
                "Properties": {"CloudWatchRoleArn": {"Fn::GetAtt": ["Role", "Arn"]}},
            },
            **resources,
        },
        "Outputs": {"TopicArn": {"Value": {"Ref": "Topic"}}, "Audience": {"Value": {"Ref": "Audience"}}},
    }


@dataclass
class Account:
    """The AWS account of one test."""

    target: Target
    package: Path
    said: list[str] = field(default_factory=list)
    asked: list[list[Change]] = field(default_factory=list)

    def deploy(
        self, made: dict[str, Any], stage: str = "dev", agrees: bool = True, **parameters: str
    ) -> dict[str, str]:
        def agree(changes: list[Change]) -> bool:
            self.asked.append(changes)
            return agrees

        (self.package / "template.json").write_text(json.dumps(made))
        decided = {"Stage": stage, "Audience": "one", **parameters}
        return deploy(self.target, stage, self.package, decided, agree, say=self.said.append, pause_seconds=0.05)

    def stack(self, stage: str = "dev") -> dict[str, Any]:
        [found] = self.target.client("cloudformation").describe_stacks(StackName=f"knownto-{stage}")["Stacks"]
        described: dict[str, Any] = found
        return described


@pytest.fixture
def account(stage: Stage, tmp_path: Path) -> Account:
    number = str(next(_ACCOUNTS))
    session = boto3.Session(number, "local", region_name=REGION)
    (tmp_path / "deployment.zip").write_bytes(b"a package")

    def client(service: str) -> Any:
        return session.client(service, endpoint_url=stage.aws.endpoint_url)

    return Account(Target(number, REGION, client), tmp_path)


def test_a_new_stage_is_made_and_protected_and_returns_its_outputs(account: Account) -> None:
    outputs = account.deploy(template())
    assert outputs["Audience"] == "one"
    assert account.stack()["EnableTerminationProtection"] is True
    assert ("Add", "Topic") in [(change.action, change.name) for change in account.asked[0]]
    assert any("CREATE_COMPLETE" in line and "Topic" in line for line in account.said)


def test_the_same_again_changes_nothing_and_asks_nobody(account: Account) -> None:
    outputs = account.deploy(template())
    assert account.deploy(template()) == outputs
    assert len(account.asked) == 1
    assert "Nothing would change" in account.said[-1]
    left = account.target.client("cloudformation").list_change_sets(StackName="knownto-dev")["Summaries"]
    assert [one for one in left if one["Status"] == "FAILED"] == []


def test_a_change_is_shown_before_it_is_made(account: Account) -> None:
    account.deploy(template())
    assert account.deploy(template(), Audience="two")["Audience"] == "two"
    assert [(change.action, change.name) for change in account.asked[1]] == [("Modify", "Topic")]


def test_nothing_changes_without_agreement(account: Account) -> None:
    account.deploy(template())
    with pytest.raises(NotDeployed, match="nothing was changed"):
        account.deploy(template(), agrees=False, Audience="two")
    assert account.deploy(template())["Audience"] == "one"


def test_a_refused_new_stage_can_still_be_made_later(account: Account) -> None:
    with pytest.raises(NotDeployed, match="nothing was changed"):
        account.deploy(template(), agrees=False)
    assert account.deploy(template())["Audience"] == "one"


def test_a_failed_first_deployment_names_the_cause_and_continues_once_it_is_corrected(account: Account) -> None:
    with pytest.raises(NotDeployed, match=r"(?s)CREATE_FAILED.*Alarm: .*Metrics.*continues from there"):
        account.deploy(template(Alarm=BROKEN))
    assert "Topic" in {made["LogicalResourceId"] for made in _resources(account)}
    assert "EnableTerminationProtection" not in {name for name, value in account.stack().items() if value is True}
    assert account.deploy(template())["Audience"] == "one"


def test_a_failed_later_deployment_goes_back_to_the_previous_one(account: Account) -> None:
    account.deploy(template())
    with pytest.raises(NotDeployed, match=r"(?s)Alarm: .*went back to the previous deployment"):
        account.deploy(template(Alarm=BROKEN), Audience="two")
    assert account.stack()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert account.deploy(template(), Audience="three")["Audience"] == "three"


def test_a_stack_whose_first_deployment_was_rolled_back_is_refused_with_a_remedy(account: Account) -> None:
    cloudformation = account.target.client("cloudformation")
    cloudformation.create_stack(
        StackName="knownto-dev",
        TemplateBody=json.dumps(template(Alarm=BROKEN)),
        Parameters=[
            {"ParameterKey": "Stage", "ParameterValue": "dev"},
            {"ParameterKey": "Audience", "ParameterValue": "one"},
        ],
    )
    with pytest.raises(Exception, match="ROLLBACK_COMPLETE"):
        cloudformation.get_waiter("stack_create_complete").wait(
            StackName="knownto-dev", WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )
    with pytest.raises(NotDeployed, match=r'ROLLBACK_COMPLETE.*"Begin again" in docs/deploying\.md'):
        account.deploy(template())


def test_the_bucket_for_packages_is_private_encrypted_and_versioned(account: Account) -> None:
    account.deploy(template())
    s3, bucket = account.target.client("s3"), bucket_name(account.target)
    assert set(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values()) == {True}
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    [rule] = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


def test_the_functions_run_the_zip_that_was_uploaded(account: Account) -> None:
    function = {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": "./deployment.zip"}}
    with pytest.raises(Exception, match="Serverless"):
        account.deploy(template(Api=function))
    s3, bucket = account.target.client("s3"), bucket_name(account.target)
    stored = {made["Key"]: _content(s3, bucket, made["Key"]) for made in s3.list_objects_v2(Bucket=bucket)["Contents"]}
    [zipped] = [key for key, content in stored.items() if content == b"a package"]
    [sent] = [json.loads(content) for key, content in stored.items() if key.endswith(".json")]
    assert sent["Resources"]["Api"]["Properties"]["CodeUri"] == f"s3://{bucket}/{zipped}"


def test_the_first_stage_of_an_account_makes_the_gateways_role_and_keeps_it(account: Account) -> None:
    account.deploy(template())
    account.deploy(template(), Audience="two")
    assert _parameter(account, "GatewayAccount") == "set"


def test_a_stage_leaves_an_existing_gateways_role_alone(account: Account) -> None:
    account.deploy(template())
    account.deploy(template(), stage="test")
    assert _parameter(account, "GatewayAccount", stage="test") == "leave"


# The account and region


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.mark.usefixtures("nobody")
def test_without_a_region_it_says_how_to_name_one() -> None:
    with pytest.raises(NotDeployed, match="AWS_DEFAULT_REGION=eu-west-2"):
        find_target(boto3.Session())


@pytest.mark.usefixtures("nobody")
def test_without_credentials_it_says_how_to_sign_in() -> None:
    with pytest.raises(NotDeployed, match="aws sso login"):
        find_target(boto3.Session(region_name=REGION))


def test_it_finds_the_account_of_the_credentials(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", stage.aws.endpoint_url)
    found = find_target(boto3.Session("123456789012", "local", region_name=REGION))
    assert (found.account, found.region) == ("123456789012", REGION)


@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, "STAGE=dev"),
        ({"STAGE": "dev"}, "YES=1"),
        ({"STAGE": "dev", "YES": "1"}, "No region"),
    ],
)
def test_the_command_ends_with_a_sentence(environ: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STAGE", "ARCH", "PARAMS", "YES"):
        monkeypatch.setenv(name, environ.get(name, ""))
    monkeypatch.setattr("sys.stdin", io.StringIO())
    ended = command.main()
    assert ended is not None
    assert ended.startswith("Not deployed. ")
    assert words in ended


def _resources(account: Account) -> list[dict[str, Any]]:
    cloudformation = account.target.client("cloudformation")
    listed: list[dict[str, Any]] = cloudformation.describe_stack_resources(StackName="knownto-dev")["StackResources"]
    return [made for made in listed if made["ResourceStatus"] == "CREATE_COMPLETE"]


def _parameter(account: Account, name: str, stage: str = "dev") -> str:
    [value] = [p["ParameterValue"] for p in account.stack(stage)["Parameters"] if p["ParameterKey"] == name]
    return str(value)


def _content(s3: Any, bucket: str, key: str) -> bytes:
    read: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return read


def test_the_events_of_iam_are_forwarded_from_us_east_1_to_the_region_of_the_stage(account: Account) -> None:
    cloudformation = account.target.client("cloudformation")
    for _ in range(2):
        forward_events(cloudformation, "dev", REGION, lambda _: True, say=account.said.append, pause_seconds=0.05)
    [made] = cloudformation.describe_stacks(StackName="knownto-dev-events")["Stacks"]
    assert {one["ParameterKey"]: one["ParameterValue"] for one in made["Parameters"]} == {
        "Stage": "dev",
        "StageRegion": REGION,
    }
    assert made["EnableTerminationProtection"] is True
    assert "Nothing would change" in account.said[-1]


def test_a_stage_in_us_east_1_needs_no_forwarding(account: Account) -> None:
    forward_events(None, "dev", "us-east-1", lambda _: False, say=account.said.append)
    assert account.said == []
