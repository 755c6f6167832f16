"""What an operation consumes, by DynamoDB's published arithmetic on the items that really cross the wire.

ministack's own figures are wrong above 4 KB and for Query, so we do not use them. A read unit is a strongly consistent
read of 4 KB. A write unit is 1 KB, doubled in a transaction. Each write or deletion of an item in an index writes the
index once too, because all that we measure happens on one day. A record that is confirmed on another day changes its
key in the index, and DynamoDB then writes the index once more (`CHANGED_INDEX_KEY`).
"""

import json
import math
import tempfile
from base64 import b64decode
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from chalicelib.adapters.dynamodb.registry import REFRESH_AFTER
from chalicelib.adapters.dynamodb.usage import SETTLED_AT_ONCE
from chalicelib.domain.authority import Purpose
from chalicelib.domain.child import NhsNumber
from chalicelib.domain.notices import Notice, NoticeKind, Originator
from tests.support.stage import EALING, HARINGEY, Reply, Stage

from .stage import lines_written_to, open_stage
from .wire import Message, Wire

_INDEXES = ("due", "day")
CHANGED_INDEX_KEY = 2  # write units, in a transaction
NOTICES = 10
TENTH = f"every {SETTLED_AT_ONCE}th lookup of 1"
REFRESHING = f"lookup of 1, every {REFRESH_AFTER.seconds} s"
NOTICES_READ = f"notices, {NOTICES} read"


@dataclass
class Units:
    """The units of one request. `appended_bytes`: items put outside a transaction, which are access records."""

    calls: Counter[str] = field(default_factory=Counter)
    read_units: float = 0
    write_units: float = 0
    kms_calls: int = 0
    log_bytes: int = 0
    response_bytes: int = 0
    appended_bytes: int = 0


def measure() -> dict[str, dict[str, Any]]:
    """Returns the units by operation, with a warm container. Occasional work has rows of its own."""
    with tempfile.TemporaryDirectory() as folder, open_stage() as stage:
        clients = stage.clients
        wire = Wire([clients.connection.client, clients.dynamodb_once, clients.kms])
        log = Path(folder) / "log"
        with lines_written_to(log):
            requests = _requests(stage)
        found = {}
        for name, request in requests.items():
            with lines_written_to(log):
                stage.services.look_up.usage.settle(EALING)  # so that no tenth lookup comes by chance
                _prepare(stage, name)
            found[name] = vars(_of(request, wire, log))
        return found


def _prepare(stage: Stage, name: str) -> None:
    if name == TENTH:
        for _ in range(SETTLED_AT_ONCE - 1):
            stage.look_up(stage.new_child(), token=stage.token(EALING))
    elif name == REFRESHING:
        stage.clock.now += REFRESH_AFTER


def _requests(stage: Stage) -> dict[str, Any]:
    asked: dict[str, Any] = {}
    for known in (0, 1, 5, 50):
        child = stage.new_child()
        for _ in range(known):
            stage.register(child)
        asked[f"lookup of {known}"] = partial(_ask, stage, child)
    now_and_then = dict.fromkeys((TENTH, REFRESHING), asked["lookup of 1"])
    child, reference = stage.new_child(), stage.new_reference()
    today = stage.today.isoformat()
    rows = [{"reference": stage.new_reference(), **stage.body(stage.new_child())} for _ in range(100)]
    _post_notices(stage)
    return {
        **asked,
        **now_and_then,
        "first PUT": lambda: stage.register(child, reference),
        "unchanged PUT": lambda: stage.register(child, reference),
        "changed PUT": lambda: stage.register(child, reference, organisation="Hospital"),
        "unchanged PATCH": lambda: stage.call("PATCH", f"/v1/involvements/{reference}", {"confirmed_on": today}),
        "changed PATCH": lambda: stage.call("PATCH", f"/v1/involvements/{reference}", {"organisation": "Clinic"}),
        "GET": lambda: stage.call("GET", f"/v1/involvements/{reference}"),
        "accesses": lambda: stage.call("GET", f"/v1/involvements/{reference}/accesses"),
        "DELETE": lambda: stage.call("DELETE", f"/v1/involvements/{reference}"),
        "shield": lambda: stage.shield(child),
        "batch of 100": lambda: stage.call("POST", "/v1/involvement-batches", {"involvements": rows}),
        "register page of 100": lambda: stage.call("GET", "/v1/involvements", query={"limit": ["100"]}),
        "notices, none new": lambda: stage.call("GET", "/v1/notices", query={"after": [str(NOTICES)]}),
        NOTICES_READ: lambda: stage.call("GET", "/v1/notices"),
    }


def _ask(stage: Stage, child: str) -> Reply:
    return stage.look_up(child, token=stage.token(EALING))


def _post_notices(stage: Stage) -> None:
    """Posts notices that another authority looked up a child, each for another record."""
    parts, by = stage.services.parts, Originator(authority_code=EALING, practitioner_id="sw-1")
    for _ in range(NOTICES):
        child, reference = stage.new_child(), stage.new_reference()
        assert stage.register(child, reference).status == 201
        notice = Notice(
            recipient=HARINGEY,
            kind=NoticeKind.LOOKED_UP,
            source=parts.new_id(),
            at=stage.clock(),
            child=parts.pseudonyms.child_key(NhsNumber(child)),
            reference=reference,
            by=by,
            purpose=Purpose.SAFEGUARDING,
        )
        assert parts.notices.post(notice)


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
        units.appended_bytes += size(sent["Item"]) if operation == "PutItem" else 0
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
        return sum(2 * _of_transaction(one) for one in sent["TransactItems"])
    return 0


def _of_transaction(one: Message) -> int:
    if "Put" in one:
        return _put(one["Put"]["Item"])
    # The item is smaller than 1 KB. A register entry is also in the index `due`.
    return 1 + ("Delete" in one and one["Delete"]["Key"]["sk"]["S"].startswith("R#"))


def _put(item: Message) -> int:
    return math.ceil(size(item) / 1024) + sum(index in item for index in _INDEXES)


def size(item: Message) -> int:
    """Returns the bytes of an item as DynamoDB counts them: names and values, without its JSON."""
    return sum(len(name.encode()) + _value(value) for name, value in item.items())


def _value(value: Message) -> int:
    [(kind, held)] = value.items()
    if kind == "B":
        return len(b64decode(held))
    if kind == "N":
        return math.ceil(len(held.strip("-")) / 2) + 1
    return len(held.encode()) if kind == "S" else len(json.dumps(held))
