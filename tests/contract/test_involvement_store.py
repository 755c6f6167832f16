"""What every InvolvementStore does."""

from datetime import date, timedelta

import pytest

from chalicelib.adapters.ids import ulid_of
from chalicelib.application.ports import Shielded
from chalicelib.application.register_entries import Mark, RegisterEntry
from chalicelib.application.store_errors import Conflict, Unreadable
from chalicelib.domain.access_records import Act, ActRecord, Unattended
from chalicelib.domain.child import ChildKey
from chalicelib.domain.involvement import Involvement
from chalicelib.domain.values import replace
from tests.support.examples import act, involvement, remembered, write

from .conftest import Subject

NOBODY: frozenset[str] = frozenset()


def saved(
    subject: Subject,
    child: ChildKey,
    reference: str = "ref",
    before: RegisterEntry | None = None,
    *,
    code: str | None = None,
    what: Act = Act.REGISTERED,
) -> Involvement:
    row = involvement(child, code or subject.codes[0], reference, subject.new_id(), subject.clock())
    subject.involvements.save(write(row, before, act(row, subject.new_id(), what)))
    return row


def entry_of(subject: Subject, row: Involvement) -> RegisterEntry:
    entry = subject.involvements.entry(row.authority_code, row.reference)
    assert entry is not None
    return entry


def of_child(subject: Subject, child: ChildKey) -> tuple[Involvement, ...]:
    records = subject.involvements.of_child(child, NOBODY)
    assert records.unreadable == 0
    return records.involvements


def test_a_child_nobody_wrote_about_has_no_records(subject: Subject) -> None:
    records = subject.involvements.of_child(subject.new_child(), NOBODY)
    assert (records.involvements, records.shielded, records.unreadable) == ((), False, 0)


def test_a_saved_record_reads_back_as_it_was(subject: Subject) -> None:
    row = saved(subject, subject.new_child())
    entry = entry_of(subject, row)
    assert of_child(subject, row.child) == (row,)
    assert subject.involvements.involvement(row.authority_code, entry) == row
    assert subject.involvements.remembered(row.authority_code, entry) == remembered(row.details)
    assert replace(entry, remembered=None) == RegisterEntry(
        reference="ref",
        child=row.child,
        version=row.version,
        confirmed_on=row.details.confirmed_on,
        expires_at=row.expires_at,
        digest=b"digest",
    )
    assert subject.acts(row.child) == [("registered", row.version)]


def test_what_an_entry_remembers_can_be_read_even_if_the_row_does_not_open(subject: Subject) -> None:
    row = saved(subject, subject.new_child())
    subject.damage(row.child, row.authority_code, "ref")
    assert subject.involvements.remembered(row.authority_code, entry_of(subject, row)) == remembered(row.details)


def test_what_an_entry_remembers_opens_only_for_its_child(subject: Subject) -> None:
    row = saved(subject, subject.new_child())
    elsewhere = replace(entry_of(subject, row), child=subject.new_child())
    assert subject.involvements.remembered(row.authority_code, elsewhere) is None


def test_a_record_without_a_digest_has_none(subject: Subject) -> None:
    row = involvement(subject.new_child(), subject.codes[0], "ref", subject.new_id(), subject.clock())
    change = write(row, None, act(row, subject.new_id()))
    subject.involvements.save(replace(change, digest=None))
    assert entry_of(subject, row).digest is None


def test_a_replaced_record_leaves_only_the_new_one(subject: Subject) -> None:
    old = saved(subject, subject.new_child())
    new = saved(subject, old.child, before=entry_of(subject, old), what=Act.REPLACED)
    assert of_child(subject, old.child) == (new,)
    assert entry_of(subject, new).version == new.version
    assert subject.acts(old.child) == [("registered", old.version), ("replaced", new.version)]


def test_a_record_that_repairs_an_entry_of_another_child_leaves_that_child_in_the_same_write(subject: Subject) -> None:
    old = saved(subject, subject.new_child())
    new = saved(subject, subject.new_child(), before=entry_of(subject, old))
    assert (of_child(subject, old.child), of_child(subject, new.child)) == ((), (new,))
    assert entry_of(subject, new).child == new.child


def test_all_access_records_of_a_write_are_kept(subject: Subject) -> None:
    old = saved(subject, subject.new_child())
    new = involvement(subject.new_child(), old.authority_code, "ref", subject.new_id(), subject.clock())
    records = (act(new, subject.new_id()), act(old, subject.new_id(), Act.WITHDRAWN))
    subject.involvements.save(write(new, entry_of(subject, old), *records))
    assert subject.acts(old.child) == [("registered", old.version), ("withdrawn", old.version)]
    assert subject.acts(new.child) == [("registered", new.version)]


