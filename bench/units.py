"""What an operation consumes, by DynamoDB's published arithmetic on the items that really cross the wire.

ministack's own figures are wrong above 4 KB and for Query, so they are not used. Read units are for strongly
consistent reads (4 KB each), write units are of 1 KB each, doubled in a transaction; each write of an item that
stands in an index writes the index too (once if its key is new or unchanged, twice if its key moves).
"""

import json
import math
import tempfile
from base64 import b64decode
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.stage import EALING, Stage

from .stage import lines_written_to, open_stage
from .wire import Message, Wire

_INDEXES = ("due", "authority_date")


@dataclass
class Units:
    """Of one request. Bytes are of the log line and of the answer's body."""

    calls: Counter[str] = field(default_factory=Counter)
    read_units: float = 0
    write_units: float = 0
    kms_calls: int = 0
    log_bytes: int = 0
    response_bytes: int = 0


def measure() -> dict[str, dict[str, Any]]:
    """By operation, each with a warm container."""
    with tempfile.TemporaryDirectory() as folder, open_stage() as stage:
        clients = stage.clients
        wire = Wire([clients.connection.client, clients.dynamodb_once, clients.kms])
        log = Path(folder) / "log"
        with lines_written_to(log):
            requests = _requests(stage)
        return {name: vars(_of(request, wire, log)) for name, request in requests.items()}


def _requests(stage: Stage) -> dict[str, Any]:
    asked: dict[str, Any] = {}
    for known in (0, 1, 5, 50):
        child = stage.new_child()
        for _ in range(known):
            stage.register(child)
        asked[f"lookup of {known}"] = lambda child=child: stage.look_up(child, token=stage.token(EALING))
    child, reference = stage.new_child(), stage.new_reference()
    today = stage.today.isoformat()
    return {
        **asked,
        "first PUT": lambda: stage.register(child, reference),
        "unchanged PUT": lambda: stage.register(child, reference),
        "changed PUT": lambda: stage.register(child, reference, organisation="Hospital"),
        "unchanged PATCH": lambda: stage.call("PATCH", f"/v1/involvements/{reference}", {"confirmed_on": today}),
        "changed PATCH": lambda: stage.call("PATCH", f"/v1/involvements/{reference}", {"organisation": "Clinic"}),
        "GET": lambda: stage.call("GET", f"/v1/involvements/{reference}"),
        "DELETE": lambda: stage.call("DELETE", f"/v1/involvements/{reference}"),
        "shield": lambda: stage.shield(child),
    }


def _of(request: Any, wire: Wire, log: Path) -> Units:
    wire.exchanges.clear()
    with lines_written_to(log):
        reply = request()
    assert reply.status < 300, reply
    units = Units(log_bytes=log.stat().st_size, response_bytes=len(reply.body.encode()))
    for operation, sent, answered in wire.exchanges:
        units.calls[operation] += 1
        units.kms_calls += operation in ("GenerateMac", "Decrypt")
        units.read_units += _read(operation, answered)
        units.write_units += _written(operation, sent)
    return units


def _read(operation: str, answered: Message) -> float:
    if operation not in ("GetItem", "Query", "Scan"):
        return 0
    found = answered.get("Items") or [answered.get("Item") or {}]
    return max(1, math.ceil(sum(map(size, found)) / 4096))


def _written(operation: str, sent: Message) -> float:
    if operation == "PutItem":
        return _put(sent["Item"])
    if operation == "UpdateItem":
        return 1
    if operation == "TransactWriteItems":
        return sum(2 * (_put(one["Put"]["Item"]) if "Put" in one else 1) for one in sent["TransactItems"])
    return 0


def _put(item: Message) -> int:
    return math.ceil(size(item) / 1024) + sum(index in item for index in _INDEXES)


def size(item: Message) -> int:
    """Bytes of an item as DynamoDB counts them: names and values, without its JSON."""
    return sum(len(name.encode()) + _value(value) for name, value in item.items())


def _value(value: Message) -> int:
    [(kind, held)] = value.items()
    if kind == "B":
        return len(b64decode(held))
    if kind == "N":
        return math.ceil(len(held.strip("-")) / 2) + 1
    return len(held.encode()) if kind == "S" else len(json.dumps(held))
