"""What the service itself does to heads, notices and marks."""

from datetime import timedelta

import pytest

from chalicelib.domain.notice_items import NoticeChange, NoticeItem, NoticeItemKind, has_ended, is_written_by_us
from tests.support.examples import NOW

KINDS = [NoticeItemKind.NOTICE, NoticeItemKind.MARK]


def head(number: int | None) -> NoticeItem:
    return NoticeItem(kind=NoticeItemKind.HEAD, authority_code="A1", number=number)


def written(before: NoticeItem | None, after: NoticeItem | None, minutes: float | None = 0) -> bool:
    at = None if minutes is None else NOW - timedelta(minutes=minutes)
    return is_written_by_us(NoticeChange(before=before, after=after, written_at=at, at=NOW))


def test_a_head_goes_up_by_one_from_one_on() -> None:
    assert written(None, head(1))
    assert written(head(7), head(8))
    for before, after in ((None, 2), (None, 0), (7, 7), (7, 9), (7, 6), (None, None), (7, None)):
        assert not written(None if before is None else head(before), head(after))
    assert not written(head(None), head(1))


@pytest.mark.parametrize("kind", KINDS)
def test_a_notice_or_mark_is_written_once(kind: NoticeItemKind) -> None:
    item = NoticeItem(kind=kind, authority_code="A1", number=1, ends_at=NOW)
    assert written(None, item)
    assert not written(item, item)


@pytest.mark.parametrize("minutes", [None, 16, -16])
def test_what_is_not_stamped_or_of_another_time_is_not_ours(minutes: float | None) -> None:
    assert not written(None, head(1), minutes)
    assert not written(None, NoticeItem(kind=NoticeItemKind.NOTICE, authority_code="A1", number=1), minutes)


@pytest.mark.parametrize(("seconds", "by_ttl", "ended"), [(0, True, True), (1, True, False), (0, False, False)])
def test_only_ttl_ends_an_item_and_not_before_its_end(seconds: int, by_ttl: bool, ended: bool) -> None:
    before = NoticeItem(
        kind=NoticeItemKind.NOTICE, authority_code="A1", number=1, ends_at=NOW + timedelta(seconds=seconds)
    )
    assert has_ended(NoticeChange(before=before, after=None, written_at=None, at=NOW, by_ttl=by_ttl)) is ended
    no_end = NoticeChange(before=head(1), after=None, written_at=None, at=NOW, by_ttl=True)
    assert not has_ended(no_end)
