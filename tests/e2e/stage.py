"""A stage deployed to the emulator, as callers, operators and readers of its logs see it."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.support.stage import Reply

_PATIENCE_SECONDS = 60

Step = tuple[str, Callable[[], object]]
"""A sentence about what the step shows, and the function that does it, which raises Failed."""


class Failed(Exception):
    """The stage did not do what the text says we expected."""


@dataclass(frozen=True, slots=True)
class Deployed:
    name: str
    audience: str
    endpoint_url: str
    outputs: dict[str, str]
    client: Callable[[str], Any]

    def call(self, method: str, path: str, body: Any = None, token: str | None = None) -> Reply:
        """Sends a request over HTTP, through the gateway."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        url = f"{self.endpoint_url}/restapis/{self.outputs['RestAPIId']}/live/_user_request_{path}"
        sent = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, sent, headers, method=method)  # noqa: S310 - our own loopback address
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE_SECONDS) as reply:  # noqa: S310
                return Reply(reply.status, dict(reply.headers), reply.read().decode())
        except urllib.error.HTTPError as refused:
            with refused:
                return Reply(refused.status or 0, dict(refused.headers), refused.read().decode())

    def operate(self, function: str, **event: Any) -> dict[str, Any]:
        """Runs a console function, as the Lambda console does."""
        sent = {"requested_by": "e2e", "reason": "end-to-end run", **event}
        answer: dict[str, Any] = self.invoke(f"knownto-{self.name}-{function}", sent)
        return answer

    def invoke(self, function: str, event: Any) -> Any:
        """Raises Failed if the function ended in an error."""
        reply = self.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        answer = json.load(reply["Payload"])
        if "FunctionError" in reply:
            raise Failed(f"{function} ended in an error: {answer}")
        return answer

    def items(self, table: str) -> list[dict[str, Any]]:
        pages = self.client("dynamodb").get_paginator("scan").paginate(TableName=table)
        return [item for page in pages for item in page["Items"]]

    def version(self) -> str:
        """Returns the version that the API calls."""
        return str(self._alias()["FunctionVersion"])

    def versions(self) -> set[str]:
        listed = self.client("lambda").list_versions_by_function(FunctionName=self.outputs["APIHandlerName"])
        return {one["Version"] for one in listed["Versions"]}

    def deployment(self) -> str:
        """Returns the deployment of the API that the gateway serves."""
        stage = self.client("apigateway").get_stage(restApiId=self.outputs["RestAPIId"], stageName="live")
        return str(stage["deploymentId"])

    def settings(self) -> dict[str, str]:
        """Returns the settings of the version that the API calls."""
        configuration = self.client("lambda").get_function_configuration(
            FunctionName=self.outputs["APIHandlerName"], Qualifier=self._alias()["Name"]
        )
        settings: dict[str, str] = configuration["Environment"]["Variables"]
        return settings

    def point_alias_at(self, version: str) -> None:
        """Rolls back as docs/deploying.md describes."""
        name = self._alias()["Name"]
        self.client("lambda").update_alias(
            FunctionName=self.outputs["APIHandlerName"], Name=name, FunctionVersion=version
        )

    def _alias(self) -> dict[str, Any]:
        [alias] = self.client("lambda").list_aliases(FunctionName=self.outputs["APIHandlerName"])["Aliases"]
        found: dict[str, Any] = alias
        return found

    def logs(self) -> list[dict[str, Any]]:
        """Returns the functions' log lines in order, without the part that is for CloudWatch only."""
        events = self.client("logs").get_paginator("filter_log_events")
        pages = events.paginate(logGroupName=self.outputs["FunctionLogGroup"])
        written = sorted((event for page in pages for event in page["events"]), key=lambda event: event["timestamp"])
        lines = (_line(event["message"]) for event in written)
        return [{name: value for name, value in line.items() if name != "_aws"} for line in lines]


def _line(text: str) -> dict[str, Any]:
    try:
        line: dict[str, Any] = json.loads(text)
    except ValueError:
        return {"message": text.rstrip()}
    return line


def expect(is_so: bool, what: str) -> None:
    """Raises Failed."""
    if not is_so:
        raise Failed(f"Expected {what}")
