"""Who is told of what, as a table: notices are no tracker of a child."""

from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.domain.authority import Authority, Purpose, Standing
from chalicelib.domain.disclosure import ChildRecords
from chalicelib.domain.involvement import Basis, Involvement, Practitioner, ServiceType
from chalicelib.domain.notice_visibility import VisibleNotice, visible_notice
from chalicelib.domain.notices import KEPT_FOR, Notice, NoticeKind, NumberedNotice, Originator, about_to_lapse
from chalicelib.domain.values import replace
from tests.support.examples import BRENT, CHILD, EALING, HARINGEY, LATER, NOW, a_row, an_authority, the_authorities

SENSITIVE = [
    ServiceType.SEXUAL_HEALTH,
    ServiceType.MENTAL_HEALTH,
    ServiceType.SUBSTANCE_MISUSE,
    ServiceType.DOMESTIC_ABUSE,
]
ELSEWHERE = Practitioner(id="sw-2", name="Bo Lund", role="Social worker")


def mine(**changes: Any) -> Involvement:
    return a_row(**{"authority_code": HARINGEY, "reference": "mine", **changes})


def theirs(**changes: Any) -> Involvement:
    plain = {"authority_code": EALING, "reference": "theirs", "service_type": ServiceType.SCHOOL}
    return a_row(**{**plain, "practitioner": ELSEWHERE, **changes})


def notice(kind: NoticeKind, **changes: Any) -> Notice:
    plain: dict[str, Any] = {
        "recipient": HARINGEY,
        "kind": kind,
        "source": "01SOURCE",
        "at": NOW - timedelta(hours=1),
        "child": CHILD,
        "reference": "mine",
    }
    if kind in {NoticeKind.REGISTERED, NoticeKind.LOOKED_UP}:
        plain["by"] = Originator(authority_code=EALING, practitioner_id="sw-2", reference="theirs")
    if kind is NoticeKind.LOOKED_UP:
        plain["purpose"] = Purpose.SAFEGUARDING
    return Notice(**{**plain, **changes})


def reads(
    one: Notice,
    *rows: Involvement,
    shielded: bool = False,
    unreadable: int = 0,
    reader: Authority | None = None,
    known: dict[str, Authority] | None = None,
) -> VisibleNotice | None:
    records = ChildRecords(rows, shielded, unreadable)
    return visible_notice(
        NumberedNotice(7, one), records, reader or an_authority(HARINGEY), known or the_authorities(), NOW
    )


REGISTERED, LOOKED_UP = notice(NoticeKind.REGISTERED), notice(NoticeKind.LOOKED_UP)
OF_OTHERS = pytest.mark.parametrize("one", [REGISTERED, LOOKED_UP], ids=["registered", "looked up"])


def test_a_registration_names_the_authority_and_ones_own_record_and_nothing_more() -> None:
    assert reads(REGISTERED, mine(), theirs()) == VisibleNotice(
        number=7,
        kind=NoticeKind.REGISTERED,
        at=REGISTERED.at,
        reference="mine",
        authority=an_authority(EALING),
    )


def test_a_lookup_names_the_authority_the_purpose_and_the_lookup() -> None:
    assert reads(LOOKED_UP, mine()) == VisibleNotice(
        number=7,
        kind=NoticeKind.LOOKED_UP,
        at=LOOKED_UP.at,
        reference="mine",
        authority=an_authority(EALING),
        lookup_id="01SOURCE",
        purpose=Purpose.SAFEGUARDING,
    )