@pytest.mark.parametrize("mark", Mark)
def test_a_mark_keeps_the_version_and_is_set_once(subject: Subject, mark: Mark) -> None:
    row = saved(subject, subject.new_child())
    day = subject.clock().date()
    record = act(row, subject.new_id(), Act.UNDECIDED)
    for on in (day, day + timedelta(days=1)):
        subject.involvements.mark(row.authority_code, "ref", row.version, mark, on, access_record=record)
    assert entry_of(subject, row) == replace(entry_of(subject, row), version=row.version, **{mark: day})
    assert subject.acts(row.child) == [("registered", row.version), ("undecided", row.version)]


@pytest.mark.parametrize("mark", Mark)
def test_an_entry_that_has_changed_or_gone_is_not_marked(subject: Subject, mark: Mark) -> None:
    row, day = saved(subject, subject.new_child()), subject.clock().date()
    for reference, version in (("ref", subject.new_id()), ("unknown", row.version)):
        with pytest.raises(Conflict):
            subject.involvements.mark(row.authority_code, reference, version, mark, day)
    entry = entry_of(subject, row)
    assert (entry.undecided_on, entry.trace_number_on) == (None, None)


@pytest.mark.parametrize("mark", Mark)
def test_a_write_keeps_the_marks_that_it_names_and_no_others(subject: Subject, mark: Mark) -> None:
    row, day = saved(subject, subject.new_child()), subject.clock().date()
    subject.involvements.mark(row.authority_code, "ref", row.version, mark, day)
    keeping = replace(row, version=subject.new_id())
    change = write(keeping, entry_of(subject, row), act(keeping, subject.new_id(), Act.AMENDED))
    subject.involvements.save(replace(change, **{mark: day}))
    assert getattr(entry_of(subject, row), mark) == day
    dropping = replace(row, version=subject.new_id())
    subject.involvements.save(write(dropping, entry_of(subject, row), act(dropping, subject.new_id(), Act.AMENDED)))
    assert getattr(entry_of(subject, row), mark) is None


@pytest.mark.parametrize("mark", Mark)
def test_a_write_conflicts_with_a_mark_that_was_set_since_the_entry_was_read(subject: Subject, mark: Mark) -> None:
    row = saved(subject, subject.new_child())
    read = entry_of(subject, row)
    subject.involvements.mark(row.authority_code, "ref", row.version, mark, subject.clock().date())
    with pytest.raises(Conflict):
        saved(subject, row.child, before=read)


def test_a_first_write_conflicts_with_an_earlier_first_write(subject: Subject) -> None:
    first = saved(subject, subject.new_child())
    late = subject.new_child()
    with pytest.raises(Conflict):
        saved(subject, late, before=None)
    assert (of_child(subject, first.child), of_child(subject, late)) == ((first,), ())
    assert subject.acts(late) == []


def test_a_write_conflicts_if_the_entry_has_changed_since_it_was_read(subject: Subject) -> None:
    old = saved(subject, subject.new_child())
    read = entry_of(subject, old)
    new = saved(subject, old.child, before=read)
    with pytest.raises(Conflict):
        saved(subject, subject.new_child(), before=read)
    assert of_child(subject, old.child) == (new,)


def test_a_write_conflicts_if_the_entry_is_gone(subject: Subject) -> None:
    old = saved(subject, subject.new_child())
    read = entry_of(subject, old)
    subject.involvements.withdraw(old.authority_code, read, act(old, subject.new_id(), Act.WITHDRAWN))
    with pytest.raises(Conflict):
        saved(subject, old.child, before=read)
    assert of_child(subject, old.child) == ()


def test_a_reference_belongs_to_its_authority_alone(subject: Subject) -> None:
    child = subject.new_child()
    mine = saved(subject, child, code=subject.codes[0])
    theirs = saved(subject, child, code=subject.codes[1])
    assert {row.version for row in of_child(subject, child)} == {mine.version, theirs.version}
    assert entry_of(subject, mine).version == mine.version


def test_a_child_is_read_whole(subject: Subject) -> None:
    child = subject.new_child()
    rows = [saved(subject, child, f"ref-{index}", code=subject.codes[index % 2]) for index in range(12)]
    saved(subject, subject.new_child(), "another-childs")
    assert {row.version for row in of_child(subject, child)} == {row.version for row in rows}


