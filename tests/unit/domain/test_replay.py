"""What a restore gate does again, from versions and times."""

from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib.domain.access_records import Act
from chalicelib.domain.replay import (
    MARGIN,
    NO_VERSION,
    REPLAYED_ACTS,
    Effect,
    ShieldAct,
    ShieldChange,
    StoredVersion,
    UnreadableTime,
    effect_of,
    is_outdated,
    last_version,
    must_go,
    needs_pointer,
    needs_tombstone,
    review_on,
    shield_change,
)
from chalicelib.domain.values import replace

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("act", "effect"),
    [
        (Act.WITHDRAWN, Effect.REMOVES_RECORD),
        (Act.EXPIRED, Effect.REMOVES_RECORD),
        (Act.RENUMBERED, Effect.OUTDATES_ROW),
        (Act.ERASED, Effect.ERASES_RECORD),
        (Act.REPLACED, Effect.OUTDATES_ROW),
        (Act.AMENDED, Effect.OUTDATES_ROW),
        (Act.SHIELDED, Effect.SHIELDS),
        (Act.SHIELD_REVIEWED, Effect.SHIELDS),
        (Act.UNSHIELDED, Effect.SHIELDS),
        (Act.SUPERSEDED, Effect.CHANGES_POINTER),
        (Act.SUPERSEDE_UNDONE, Effect.CHANGES_POINTER),
        (Act.NUMBER_RETIRED, Effect.CHANGES_POINTER),
    ],
)
def test_every_replayed_act_has_its_effect(act: Act, effect: Effect) -> None:
    assert act in REPLAYED_ACTS
    assert effect_of(act, names_record=True) is effect


def test_no_other_act_is_replayed() -> None:
    assert len(REPLAYED_ACTS) == 12


def test_an_erasure_that_found_nothing_has_no_effect() -> None:
    assert effect_of(Act.ERASED, names_record=False) is Effect.NONE


def test_an_ending_ends_the_version_that_it_names_or_its_own_id_if_that_is_newer() -> None:
    assert last_version("05", "07") == "07"
    assert last_version("05", "03") == "05"
    assert last_version("05", NO_VERSION) == "05"


@pytest.mark.parametrize(("version", "expected"), [("04", True), ("05", True), ("06", False), (NO_VERSION, True)])
def test_an_item_goes_unless_it_is_newer_than_the_ending(version: str, expected: bool) -> None:
    assert must_go(StoredVersion(version), "05") is expected


def test_neither_a_tombstone_nor_a_missing_item_has_to_go() -> None:
    assert not must_go(StoredVersion("04", is_tombstone=True), "05")
    assert not must_go(None, "05")


def test_an_erased_reference_needs_a_tombstone_unless_it_has_one_or_was_registered_again() -> None:
    assert needs_tombstone(None, "05")
    assert needs_tombstone(StoredVersion("05"), "05")
    assert not needs_tombstone(StoredVersion("06"), "05")
    assert not needs_tombstone(StoredVersion("04", is_tombstone=True), "05")


def test_a_row_is_outdated_by_a_newer_version() -> None:
    assert is_outdated(StoredVersion("04"), "05")
    assert not is_outdated(StoredVersion("05"), "05")
    assert not is_outdated(None, "05")


def test_a_superseded_number_needs_a_pointer_unless_there_is_one_as_new() -> None:
    assert needs_pointer(None, "05")
    assert needs_pointer(StoredVersion("04"), "05")
    assert not needs_pointer(StoredVersion("05"), "05")


def shielding(id_: str = "02", at: datetime | None = NOW) -> ShieldAct:
    return ShieldAct(id=id_, version=NO_VERSION, at=at, lifts=False)


def lifting(id_: str = "03", version: str = "02", at: datetime | None = NOW) -> ShieldAct:
    return ShieldAct(id=id_, version=version, at=at, lifts=True)


THERE = StoredVersion("02")


def test_a_shield_that_is_missing_is_put_back() -> None:
    assert shield_change([shielding()], None) == ShieldChange(put=shielding(), first=shielding())
    assert shield_change([shielding()], THERE) is None


def test_the_latest_of_several_shields_is_put_back() -> None:
    assert shield_change([shielding("02"), shielding("04")], None) == ShieldChange(
        put=shielding("04"), first=shielding("02")
    )


def test_a_lifted_shield_goes() -> None:
    assert shield_change([shielding(), lifting()], THERE) == ShieldChange(lift=True)
    assert shield_change([shielding(), lifting()], None) is None


def test_a_shield_that_was_put_after_the_lifting_stays() -> None:
    acts = [shielding("02"), lifting("03"), shielding("04")]
    assert shield_change(acts, StoredVersion("04")) is None
    assert shield_change(acts, None) == ShieldChange(put=shielding("04"), first=shielding("04"))


def test_a_newer_shield_is_not_lifted_with_an_older_one() -> None:
    assert shield_change([lifting()], StoredVersion("04")) is None


def test_the_lifting_of_a_damaged_shield_takes_every_shield_older_than_itself() -> None:
    assert shield_change([shielding(), lifting(version=NO_VERSION)], THERE) == ShieldChange(lift=True)


def test_a_lifting_that_is_much_later_lifts_whatever_version_it_names() -> None:
    late = lifting(version="01", at=NOW + MARGIN + timedelta(seconds=1))
    assert shield_change([shielding(), late], None) is None


def test_if_a_shield_and_the_lifting_of_the_one_before_cross_the_child_stays_shielded() -> None:
    crossing = lifting(version="01", at=NOW + MARGIN)
    assert shield_change([shielding(), crossing], None) == ShieldChange(put=shielding(), first=shielding())


def test_a_shield_of_no_readable_time_is_not_decided_on() -> None:
    with pytest.raises(UnreadableTime):
        shield_change([shielding(at=None)], None)


def test_the_time_of_a_lifting_matters_only_if_its_version_does_not_decide() -> None:
    assert shield_change([shielding(), lifting(at=None)], None) is None
    with pytest.raises(UnreadableTime):
        shield_change([shielding(), replace(lifting(at=None), version="01")], None)


def test_without_any_act_the_table_stays_as_it_is() -> None:
    assert shield_change([], THERE) is None


def test_a_shield_that_is_put_back_is_reviewed_within_28_days() -> None:
    assert review_on(shielding()) == date(2026, 12, 28)
