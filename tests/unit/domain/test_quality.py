"""What an authority is shown of its own register."""

from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.domain.quality import Glance, Remark, remark_on
from tests.support.examples import LATER, NOW, TODAY

CURRENT = Glance(ended_on=None, without_phone=False)


def remark(glance: Glance | None = CURRENT, **changes: Any) -> set[str]:
    plain: dict[str, Any] = {
        "confirmed_on": TODAY,
        "expires_at": LATER,
        "undecided": False,
        "trace_number": False,
        "now": NOW,
    }
    made = remark_on(glance, **{**plain, **changes})
    return {name for name in Remark.__struct_fields__ if getattr(made, name)}


def test_of_a_record_in_order_there_is_nothing_to_say() -> None:
    assert remark() == set()


def test_current_work_is_unconfirmed_after_six_months() -> None:
    assert remark(confirmed_on=date(2025, 9, 10)) == set()
    assert remark(confirmed_on=date(2025, 9, 9)) == {"unconfirmed"}


def test_a_record_lapses_within_90_days() -> None:
    assert remark(expires_at=NOW + timedelta(days=90)) == {"lapsing"}
    assert remark(expires_at=NOW + timedelta(days=90, seconds=1)) == set()


def test_work_that_has_ended_needs_no_confirmation_and_no_phone() -> None:
    ended = Glance(ended_on=TODAY, without_phone=True)
    assert remark(ended, confirmed_on=date(2024, 1, 1), expires_at=NOW + timedelta(days=1)) == set()
    ends_tomorrow = Glance(ended_on=TODAY + timedelta(days=1), without_phone=True)
    assert remark(ends_tomorrow) == {"without_phone"}


def test_a_record_whose_copy_does_not_open_counts_as_current_work() -> None:
    assert remark(None, confirmed_on=date(2025, 1, 1)) == {"unconfirmed"}


@pytest.mark.parametrize("mark", ["undecided", "trace_number"])
@pytest.mark.parametrize("glance", [CURRENT, Glance(ended_on=date(2026, 1, 1), without_phone=False), None])
def test_a_mark_is_shown_whatever_else_is_known(mark: str, glance: Glance | None) -> None:
    assert remark(glance, **{mark: True}) == {mark}
