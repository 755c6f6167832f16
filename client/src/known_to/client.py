"""The calls of the service, one method each: signed, tried again when that may help, typed."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Self

import httpx

from .answers import (
    Accesses,
    Answer,
    BatchResults,
    NoticePage,
    OwnInvolvement,
    Receipt,
    RegisterPage,
    RowResult,
    Shielded,
)
from .errors import SettingsError, UnreadableAnswer
from .identifiers import check_reference
from .patience import FOR_A_PERSON, Patience
from .reading import read
from .settings import Settings
from .signing import Caller
from .wire import Wire

Body = Mapping[str, Any]
MOST_IN_A_BATCH = 100
MOST_IN_A_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Client:
    """Speaks for one caller; `acting_as` makes a client for another over the same connections.

    Every method raises Problem (see `errors`), Unreachable or UnreadableAnswer. Safe to share between threads.
    """

    wire: Wire
    caller: Caller

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.wire.close()

    @property
    def destination(self) -> str:
        """Which service, for which authority, and known to it by which key."""
        return self.wire.destination

    def acting_as(self, caller: Caller) -> "Client":
        return Client(self.wire, caller)

    def look_up(self, nhs_number: str, purpose: str, case_reference: str) -> Answer:
        """Any error means: could not check. Treat as unknown; ring your duty team."""
        question = {"nhs_number": nhs_number, "purpose": purpose, "case_reference": case_reference}
        return read(Answer, self._send("POST", "/v1/lookups", "lookup", question, patience=FOR_A_PERSON))

    def register(self, reference: str, record: Body, if_version: str | None = None) -> Receipt:
        return read(Receipt, self._send("PUT", _own(reference), "register", record, if_version))

    def register_many(self, records: Sequence[Body]) -> tuple[RowResult, ...]:
        """At most 100 bodies of PUT, each with its `reference`; one result each, in the same order."""
        sent = self._send("POST", "/v1/involvement-batches", "register", {"involvements": [*records]})
        results = read(BatchResults, sent).results
        if len(results) != len(records) or any(
            one.reference not in (None, record["reference"]) for one, record in zip(results, records, strict=True)
        ):
            raise UnreadableAnswer("The answer to a batch does not list the records that were sent.")
        return results

    def amend(self, reference: str, changes: Body, if_version: str | None = None) -> Receipt:
        """A merge patch: what is absent stays, None takes away."""
        return read(Receipt, self._send("PATCH", _own(reference), "register", changes, if_version))

    def confirm(self, reference: str, if_version: str | None = None) -> Receipt:
        return self.amend(reference, {"confirmed_on": datetime.now(UTC).date().isoformat()}, if_version)

    def end(self, reference: str, ended_on: date, if_version: str | None = None) -> Receipt:
        return self.amend(reference, {"ended_on": ended_on.isoformat()}, if_version)

    def read_own(self, reference: str) -> OwnInvolvement:
        return read(OwnInvolvement, self._send("GET", _own(reference), "register"))

    def withdraw(self, reference: str, if_version: str | None = None) -> None:
        """For a record made in error. Repeatable."""
        self._send("DELETE", _own(reference), "register", if_version=if_version)

    def read_register(self) -> Iterator[Receipt]:
        """The authority's own register, page by page."""
        query = {"limit": str(MOST_IN_A_PAGE)}
        while True:
            page = read(RegisterPage, self._send("GET", "/v1/involvements", "register", query=query))
            yield from page.involvements
            if page.next_cursor is None:
                return
            query["cursor"] = page.next_cursor

    def shield(self, nhs_number: str, reason: str, review_on: date) -> Shielded:
        body = {"nhs_number": nhs_number, "reason": reason, "review_on": review_on.isoformat()}
        return read(Shielded, self._send("POST", "/v1/shields", "shield", body))

    def accesses(self, reference: str) -> Accesses:
        """The last looks at the child of this record."""
        return read(Accesses, self._send("GET", f"{_own(reference)}/accesses", "accesses"))

    def notices(self, after: str | None = None) -> NoticePage:
        """What waits after that cursor, in order. Reading twice does no harm."""
        query = {} if after is None else {"after": after}
        return read(NoticePage, self._send("GET", "/v1/notices", "notices", query=query))

    def _send(
        self,
        method: str,
        path: str,
        scope: str,
        body: Body | None = None,
        if_version: str | None = None,
        *,
        query: Mapping[str, str] | None = None,
        patience: Patience | None = None,
    ) -> Any:
        return self.wire.send(
            self.caller, scope, method, path, body, if_version=if_version, query=query, patience=patience
        )


def connect(
    settings: Settings,
    caller: Caller | None = None,
    *,
    patience: Patience | None = None,
    transport: httpx.BaseTransport | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Client:
    """A client for `caller`, or for the practitioner of the settings. Close it, or use it in a `with`.

    Raises SettingsError.
    """
    if caller is None:
        if settings.practitioner is None:
            raise SettingsError("Say who calls: a Caller, or practitioner in the settings.")
        caller = Caller(settings.practitioner, settings.role)
    return Client(Wire(settings, patience or Patience(), transport, sleep), caller)


def _own(reference: str) -> str:
    return f"/v1/involvements/{check_reference(reference)}"
