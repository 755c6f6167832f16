"""The real service on its own ministack, called in process as Lambda calls it."""

import itertools
import json
import os
import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import jwt

from app import app
from chalicelib.adapters.dynamodb.schema import REGISTRY, table_name
from chalicelib.adapters.ids import new_ulid
from chalicelib.config import Settings
from chalicelib.domain.authority import Scope
from chalicelib.domain.calendar import add_years
from chalicelib.wiring import api, parts
from infra.local.authorities import LocalAuthority, SigningKey, make_signing_key
from infra.local.aws import LocalAws, alarm_topic, local_aws, make_dead_letters, make_stage
from infra.local.synthetic import synthetic_numbers

from .by_hand import put_data_keys, put_salt, registry_item, with_stamp
from .documented import check_documented

STAGE = "test"
AUDIENCE = "https://known-to.test"
HARINGEY, EALING, BRENT = "E09000014", "E09000009", "E09000005"
HOSPITAL, POLICE = "RAP", "E23000001"
AUTHORITIES = (
    LocalAuthority(HARINGEY, "Haringey", "local_authority"),
    LocalAuthority(EALING, "Ealing", "local_authority"),
    LocalAuthority(BRENT, "Brent", "local_authority"),
    LocalAuthority(HOSPITAL, "North Middlesex Hospital", "health"),
    LocalAuthority(POLICE, "Metropolitan Police", "police"),
)


@dataclass
class Clock:
    """Starts at the real time, because ministack deletes items that have really expired. Moves only if a test asks."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Ids:
    """Ids of the stage's time. While its clock stands still, each is a millisecond later than the one before."""

    clock: Clock
    _at: datetime | None = None
    _since: int = 0
    _lock: Lock = field(default_factory=Lock)

    def __call__(self) -> str:
        with self._lock:
            now = self.clock()
            self._at, self._since = now, self._since + 1 if now == self._at else 0
            return new_ulid(int(now.timestamp() * 1000) + self._since)


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return str(self.json["code"])


@dataclass
class Stage:
    aws: LocalAws
    settings: Settings
    clients: parts.Clients
    services: api.Services
    clock: Clock
    keys: dict[str, SigningKey]
    practitioner: str = "asker"
    _numbers: Iterator[str] = field(default_factory=lambda: itertools.islice(synthetic_numbers(), 1000, None))
    _serial: Iterator[int] = field(default_factory=itertools.count)

    @cached_property
    def dynamodb(self) -> Any:
        """An administrator's access to the tables, past the service and its faults."""
        return self.aws.client("dynamodb")

    @property
    def today(self) -> date:
        return self.clock().date()

    def enter_all(self) -> None:
        """Enters the authorities that every test has. The service sees them at once."""
        for authority in AUTHORITIES:
            self.enter(authority)
        self.services.parts.registry.forget()

    @property
    def nearly_adult(self) -> str:
        """The date of birth of a child who turns eighteen within a year, so that a record ends with that month."""
        return add_years(self.today.replace(day=1), -17).isoformat()

    def new_child(self) -> str:
        """An NHS number that no other test of this process uses."""
        return next(self._numbers)

    def new_practitioner(self) -> None:
        """Changes the default practitioner. Each test has its own, because each practitioner's lookups are limited."""
        self.practitioner = f"asker-{next(self._serial)}"

    def new_code(self) -> str:
        """The code of an authority that no other test has entered."""
        return f"T{next(self._serial):08}"

    def new_reference(self) -> str:
        return f"ref-{next(self._serial)}"

    def enter(self, authority: LocalAuthority, alg: str = "EdDSA", **attributes: Any) -> None:
        """Puts an authority into the registry, as if two people had granted what it may. The service sees it once its
        cache is old."""
        if authority.code not in self.keys:
            self.keys[authority.code] = make_signing_key(authority.code, alg)
            put_salt(self.dynamodb, STAGE, authority.code)
        item = {**registry_item(authority, self.keys[authority.code]), **attributes}
        item = {name: value for name, value in item.items() if value is not None}
        stamped = item if "granted" in attributes else with_stamp(item, self.services.parts.grant_stamps)
        self.dynamodb.put_item(TableName=table_name(STAGE, REGISTRY), Item=stamped)

    def claims(self, authority: str = HARINGEY, sub: str | None = None, **claims: Any) -> dict[str, Any]:
        now = int(self.clock().timestamp())
        return {
            "iss": authority,
            "sub": self.practitioner if sub is None else sub,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + 300,
            "scope": " ".join(Scope),
            "role": "Social worker",
            **claims,
        }

    def token(self, authority: str = HARINGEY, sub: str | None = None, **claims: Any) -> str:
        key = self.keys[authority]
        payload = self.claims(authority, sub, **claims)
        return jwt.encode(payload, key.private_key_pem, algorithm=key.alg, headers={"kid": key.kid})

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str | list[str]] | None = None,
        query: Mapping[str, list[str]] | None = None,
    ) -> Reply:
        """One request in process. `body`: bytes and str are sent as they are, other values as JSON."""
        return call(method, path, body, token=token or self.token(), headers=headers, query=query)

    def register(self, child: str, reference: str | None = None, token: str | None = None, **changes: Any) -> Reply:
        return self.call(
            "PUT", f"/v1/involvements/{reference or self.new_reference()}", self.body(child, **changes), token=token
        )

    def body(self, child: str, **changes: Any) -> dict[str, Any]:
        """A PUT body. A change to None leaves the field out."""
        body = {
            "nhs_number": child,
            "service_type": "social_care",
            "basis": "statutory",
            "practitioner": {"id": "sw-9", "name": "Ada Okafor", "role": "Social worker", "phone": "020 7946 0001"},
            "team": {"name": "Assessment team", "phone": "020 7946 0002"},
            "started_on": (self.today - timedelta(days=30)).isoformat(),
            **changes,
        }
        return {name: value for name, value in body.items() if value is not None}

    def shield(self, child: str, days: int = 365) -> Reply:
        review_on = (self.today + timedelta(days=days)).isoformat()
        return self.call("POST", "/v1/shields", {"nhs_number": child, "reason": "threats", "review_on": review_on})

    def look_up(self, child: str, token: str | None = None, purpose: str = "safeguarding") -> Reply:
        question = {"nhs_number": child, "purpose": purpose, "case_reference": "case-1"}
        return self.call("POST", "/v1/lookups", question, token=token)


