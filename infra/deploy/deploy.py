"""`make deploy STAGE=…`: packages, shows what would change, asks, and deploys through CloudFormation."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.build.package import NotPackaged, package
from infra.build.template import merged

from .artifacts import bucket_name, make_bucket, upload
from .parameters import parameters_of
from .stack import Change, ChangeSet, NotDeployed, Stack
from .target import Target, find_target

Agree = Callable[[list[Change]], bool]
IAM_REGION = "us-east-1"
"""CloudTrail gives the events of IAM to this region alone."""
FORWARDER = Path(__file__).parents[1] / "us_east_1"


def main() -> str | None:
    try:
        _deploy_stage(os.environ)
    except (NotPackaged, NotDeployed) as reason:
        return f"Not deployed. {reason}"
    except (BotoCoreError, ClientError) as error:
        return f"Not deployed. AWS refused or did not answer: {error}"
    except KeyboardInterrupt:
        return "\nNo longer watching. CloudFormation continues; run the same command again to see its state."
    return None


def stack_name(stage: str) -> str:
    return f"knownto-{stage}"


def _deploy_stage(environ: Mapping[str, str]) -> None:
    stage, arch = environ.get("STAGE", ""), environ.get("ARCH") or "arm64"
    if not stage:
        raise NotDeployed("Name the stage, for example: make deploy STAGE=dev")
    agrees = environ.get("YES") == "1"
    if not agrees and not sys.stdin.isatty():
        raise NotDeployed(f"Nobody is at this terminal to agree. If you are sure: make deploy STAGE={stage} YES=1")
    session = boto3.Session(region_name=environ.get("AWS_REGION"))
    target = find_target(session)
    print(f"Packaging for {arch}")
    made = package(stage, arch, Path(".build")).folder
    template = json.loads((made / "template.json").read_text())
    parameters = parameters_of(stage, template, environ.get("PARAMS", ""))
    agree = _yes if agrees else _ask(stage, target)
    outputs = deploy(target, stage, made, parameters, agree)
    forward_events(session.client("cloudformation", region_name=IAM_REGION), stage, target.region, agree)
    for name, value in sorted(outputs.items()):
        print(f"  {name:<24} {value}")
    print(_next_steps(stage, outputs))


def deploy(
    target: Target,
    stage: str,
    folder: Path,
    parameters: Mapping[str, str],
    agree: Agree,
    *,
    say: Callable[[str], None] = print,
    pause_seconds: float = 3,
) -> dict[str, str]:
    """Deploys the package in `folder` to the stage. Returns the stack's outputs. Raises NotDeployed."""
    stack = Stack(target.client("cloudformation"), stack_name(stage), say, pause_seconds)
    decided = {"GatewayAccount": _gateway_account(target, stack), **parameters}
    made = make_bucket(target)
    say(f"{'Made the bucket' if made else 'Uploading to'} {bucket_name(target)}")
    change_set = stack.propose({"TemplateURL": upload(target, folder, decided)}, decided)
    make_changes(stack, change_set, agree, say)
    return stack.outputs()


def forward_events(
    cloudformation: Any,
    stage: str,
    region: str,
    agree: Agree,
    *,
    say: Callable[[str], None] = print,
    pause_seconds: float = 3,
) -> None:
    """Makes the stack in us-east-1 that forwards the events of IAM to the stage's region. A stage in us-east-1 has them
    already. Raises NotDeployed."""
    if region == IAM_REGION:
        return
    say(f"The forwarding of IAM's events, in {IAM_REGION}:")
    stack = Stack(cloudformation, f"{stack_name(stage)}-events", say, pause_seconds)
    template = {"TemplateBody": json.dumps(merged(FORWARDER))}
    make_changes(stack, stack.propose(template, {"Stage": stage, "StageRegion": region}), agree, say)


def make_changes(stack: Stack, change_set: ChangeSet | None, agree: Agree, say: Callable[[str], None]) -> None:
    """Raises NotDeployed."""
    if change_set is None:
        say("Nothing would change: the stage already matches this checkout and its parameters.")
    else:
        for change in change_set.changes:
            say(f"  {change}")
        if not agree(change_set.changes):
            stack.discard(change_set)
            raise NotDeployed("You did not agree; nothing was changed.")
        stack.execute(change_set)
    stack.protect()


def _gateway_account(target: Target, stack: Stack) -> str:
    """API Gateway has one role for logs per account and region. The stack that made the role keeps it."""
    if stack.parameters().get("GatewayAccount") == "set":
        return "set"
    return "leave" if target.client("apigateway").get_account().get("cloudwatchRoleArn") else "set"


def _yes(_: list[Change]) -> bool:
    return True


def _ask(stage: str, target: Target) -> Agree:
    def ask(changes: list[Change]) -> bool:
        where = f"{stack_name(stage)} in account {target.account}, {target.region}"
        return input(f"Make these {len(changes)} changes to {where}? [y/N] ").strip().lower() in ("y", "yes")

    return ask


def _next_steps(stage: str, outputs: Mapping[str, Any]) -> str:
    return (
        "\nA new stage needs three more steps (docs/deploying.md):\n"
        f"  1. Once: run the function knownto-{stage}-make-service-key in the Lambda console.\n"
        f"  2. Onboard the first authority: run knownto-{stage}-onboard-authority.\n"
        f"  3. Check that it answers: curl {outputs.get('EndpointURL', '')}v1/health"
    )


if __name__ == "__main__":
    sys.exit(main())
