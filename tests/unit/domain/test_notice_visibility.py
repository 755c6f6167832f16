"""Who may see which notice: the table in `domain/notices.py`, rule by rule."""

from datetime import date, datetime, timedelta
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
NARROW = frozenset({Purpose.HEALTH_CARE})
ELSEWHERE = Practitioner(id="sw-2", name="Bo Lund", role="Social worker")


def mine(**changes: Any) -> Involvement:
    return a_row(**{"authority_code": HARINGEY, "reference": "mine", **changes})


def theirs(**changes: Any) -> Involvement:
    plain = {"authority_code": EALING, "reference": "theirs", "service_type": ServiceType.SCHOOL}
    return a_row(**{**plain, "practitioner": ELSEWHERE, **changes})


def a_notice(kind: NoticeKind, **changes: Any) -> Notice:
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


def shown(
    notice: Notice,
    *rows: Involvement,
    shielded: bool = False,
    since: datetime | None = None,
    unreadable: int = 0,
    reader: Authority | None = None,
    known: dict[str, Authority] | None = None,
) -> VisibleNotice | None:
    records = ChildRecords(rows, shielded, unreadable, shielded_since=since)
    return visible_notice(
        NumberedNotice(7, notice), records, reader or an_authority(HARINGEY), known or the_authorities(), NOW
    )


REGISTERED, LOOKED_UP = a_notice(NoticeKind.REGISTERED), a_notice(NoticeKind.LOOKED_UP)
OF_OTHERS = pytest.mark.parametrize("notice", [REGISTERED, LOOKED_UP], ids=["registered", "looked up"])


def test_a_registration_notice_shows_the_authority_and_the_readers_own_record_and_nothing_else() -> None:
    assert shown(REGISTERED, mine(), theirs()) == VisibleNotice(
        number=7,
        kind=NoticeKind.REGISTERED,
        at=REGISTERED.at,
        reference="mine",
        authority=an_authority(EALING),
    )


def test_a_lookup_notice_shows_the_authority_the_purpose_and_the_lookup() -> None:
    assert shown(LOOKED_UP, mine()) == VisibleNotice(
        number=7,
        kind=NoticeKind.LOOKED_UP,
        at=LOOKED_UP.at,
        reference="mine",
        authority=an_authority(EALING),
        lookup_id="01SOURCE",
        purpose=Purpose.SAFEGUARDING,
    )


def test_a_lookup_from_before_a_shield_stays_without_authority_and_purpose() -> None:
    after = LOOKED_UP.at + timedelta(seconds=1)
    notice = shown(LOOKED_UP, mine(), shielded=True, since=after)
    assert notice is not None
    assert (notice.lookup_id, notice.authority, notice.purpose, notice.role) == ("01SOURCE", None, None, None)
    assert not shown(LOOKED_UP, mine(), shielded=True, since=LOOKED_UP.at)
    assert not shown(REGISTERED, mine(), theirs(), shielded=True, since=after)


SHIELDED = a_notice(NoticeKind.SHIELDED, by=Originator(authority_code=EALING, practitioner_id="sw-2", role="Nurse"))


def test_an_owner_reads_that_the_child_is_shielded_and_never_by_whom() -> None:
    assert shown(SHIELDED, mine(), shielded=True, since=SHIELDED.at) == VisibleNotice(
        number=7, kind=NoticeKind.SHIELDED, at=SHIELDED.at, reference="mine"
    )


def test_a_notice_of_a_shield_is_visible_while_it_stands_and_the_work_goes_on() -> None:
    since = SHIELDED.at
    assert not shown(SHIELDED, mine())
    assert not shown(SHIELDED, mine(ended_on=NOW.date()), shielded=True, since=since)
    assert not shown(SHIELDED, mine(service_type=ServiceType.SCHOOL), shielded=True, since=since)
    assert not shown(SHIELDED, mine(), shielded=True, since=since, reader=an_authority(HARINGEY, purposes=NARROW))
    assert not shown(SHIELDED, mine(), shielded=True, since=since + timedelta(seconds=1))


@pytest.mark.parametrize("kind", [NoticeKind.LOOKED_UP, NoticeKind.REGISTERED, NoticeKind.SHIELDED])
def test_the_broker_desk_reads_everything_about_a_shielded_child_in_full(kind: NoticeKind) -> None:
    by = Originator(authority_code=EALING, practitioner_id="sw-2", reference="theirs", sensitive=True, role="Nurse")
    notice = a_notice(kind, reference=None, by=by, purpose=Purpose.SAFEGUARDING)
    desk = an_authority(HARINGEY, purposes=NARROW)
    seen = shown(notice, theirs(sensitive=True, basis=Basis.CONSENT), shielded=True, since=notice.at, reader=desk)
    assert seen is not None
    assert (seen.authority, seen.purpose, seen.role) == (an_authority(EALING), Purpose.SAFEGUARDING, "Nurse")
    assert not shown(notice, theirs(), reader=desk)