def call(
    method: str,
    path: str,
    body: Any = None,
    *,
    token: str | None = None,
    headers: Mapping[str, str | list[str]] | None = None,
    query: Mapping[str, list[str]] | None = None,
) -> Reply:
    """One request through `app`, as API Gateway sends it. `path`: as in the table of docs/api.md."""
    event = api_event(method, path, body, token=token, headers=headers, query=query)
    reply = app(event, None)
    check_documented(method, event["requestContext"]["resourcePath"], reply)
    return Reply(reply["statusCode"], reply["headers"], reply["body"])


def api_event(
    method: str,
    path: str,
    body: Any = None,
    *,
    token: str | None = None,
    headers: Mapping[str, str | list[str]] | None = None,
    query: Mapping[str, list[str]] | None = None,
) -> dict[str, Any]:
    """The event that API Gateway hands to the function. `body`: bytes and str stay as they are, others become JSON."""
    resource, parameters = _resource(path)
    sent: dict[str, str | list[str]] = {} if token is None else {"Authorization": f"Bearer {token}"}
    if body is not None:
        sent["Content-Type"] = "application/json"
    sent = {name: value for name, value in {**sent, **(headers or {})}.items() if value}
    raw = body if body is None or isinstance(body, str | bytes) else json.dumps(body)
    return {
        "headers": {name: value if isinstance(value, str) else value[-1] for name, value in sent.items()},
        "multiValueHeaders": {name: [value] if isinstance(value, str) else value for name, value in sent.items()},
        "multiValueQueryStringParameters": query,
        "pathParameters": parameters,
        "stageVariables": None,
        "body": raw,
        "requestContext": {"resourcePath": resource, "httpMethod": method, "requestId": str(uuid.uuid4())},
    }


def _resource(path: str) -> tuple[str, dict[str, str] | None]:
    if path in app.routes:
        return path, None
    for resource in sorted(app.routes, key=len, reverse=True):
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.*)", re.escape(resource))
        if found := re.fullmatch(pattern, path, re.DOTALL):
            return resource, found.groupdict()
    raise LookupError(path)


@contextmanager
def at_work(stage: Stage) -> Iterator[None]:
    """Until the block ends, all calls go to this stage, at the present time."""
    stage.clock.now = datetime.now(UTC).replace(microsecond=0)
    stage.new_practitioner()
    api.install(stage.services)
    try:
        yield
    finally:
        api.install(None)


def warm(stage: Stage) -> None:
    """Reads the registry, the keys and the checkpoint now, whatever the last test did to the clock."""
    keys = stage.services.look_up.keys
    for key in keys:
        key.ready()
    stage.clock.advance(minutes=6)
    for key in keys:
        key.ready()
    stage.services.look_up.checkpoints.refresh()


@contextmanager
def running_stage(log: Path) -> Iterator[Stage]:
    with local_aws(log) as aws:
        keys = make_stage(aws, STAGE)
        put_data_keys(aws, STAGE, keys)
        settings = Settings.from_env(
            {
                "KNOWNTO_STAGE": STAGE,
                "KNOWNTO_AUDIENCE": AUDIENCE,
                "KNOWNTO_MAC_KEY": keys.mac_key,
                "KNOWNTO_DATA_KEY": keys.data_key,
                "KNOWNTO_AUDIT_KEY": keys.audit_key,
                "KNOWNTO_HISTORY_KEY": keys.history_key,
                "KNOWNTO_BROKER_DESK_NAME": "National broker desk",
                "KNOWNTO_BROKER_DESK_PHONE": "020 7946 0100",
                "KNOWNTO_DEAD_LETTERS": make_dead_letters(aws, STAGE),
                "KNOWNTO_ALARM_TOPIC": alarm_topic(STAGE),
            }
        )
        os.environ.update(aws.environ)
        clock = Clock(datetime.now(UTC).replace(microsecond=0))
        clients = parts.make_clients()
        stage = Stage(
            aws, settings, clients, api.build(parts.make_parts(settings, clients, clock, Ids(clock))), clock, {}
        )
        stage.enter_all()
        yield stage
