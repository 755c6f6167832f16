"""The answer in words."""

import pytest

from chalicelib.domain.answer_statement import statement_of
from chalicelib.domain.authority import Purpose
from chalicelib.domain.disclosure import Decision
from chalicelib.domain.involvement import Practitioner, ServiceType
from chalicelib.domain.values import replace
from tests.support.examples import HARINGEY, a_row, an_answer, an_authority, decided

ASKER = Practitioner(id="sw-1", name="The Asker", role="Social worker")
NARROW = (Purpose.EDUCATION_WELFARE, Purpose.HEALTH_CARE)


def own(**changes: object) -> dict[str, object]:
    return {"authority_code": HARINGEY, "practitioner": ASKER, **changes}


def words(decision: Decision, purpose: Purpose = Purpose.SAFEGUARDING) -> str:
    return statement_of(an_answer(decision, purpose, [an_authority()]))


def test_the_statement_says_that_none_registered_does_not_mean_safe() -> None:
    assert words(decided()) == "None registered. This does not mean unknown or safe."


def test_the_statement_says_if_there_is_only_the_askers_own_row() -> None:
    assert words(decided(a_row(**own()))) == "None registered but your own. This does not mean unknown or safe."


def test_the_statement_says_that_a_child_is_known() -> None:
    assert words(decided(a_row())) == "Known to another practitioner."


def test_the_statement_says_that_records_could_not_be_read() -> None:
    assert "there may be more. Ring the broker desk." in words(decided(a_row(), unreadable=1))


@pytest.mark.parametrize("purpose", NARROW)
def test_the_statement_says_that_sensitive_services_are_never_shown_whether_or_not_there_are_any(
    purpose: Purpose,
) -> None:
    without, with_one = decided(purpose=purpose), decided(a_row(service_type=ServiceType.GP), purpose=purpose)
    assert "Sensitive services are never shown for this purpose." in words(without, purpose)
    assert "Sensitive services are never shown for this purpose." in words(with_one, purpose)


def test_the_statement_says_that_not_every_authority_reports() -> None:
    silent = an_answer(decided(), authorities=[an_authority(last_write_at=None)])
    assert statement_of(silent).endswith("Not every authority reports: see coverage.")
    whole, another = an_authority(), replace(an_authority(last_write_at=None), sector="health")
    assert statement_of(an_answer(decided(), authorities=[whole, another])).endswith("see coverage.")


def test_the_statement_for_a_shielded_child_refers_to_the_broker_desk() -> None:
    said = words(decided(a_row(), shielded=True))
    assert said.startswith("Known. Details are protected for this child. Ring the broker desk")


def test_the_statement_for_a_shielded_child_is_the_same_whatever_is_on_record() -> None:
    sentences = {words(decided(*rows, shielded=True)) for rows in [(), (a_row(),), (a_row(**own()),)]}
    assert len(sentences) == 1
