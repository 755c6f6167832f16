from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.access_records import PastLookup, PastLookups
from chalicelib.domain.authority import Purpose, Standing
from chalicelib.domain.child import ChildKey
from chalicelib.domain.disclosure import ChildRecords
from chalicelib.domain.involvement import Basis, Involvement, Practitioner, ServiceType
from chalicelib.domain.lookup_visibility import VisibleLookup, owner_may_see_lookups, visible_lookups
from chalicelib.domain.values import replace
from tests.support.examples import NOW, TODAY, an_authority, involvement

CHILD = ChildKey("C#1#x")
REGISTRY = {code: an_authority(code) for code in ("A1", "A2", "A3")}


def row(code: str, sub: str = "sw-9", **changes: Any) -> Involvement:
    practitioner = Practitioner(id=sub, name="Ada Okafor", role="Social worker")
    return involvement(CHILD, code, f"ref-{sub}", "v", practitioner=practitioner, **changes)


def sensitive(code: str, sub: str = "sw-9") -> Involvement:
    return row(code, sub, service_type=ServiceType.DOMESTIC_ABUSE, basis=Basis.CONSENT)


def standing(code: str, *, days: int) -> Involvement:
    """A sensitive record that was registered so many days ago."""
    made = sensitive(code, "dv-1")
    return replace(made, details=replace(made.details, first_registered_on=TODAY - timedelta(days=days)))


def lookup(
    code: str,
    sub: str = "sw-9",
    number: int = 1,
    days_ago: int = 0,
    *,
    was_complete: bool = True,
    was_sensitive: bool = False,
) -> PastLookup:
    at = NOW - timedelta(days=days_ago)
    return PastLookup(
        id=f"id-{number}",
        at=at,
        authority_code=code,
        practitioner_id=sub,
        role="Nurse",
        purpose=Purpose.SAFEGUARDING,
        complete=was_complete,
        sensitive=was_sensitive,
    )


OWN = row("A1", "sw-own")


def visible(past: PastLookup, *rows: Involvement, unreadable: int = 0, registry: Any = REGISTRY) -> VisibleLookup:
    records = ChildRecords((OWN, *rows), unreadable=unreadable)
    [entry] = visible_lookups(PastLookups((past,)), OWN, records, registry, NOW).lookups
    return entry


def is_named(entry: VisibleLookup) -> bool:
    assert len({entry.authority is None, entry.role is None, entry.purpose is None}) == 1
    return entry.authority is not None


@pytest.mark.parametrize("service", ServiceType)
def test_only_social_care_may_see_lookups(service: ServiceType) -> None:
    own = row("A1", service_type=service, basis=Basis.CONSENT)
    assert owner_may_see_lookups(own, TODAY) is (service is ServiceType.SOCIAL_CARE)


def test_only_an_owner_whose_work_goes_on_may_see_lookups() -> None:
    ends = {TODAY - timedelta(days=1): False, TODAY: False, TODAY + timedelta(days=1): True, None: True}
    for ended_on, may in ends.items():
        assert owner_may_see_lookups(row("A1", ended_on=ended_on), TODAY) is may


def test_of_a_shielded_child_only_lookups_from_before_the_shield_are_visible_and_unnamed() -> None:
    since = NOW - timedelta(minutes=1)
    records = ChildRecords((OWN,), shielded=True, shielded_since=since)
    then, before = (replace(lookup("A2", number=3), at=at) for at in (since, since - timedelta(seconds=1)))
    past = PastLookups((lookup("A2", number=1), replace(then, id="id-2"), before))
    [entry] = visible_lookups(past, OWN, records, REGISTRY, NOW).lookups
    assert entry.lookup_id == "id-3"
    assert not is_named(entry)


def test_a_shield_of_unknown_time_hides_every_lookup() -> None:
    past = PastLookups((lookup("A2", days_ago=9),))
    assert visible_lookups(past, OWN, ChildRecords((OWN,), shielded=True), REGISTRY, NOW).lookups == ()