@OF_OTHERS
class TestWhatOthersDo:
    def test_is_told_to_who_works_with_the_child(self, one: Notice) -> None:
        assert reads(one, mine(), theirs())

    def test_is_told_of_no_shielded_child(self, one: Notice) -> None:
        assert not reads(one, mine(), theirs(), shielded=True)

    def test_is_not_told_once_ones_work_has_ended(self, one: Notice) -> None:
        assert not reads(one, mine(ended_on=NOW.date()), theirs())
        assert reads(one, mine(ended_on=NOW.date() + timedelta(days=1)), theirs())

    def test_is_not_told_once_ones_record_is_gone_or_expired(self, one: Notice) -> None:
        assert not reads(one, theirs())
        assert not reads(one, mine(expires_at=NOW), theirs())

    def test_is_not_told_for_another_of_ones_records(self, one: Notice) -> None:
        assert not reads(one, mine(reference="another"), theirs())

    def test_is_told_from_the_day_on_which_one_registered(self, one: Notice) -> None:
        assert reads(one, mine(first_registered_on=one.at.date()), theirs())
        assert not reads(one, mine(first_registered_on=one.at.date() + timedelta(days=1)), theirs())

    def test_is_told_for_ninety_days(self, one: Notice) -> None:
        old = replace(one, at=NOW - KEPT_FOR + timedelta(seconds=1))
        assert reads(old, mine(first_registered_on=date(2020, 1, 1)), theirs())
        assert not reads(replace(one, at=NOW - KEPT_FOR), mine(first_registered_on=date(2020, 1, 1)), theirs())


@pytest.mark.parametrize("service", [service for service in ServiceType if service is not ServiceType.SOCIAL_CARE])
def test_lookups_are_told_to_social_care_only_and_registrations_to_every_service(service: ServiceType) -> None:
    own = mine(service_type=service, basis=Basis.CONSENT)
    assert not reads(LOOKED_UP, own)
    assert reads(REGISTERED, own, theirs())


@pytest.mark.parametrize(
    ("purposes", "told_of"),
    [
        ({Purpose.HEALTH_CARE, Purpose.EDUCATION_WELFARE}, False),
        ({Purpose.HEALTH_CARE, Purpose.SAFEGUARDING}, True),
        ({Purpose.CHILD_PROTECTION}, True),
    ],
)
def test_lookups_are_told_to_who_may_itself_know_of_every_service(purposes: set[Purpose], told_of: bool) -> None:
    """An authority says itself that its work is social care; its purposes are what it was granted."""
    reader = an_authority(HARINGEY, purposes=frozenset(purposes))
    assert (reads(notice(NoticeKind.LOOKED_UP), mine(), reader=reader) is not None) is told_of


def test_lookups_by_ones_own_authority_are_not_told() -> None:
    assert not reads(
        notice(NoticeKind.LOOKED_UP, by=Originator(authority_code=HARINGEY, practitioner_id="sw-2")), mine()
    )


def test_a_colleagues_registration_is_told_and_ones_own_is_not() -> None:
    by = Originator(authority_code=HARINGEY, reference="second")
    second = notice(NoticeKind.REGISTERED, by=by)
    assert reads(second, mine(), mine(reference="second", practitioner=ELSEWHERE))
    assert not reads(second, mine(), mine(reference="second"))


def test_who_has_ones_practitioners_id_in_another_organisation_is_told_of() -> None:
    second = notice(NoticeKind.REGISTERED, by=Originator(authority_code=HARINGEY, reference="second"))
    of_north, of_south = mine(organisation="North"), mine(reference="second", organisation="South")
    assert reads(second, of_north, of_south)
    assert reads(second, of_north, mine(reference="second", organisation="North")) is None
    assert reads(second, of_north, mine(reference="second")) is None


@pytest.mark.parametrize("service", SENSITIVE)
def test_a_sensitive_registration_is_told_to_nobody(service: ServiceType) -> None:
    assert not reads(REGISTERED, mine(), theirs(service_type=service, basis=Basis.CONSENT))


def test_a_registration_that_was_made_sensitive_later_is_told_no_more() -> None:
    assert not reads(REGISTERED, mine(), theirs(sensitive=True, basis=Basis.CONSENT))


def test_a_registration_that_was_withdrawn_or_has_expired_is_told_no_more() -> None:
    assert not reads(REGISTERED, mine())
    assert not reads(REGISTERED, mine(), theirs(expires_at=NOW))


@pytest.mark.parametrize("service", SENSITIVE)
def test_a_sensitive_asker_appears_without_authority_and_purpose(service: ServiceType) -> None:
    entry = reads(LOOKED_UP, mine(), theirs(service_type=service, basis=Basis.CONSENT))
    assert entry is not None
    assert (entry.authority, entry.purpose, entry.lookup_id) == (None, None, "01SOURCE")


