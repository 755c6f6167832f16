"""A CloudFormation stack: the changes that a template would make, their execution, and its result."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

_CAPABILITIES = ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_NOTHING_THERE = (None, "REVIEW_IN_PROGRESS")
# When the first deployment fails, its resources stay and the next attempt continues from there. A rollback could not
# delete the protected tables, and they would make every later attempt fail.
_UNFINISHED = ("CREATE_FAILED", "UPDATE_FAILED")
_NO_CHANGES = ("didn't contain changes", "No updates are to be performed")
# Tables and log groups outlive a stack and have fixed names, so it is not enough to delete the stack.
_BEGIN_AGAIN = (
    "CloudFormation can only delete it, and the resources that outlive it would make the next attempt fail. "
    '"Begin again" in docs/deploying.md says what to delete, and when not to.'
)
_STUCK = {
    "ROLLBACK_COMPLETE": f"Its first deployment failed and was rolled back. {_BEGIN_AGAIN}",
    "ROLLBACK_FAILED": f"Its first deployment failed, and so did the rollback. {_BEGIN_AGAIN}",
    "DELETE_FAILED": "Somebody tried to delete it, and that failed. Its tables and keys are kept: find out who and why "
    "before you continue.",
    "UPDATE_ROLLBACK_FAILED": "A deployment failed, and so did the return to the previous one. Run: "
    "aws cloudformation continue-update-rollback --stack-name {name}, and try again.",
}


class NotDeployed(Exception):
    """Nothing more was deployed. The text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Change:
    action: str
    name: str
    kind: str
    replaces: bool

    def __str__(self) -> str:
        return f"{self.action:<7}{self.name} ({self.kind}){', replaced by a new one' if self.replaces else ''}"


@dataclass(frozen=True, slots=True)
class ChangeSet:
    id: str
    changes: list[Change]


class Stack:
    """`say` gets each line of progress."""

    def __init__(self, cloudformation: Any, name: str, say: Callable[[str], None], pause_seconds: float = 3) -> None:
        self._cloudformation = cloudformation
        self._name = name
        self._say = say
        self._pause_seconds = pause_seconds

    def status(self) -> str | None:
        found = self._describe()
        return str(found["StackStatus"]) if found else None

    def parameters(self) -> dict[str, str]:
        """Returns the deployed values, or none if there is no stack."""
        listed = (self._describe() or {}).get("Parameters", [])
        return {one["ParameterKey"]: one["ParameterValue"] for one in listed}

    def outputs(self) -> dict[str, str]:
        listed = (self._describe() or {}).get("Outputs", [])
        return {one["OutputKey"]: one["OutputValue"] for one in listed}

    def propose(self, template: Mapping[str, str], parameters: Mapping[str, str]) -> ChangeSet | None:
        """`template`: its `TemplateURL` or its `TemplateBody`.

        Returns None if nothing would change. Raises NotDeployed if the stack is stuck or the template is refused."""
        status = self.status()
        self._refuse_if_stuck(status)
        made = self._cloudformation.create_change_set(
            StackName=self._name,
            ChangeSetName=f"deploy-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}",
            ChangeSetType="CREATE" if status in _NOTHING_THERE else "UPDATE",
            **template,
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
            Capabilities=_CAPABILITIES,
        )["Id"]
        described = self._until_made(made)
        if described["Status"] != "FAILED":
            return ChangeSet(made, [*self._changes(made)])
        reason = str(described.get("StatusReason", "CloudFormation does not say why."))
        self.discard(ChangeSet(made, []))
        if any(words in reason for words in _NO_CHANGES):
            return None
        raise NotDeployed(f"CloudFormation refuses the template: {reason}")

    def discard(self, change_set: ChangeSet) -> None:
        self._cloudformation.delete_change_set(ChangeSetName=change_set.id, StackName=self._name)

    def execute(self, change_set: ChangeSet) -> None:
        """Waits until the change is done. Raises NotDeployed with the resources that failed."""
        unfinished = self.status() in (*_NOTHING_THERE, *_UNFINISHED)
        seen = {event["EventId"] for event in self._events()}
        self._cloudformation.execute_change_set(
            ChangeSetName=change_set.id, StackName=self._name, DisableRollback=unfinished
        )
        failures = []
        while True:
            status = self.status()
            for event in self._new_events(seen):
                failures += [event] if event["ResourceStatus"].endswith("_FAILED") else []
                self._report(event)
            if status is None or not status.endswith("_IN_PROGRESS"):
                break
            time.sleep(self._pause_seconds)
        if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            raise NotDeployed(_what_failed(self._name, str(status), failures))

    def protect(self) -> None:
        self._cloudformation.update_termination_protection(StackName=self._name, EnableTerminationProtection=True)

    def _describe(self) -> dict[str, Any] | None:
        try:
            [found] = self._cloudformation.describe_stacks(StackName=self._name)["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        stack: dict[str, Any] = found
        return stack

    def _refuse_if_stuck(self, status: str | None) -> None:
        if status in _STUCK:
            raise NotDeployed(f"The stack {self._name} is in {status}. {_STUCK[status].format(name=self._name)}")
        if status not in _NOTHING_THERE and str(status).endswith("_IN_PROGRESS"):
            raise NotDeployed(f"The stack {self._name} is in {status}: wait until that has ended, and try again.")

    def _until_made(self, change_set: str) -> dict[str, Any]:
        while True:
            described: dict[str, Any] = self._cloudformation.describe_change_set(
                ChangeSetName=change_set, StackName=self._name
            )
            if described["Status"] not in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
                return described
            time.sleep(self._pause_seconds)

    def _changes(self, change_set: str) -> Iterator[Change]:
        pages = self._cloudformation.get_paginator("describe_change_set")
        for page in pages.paginate(ChangeSetName=change_set, StackName=self._name):
            for listed in page["Changes"]:
                change = listed["ResourceChange"]
                replaces = change.get("Replacement") == "True"
                yield Change(change["Action"], change["LogicalResourceId"], change["ResourceType"], replaces)

    def _events(self) -> list[dict[str, Any]]:
        """Returns the events, oldest first."""
        pages = self._cloudformation.get_paginator("describe_stack_events").paginate(StackName=self._name)
        return [event for page in pages for event in page["StackEvents"]][::-1]

    def _new_events(self, seen: set[str]) -> Iterator[dict[str, Any]]:
        for event in self._events():
            if event["EventId"] not in seen:
                seen.add(event["EventId"])
                yield event

    def _report(self, event: dict[str, Any]) -> None:
        status = event["ResourceStatus"]
        if not status.endswith("_IN_PROGRESS"):
            self._say(f"  {event['Timestamp']:%H:%M:%S}  {status:<16} {event['LogicalResourceId']}")


def _what_failed(name: str, status: str, failures: list[dict[str, Any]]) -> str:
    lines = [
        f"  {event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
        for event in failures
        if "cancelled" not in event.get("ResourceStatusReason", "")
    ]
    after = (
        "The resources made so far stay. Correct the cause and deploy again: it continues from there."
        if status in _UNFINISHED
        else "CloudFormation went back to the previous deployment."
    )
    return "\n".join([f"The stack {name} ended in {status}.", *lines, after])
