"""`make console OP=… [WHAT=…] [EVENT=file.json] [PROPOSAL=…] [JSON=1]`: runs a console function on the local stage."""

import json
import logging
import os
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import boto3
from botocore.exceptions import EndpointConnectionError

import app
from chalicelib import console

from .aws import environ_of, forget_other_aws, keys_of
from .demo import Demo
from .first_question import LOOKUP_ID
from .settings import LOCAL, STAGE, service_environ

EVENTS = Path(__file__).parents[1] / "console-events"
FUNCTIONS = tuple(function.name for function in app.app.pure_lambda_functions)


class _NotRun(Exception):
    """The function was not run. The text says why."""


def main() -> int:
    name = os.environ.get("OP", "")
    if name not in FUNCTIONS:
        known = "\n".join(f"  {one}" for one in FUNCTIONS)
        return _failed(f"Name a console function, for example: make console OP={FUNCTIONS[0]}\n{known}", 2)
    try:
        answer = _invoke(name, *_read(name))
    except _NotRun as reason:
        return _failed(str(reason), 1)
    except EndpointConnectionError:
        return _failed("The local stage has ended. Start one in another terminal with: make run", 1)
    print(json.dumps(answer, indent=2) if os.environ.get("JSON") else "\n".join(lines_of(answer)))
    return 0 if answer["done"] else 1


def _read(name: str) -> tuple[Any, Demo]:
    """Returns the event, and the stage to run the function on. Raises _NotRun."""
    what = os.environ.get("WHAT") if name == "propose" else None
    ready_made = EVENTS / f"{what or name}.json"
    file = Path(os.environ.get("EVENT") or ready_made)
    try:
        event = json.loads(file.read_text())
        demo = Demo.load()
        if file == ready_made:
            event = of_this_stage(event, LOOKUP_ID.read_text(), datetime.now(UTC).date())
        if what:
            event = as_proposal(what, event)
        if proposal := os.environ.get("PROPOSAL"):
            event["proposal"] = proposal
    except FileNotFoundError as missing:
        if missing.filename == str(file):
            raise _NotRun(f"There is no file {file}. EVENT must name a file that holds the event, as JSON.") from None
        raise _NotRun("There is no local stage yet. Start one in another terminal with: make run") from None
    except OSError as error:
        raise _NotRun(f"{file} cannot be read: {error.strerror}.") from None
    except (ValueError, TypeError):
        raise _NotRun(f"{file} is not a JSON object.") from None
    return event, demo


def as_proposal(what: str, event: dict[str, Any]) -> dict[str, Any]:
    """The event of `propose` for the event with which somebody else will carry out the work."""
    own = {name: value for name, value in event.items() if name not in ("requested_by", "reason")}
    return {"requested_by": "a.bell@example.org", "reason": event.get("reason"), "what": what, "event": own}


def of_this_stage(event: dict[str, Any], lookup_id: str, today: date) -> dict[str, Any]:
    """Fits a ready-made event to this stage: with current dates, and the lookup that `make run` began with."""
    later = today + timedelta(days=300)
    night = {"since": f"{today - timedelta(days=1)}T00:00:00Z", "before": f"{today}T00:00:00Z"}
    here = {**night, "day": today, "review_on": later, "until": later, "lookup_id": lookup_id}
    return {name: str(here[name]) if name in here else value for name, value in event.items()}


def _failed(why: str, code: int) -> int:
    print(why, file=sys.stderr)
    return code


def _invoke(name: str, event: Any, demo: Demo) -> dict[str, Any]:
    """Calls the function as Lambda would, with its settings. Its log line goes to the service's log."""
    forget_other_aws()
    environ = environ_of(demo.aws_endpoint_url)
    os.environ.update(environ)
    os.environ.update(service_environ(environ, keys_of(boto3.client("kms"), STAGE)))
    [handler] = [one for one in logging.getLogger("known-to").handlers if isinstance(one, logging.StreamHandler)]
    with (LOCAL / "service.log").open("a") as log:
        handler.setStream(log)
        answer: dict[str, Any] = getattr(console, name)(event, SimpleNamespace(aws_request_id=str(uuid4())))
    return answer


def lines_of(answer: dict[str, Any]) -> Iterator[str]:
    """Returns the sentence first, then the details, and last the id to quote to the maintainers."""
    yield answer["answer"]
    details = {name: value for name, value in answer.items() if name not in ("done", "answer", "correlation_id")}
    yield from _lines(details, "")
    yield f"correlation_id: {answer['correlation_id']}"


def _lines(value: Any, indent: str) -> Iterator[str]:
    named = value.items() if isinstance(value, dict) else (("", one) for one in value)
    for name, held in named:
        head = f"{indent}{name.replace('_', ' ')}:" if name else f"{indent}-"
        if isinstance(held, dict | list):
            yield head if held else f"{head} none"
            yield from _lines(held, f"{indent}  ")
        else:
            yield f"{head} {'none' if held is None else held}"


if __name__ == "__main__":
    sys.exit(main())
