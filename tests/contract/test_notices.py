"""What every Notices does."""

from typing import Any

from chalicelib.adapters.ids import ulid_of
from chalicelib.domain.access_records import Act, ActRecord, Unattended
from chalicelib.domain.authority import Purpose
from chalicelib.domain.child import ChildKey
from chalicelib.domain.notices import Notice, NoticeKind, Originator, StoredNotice
from chalicelib.domain.values import replace

from .conftest import Subject


def notice(subject: Subject, source: str = "s-1", **changes: Any) -> Notice:
    plain = Notice(
        recipient=subject.codes[0],
        kind=NoticeKind.LOOKED_UP,
        source=source,
        at=subject.clock(),
        child=ChildKey("C#1#shared"),
        reference="ref",
        by=Originator(authority_code=subject.codes[1], practitioner_id="sw-2", reference="theirs"),
        purpose=Purpose.SAFEGUARDING,
        expires_at=subject.clock(),
    )
    return replace(plain, **changes)


def erased(gone: StoredNotice) -> ActRecord:
    """The access record of an erasure, which depends on the notice alone."""
    id = ulid_of(int(gone.kept_until.timestamp()) * 1000, gone.number)
    return ActRecord(
        id=id,
        at=gone.kept_until,
        child=None,
        actor=Unattended.SERVICE,
        act=Act.NOTICE_ERASED,
        authority_code=gone.recipient,
    )


def numbers(subject: Subject, after: int = 0, limit: int = 100, code: str | None = None) -> list[int]:
    return [one.number for one in subject.notices.page(code or subject.codes[0], after, limit).waiting]


def test_a_notice_is_read_as_it_was_posted(subject: Subject) -> None:
    bare = notice(subject, "s-2", kind=NoticeKind.SOFT_LIMIT, child=None, reference=None, by=None, purpose=None)
    posted = [notice(subject, child=subject.new_child()), replace(bare, expires_at=None)]
    assert [subject.notices.post(one) for one in posted] == [True, True]
    page = subject.notices.page(subject.codes[0], 0, 100)
    assert [one.notice for one in page.waiting] == posted
    assert (page.last, page.unreadable) == (2, 0)


def test_notices_are_numbered_from_one_in_the_order_of_posting_for_each_authority(subject: Subject) -> None:
    for source in ("s-1", "s-2", "s-3"):
        subject.notices.post(notice(subject, source))
    subject.notices.post(notice(subject, recipient=subject.codes[1]))
    assert numbers(subject) == [1, 2, 3]
    assert numbers(subject, code=subject.codes[1]) == [1]
    assert [subject.notices.page(code, 0, 1).given for code in subject.codes] == [3, 1]


def test_nothing_waits_for_an_authority_without_notices(subject: Subject) -> None:
    page = subject.notices.page(subject.codes[0], 0, 100)
    assert (page.waiting, page.last, page.unreadable) == ((), 0, 0)
    assert subject.notices.page(subject.codes[0], 0, 1).given == 0


def test_a_page_starts_after_the_number_given(subject: Subject) -> None:
    for index in range(5):
        subject.notices.post(notice(subject, f"s-{index}"))
    pages = [subject.notices.page(subject.codes[0], after, 2) for after in (0, 2, 4, 5)]
    assert [[one.number for one in page.waiting] for page in pages] == [[1, 2], [3, 4], [5], []]
    assert [page.last for page in pages] == [2, 4, 5, 5]


def test_reading_a_notice_does_not_remove_it(subject: Subject) -> None:
    subject.notices.post(notice(subject))
    assert numbers(subject) == numbers(subject) == [1]


def test_a_source_is_posted_once(subject: Subject) -> None:
    assert subject.notices.post(notice(subject))
    assert not subject.notices.post(notice(subject))
    assert numbers(subject) == [1]
    assert subject.notices.page(subject.codes[0], 0, 1).given == 1


def test_a_source_is_posted_once_for_each_kind_record_and_recipient(subject: Subject) -> None:
    first = notice(subject)
    others = (
        replace(first, kind=NoticeKind.REGISTERED),
        replace(first, reference="another"),
        replace(first, recipient=subject.codes[1]),
        replace(first, source="s-2"),
    )
    assert all(subject.notices.post(one) for one in (first, *others))
    assert numbers(subject) == [1, 2, 3, 4]


def test_an_unreadable_notice_affects_no_other(subject: Subject) -> None:
    for source in ("s-1", "s-2", "s-3"):
        subject.notices.post(notice(subject, source))
    subject.damage_notice(subject.codes[0], 2)
    page = subject.notices.page(subject.codes[0], 0, 100)
    assert ([one.number for one in page.waiting], page.last, page.unreadable) == ([1, 3], 3, 1)
    page = subject.notices.page(subject.codes[0], 1, 1)
    assert (page.waiting, page.last, page.unreadable) == ((), 2, 1)


def test_an_erasure_deletes_the_notices_about_its_child_and_no_others(subject: Subject) -> None:
    child, other = subject.new_child(), subject.new_child()
    for index, about in enumerate((child, other, child, None)):
        subject.notices.post(notice(subject, f"s-{index}", child=about))
    subject.notices.post(notice(subject, recipient=subject.codes[1], child=child))
    assert subject.notices.erase(child, erased) == (3, 0)
    assert (numbers(subject), numbers(subject, code=subject.codes[1])) == ([2, 4], [])
    assert subject.notices.erase(child, erased) == (0, 0)


def test_numbers_continue_after_an_erasure(subject: Subject) -> None:
    child = subject.new_child()
    subject.notices.post(notice(subject, child=child))
    subject.notices.erase(child, erased)
    assert subject.notices.post(notice(subject, child=child))
    assert numbers(subject) == [2]
