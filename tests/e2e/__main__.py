"""`make e2e`: deploys the real package and template to an emulated AWS that enforces rights, and walks through the API.

Everything that it starts ends with it. The emulator's log stays in `.local/e2e/`.
"""

import json
import platform
import shutil
import signal
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from infra.build.package import NotPackaged, package
from infra.check.packaging import Template
from infra.deploy.deploy import deploy
from infra.deploy.parameters import parameters_of
from infra.deploy.stack import NotDeployed
from infra.deploy.target import Target
from infra.local.aws import REGION, LocalAws, local_aws
from infra.local.processes import DidNotStart

from .emulator import DIFFERENCES, IGNORED, Difference, adapted, touched
from .stage import Deployed, Failed, expect
from .unattended import Unattended
from .walk import Walk

STAGE = "example"
FOLDER = Path(".local") / "e2e"
EMULATOR_PYTHON = Path(".venv-e2e") / "bin" / "python"
ARCH = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
_LOG_LINES = 20
_A_DOMAIN = f"DomainName=api.known-to.example CertificateArn=arn:aws:acm:{REGION}:000000000000:certificate/some"
_started = time.monotonic()


def main() -> int:
    # SIGINT too, because a script that starts us in the background makes us inherit that it is ignored.
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _as_interrupt)
    try:
        _run()
    except (NotPackaged, NotDeployed, DidNotStart, Failed, BotoCoreError, ClientError, OSError) as reason:
        print(f"\nFailed. {reason}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped; everything that was started here has ended.", file=sys.stderr)
        return 130
    _say("All as expected; everything that was started here has ended")
    return 0


def _run() -> None:
    _say(f"Packaging for {ARCH} and this Python")
    made = package(STAGE, ARCH, Path(".build")).folder
    template: Template = json.loads((made / "template.json").read_text())
    _say("This run cannot show the following; checks of the template cover it:")
    _check_what_is_not_shown(template)
    _say("Starting an emulated AWS that enforces rights (ministack)")
    shutil.rmtree(FOLDER, ignore_errors=True)
    with local_aws(FOLDER / "ministack.log", str(EMULATOR_PYTHON), AUTH="true", LOG_LEVEL="INFO") as aws:
        for difference in DIFFERENCES:
            _say(f"Checking that the emulator still needs this: {difference.what}")
            _expect_failure(aws, made, adapted(template, but=difference), difference)
        _walk_through(aws, made, adapted(template))


def _walk_through(aws: LocalAws, made: Path, template: Template) -> None:
    _say("Deploying the template through CloudFormation, with the code of make deploy")
    _reset(aws)
    deployed = _deploy(aws, made, template)
    with _showing_logs_on_failure(deployed):
        walk, unattended = Walk(deployed), Unattended(deployed)
        for words, step in [*walk.first_minutes(), *walk.the_rest()]:
            _say(words)
            step()
        _say("Checking that the emulator still ignores what we say it ignores")
        for ignored in IGNORED:
            expect(ignored.is_ignored(deployed), f"{ignored.what} to be ignored; remove it from tests/e2e/emulator.py")
        _say(
            "Deploying again changes nothing; another setting makes a version; the alias goes back to the previous one"
        )
        _go_forward_and_back(aws, made, template, deployed)
        walk.look_up()
        for words, step in unattended.steps():
            _say(words)
            step()
        _say("A domain deploys the API again, which closes the previous address")
        before = deployed.deployment()
        expect(_deploy(aws, made, template, _A_DOMAIN).deployment() != before, "another deployment of the API")


def _check_what_is_not_shown(template: Template) -> None:
    for item in (*DIFFERENCES, *IGNORED):
        problems = [*item.covered_by(template)]
        expect(not problems, f"{item.covered_by.__name__} to find nothing wrong: {', '.join(problems)}")
        if isinstance(item, Difference):
            print(f"         - {item.what}: {item.why} ({', '.join(touched(template, item))})")
        else:
            print(f"         - {item.what}: it is ignored")


def _expect_failure(aws: LocalAws, made: Path, template: Template, difference: Difference) -> None:
    _reset(aws)
    try:
        for _, step in Walk(_deploy(aws, made, template)).first_minutes():
            step()
    except (NotDeployed, Failed, ClientError) as failure:
        expect(difference.failure in str(failure), f"{difference.failure!r}, not: {failure}")
        return
    raise Failed(f"The emulator no longer needs this. Remove it from tests/e2e/emulator.py: {difference.what}")


def _go_forward_and_back(aws: LocalAws, made: Path, template: Template, deployed: Deployed) -> None:
    first, versions = deployed.version(), deployed.versions()
    _deploy(aws, made, template)
    expect(deployed.versions() == versions, "no new version without a change")
    _deploy(aws, made, template, "BrokerDeskPhone='020 7946 0199'")
    second = deployed.version()
    expect(second != first and {first, second} <= deployed.versions(), "a new version for another setting")
    deployed.point_alias_at(first)
    expect(deployed.settings()["KNOWNTO_BROKER_DESK_PHONE"] != "020 7946 0199", "the settings of the previous version")


def _deploy(aws: LocalAws, made: Path, template: Template, overrides: str = "") -> Deployed:
    folder = FOLDER / "package"
    folder.mkdir(exist_ok=True)
    shutil.copyfile(made / "deployment.zip", folder / "deployment.zip")
    (folder / "template.json").write_text(json.dumps(template))
    target = Target(aws.environ["AWS_ACCESS_KEY_ID"], REGION, aws.client)
    decided = parameters_of(STAGE, template, overrides)
    outputs = deploy(target, STAGE, folder, decided, lambda _: True, say=lambda _: None, pause_seconds=0.2)
    return Deployed(STAGE, decided["Audience"], aws.endpoint_url, outputs, aws.client)


def _reset(aws: LocalAws) -> None:
    reset = urllib.request.Request(f"{aws.endpoint_url}/_ministack/reset", method="POST")  # noqa: S310 - loopback
    urllib.request.urlopen(reset, timeout=60).close()  # noqa: S310


@contextmanager
def _showing_logs_on_failure(deployed: Deployed) -> Iterator[None]:
    try:
        yield
    except Exception:
        print(f"\nThe last lines of the functions' logs (the emulator's: {FOLDER}/ministack.log):", file=sys.stderr)
        for line in [line for line in deployed.logs() if len(line) > 1][-_LOG_LINES:]:
            print(f"  {json.dumps(line)}", file=sys.stderr)
        raise


def _say(words: str) -> None:
    print(f"{time.monotonic() - _started:5.1f} s  {words}", flush=True)


def _as_interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
