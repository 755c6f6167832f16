"""Makes the records of the sandbox's children, as their authorities and the operator would."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from chalicelib.application.console.dispute_record import Dispute
from chalicelib.application.console.proposals import Proposed
from chalicelib.application.console.supersede_nhs_number import Pair
from chalicelib.application.register import Register
from chalicelib.domain.authority import Caller
from chalicelib.domain.calendar import add_months
from chalicelib.domain.child import NhsNumber
from chalicelib.domain.involvement import Basis, Practitioner, Registration, ServiceType, Team, Work
from chalicelib.domain.values import replace
from chalicelib.wiring.api import Services
from chalicelib.wiring.console import ConsoleFunctions

from . import sandbox
from .onboarding import CUSTODIAN, OPERATOR

_BRENT, _HARINGEY, _POLICE = "E09000005", "E09000014", "E23000001"
_MONTHS_UNCONFIRMED = 8
_WORKED_WITH = (
    *(sandbox.PREVIOUS, sandbox.DISPUTED, sandbox.SHIELDED, sandbox.SUPERSEDED, sandbox.PRESENT, sandbox.RETIRED),
    *(sandbox.INCOMPLETE, sandbox.SILENT, sandbox.SLOW),
)


def load_sandbox(services: Services, functions: ConsoleFunctions, feeds: Mapping[str, Caller]) -> None:
    """`feeds`: by the code of the authority. Raises Unavailable."""
    today, register = services.parts.clock().date(), services.register
    social_care = _work(today)
    for number in _WORKED_WITH:
        work = replace(social_care, ended_on=today - timedelta(days=30)) if number == sandbox.PREVIOUS else social_care
        _register(register, number, work, feeds[_BRENT])
    _register(_eight_months_ago(register), sandbox.UNCONFIRMED, social_care, feeds[_BRENT])
    own = replace(social_care, practitioner=replace(social_care.practitioner, id="sw-1"))
    _register(register, sandbox.OWN, own, feeds[_HARINGEY])
    police = replace(social_care, service_type=ServiceType.POLICE)
    _register(register, sandbox.POLICE, police, feeds[_POLICE])
    sensitive = replace(social_care, service_type=ServiceType.MENTAL_HEALTH, basis=Basis.SIGNIFICANT_HARM)
    _register(register, sandbox.SENSITIVE, sensitive, feeds[_BRENT])
    functions.dispute_record(
        Dispute(authority_code=_BRENT, reference=_reference(sandbox.DISPUTED), disputed=True), OPERATOR
    )
    functions.shield_child(NhsNumber(sandbox.SHIELDED), today + timedelta(days=365), OPERATOR)
    _supersede(functions)


def _supersede(functions: ConsoleFunctions) -> None:
    pairs = [Pair(NhsNumber(sandbox.SUPERSEDED), NhsNumber(sandbox.PRESENT))]
    proposed = functions.supersede_nhs_number.propose(pairs, lambda: True, OPERATOR)
    assert isinstance(proposed, Proposed)
    functions.supersede_nhs_number(pairs, proposed.code, lambda: True, CUSTODIAN)
    retired = NhsNumber(sandbox.RETIRED)
    functions.retire_nhs_number(retired, functions.retire_nhs_number.propose(retired, OPERATOR).code, CUSTODIAN)


def _register(register: Register, number: str, work: Work, feed: Caller) -> None:
    register(_reference(number), Registration(nhs_number=NhsNumber(number), work=work), feed)


def _reference(number: str) -> str:
    """`sandbox-` and the place of the child on the page, because a reference never holds an NHS number."""
    return f"sandbox-{[*sandbox.WORDS].index(number) + 1}"


def _eight_months_ago(register: Register) -> Register:
    now = register.clock()
    then = datetime.combine(add_months(now.date(), -_MONTHS_UNCONFIRMED), now.timetz())
    return replace(register, clock=lambda: then, recorder=replace(register.recorder, clock=lambda: then))


def _work(today: date) -> Work:
    return Work(
        service_type=ServiceType.SOCIAL_CARE,
        basis=Basis.STATUTORY,
        practitioner=Practitioner(id="p1", name="Ada Okafor", role="Social worker", phone="020 7946 0001"),
        team=Team(name="Assessment team", phone="020 7946 0002"),
        started_on=add_months(today, -12),
    )
