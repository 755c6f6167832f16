"""Callers, and the exact values of the enumerations that callers and tables see."""

import pytest

from chalicelib.domain.access_records import Form
from chalicelib.domain.authority import Purpose, Scope, Standing
from chalicelib.domain.involvement import Basis, ServiceType, Status
from tests.support.examples import a_caller


@pytest.mark.parametrize(
    ("sub", "system"), [("system:feed", True), ("system:", True), ("sw-1", False), ("System:x", False)]
)
def test_a_system_is_recognised_by_its_prefix(sub: str, system: bool) -> None:
    assert a_caller(practitioner_id=sub).is_system is system


def test_the_text_form_of_a_caller_hides_who_it_is() -> None:
    assert "sw-1" not in repr(a_caller())


def test_the_enumerations_have_exactly_the_documented_values() -> None:
    assert " ".join(Scope) == "lookup register notices accesses shield findings"
    assert " ".join(Purpose) == "safeguarding child_protection education_welfare health_care"
    assert " ".join(Standing) == "active suspended removed"
    assert " ".join(Basis) == ("statutory targeted_support concern consent significant_harm leaving_care duty_to_share")
    assert " ".join(Status) == "current unconfirmed previous"
    assert " ".join(Form) == "full brokered shielded"
    assert " ".join(ServiceType) == (
        "social_care early_help school early_years gp health_visiting school_nursing midwifery hospital police"
        " youth_justice housing voluntary sexual_health mental_health substance_misuse domestic_abuse other"
    )
