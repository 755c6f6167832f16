"""`make infra-check`: runs the linters on the template, in an environment of their own.

Succeeds only if every finding has an exception, every exception has a finding, and every linter finds fault with a
sabotaged copy of the template.
"""

import json
import logging
import re
import subprocess
import sys
import tomllib
import warnings
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # parliament uses pkg_resources, which is deprecated
    import parliament

logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it warns that nobody publishes its metrics

REGION = "eu-west-2"
EXCEPTIONS = Path(__file__).with_name("exceptions.toml")
_BIN = Path(sys.executable).parent
_ARNS = {
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{REGION}:123456789012:table/some",
    "AWS::KMS::Key": f"arn:aws:kms:{REGION}:123456789012:key/some",
    "AWS::Lambda::Function": f"arn:aws:lambda:{REGION}:123456789012:function:some",
    "AWS::S3::Bucket": "arn:aws:s3:::some",
    "AWS::SNS::Topic": f"arn:aws:sns:{REGION}:123456789012:some",
    "AWS::SQS::Queue": f"arn:aws:sqs:{REGION}:123456789012:some",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{REGION}:123456789012:log-group:some:*",
}
_NAG = Path(__file__).with_name("nag") / "nag.mjs"
_LINTERS = {
    *("cfn-lint", "cfn-lint before SAM", "checkov", "cloudsplaining", "parliament"),
    *("cdk-nag AwsSolutions", "cdk-nag NIST.800.53.R5"),
}

Template = dict[str, Any]


class Finding(NamedTuple):
    tool: str
    rule: str
    resource: str
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exempt:
    """An exception: we accept findings of `rules` on `resources` (names, or `*` for all), for `reason`."""

    rules: list[str]
    resources: list[str]
    reason: str
    sometimes: bool = False  # a finding that depends on the machine, and so need not come

    def covers(self, finding: Finding) -> bool:
        return finding.rule in self.rules and not {finding.resource, "*"}.isdisjoint(self.resources)

    def stale(self, found: list[Finding]) -> Iterator[str]:
        covered = [] if self.sometimes else [finding for finding in found if self.covers(finding)]
        needed = set() if self.sometimes else {*self.rules, *self.resources} - {"*"}
        yield from sorted(needed - {finding.rule for finding in covered} - {finding.resource for finding in covered})


def main() -> int:
    template = json.loads(Path(sys.argv[1]).read_text())
    exempt = [Exempt(**entry) for entry in tomllib.loads(EXCEPTIONS.read_text())["exception"]]
    print("Running five linters, then all of them again on a sabotaged copy (about a minute)", flush=True)
    found = [*findings(template)]
    unexcepted = [finding for finding in found if not any(entry.covers(finding) for entry in exempt)]
    stale = [name for entry in exempt for name in entry.stale(found)]
    blind = _LINTERS - {finding.tool for finding in findings(sabotaged(template)) if finding not in found}
    for finding in unexcepted:
        print(f"{finding.tool}: {finding.rule} {finding.resource} {finding.words}")
    for name in stale:
        print(f"no longer found, remove it from {EXCEPTIONS.name}: {name}")
    for tool in sorted(blind):
        print(f"{tool} finds nothing wrong with a sabotaged template")
    print(f"{len(found)} findings, {len(found) - len(unexcepted)} of them accepted with a reason")
    return 1 if unexcepted or stale or blind else 0


def findings(template: Template) -> Iterator[Finding]:
    translated = _translated(template)
    with TemporaryDirectory() as folder:
        before, after = Path(folder, "before.json"), Path(folder, "after.json")
        before.write_text(json.dumps(template, indent=1))
        after.write_text(json.dumps(translated, indent=1))
        yield from _cfn_lint("cfn-lint before SAM", before)
        yield from _cfn_lint("cfn-lint", after)
        yield from _checkov(after)
        yield from _cdk_nag(after)
        for name, document in _rights(translated):
            policy = Path(folder, "policy.json")
            policy.write_text(json.dumps(document))
            yield from _cloudsplaining(name, policy)
            yield from _parliament(name, document)