def test_an_asker_who_was_sensitive_then_stays_unnamed_when_its_record_is_gone() -> None:
    by = Originator(authority_code=EALING, practitioner_id="sw-2", sensitive=True)
    entry = reads(notice(NoticeKind.LOOKED_UP, by=by), mine())
    assert entry is not None
    assert (entry.authority, entry.purpose) == (None, None)


def test_an_asker_of_whom_a_row_may_be_unreadable_appears_without_authority() -> None:
    entry = reads(LOOKED_UP, mine(), unreadable=1)
    assert entry is not None
    assert (entry.authority, entry.purpose) == (None, None)


def test_an_asker_that_was_removed_since_appears_without_authority() -> None:
    known = {**the_authorities(), EALING: an_authority(EALING, standing=Standing.REMOVED)}
    entry = reads(LOOKED_UP, mine(), known=known)
    assert entry is not None
    assert entry.authority is None


@pytest.mark.parametrize("service", [ServiceType.POLICE, ServiceType.YOUTH_JUSTICE])
@pytest.mark.parametrize("purpose", Purpose)
def test_a_registration_tells_no_more_than_the_readers_best_purpose_would(
    service: ServiceType, purpose: Purpose
) -> None:
    entry = reads(
        REGISTERED, mine(), theirs(service_type=service), reader=an_authority(HARINGEY, purposes=frozenset({purpose}))
    )
    assert entry is not None
    assert (entry.authority is not None) == (purpose in {Purpose.SAFEGUARDING, Purpose.CHILD_PROTECTION})


def test_of_several_purposes_the_best_counts_and_without_any_nothing_is_told() -> None:
    police = theirs(service_type=ServiceType.POLICE)
    both = frozenset({Purpose.SAFEGUARDING, Purpose.EDUCATION_WELFARE})
    entry = reads(REGISTERED, mine(), police, reader=an_authority(HARINGEY, purposes=both))
    assert entry is not None
    assert entry.authority == an_authority(EALING)
    assert not reads(REGISTERED, mine(), theirs(), reader=an_authority(HARINGEY, purposes=frozenset()))


def test_a_lapse_is_told_as_long_as_the_record_would_still_end_then() -> None:
    lapses = about_to_lapse(HARINGEY, "mine", CHILD, LATER, days=90, at=NOW)
    entry = reads(lapses, mine(expires_at=LATER))
    assert entry is not None
    assert (entry.kind, entry.reference, entry.expires_at) == (NoticeKind.LAPSES, "mine", LATER)
    assert not reads(lapses, mine(expires_at=LATER + timedelta(days=1)))
    assert not reads(lapses, theirs())


def test_each_of_the_lapse_notices_has_a_source_of_its_own() -> None:
    sources = {
        about_to_lapse(HARINGEY, "mine", CHILD, expires_at, days=days, at=NOW).source
        for expires_at in (LATER, LATER + timedelta(days=1))
        for days in (90, 30)
    }
    assert len(sources) == 4


def test_a_dispute_is_told_as_long_as_it_stands() -> None:
    disputed = notice(NoticeKind.DISPUTED)
    assert reads(disputed, mine(disputed=True))
    assert not reads(disputed, mine())


@pytest.mark.parametrize("kind", [NoticeKind.LAPSES, NoticeKind.DISPUTED])
def test_what_concerns_only_ones_own_record_is_told_behind_a_shield_too(kind: NoticeKind) -> None:
    """Nothing of it is about others; and a record that lapses unnoticed helps nobody who protects the child."""
    assert reads(notice(kind, expires_at=LATER), mine(disputed=True), shielded=True)


def test_a_soft_limit_names_ones_own_practitioner_and_no_record() -> None:
    by = Originator(authority_code=HARINGEY, practitioner_id="sw-1")
    entry = reads(notice(NoticeKind.SOFT_LIMIT, by=by, child=None, reference=None))
    assert entry == VisibleNotice(
        number=7, kind=NoticeKind.SOFT_LIMIT, at=REGISTERED.at, reference=None, practitioner_id="sw-1"
    )


def test_the_text_form_of_a_notice_names_nobody() -> None:
    assert "mine" not in repr(REGISTERED)
    assert CHILD not in repr(REGISTERED)


def test_brent_hears_nothing_that_is_haringeys() -> None:
    assert not reads(replace(REGISTERED, recipient=BRENT), mine(), theirs())