def test_a_visible_lookup_shows_authority_role_and_purpose() -> None:
    entry = visible(lookup("A2"))
    assert (entry.lookup_id, entry.asked_at, entry.purpose) == ("id-1", NOW, Purpose.SAFEGUARDING)
    assert (entry.authority, entry.role) == (REGISTRY["A2"], "Nurse")


def test_an_asker_in_a_sensitive_service_is_not_named() -> None:
    assert not is_named(visible(lookup("A2", "dv-1"), sensitive("A2", "dv-1"), row("A2", "sw-2")))
    assert is_named(visible(lookup("A2", "sw-2"), sensitive("A2", "dv-1"), row("A2", "sw-2")))


def test_a_colleague_is_hidden_by_sensitive_records_alone_once_one_of_them_has_stood_for_28_days() -> None:
    assert not is_named(visible(lookup("A2", "another"), standing("A2", days=28)))
    assert not is_named(visible(lookup("A2", "another"), standing("A2", days=90), sensitive("A2", "dv-2")))
    assert is_named(visible(lookup("A3", "another"), standing("A2", days=28)))
    assert is_named(visible(lookup("A2", "another"), standing("A2", days=28), row("A2", "sw-2")))


def test_one_made_up_sensitive_record_does_not_hide_a_whole_authority() -> None:
    assert is_named(visible(lookup("A2", "another"), sensitive("A2", "dv-1")))
    assert is_named(visible(lookup("A2", "another"), standing("A2", days=27)))


def test_a_row_marked_as_sensitive_counts_as_a_sensitive_service() -> None:
    assert not is_named(visible(lookup("A2"), row("A2", sensitive=True, basis=Basis.CONSENT)))


def test_an_asker_in_a_sensitive_service_stays_unnamed_when_its_record_is_gone() -> None:
    assert not is_named(visible(lookup("A2", was_sensitive=True)))
    assert is_named(visible(lookup("A2")))


def test_a_lookup_that_hid_behind_a_made_up_record_is_named_unless_its_asker_works_there_now() -> None:
    past = PastLookups((lookup("A2", was_sensitive=True),))
    for rows, named in (((), True), ((sensitive("A2"),), False)):
        accesses = visible_lookups(past, OWN, ChildRecords((OWN, *rows)), REGISTRY, NOW, named={"id-1"})
        assert is_named(accesses.lookups[0]) is named


def test_an_expired_sensitive_row_no_longer_counts() -> None:
    assert is_named(visible(lookup("A2"), replace(sensitive("A2"), expires_at=NOW)))


def test_if_a_record_does_not_open_only_the_readers_own_authority_is_named() -> None:
    assert not is_named(visible(lookup("A2"), unreadable=1))
    assert is_named(visible(lookup("A1"), unreadable=1))


def test_if_a_record_did_not_open_during_the_lookup_only_the_readers_own_authority_is_ever_named() -> None:
    assert not is_named(visible(lookup("A2", was_complete=False)))
    assert is_named(visible(lookup("A1", was_complete=False)))


def test_an_authority_that_is_unknown_or_removed_is_not_named() -> None:
    assert not is_named(visible(lookup("A9")))
    gone = {**REGISTRY, "A2": an_authority("A2", standing=Standing.REMOVED)}
    assert not is_named(visible(lookup("A2"), registry=gone))
    suspended = {**REGISTRY, "A2": an_authority("A2", standing=Standing.SUSPENDED)}
    assert is_named(visible(lookup("A2"), registry=suspended))


def test_lookups_before_the_readers_own_registration_are_not_visible() -> None:
    since = replace(OWN, details=replace(OWN.details, first_registered_on=TODAY - timedelta(days=2)))
    past = PastLookups(tuple(lookup("A2", number=days, days_ago=days) for days in range(6)))
    accesses = visible_lookups(past, since, ChildRecords((since,)), REGISTRY, NOW)
    assert [lookup.lookup_id for lookup in accesses.lookups] == ["id-0", "id-1", "id-2"]


def test_an_unreadable_access_record_makes_the_list_incomplete() -> None:
    assert visible_lookups(PastLookups(()), OWN, ChildRecords(), REGISTRY, NOW).complete
    assert not visible_lookups(PastLookups((), unreadable=1), OWN, ChildRecords(), REGISTRY, NOW).complete
