"""Plain domain values for tests that need some, and do not care which."""

from collections.abc import Set
from datetime import UTC, date, datetime, timedelta
from typing import Any

from chalicelib.application.ports import RegisterEntry, Write
from chalicelib.domain.access import Act, ActRecord, Disclosed, LookupRecord
from chalicelib.domain.authority import Authority, Caller, Contact, Purpose, Scope, Standing
from chalicelib.domain.child import ChildKey, NhsNumber
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

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
TODAY = NOW.date()
NUMBER = NhsNumber("9990000018")
OTHER_NUMBER = NhsNumber("9990000026")
DESK = Contact("National broker desk", "020 7946 0100")


def authority(code: str = "A1", **changes: Any) -> Authority:
    plain = Authority(
        code=code,
        name=f"Authority {code}",
        sector="local_authority",
        standing=Standing.ACTIVE,
        duty_contact=Contact(f"{code} duty team", "020 7946 0999"),
        scopes=frozenset(Scope),
        purposes=frozenset(Purpose),
        reports_every_days=7,
        last_write_at=NOW,
    )
    return replace(plain, **changes)


def caller(code: str = "A1", sub: str = "sw-1", scopes: Set[Scope] = frozenset(Scope), **changes: Any) -> Caller:
    return Caller(authority(code, **changes), sub, "Social worker", frozenset(scopes))


def work(**changes: Any) -> Work:
    plain = Work(
        service_type=ServiceType.SOCIAL_CARE,
        basis=Basis.STATUTORY,
        practitioner=Practitioner(id="sw-9", name="Ada Okafor", role="Social worker", phone="020 7946 0001"),
        team=Team(name="Assessment team", phone="020 7946 0002"),
        started_on=date(2027, 1, 4),
    )
    return replace(plain, **changes)


def registration(number: NhsNumber = NUMBER, date_of_birth: date | None = None, **changes: Any) -> Registration:
    return Registration(nhs_number=number, work=work(**changes), date_of_birth=date_of_birth)


def involvement(
    child: ChildKey, code: str, reference: str, version: str, at: datetime = NOW, **changes: Any
) -> Involvement:
    details = Details(work=work(**changes), confirmed_on=at.date(), first_registered_on=at.date())
    return Involvement(
        child=child,
        authority_code=code,
        reference=reference,
        version=version,
        expires_at=at + timedelta(days=700),
        details=details,
    )


def remembered(details: Details) -> Remembered:
    return Remembered(**{name: getattr(details, name) for name in Remembered.__struct_fields__})


def act(involvement: Involvement, record_id: str, what: Act = Act.REGISTERED, at: datetime = NOW) -> ActRecord:
    return ActRecord(
        id=record_id,
        at=at,
        child=involvement.child,
        actor=caller(involvement.authority_code),
        act=what,
        reference=involvement.reference,
        version=involvement.version,
    )


def write(involvement: Involvement, before: RegisterEntry | None, *records: ActRecord) -> Write:
    due_on = involvement.expires_at.date()
    return Write(involvement=involvement, due_on=due_on, digest=b"digest", before=before, records=records)


def lookup(child: ChildKey, record_id: str, at: datetime = NOW) -> LookupRecord:
    return LookupRecord(
        id=record_id,
        at=at,
        child=child,
        caller=caller(),
        purpose=Purpose.SAFEGUARDING,
        case_reference="case-1",
        over_soft_limit=None,
        disclosed=Disclosed(known=False, complete=True, rows=()),
    )
