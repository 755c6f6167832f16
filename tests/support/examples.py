"""Plausible domain values at a fixed time, for tests that need some and do not care which."""

from collections.abc import Iterable, Set
from datetime import UTC, date, datetime, timedelta
from typing import Any

from chalicelib.application.register_entries import RegisterEntry, Write
from chalicelib.domain.access_records import Act, ActRecord, Disclosed, LookupRecord
from chalicelib.domain.authority import Authority, Caller, Contact, Purpose, Scope, Standing
from chalicelib.domain.child import AcceptedNumbers, ChildKey, NhsNumber
from chalicelib.domain.coverage import coverage_of
from chalicelib.domain.disclosure import Answer, ChildRecords, Decision, decide
from chalicelib.domain.involvement import (
    Basis,
    Details,
    Involvement,
    Practitioner,
    Registration,
    Remembered,
    ServiceType,
    Team,
    Work,
)
from chalicelib.domain.values import replace

NOW = datetime(2026, 3, 10, 23, 15, 20, tzinfo=UTC)
TODAY = NOW.date()
LATER = datetime(2027, 1, 1, tzinfo=UTC)
CHILD = ChildKey("C#1#mac")
NUMBER = NhsNumber("9990000018")
OTHER_NUMBER = NhsNumber("9990000026")
TEST_STAGE, PRODUCTION = AcceptedNumbers(production=False), AcceptedNumbers(production=True)
BROKER_DESK = Contact("National broker desk", "020 7946 0100")

HARINGEY, EALING, BRENT, POLICE = "E09000014", "E09000009", "E09000005", "E23000001"


def an_authority(code: str = EALING, **changes: Any) -> Authority:
    plain = Authority(
        code=code,
        name=f"Authority {code}",
        sector="local_authority",
        standing=Standing.ACTIVE,
        duty_contact=Contact(f"Duty team {code}", "020 7946 0999"),
        scopes=frozenset(Scope),
        purposes=frozenset(Purpose),
        reports_every_days=7,
        last_write_at=NOW,
    )
    return replace(plain, **changes)


def the_authorities(*codes: str) -> dict[str, Authority]:
    return {code: an_authority(code) for code in codes or (HARINGEY, EALING, BRENT, POLICE)}


def a_caller(
    code: str = HARINGEY, practitioner_id: str = "sw-1", scopes: Set[Scope] = frozenset(Scope), **changes: Any
) -> Caller:
    """`changes`: fields of the authority."""
    return Caller(an_authority(code, **changes), practitioner_id, "Social worker", frozenset(scopes))


def some_work(**changes: Any) -> Work:
    plain = Work(
        service_type=ServiceType.SOCIAL_CARE,
        basis=Basis.STATUTORY,
        practitioner=Practitioner(id="sw-9", name="Ada Okafor", role="Social worker", phone="020 7946 0001"),
        team=Team(name="Assessment team", phone="020 7946 0002"),
        started_on=date(2025, 12, 1),
    )
    return replace(plain, **changes)


def registration(number: NhsNumber = NUMBER, date_of_birth: date | None = None, **changes: Any) -> Registration:
    return Registration(nhs_number=number, work=some_work(**changes), date_of_birth=date_of_birth)


_DETAILS = frozenset(Remembered.__struct_fields__)
_ROW = frozenset({"child", "authority_code", "reference", "version", "expires_at"})


def some_details(**changes: Any) -> Details:
    """`changes`: fields of the details or of the work in them."""
    own = {name: value for name, value in changes.items() if name in _DETAILS}
    work = some_work(**{name: value for name, value in changes.items() if name not in _DETAILS})
    return Details(**{"work": work, "confirmed_on": TODAY, "first_registered_on": date(2025, 12, 1), **own})


def remembered(details: Details) -> Remembered:
    return Remembered(**{name: getattr(details, name) for name in Remembered.__struct_fields__})


def a_row(**changes: Any) -> Involvement:
    """`changes`: fields of the row, of its details or of the work in them."""
    own = {name: value for name, value in changes.items() if name in _ROW}
    details = some_details(**{name: value for name, value in changes.items() if name not in _ROW})
    plain = Involvement(
        child=CHILD, authority_code=EALING, reference="ref-1", version="v-1", expires_at=LATER, details=details
    )
    return replace(plain, **own)


def involvement(
    child: ChildKey, code: str, reference: str, version: str, at: datetime = NOW, **changes: Any
) -> Involvement:
    """As it is after its first registration at that time."""
    return a_row(
        child=child,
        authority_code=code,
        reference=reference,
        version=version,
        expires_at=at + timedelta(days=700),
        confirmed_on=at.date(),
        first_registered_on=at.date(),
        **changes,
    )


def act(involvement: Involvement, record_id: str, what: Act = Act.REGISTERED, at: datetime = NOW) -> ActRecord:
    return ActRecord(
        id=record_id,
        at=at,
        child=involvement.child,
        actor=a_caller(involvement.authority_code),
        act=what,
        reference=involvement.reference,
        version=involvement.version,
    )


def write(involvement: Involvement, before: RegisterEntry | None, *records: ActRecord) -> Write:
    due_on = involvement.expires_at.date()
    return Write(involvement=involvement, due_on=due_on, digest=b"digest", before=before, access_records=records)


def lookup(child: ChildKey, record_id: str, at: datetime = NOW) -> LookupRecord:
    return LookupRecord(
        id=record_id,
        at=at,
        child=child,
        caller=a_caller(),
        purpose=Purpose.SAFEGUARDING,
        case_reference="case-1",
        over_soft_limit=None,
        disclosed=Disclosed(known=False, complete=True, rows=()),
    )


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
        decision=decision,
        coverage=coverage_of(authorities, NOW),
        broker_desk=BROKER_DESK,
    )