def test_rows_of_authorities_to_pass_over_are_left_out_even_if_unreadable(subject: Subject) -> None:
    child = subject.new_child()
    one, other = (saved(subject, child, code=code) for code in subject.codes)
    subject.damage(child, other.authority_code, "ref")
    records = subject.involvements.of_child(child, frozenset({other.authority_code}))
    assert (records.involvements, records.unreadable) == ((one,), 0)


def test_an_unreadable_row_is_counted_and_affects_no_other(subject: Subject) -> None:
    child = subject.new_child()
    one, other = (saved(subject, child, code=code) for code in subject.codes)
    subject.damage(child, other.authority_code, "ref")
    records = subject.involvements.of_child(child, NOBODY)
    assert (records.involvements, records.unreadable) == ((one,), 1)
    with pytest.raises(Unreadable):
        subject.involvements.involvement(other.authority_code, entry_of(subject, other))


def test_a_withdrawn_record_leaves_neither_row_nor_entry(subject: Subject) -> None:
    row = saved(subject, subject.new_child())
    subject.involvements.withdraw(row.authority_code, entry_of(subject, row), act(row, subject.new_id(), Act.WITHDRAWN))
    assert of_child(subject, row.child) == ()
    assert subject.involvements.entry(row.authority_code, "ref") is None
    assert subject.acts(row.child) == [("registered", row.version), ("withdrawn", row.version)]


def test_a_second_withdrawal_conflicts_and_leaves_no_access_record(subject: Subject) -> None:
    row = saved(subject, subject.new_child())
    entry = entry_of(subject, row)
    subject.involvements.withdraw(row.authority_code, entry, act(row, subject.new_id(), Act.WITHDRAWN))
    with pytest.raises(Conflict):
        subject.involvements.withdraw(row.authority_code, entry, act(row, subject.new_id(), Act.WITHDRAWN))
    assert [name for name, _ in subject.acts(row.child)] == ["registered", "withdrawn"]


def test_a_withdrawal_conflicts_if_the_entry_has_changed(subject: Subject) -> None:
    old = saved(subject, subject.new_child())
    read = entry_of(subject, old)
    new = saved(subject, old.child, before=read)
    with pytest.raises(Conflict):
        subject.involvements.withdraw(old.authority_code, read, act(old, subject.new_id(), Act.WITHDRAWN))
    assert of_child(subject, old.child) == (new,)


def ended(subject: Subject, row: Involvement) -> ActRecord:
    """The access record "expired". It is the same one, whoever writes it."""
    return replace(
        act(row, ulid_of(1_800_000_000_000, int.from_bytes(row.version.encode()[-10:])), Act.EXPIRED, row.expires_at),
        actor=Unattended.SERVICE,
    )


def test_an_expired_record_leaves_neither_row_nor_entry(subject: Subject) -> None:
    row = saved(subject, subject.new_child())
    subject.involvements.expire(row.authority_code, entry_of(subject, row), ended(subject, row))
    assert of_child(subject, row.child) == ()
    assert subject.involvements.entry(row.authority_code, "ref") is None
    assert sorted(subject.acts(row.child)) == [("expired", row.version), ("registered", row.version)]


def test_an_entry_expires_even_if_ttl_has_deleted_its_row_and_the_access_record_exists(subject: Subject) -> None:
    row = saved(subject, subject.new_child())
    subject.access_log.append_act(ended(subject, row))
    subject.lose_row(row.child, row.authority_code, "ref")
    subject.involvements.expire(row.authority_code, entry_of(subject, row), ended(subject, row))
    assert subject.involvements.entry(row.authority_code, "ref") is None
    assert [name for name, _ in subject.acts(row.child)].count("expired") == 1


def test_an_unreadable_row_expires_with_its_entry(subject: Subject) -> None:
    row = saved(subject, subject.new_child())
    entry = entry_of(subject, row)
    subject.damage(row.child, row.authority_code, "ref")
    subject.involvements.expire(row.authority_code, entry, ended(subject, row))
    assert of_child(subject, row.child) == ()


def test_a_record_that_was_renewed_meanwhile_does_not_expire(subject: Subject) -> None:
    old = saved(subject, subject.new_child())
    read = entry_of(subject, old)
    new = saved(subject, old.child, before=read)
    with pytest.raises(Conflict):
        subject.involvements.expire(old.authority_code, read, ended(subject, old))
    assert of_child(subject, old.child) == (new,)
    assert "expired" not in dict(subject.acts(old.child))