@OF_OTHERS
class TestNoticesAboutOthers:
    def test_are_visible_to_an_owner_who_works_with_the_child(self, notice: Notice) -> None:
        assert shown(notice, mine(), theirs())

    def test_are_not_visible_if_the_child_is_shielded(self, notice: Notice) -> None:
        assert not shown(notice, mine(), theirs(), shielded=True)

    def test_are_not_visible_once_the_readers_work_has_ended(self, notice: Notice) -> None:
        assert not shown(notice, mine(ended_on=NOW.date()), theirs())
        assert shown(notice, mine(ended_on=NOW.date() + timedelta(days=1)), theirs())

    def test_are_not_visible_once_the_readers_record_is_gone_or_expired(self, notice: Notice) -> None:
        assert not shown(notice, theirs())
        assert not shown(notice, mine(expires_at=NOW), theirs())

    def test_are_not_visible_for_another_record_of_the_reader(self, notice: Notice) -> None:
        assert not shown(notice, mine(reference="another"), theirs())

    def test_are_visible_from_the_day_on_which_the_reader_registered(self, notice: Notice) -> None:
        assert shown(notice, mine(first_registered_on=notice.at.date()), theirs())
        assert not shown(notice, mine(first_registered_on=notice.at.date() + timedelta(days=1)), theirs())

    def test_are_visible_for_ninety_days(self, notice: Notice) -> None:
        old = replace(notice, at=NOW - KEPT_FOR + timedelta(seconds=1))
        assert shown(old, mine(first_registered_on=date(2020, 1, 1)), theirs())
        assert not shown(replace(notice, at=NOW - KEPT_FOR), mine(first_registered_on=date(2020, 1, 1)), theirs())


@pytest.mark.parametrize("service", [service for service in ServiceType if service is not ServiceType.SOCIAL_CARE])
def test_lookups_are_visible_to_social_care_only_and_registrations_to_every_service(service: ServiceType) -> None:
    own = mine(service_type=service, basis=Basis.CONSENT)
    assert not shown(LOOKED_UP, own)
    assert shown(REGISTERED, own, theirs())


@pytest.mark.parametrize(
    ("purposes", "visible"),
    [
        ({Purpose.HEALTH_CARE, Purpose.EDUCATION_WELFARE}, False),
        ({Purpose.HEALTH_CARE, Purpose.SAFEGUARDING}, True),
        ({Purpose.CHILD_PROTECTION}, True),
    ],
)
def test_lookups_are_visible_to_authorities_that_have_a_wide_purpose(purposes: set[Purpose], visible: bool) -> None:
    """That its work is social care is the authority's own claim. Its purposes are granted by the registry."""
    reader = an_authority(HARINGEY, purposes=frozenset(purposes))
    assert (shown(a_notice(NoticeKind.LOOKED_UP), mine(), reader=reader) is not None) is visible


def test_lookups_by_the_readers_own_authority_are_not_visible() -> None:
    assert not shown(
        a_notice(NoticeKind.LOOKED_UP, by=Originator(authority_code=HARINGEY, practitioner_id="sw-2")), mine()
    )


def test_a_colleagues_registration_is_visible_and_the_practitioners_own_is_not() -> None:
    by = Originator(authority_code=HARINGEY, reference="second")
    second = a_notice(NoticeKind.REGISTERED, by=by)
    assert shown(second, mine(), mine(reference="second", practitioner=ELSEWHERE))
    assert not shown(second, mine(), mine(reference="second"))


def test_the_same_practitioner_id_in_another_organisation_is_a_colleague() -> None:
    second = a_notice(NoticeKind.REGISTERED, by=Originator(authority_code=HARINGEY, reference="second"))
    of_north, of_south = mine(organisation="North"), mine(reference="second", organisation="South")
    assert shown(second, of_north, of_south)
    assert shown(second, of_north, mine(reference="second", organisation="North")) is None
    assert shown(second, of_north, mine(reference="second"))
    assert shown(second, mine(), mine(reference="second", organisation="South"))


@pytest.mark.parametrize("service", SENSITIVE)
def test_a_sensitive_registration_is_visible_to_nobody(service: ServiceType) -> None:
    assert not shown(REGISTERED, mine(), theirs(service_type=service, basis=Basis.CONSENT))


def test_a_registration_that_was_made_sensitive_later_is_no_longer_visible() -> None:
    assert not shown(REGISTERED, mine(), theirs(sensitive=True, basis=Basis.CONSENT))


def test_a_registration_that_was_withdrawn_or_has_expired_is_no_longer_visible() -> None:
    assert not shown(REGISTERED, mine())
    assert not shown(REGISTERED, mine(), theirs(expires_at=NOW))


