"""Loads the synthetic set through the service's own use case, with real keys, into tables that are still empty."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cache

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from chalicelib.adapters.dynamodb.involvement_store import DynamoInvolvementStore
from chalicelib.adapters.dynamodb.tables import Request
from chalicelib.application.ports import Pseudonyms
from chalicelib.application.register_entries import Write
from chalicelib.domain.authority import Authority, Caller, Scope, Standing
from chalicelib.domain.child import ChildKey, NhsNumber
from chalicelib.domain.involvement import Involvement
from chalicelib.domain.values import replace
from chalicelib.wiring import api
from chalicelib.wiring.console import ConsoleFunctions
from chalicelib.wiring.parts import Parts

from .authorities import LocalAuthority
from .onboarding import OPERATOR
from .sandbox_records import load_sandbox
from .synthetic import CHILDREN, THE_SHIELDED, SyntheticRecord, synthetic_set

_AT_ONCE = 4
_RECORDS_IN_A_TRANSACTION = 33  # three items each: DynamoDB takes at most 100 items in a transaction


def load(parts: Parts, functions: ConsoleFunctions, known: Sequence[LocalAuthority], console: Console) -> None:
    """Registers the records of 2,000 children, shields one of the children, and makes the records of the sandbox.

    Raises Unavailable.
    """
    today = datetime.now(UTC).date()
    services = api.build(parts)
    pseudonyms = _AskedOnce(parts.pseudonyms)
    callers = {body.code: feed_of(body) for body in known}
    records = list(synthetic_set(known, today))

    def register(some: Sequence[SyntheticRecord]) -> int:
        store = _EmptyStore(parts.involvements)
        register_one = replace(services.register, involvements=store, pseudonyms=pseudonyms)
        for record in some:
            register_one(record.reference, record.registration, callers[record.authority_code])
        parts.tables.transact(store.collected)
        return len(some)

    size = _RECORDS_IN_A_TRANSACTION
    batches = [records[start : start + size] for start in range(0, len(records), size)]
    columns = TextColumn("Loading {task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console) as progress, ThreadPoolExecutor(_AT_ONCE) as pool:
        task = progress.add_task(f"{CHILDREN:,} children's records", total=len(records))
        for written in pool.map(register, batches):
            progress.advance(task, written)
    functions.shield_child(NhsNumber(THE_SHIELDED), today + timedelta(days=365), OPERATOR)
    load_sandbox(services, functions, callers)


class _EmptyStore:
    """A store that knows of no record yet, and collects new ones for one transaction.

    This saves two thirds of the calls, and of the time.
    """

    def __init__(self, store: DynamoInvolvementStore) -> None:
        self._store = store
        self.collected: list[dict[str, Request]] = []

    def of_authority(self, child: ChildKey, authority_code: str) -> Iterator[Involvement]:  # noqa: ARG002 - the same
        return iter(())

    def entry(self, authority_code: str, reference: str) -> None:  # noqa: ARG002 - the signature of InvolvementStore
        return None

    def save(self, write: Write) -> None:
        # Leaves out the check for a superseded number: there is none yet, and a transaction may name an item only once.
        self.collected += [request for request in self._store.save_requests(write) if "ConditionCheck" not in request]


class _AskedOnce:
    """Asks KMS for each child's key once, however many records the child has."""

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self._child_key = cache(pseudonyms.child_key)

    def child_key(self, nhs_number: NhsNumber) -> ChildKey:
        return self._child_key(nhs_number)


def feed_of(body: LocalAuthority) -> Caller:
    """The authority's own nightly feed."""
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
    return Caller(authority, "system:synthetic", "Feed", frozenset({Scope.REGISTER}))