def test_a_row_with_a_later_end_than_its_entry_does_not_expire(subject: Subject) -> None:
    """The row is authenticated, the entry is not."""
    row = saved(subject, subject.new_child())
    entry = entry_of(subject, row)
    early = replace(entry, expires_at=entry.expires_at - timedelta(days=1))
    with pytest.raises(Conflict):
        subject.involvements.expire(row.authority_code, early, ended(subject, row))
    assert of_child(subject, row.child) == (row,)
    assert entry_of(subject, row) == entry


def test_a_record_that_has_expired_does_not_expire_again(subject: Subject) -> None:
    row = saved(subject, subject.new_child())
    entry = entry_of(subject, row)
    subject.involvements.expire(row.authority_code, entry, ended(subject, row))
    with pytest.raises(Conflict):
        subject.involvements.expire(row.authority_code, entry, ended(subject, row))


def test_an_entry_without_a_row_has_no_involvement(subject: Subject) -> None:
    row = saved(subject, subject.new_child())
    subject.entomb(row.authority_code, entry_of(subject, row))
    assert subject.involvements.involvement(row.authority_code, entry_of(subject, row)) is None


def test_a_tombstone_is_read_as_erased(subject: Subject) -> None:
    row = saved(subject, subject.new_child())
    assert not entry_of(subject, row).erased
    subject.entomb(row.authority_code, entry_of(subject, row))
    entry = entry_of(subject, row)
    assert entry.erased
    assert not entry.is_live(subject.clock())


def test_a_shield_covers_only_its_child(subject: Subject) -> None:
    row = saved(subject, subject.new_child())
    review_on = date(2099, 1, 1)
    record = act(row, subject.new_id(), Act.SHIELDED)
    assert subject.involvements.shield(row.child, "threats", review_on, record) == Shielded(review_on, created=True)
    records = subject.involvements.of_child(row.child, NOBODY)
    assert (records.shielded, records.involvements) == (True, (row,))
    assert not subject.involvements.of_child(subject.new_child(), NOBODY).shielded


def test_a_second_request_for_a_shield_keeps_the_later_review_and_is_recorded(subject: Subject) -> None:
    row = involvement(subject.new_child(), subject.codes[0], "ref", subject.new_id(), subject.clock())
    first, second = date(2098, 1, 1), date(2099, 1, 1)
    for asked, review_on in ((first, first), (second, second), (first, second)):
        record = act(row, subject.new_id(), Act.SHIELDED)
        shield = subject.involvements.shield(row.child, "threats", asked, record)
        assert (shield.review_on, subject.involvements.of_child(row.child, NOBODY).shielded) == (review_on, True)
    assert [name for name, _ in subject.acts(row.child)] == ["shielded"] * 3


def test_the_register_is_read_in_order_page_by_page(subject: Subject) -> None:
    references = ["b", "a.1", "C", "a-1", "10", "9", "a_1"]
    child = subject.new_child()
    for reference in references:
        saved(subject, child, reference)
    saved(subject, child, "theirs", code=subject.codes[1])
    seen: list[str] = []
    after: str | None = None
    pages = 0
    while pages == 0 or after is not None:
        page = subject.involvements.register_page(subject.codes[0], after, 3)
        assert len(page.entries) <= 3
        seen += [entry.reference for entry in page.entries]
        after = page.next_reference
        pages += 1
    assert seen == sorted(references)
    assert pages == 3


def test_the_register_continues_after_a_reference_that_is_gone(subject: Subject) -> None:
    for reference in ("a", "c"):
        saved(subject, subject.new_child(), reference)
    page = subject.involvements.register_page(subject.codes[0], "b", 10)
    assert [entry.reference for entry in page.entries] == ["c"]


def test_an_empty_register_is_one_empty_page(subject: Subject) -> None:
    page = subject.involvements.register_page(subject.codes[0], None, 10)
    assert (page.entries, page.next_reference) == ((), None)


def test_the_register_lists_erased_references(subject: Subject) -> None:
    row = saved(subject, subject.new_child())
    subject.entomb(row.authority_code, entry_of(subject, row))
    [entry] = subject.involvements.register_page(subject.codes[0], None, 10).entries
    assert entry.erased


def test_the_rows_of_one_authority_are_read_without_those_of_others_and_of_other_children(subject: Subject) -> None:
    child, (mine, theirs) = subject.new_child(), subject.codes[:2]
    rows = [saved(subject, child, reference, code=mine) for reference in ("a", "b", "c")]
    saved(subject, child, "a", code=theirs)
    saved(subject, subject.new_child(), "d", code=mine)
    subject.damage(child, mine, "b")
    assert list(subject.involvements.of_authority(child, mine)) == [rows[0], rows[2]]