@pytest.mark.parametrize("service", SENSITIVE)
def test_a_lookup_from_a_sensitive_service_shows_neither_authority_nor_purpose(service: ServiceType) -> None:
    entry = shown(LOOKED_UP, mine(), theirs(service_type=service, basis=Basis.CONSENT))
    assert entry is not None
    assert (entry.authority, entry.purpose, entry.lookup_id) == (None, None, "01SOURCE")


def test_an_asker_in_a_sensitive_service_stays_unnamed_when_its_record_is_gone() -> None:
    by = Originator(authority_code=EALING, practitioner_id="sw-2", sensitive=True)
    entry = shown(a_notice(NoticeKind.LOOKED_UP, by=by), mine())
    assert entry is not None
    assert (entry.authority, entry.purpose) == (None, None)


def test_if_a_row_is_unreadable_the_asker_is_not_named() -> None:
    entry = shown(LOOKED_UP, mine(), unreadable=1)
    assert entry is not None
    assert (entry.authority, entry.purpose) == (None, None)


def test_an_authority_that_was_removed_since_is_not_named() -> None:
    known = {**the_authorities(), EALING: an_authority(EALING, standing=Standing.REMOVED)}
    entry = shown(LOOKED_UP, mine(), known=known)
    assert entry is not None
    assert entry.authority is None


@pytest.mark.parametrize("service", [ServiceType.POLICE, ServiceType.YOUTH_JUSTICE])
@pytest.mark.parametrize("purpose", Purpose)
def test_a_registration_shows_no_more_than_a_lookup_for_the_readers_widest_purpose(
    service: ServiceType, purpose: Purpose
) -> None:
    entry = shown(
        REGISTERED, mine(), theirs(service_type=service), reader=an_authority(HARINGEY, purposes=frozenset({purpose}))
    )
    assert entry is not None
    assert (entry.authority is not None) == (purpose in {Purpose.SAFEGUARDING, Purpose.CHILD_PROTECTION})


def test_the_widest_of_several_purposes_counts_and_without_any_nothing_is_visible() -> None:
    police = theirs(service_type=ServiceType.POLICE)
    both = frozenset({Purpose.SAFEGUARDING, Purpose.EDUCATION_WELFARE})
    entry = shown(REGISTERED, mine(), police, reader=an_authority(HARINGEY, purposes=both))
    assert entry is not None
    assert entry.authority == an_authority(EALING)
    assert not shown(REGISTERED, mine(), theirs(), reader=an_authority(HARINGEY, purposes=frozenset()))


def test_a_lapse_is_visible_as_long_as_the_record_would_still_end_then() -> None:
    lapses = about_to_lapse(HARINGEY, "mine", CHILD, LATER, days=90, at=NOW)
    entry = shown(lapses, mine(expires_at=LATER))
    assert entry is not None
    assert (entry.kind, entry.reference, entry.expires_at) == (NoticeKind.LAPSES, "mine", LATER)
    assert not shown(lapses, mine(expires_at=LATER + timedelta(days=1)))
    assert not shown(lapses, theirs())


def test_each_lapse_notice_has_a_source_of_its_own() -> None:
    sources = {
        about_to_lapse(HARINGEY, "mine", CHILD, expires_at, days=days, at=NOW).source
        for expires_at in (LATER, LATER + timedelta(days=1))
        for days in (90, 30)
    }
    assert len(sources) == 4


def test_a_dispute_is_visible_as_long_as_the_record_is_disputed() -> None:
    disputed = a_notice(NoticeKind.DISPUTED)
    assert shown(disputed, mine(disputed=True))
    assert not shown(disputed, mine())


@pytest.mark.parametrize("kind", [NoticeKind.LAPSES, NoticeKind.DISPUTED])
def test_notices_about_the_readers_own_record_alone_are_visible_despite_a_shield(kind: NoticeKind) -> None:
    """They reveal nothing about others. And a record that lapses unnoticed does not help to protect the child."""
    assert shown(a_notice(kind, expires_at=LATER), mine(disputed=True), shielded=True)


def test_a_soft_limit_notice_shows_the_readers_own_practitioner_and_no_record() -> None:
    by = Originator(authority_code=HARINGEY, practitioner_id="sw-1")
    entry = shown(a_notice(NoticeKind.SOFT_LIMIT, by=by, child=None, reference=None))
    assert entry == VisibleNotice(
        number=7, kind=NoticeKind.SOFT_LIMIT, at=REGISTERED.at, reference=None, practitioner_id="sw-1"
    )


def test_the_text_form_of_a_notice_names_nobody() -> None:
    assert "mine" not in repr(REGISTERED)
    assert CHILD not in repr(REGISTERED)


def test_another_authority_does_not_see_the_notice() -> None:
    assert not shown(replace(REGISTERED, recipient=BRENT), mine(), theirs())
