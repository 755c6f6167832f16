"""The calls of the service, a method each. It signs them, tries again if that may help, and returns typed answers."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Self
from urllib.parse import quote

import httpx

from .answer_checks import check_lookup, check_receipt, check_shielded, new_cursor
from .answers import (
    Accesses,
    Answer,
    BatchResults,
    FindingPage,
    HistoryProof,
    LookupProof,
    NoticePage,
    OwnInvolvement,
    QualityPage,
    Receipt,
    RegisterPage,
    RowResult,
    Shielded,
)
from .decoding import decode
from .errors import SettingsError, UnreadableAnswer
from .identifiers import check_reference
from .retries import LOOKUP_RETRIES, RetryPolicy
from .settings import Settings
from .signed_requests import SignedRequests
from .signing import Caller

Body = Mapping[str, Any]
MOST_IN_A_BATCH = 100
MOST_IN_A_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Client:
    """Calls the service for one caller. `acting_as` makes a client for another caller over the same connections.

    Every method raises Problem (see `errors`), Unreachable or UnreadableAnswer. Threads may share a client.
    """

    requests: SignedRequests
    caller: Caller

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.requests.close()

    @property
    def destination(self) -> str:
        """Identifies the service, the authority and its key."""
        return self.requests.destination

    def acting_as(self, caller: Caller) -> "Client":
        return Client(self.requests, caller)

    def look_up(self, nhs_number: str, purpose: str, case_reference: str) -> Answer:
        """An error means that the child could not be checked. Treat as unknown and ring your duty team.

        It is over in half a minute. An answer to another question is an error.
        """
        question = {"nhs_number": nhs_number, "purpose": purpose, "case_reference": case_reference}
        sent = self.requests.send(
            self.caller, "lookup", "POST", "/v1/lookups", question, retries=LOOKUP_RETRIES, must_repeat=True
        )
        return check_lookup(decode(Answer, sent), case_reference, datetime.now(UTC))

    def report_outcome(self, lookup_id: str, entry: int, outcome: str) -> None:
        """Reports whether the call to an entry of your lookup reached somebody. It may be repeated.

        `outcome` is `reached`, `no_answer`, `wrong_number`, `left` or `not_theirs`.
        """
        path = f"/v1/lookups/{quote(lookup_id, safe='')}/outcomes"
        self._send("POST", path, "lookup", {"entry": entry, "outcome": outcome})

    def register(self, reference: str, record: Body, if_version: str | None = None) -> Receipt:
        path = _record_path(reference, record.get("nhs_number"))
        return check_receipt(decode(Receipt, self._send("PUT", path, "register", record, if_version)), reference)

    def register_many(self, records: Sequence[Body]) -> tuple[RowResult, ...]:
        """Sends at most 100 bodies of a PUT, each with its `reference`. Returns their results in the same order."""
        sent = self._send("POST", "/v1/involvement-batches", "register", {"involvements": [*records]})
        results = decode(BatchResults, sent).results
        if len(results) != len(records) or any(
            one.reference not in (None, record["reference"]) for one, record in zip(results, records, strict=True)
        ):
            raise UnreadableAnswer("The answer to a batch does not list the records that were sent.")
        return results

    def amend(self, reference: str, changes: Body, if_version: str | None = None) -> Receipt:
        """A merge patch: an absent field stays as it is, and None removes a field."""
        sent = self._send("PATCH", _record_path(reference), "register", changes, if_version)
        return check_receipt(decode(Receipt, sent), reference)

    def confirm(self, reference: str, if_version: str | None = None) -> Receipt:
        return self.amend(reference, {"confirmed_on": datetime.now(UTC).date().isoformat()}, if_version)

    def end(self, reference: str, ended_on: date, if_version: str | None = None) -> Receipt:
        return self.amend(reference, {"ended_on": ended_on.isoformat()}, if_version)

    def read_own(self, reference: str) -> OwnInvolvement:
        record = decode(OwnInvolvement, self._send("GET", _record_path(reference), "register"))
        return check_receipt(record, reference)

    def withdraw(self, reference: str, if_version: str | None = None) -> None:
        """For a record that was made in error. It may be repeated."""
        self._send("DELETE", _record_path(reference), "register", if_version=if_version)

    def read_register(self) -> Iterator[Receipt]:
        """Every record of the authority's own register. Reads it page by page."""
        query, seen = {"limit": str(MOST_IN_A_PAGE)}, set[str]()
        while True:
            page = decode(RegisterPage, self._send("GET", "/v1/involvements", "register", query=query))
            yield from page.involvements
            if page.next_cursor is None:
                return
            query["cursor"] = new_cursor(page.next_cursor, seen)

    def read_quality(self) -> Iterator[QualityPage]:
        """What the authority should look at in its own register, page by page."""
        query, seen = {"limit": str(MOST_IN_A_PAGE)}, set[str]()
        while True:
            page = decode(QualityPage, self._send("GET", "/v1/quality", "register", query=query))
            yield page
            if page.next_cursor is None:
                return
            query["cursor"] = new_cursor(page.next_cursor, seen)

    def shield(self, nhs_number: str, reason: str, review_on: date) -> Shielded:
        body = {"nhs_number": nhs_number, "reason": reason, "review_on": review_on.isoformat()}
        return check_shielded(decode(Shielded, self._send("POST", "/v1/shields", "shield", body)), review_on)

    def accesses(self, reference: str) -> Accesses:
        """The latest lookups of the child of this record."""
        return decode(Accesses, self._send("GET", f"{_record_path(reference)}/accesses", "accesses"))

    def notices(self, after: str | None = None) -> NoticePage:
        """The notices after that cursor, oldest first. Reading them does not remove them."""
        query = {} if after is None else {"after": after}
        return decode(NoticePage, self._send("GET", "/v1/notices", "notices", query=query))

    def findings(self, after: str | None = None) -> FindingPage:
        """What is unusual about the authority's practitioners, after that cursor. For the authority's guardian."""
        query = {} if after is None else {"after": after}
        return decode(FindingPage, self._send("GET", "/v1/findings", "findings", query=query))

    def history(self, since: int | None = None) -> HistoryProof:
        """The latest checkpoint, with a proof that its history begins with the checkpoint of that number."""
        query = {} if since is None else {"from": str(since)}
        return decode(HistoryProof, self._send("GET", "/v1/history", "lookup", query=query))

    def lookup_proof(self, lookup_id: str) -> LookupProof:
        """A proof that a lookup of your authority is in the history."""
        path = f"/v1/history/lookups/{quote(lookup_id, safe='')}"
        return decode(LookupProof, self._send("GET", path, "lookup"))

    def _send(
        self,
        method: str,
        path: str,
        scope: str,
        body: Body | None = None,
        if_version: str | None = None,
        *,
        query: Mapping[str, str] | None = None,
    ) -> Any:
        return self.requests.send(self.caller, scope, method, path, body, if_version=if_version, query=query)


def connect(
    settings: Settings,
    caller: Caller | None = None,
    *,
    retries: RetryPolicy | None = None,
    transport: httpx.BaseTransport | None = None,
    sleep: Callable[[float], None] = time.sleep,
    sleep_unreached: Callable[[float], None] | None = None,
) -> Client:
    """Returns a client for `caller`, or for the practitioner in the settings. Use it in a `with`.

    `sleep` waits for the seconds until the next try; `sleep_unreached` does if the last try brought no reply. Raises
    SettingsError.
    """
    if caller is None:
        if settings.practitioner is None:
            raise SettingsError("The caller is missing: give a Caller, or set practitioner in the settings.")
        caller = Caller(settings.practitioner, settings.role)
    return Client(SignedRequests(settings, retries or RetryPolicy(), transport, sleep, sleep_unreached), caller)


def _record_path(reference: str, childs_number: object = None) -> str:
    return f"/v1/involvements/{check_reference(reference, childs_number)}"