def sabotaged(template: Template) -> Template:
    broken = deepcopy(template)
    made = broken["Resources"]
    del made["AccessTable"]["Properties"]["PointInTimeRecoverySpecification"]
    made["FunctionLogs"]["Properties"]["RetentionInDays"] = "for ever"
    statements = made["ApiHandlerRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    statements.append({"Sid": "All", "Effect": "Allow", "Action": ["dynamodb:*"], "Resource": ["*"]})
    statements.append({"Sid": "Typo", "Effect": "Allow", "Action": ["dynamodb:PutItems"], "Resource": ["*"]})
    return broken


def _translated(template: Template) -> Template:
    """Translates the template as CloudFormation does. SAM needs an address of uploaded code."""
    copy = deepcopy(template)
    for made in copy["Resources"].values():
        if made["Type"] == "AWS::Serverless::Function":
            made["Properties"]["CodeUri"] = "s3://bucket/key"
    session = boto3.Session(region_name=REGION)
    translated: Template = Translator({}, Parser(), boto_session=session).translate(copy, {})
    return translated


def _cfn_lint(tool: str, path: Path) -> Iterator[Finding]:
    reply = _run("cfn-lint", "--format", "json", "--include-checks", "I", "--regions", REGION, "--", str(path))
    for match in json.loads(reply):
        where = match["Location"]["Path"] or []
        yield Finding(tool, match["Rule"]["Id"], str(where[1]) if len(where) > 1 else "", match["Message"])


def _checkov(path: Path) -> Iterator[Finding]:
    options = ("--framework", "cloudformation", "--skip-download", "--compact", "--quiet", "-o", "json")
    for failed in json.loads(_run("checkov", *options, "-f", str(path)))["results"]["failed_checks"]:
        resource = failed["resource"].rsplit(".", 1)[-1]
        yield Finding("checkov", failed["check_id"], resource, failed["check_name"])


def _cdk_nag(path: Path) -> Iterator[Finding]:
    reply = subprocess.run(["node", str(_NAG), str(path)], stdout=subprocess.PIPE, text=True, check=True).stdout
    for found in json.loads(reply):
        pack = found["rule"].partition("-")[0]
        yield Finding(f"cdk-nag {pack}", found["rule"], found["resource"], found["words"])


def _cloudsplaining(name: str, path: Path) -> Iterator[Finding]:
    reply = _run("cloudsplaining", "scan-policy-file", "-i", str(path))
    if "There were no results found." not in reply:
        yield Finding("cloudsplaining", "issue", name, reply)


def _parliament(name: str, document: Template) -> Iterator[Finding]:
    for found in parliament.analyze_policy_string(json.dumps(document)).findings:
        yield Finding("parliament", found.issue, name, str(found.detail))


def _rights(translated: Template) -> Iterator[tuple[str, Template]]:
    for name, made in translated["Resources"].items():
        if made["Type"] == "AWS::IAM::Role":
            for policy in made["Properties"].get("Policies", []):
                yield name, _resolved(policy["PolicyDocument"], translated)
        if made["Type"] == "AWS::IAM::ManagedPolicy":
            yield name, _resolved(made["Properties"]["PolicyDocument"], translated)


def _resolved(value: Any, translated: Template) -> Any:
    """Replaces the intrinsic functions, because these linters read plain policies only."""
    match value:
        case {"Fn::GetAtt": [name, "Arn" | "StreamArn" as kind]}:
            return _arn(name, translated) + ("/stream/some" if kind == "StreamArn" else "")
        case {"Fn::Sub": str(text)}:
            return _substituted(text, translated)
        case {"Ref": str(name)}:
            is_topic = translated["Resources"].get(name, {}).get("Type") == "AWS::SNS::Topic"
            return _arn(name, translated) if is_topic else name
        case dict():
            return {key: _resolved(nested, translated) for key, nested in value.items()}
        case list():
            return [_resolved(nested, translated) for nested in value]
    return value


def _arn(name: str, translated: Template) -> str:
    kind = translated["Resources"][name]["Type"]
    if kind not in _ARNS:
        sys.exit(f"A policy names {name}, and this check knows no ARN of its type. Add {kind} to _ARNS in {__file__}.")
    return _ARNS[kind]


def _substituted(text: str, translated: Template) -> str:
    pseudo = {"AWS::Region": REGION, "AWS::URLSuffix": "amazonaws.com", "AWS::Partition": "aws"}
    known = {**pseudo, "AWS::AccountId": "123456789012", "Stage": "some"}
    text = re.sub(r"\$\{(\w+)\.Arn\}", lambda named: _arn(named[1], translated), text)
    return re.sub(r"\$\{([\w:]+)\}", lambda named: known[named[1]], text)


def _run(tool: str, *options: str) -> str:
    """Returns the output. A linter with findings exits with an error; a broken linter prints no JSON."""
    return subprocess.run([str(_BIN / tool), *options], capture_output=True, text=True, check=False).stdout


if __name__ == "__main__":
    sys.exit(main())
