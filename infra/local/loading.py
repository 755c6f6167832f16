"""Loads the synthetic set through the service's own use case, with real keys, into tables that are still empty."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from chalicelib.adapters.dynamodb.involvement_store import DynamoInvolvementStore
from chalicelib.application.ports import Pseudonyms
from chalicelib.application.shield import ShieldRequest
from chalicelib.config import Settings
from chalicelib.domain.authority import Authority, Caller, Scope, Standing
from chalicelib.domain.child import ChildKey, NhsNumber
from chalicelib.domain.values import replace
from chalicelib.wiring import api, parts

from .authorities import LocalAuthority
from .synthetic import CHILDREN, THE_SHIELDED, SyntheticRecord, synthetic_set

_AT_ONCE = 4
_RECORDS_TOGETHER = 33  # of three items each: DynamoDB takes a hundred in a transaction
_READ_TIMEOUT_SECONDS = 30


def load(known: Sequence[LocalAuthority], console: Console) -> None:
    """Two thousand children, one of them shielded. Raises Unavailable."""
    today = datetime.now(UTC).date()
    services = api.build(parts.make_parts(Settings.from_env(os.environ), parts.make_clients(_READ_TIMEOUT_SECONDS)))
    pseudonyms = _EachOnce(services.parts.pseudonyms)
    callers = {body.code: _caller(body, Scope.REGISTER) for body in known}
    records = list(synthetic_set(known, today))

    def register(some: Sequence[SyntheticRecord]) -> int:
        together = _Together(services.parts)
        register_one = replace(services.register, involvements=together, pseudonyms=pseudonyms)
        for record in some:
            register_one(record.reference, record.registration, callers[record.authority_code])
        together.write()
        return len(some)

    batches = [records[start : start + _RECORDS_TOGETHER] for start in range(0, len(records), _RECORDS_TOGETHER)]
    columns = TextColumn("Loading {task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console) as progress, ThreadPoolExecutor(_AT_ONCE) as pool:
        task = progress.add_task(f"{CHILDREN:,} children's records", total=len(records))
        for written in pool.map(register, batches):
            progress.advance(task, written)
    review_on = today + timedelta(days=365)
    shield = ShieldRequest(nhs_number=NhsNumber(THE_SHIELDED), reason="A demonstration", review_on=review_on)
    services.shield(shield, _caller(known[0], Scope.SHIELD))


class _Together(DynamoInvolvementStore):
    """Where nothing is on record yet, nothing has to be read before a write, and many records go in one transaction:
    a third of the calls and of the time."""

    def __init__(self, parts: parts.Parts) -> None:
        super().__init__(parts.tables, parts.sealer, parts.access_log, parts.supersession)
        self._waiting: list[dict[str, Any]] = []

    def entry(self, authority_code: str, reference: str) -> None:  # noqa: ARG002 - the port's
        return None

    def _transact(self, requests: list[dict[str, Any]]) -> None:
        # No number is superseded yet; and one transaction may not check a child twice.
        self._waiting += [request for request in requests if "ConditionCheck" not in request]

    def write(self) -> None:
        self._tables.transact(self._waiting)


class _EachOnce:
    """Asks KMS for a child's key once, however many records the child has."""

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self._child_key = cache(pseudonyms.child_key)

    def child_key(self, nhs_number: NhsNumber) -> ChildKey:
        return self._child_key(nhs_number)


def _caller(body: LocalAuthority, scope: Scope) -> Caller:
    authority = Authority(
        code=body.code,
        name=body.name,
        sector=body.sector,
        standing=Standing.ACTIVE,
        duty_contact=None,
        scopes=frozenset(Scope),
        purposes=frozenset(),
        reports_every_days=7,
    )
    return Caller(authority, "system:synthetic", "StreamMapping", frozenset({scope}))
