"""The disclosure table, cell by cell."""

import pytest

from chalicelib.domain.access_records import Form
from chalicelib.domain.authority import Purpose
from chalicelib.domain.disclosure import form_for, never_shown
from chalicelib.domain.involvement import ServiceType

WIDE = (Purpose.SAFEGUARDING, Purpose.CHILD_PROTECTION)
NARROW = (Purpose.EDUCATION_WELFARE, Purpose.HEALTH_CARE)

# The whole disclosure table, written out: safeguarding, child_protection, education_welfare, health_care.
TABLE = {
    "social_care": ("full", "full", "full", "full"),
    "early_help": ("full", "full", "full", "full"),
    "school": ("full", "full", "full", "full"),
    "early_years": ("full", "full", "full", "full"),
    "gp": ("full", "full", "full", "full"),
    "health_visiting": ("full", "full", "full", "full"),
    "school_nursing": ("full", "full", "full", "full"),
    "midwifery": ("full", "full", "full", "full"),
    "hospital": ("full", "full", "full", "full"),
    "police": ("full", "full", "brokered", "brokered"),
    "youth_justice": ("full", "full", "brokered", "brokered"),
    "housing": ("full", "full", "full", "full"),
    "voluntary": ("full", "full", "full", "full"),
    "sexual_health": ("brokered", "brokered", None, None),
    "mental_health": ("brokered", "brokered", None, None),
    "substance_misuse": ("brokered", "brokered", None, None),
    "domestic_abuse": ("brokered", "brokered", None, None),
    "other": ("full", "full", "full", "full"),
}
PURPOSES = ("safeguarding", "child_protection", "education_welfare", "health_care")
CELLS = [
    (purpose, service, form) for service, forms in TABLE.items() for purpose, form in zip(PURPOSES, forms, strict=True)
]


@pytest.mark.parametrize(("purpose", "service", "form"), CELLS)
def test_the_disclosure_table(purpose: str, service: str, form: str | None) -> None:
    assert form_for(Purpose(purpose), ServiceType(service), sensitive=False) == form


def test_the_disclosure_table_covers_every_service_and_purpose() -> None:
    assert set(TABLE) == {service.value for service in ServiceType}
    assert set(PURPOSES) == {purpose.value for purpose in Purpose}


@pytest.mark.parametrize("service_type", ServiceType)
def test_a_row_marked_as_sensitive_is_brokered_or_not_shown_whatever_its_service(service_type: ServiceType) -> None:
    for purpose in WIDE:
        assert form_for(purpose, service_type, sensitive=True) is Form.BROKERED
    for purpose in NARROW:
        assert form_for(purpose, service_type, sensitive=True) is None


def test_never_shown_lists_the_sensitive_services_for_narrow_purposes() -> None:
    sensitive = ("domestic_abuse", "mental_health", "sexual_health", "substance_misuse")
    assert [never_shown(purpose) for purpose in WIDE] == [(), ()]
    assert [never_shown(purpose) for purpose in NARROW] == [sensitive, sensitive]
