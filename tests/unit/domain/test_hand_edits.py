"""Which changes of an item count as made by hand."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from chalicelib.domain.hand_edits import ItemState, is_hand_edit, is_tampering
from chalicelib.domain.values import replace

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
TODAY = NOW.date()


def state(made_at: datetime | None = NOW, **changes: Any) -> ItemState:
    plain = ItemState(
        version=str(made_at),
        version_made_at=made_at,
        content={"sealed": "as it was"},
        has_due=True,
        due_on=TODAY,
        expires_on=TODAY + timedelta(days=30),
        is_tombstone=False,
        marks={},
        undecided_on=None,
        trace_number_on=None,
    )
    return replace(plain, **changes)


OLD = state(NOW - timedelta(days=40))


def test_a_new_item_whose_version_was_made_now_is_a_write_of_ours() -> None:
    assert not is_hand_edit(None, state(), NOW)


@pytest.mark.parametrize("made_at", [NOW - timedelta(minutes=16), NOW + timedelta(minutes=16), None])
def test_a_new_item_whose_version_was_made_at_another_time_is_a_hand_edit(made_at: datetime | None) -> None:
    assert is_hand_edit(None, state(made_at), NOW)


def test_a_new_version_in_place_of_an_older_one_is_a_write_of_ours() -> None:
    assert not is_hand_edit(OLD, state(content={"sealed": "new"}), NOW)


def test_an_older_version_put_back_within_minutes_is_a_hand_edit() -> None:
    assert is_hand_edit(state(NOW - timedelta(minutes=1)), state(NOW - timedelta(minutes=2)), NOW)


def test_a_new_version_may_be_older_by_as_much_as_clocks_differ() -> None:
    assert not is_hand_edit(state(NOW), state(NOW - timedelta(seconds=4)), NOW)
    assert is_hand_edit(state(NOW), state(NOW - timedelta(seconds=5)), NOW)


def test_a_version_in_place_of_an_unreadable_one_is_a_write_of_ours() -> None:
    assert not is_hand_edit(state(None), state(), NOW)


def test_other_content_under_the_same_version_is_a_hand_edit() -> None:
    assert is_hand_edit(OLD, replace(OLD, content={"sealed": "changed"}, due_on=TODAY + timedelta(days=1)), NOW)


@pytest.mark.parametrize("days", [1, 2, 30])
def test_the_sweep_may_reschedule_an_entry_up_to_its_end(days: int) -> None:
    assert not is_hand_edit(OLD, replace(OLD, due_on=TODAY + timedelta(days=days)), NOW)


@pytest.mark.parametrize("due_on", [TODAY, TODAY - timedelta(days=1), TODAY + timedelta(days=31), None])
def test_a_day_that_no_sweep_sets_is_a_hand_edit(due_on: date | None) -> None:
    assert is_hand_edit(OLD, replace(OLD, due_on=due_on), NOW)


def test_an_entry_that_is_not_due_is_rescheduled_by_nobody() -> None:
    midnight = datetime.combine(TODAY + timedelta(days=1), time.min, UTC)
    tomorrow = replace(OLD, due_on=TODAY + timedelta(days=1))
    later = replace(OLD, due_on=TODAY + timedelta(days=2))
    assert is_hand_edit(tomorrow, later, midnight - timedelta(minutes=16))
    assert not is_hand_edit(tomorrow, later, midnight - timedelta(minutes=15))


def test_an_undecided_entry_is_rescheduled_by_two_days_at_most() -> None:
    undecided = replace(OLD, marks={"undecided_on": TODAY.isoformat()}, undecided_on=TODAY)
    assert not is_hand_edit(undecided, replace(undecided, due_on=TODAY + timedelta(days=2)), NOW)
    assert is_hand_edit(undecided, replace(undecided, due_on=TODAY + timedelta(days=3)), NOW)


def test_an_entry_past_its_end_may_be_rescheduled_by_two_days_at_most() -> None:
    ended = replace(OLD, expires_on=TODAY - timedelta(days=9))
    assert not is_hand_edit(ended, replace(ended, due_on=TODAY + timedelta(days=2)), NOW)
    assert is_hand_edit(ended, replace(ended, due_on=TODAY + timedelta(days=3)), NOW)


def test_an_entry_without_a_readable_end_may_be_rescheduled_by_two_days_at_most() -> None:
    endless = replace(OLD, expires_on=None)
    assert not is_hand_edit(endless, replace(endless, due_on=TODAY + timedelta(days=2)), NOW)
    assert is_hand_edit(endless, replace(endless, due_on=TODAY + timedelta(days=3)), NOW)


def test_a_day_may_be_removed_only_from_a_tombstone() -> None:
    assert is_hand_edit(OLD, replace(OLD, has_due=False, due_on=None), NOW)
    tombstone = replace(OLD, is_tombstone=True)
    assert not is_hand_edit(tombstone, replace(tombstone, has_due=False, due_on=None), NOW)


def test_an_unreadable_day_is_never_the_start_of_a_reschedule() -> None:
    assert is_hand_edit(replace(OLD, due_on=None), OLD, NOW)


def test_a_row_that_is_written_as_it_was_is_no_hand_edit() -> None:
    row = replace(OLD, has_due=False, due_on=None)
    assert not is_hand_edit(row, row, NOW)


@pytest.mark.parametrize(
    ("is_new", "removed_by_ttl", "expected"), [(True, False, False), (False, True, False), (False, False, True)]
)
def test_an_access_record_may_only_be_added_or_removed_by_ttl(
    is_new: bool, removed_by_ttl: bool, expected: bool
) -> None:
    made_at = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
    at = datetime(2032, 11, 30, tzinfo=UTC)
    assert is_tampering(is_new=is_new, removed_by_ttl=removed_by_ttl, made_at=made_at, at=at) is expected


@pytest.mark.parametrize(
    ("made_at", "at"),
    [
        (datetime(2026, 11, 30, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC)),
        (datetime(2026, 11, 30, tzinfo=UTC), datetime(2032, 11, 29, 23, 59, 59, tzinfo=UTC)),
        (datetime(2028, 2, 29, tzinfo=UTC), datetime(2034, 2, 27, 23, 59, 59, tzinfo=UTC)),
        (None, datetime(2032, 11, 30, tzinfo=UTC)),
    ],
)
def test_an_access_record_that_ttl_removes_before_its_six_years_is_tampered_with(
    made_at: datetime | None, at: datetime
) -> None:
    assert is_tampering(is_new=False, removed_by_ttl=True, made_at=made_at, at=at)


def marked(before: ItemState, name: str, day: date | None, **changes: Any) -> ItemState:
    return replace(before, **{"marks": {**before.marks, name: {"S": str(day)}}, name: day, **changes})


@pytest.mark.parametrize(
    "at", [NOW, datetime(2026, 12, 1, 0, 10, tzinfo=UTC), datetime(2026, 11, 29, 23, 50, tzinfo=UTC)]
)
def test_a_refused_put_marks_an_entry_and_makes_it_due_the_same_day(at: datetime) -> None:
    before = replace(OLD, due_on=TODAY + timedelta(days=90))
    assert not is_hand_edit(before, marked(before, "undecided_on", TODAY, due_on=TODAY), at)
    assert not is_hand_edit(before, marked(before, "undecided_on", TODAY, due_on=TODAY), at)


@pytest.mark.parametrize(
    ("day", "due_on"),
    [
        (TODAY, TODAY + timedelta(days=1)),
        (TODAY, None),
        (TODAY - timedelta(days=2), TODAY - timedelta(days=2)),
        (TODAY + timedelta(days=400), TODAY + timedelta(days=400)),
        (None, TODAY),
    ],
)
def test_a_mark_or_a_day_that_no_refusal_sets_is_a_hand_edit(day: date | None, due_on: date | None) -> None:
    before = replace(OLD, due_on=TODAY + timedelta(days=90))
    assert is_hand_edit(before, marked(before, "undecided_on", day, due_on=due_on), NOW)


def test_only_a_new_version_removes_the_undecided_mark() -> None:
    before = marked(OLD, "undecided_on", TODAY)
    assert is_hand_edit(before, OLD, NOW)
    assert is_hand_edit(before, marked(OLD, "undecided_on", TODAY + timedelta(days=1)), NOW)
    assert not is_hand_edit(before, state(), NOW)
    assert not is_hand_edit(before, replace(before, due_on=TODAY + timedelta(days=1)), NOW)


def test_an_operator_may_set_and_remove_the_mark_of_a_number_and_nothing_beside_it() -> None:
    after = marked(OLD, "trace_number_on", TODAY)
    assert not is_hand_edit(OLD, after, NOW)
    assert not is_hand_edit(after, OLD, NOW)
    assert is_hand_edit(OLD, marked(OLD, "trace_number_on", TODAY - timedelta(days=9)), NOW)
    assert is_hand_edit(OLD, marked(OLD, "trace_number_on", None), NOW)
    assert is_hand_edit(OLD, replace(after, due_on=TODAY + timedelta(days=1)), NOW)
    assert is_hand_edit(OLD, replace(after, content={"sealed": "changed"}), NOW)
    assert is_hand_edit(OLD, marked(after, "undecided_on", TODAY, due_on=TODAY), NOW)


def test_a_mark_on_anything_but_a_register_entry_is_a_hand_edit() -> None:
    row = replace(OLD, has_due=False, due_on=None)
    for name in ("undecided_on", "trace_number_on"):
        assert is_hand_edit(row, marked(row, name, TODAY), NOW)
