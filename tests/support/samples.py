"""Domain values for tests that need no stage: plausible in every field, at a fixed time."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from chalicelib.domain.authority import Authority, Caller, Contact, Purpose, Scope, Standing
from chalicelib.domain.child import ChildKey
from chalicelib.domain.coverage import coverage_of
from chalicelib.domain.disclosure import Answer, ChildRecords, Decision, decide
from chalicelib.domain.involvement import Basis, Details, Involvement, Practitioner, ServiceType, Team, Work

NOW = datetime(2026, 3, 10, 23, 15, 20, tzinfo=UTC)
TODAY = NOW.date()
LATER = datetime(2027, 1, 1, tzinfo=UTC)
CHILD = ChildKey("C#1#mac")
BROKER_DESK = Contact("National broker desk", "020 7946 0100")

HARINGEY, EALING, BRENT, POLICE = "E09000014", "E09000009", "E09000005", "E23000001"


def an_authority(code: str = EALING, **changes: Any) -> Authority:
    values: dict[str, Any] = {
        "code": code,
        "name": f"Authority {code}",
        "sector": "local_authority",
        "standing": Standing.ACTIVE,
        "duty_contact": Contact(f"Duty team {code}", "020 7946 0999"),
        "scopes": frozenset(Scope),
        "purposes": frozenset(Purpose),
        "reports_every_days": 7,
        "last_write_at": NOW,
        **changes,
    }
    return Authority(**values)


def a_caller(code: str = HARINGEY, practitioner_id: str = "sw-1") -> Caller:
    return Caller(an_authority(code), practitioner_id, "Social worker", frozenset(Scope))


def some_work(**changes: Any) -> Work:
    values: dict[str, Any] = {
        "service_type": ServiceType.SOCIAL_CARE,
        "basis": Basis.STATUTORY,
        "practitioner": Practitioner(id="sw-9", name="Ada Okafor", role="Social worker", phone="020 7946 0001"),
        "team": Team(name="Assessment team", phone="020 7946 0002"),
        "started_on": date(2025, 12, 1),
        **changes,
    }
    return Work(**values)


_DETAILS = frozenset({"confirmed_on", "first_registered_on", "cap_on", "disputed"})
_ROW = frozenset({"authority_code", "reference", "version", "expires_at"})


def some_details(**changes: Any) -> Details:
    """Changes may name fields of the details and of the work in them."""
    own = {name: value for name, value in changes.items() if name in _DETAILS}
    work = some_work(**{name: value for name, value in changes.items() if name not in _DETAILS})
    return Details(**{"work": work, "confirmed_on": TODAY, "first_registered_on": date(2025, 12, 1), **own})


def a_row(**changes: Any) -> Involvement:
    """Changes may name fields of the row, of its details and of the work in them."""
    own = {name: value for name, value in changes.items() if name in _ROW}
    details = some_details(**{name: value for name, value in changes.items() if name not in _ROW})
    values: dict[str, Any] = {
        "authority_code": EALING,
        "reference": "ref-1",
        "version": "v-1",
        "expires_at": LATER,
        **own,
    }
    return Involvement(child=CHILD, details=details, **values)


def the_authorities(*codes: str) -> dict[str, Authority]:
    return {code: an_authority(code) for code in codes or (HARINGEY, EALING, BRENT, POLICE)}


def decided(
    *rows: Involvement,
    purpose: Purpose = Purpose.SAFEGUARDING,
    caller: Caller | None = None,
    shielded: bool = False,
    unreadable: int = 0,
    authorities: Iterable[Authority] | None = None,
) -> Decision:
    known_authorities = the_authorities() if authorities is None else {one.code: one for one in authorities}
    return decide(ChildRecords(rows, shielded, unreadable), known_authorities, caller or a_caller(), purpose, NOW)


def an_answer(
    decision: Decision, purpose: Purpose = Purpose.SAFEGUARDING, authorities: Iterable[Authority] = ()
) -> Answer:
    return Answer(
        lookup_id="01LOOKUP",
        asked_at=NOW,
        case_reference="case-1",
        purpose=purpose,
        known=decision.known,
        complete=decision.complete,
        shielded=decision.shielded,
        entries=decision.entries,
        coverage=coverage_of(authorities, NOW),
        broker_desk=BROKER_DESK,
    )
