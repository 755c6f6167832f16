"""What the rules may know of an access record, and what a day's summary keeps of it."""

from datetime import UTC, date, datetime, timedelta

from chalicelib.domain.access_records import Act, ActRecord, Disclosed, Form, LookupRecord, Operator, Shown
from chalicelib.domain.authority import Authority, Caller, Purpose, Standing
from chalicelib.domain.child import ChildKey
from chalicelib.domain.misuse.seen import SeenAct, SeenLookup, seen
from chalicelib.domain.misuse.summaries import Stage, Summary, Work, summarise

DAY = date(2026, 10, 20)
AT = datetime(2026, 10, 20, 22, 5, tzinfo=UTC)
CHILD = ChildKey("C#1#a")
CODE, OTHER = "E09000014", "E09000009"


def authority(code: str = CODE) -> Authority:
    return Authority(code, "Haringey", "local_authority", Standing.ACTIVE, None, frozenset(), frozenset(), 7)


def caller(who: str = "sw-1", code: str = CODE, token_id: str | None = None) -> Caller:
    return Caller(authority(code), who, "Social worker", frozenset(), "MASH", token_id)


def lookup(
    at: datetime = AT, who: str = "sw-1", rows: tuple[Shown, ...] = (), token_id: str | None = None
) -> SeenLookup:
    record = LookupRecord(
        id=f"L{at:%d%H%M}{who}",
        at=at,
        child=CHILD,
        caller=caller(who, token_id=token_id),
        purpose=Purpose.SAFEGUARDING,
        case_reference="case",
        over_soft_limit=None,
        disclosed=Disclosed(bool(rows), True, rows),
    )
    made = seen(record)
    assert isinstance(made, SeenLookup)
    return made


def act(kind: Act, at: datetime = AT, who: str = "sw-1", code: str = CODE, reference: str = "ref-1") -> SeenAct:
    record = ActRecord(id=f"E{at:%d%H%M}", at=at, child=CHILD, actor=caller(who, code), act=kind, reference=reference)
    made = seen(record)
    assert isinstance(made, SeenAct)
    return made


def summary(*records: SeenLookup | SeenAct, stage: Stage = Stage.SETTLED) -> Summary:
    return summarise(CODE, DAY, records, stage)


def work(*records: SeenLookup | SeenAct, stage: Stage = Stage.SETTLED) -> Work:
    (look,) = summary(*records, stage=stage).lookups
    return look.work


def test_of_a_lookup_the_rules_know_who_asked_and_whether_own_work_was_shown() -> None:
    rows = (Shown(CODE, "ref-1", "v", Form.FULL), Shown(OTHER, "ref-2", "v", Form.FULL))
    made = lookup(rows=rows)
    assert (made.practitioner_id, made.role, made.organisation) == ("sw-1", "Social worker", "MASH")
    assert (made.known, made.own_references) == (True, ("ref-1",))


def test_an_act_about_no_child_is_not_seen() -> None:
    record = ActRecord(id="E1", at=AT, child=None, actor=caller(), act=Act.LISTED)
    assert seen(record) is None


def test_the_act_of_an_operator_has_no_practitioner() -> None:
    actor = Operator("somebody", "why")
    record = ActRecord(id="E1", at=AT, child=CHILD, actor=actor, act=Act.SHIELDED, authority_code=CODE)
    made = seen(record)
    assert isinstance(made, SeenAct)
    assert made.practitioner_id is None
    assert not summary(made).shields


def test_a_summary_keeps_the_lookups_of_its_authority_and_day_in_order_of_time() -> None:
    later, before = AT + timedelta(minutes=5), AT - timedelta(days=1)
    made = summary(lookup(later), lookup(AT), lookup(before))
    assert [look.minute for look in made.lookups] == [22 * 60 + 5, 22 * 60 + 10]
    assert all(look.at_night for look in made.lookups)
    assert summarise(OTHER, DAY, [lookup()], Stage.SETTLED).lookups == ()


def test_work_is_somebodys_if_access_records_show_who_wrote_it() -> None:
    after = AT + timedelta(days=3)
    own_row = (Shown(CODE, "ref-1", "v", Form.FULL),)
    assert work(lookup()) is Work.NOBODY
    assert work(lookup(), act(Act.REGISTERED, after)) is Work.ASKER
    assert work(lookup(), act(Act.REGISTERED, after, "sw-2")) is Work.COLLEAGUE
    assert work(lookup(), act(Act.REGISTERED, after, "system:feed")) is Work.AUTHORITY
    assert work(lookup(rows=own_row)) is Work.AUTHORITY
    assert work(lookup(rows=own_row), act(Act.REPLACED, AT - timedelta(days=9), "sw-2")) is Work.COLLEAGUE


def test_what_others_do_is_no_work_of_the_authority() -> None:
    assert work(lookup(), act(Act.REGISTERED, code=OTHER)) is Work.NOBODY
    assert work(lookup(rows=(Shown(OTHER, "ref-1", "v", Form.FULL),))) is Work.NOBODY
    assert work(lookup(), act(Act.READ)) is Work.NOBODY


def test_work_that_begins_fourteen_days_later_does_not_follow_the_lookup() -> None:
    assert work(lookup(), act(Act.REGISTERED, AT + timedelta(days=14))) is Work.NOBODY
    assert work(lookup(), act(Act.REGISTERED, AT + timedelta(days=14, minutes=-1))) is Work.ASKER


def test_the_first_summary_knows_nothing_of_later_days_even_if_it_is_made_late() -> None:
    later = act(Act.REGISTERED, AT + timedelta(days=3))
    assert work(lookup(), later, stage=Stage.FIRST) is Work.NOBODY
    assert summary(lookup(), later, stage=Stage.FIRST) == summary(lookup(), stage=Stage.FIRST)
    registered, withdrawn = act(Act.REGISTERED, AT - timedelta(hours=1)), act(Act.WITHDRAWN, AT + timedelta(days=3))
    assert work(lookup(), registered, withdrawn, stage=Stage.FIRST) is Work.ASKER


def test_a_record_that_was_soon_withdrawn_is_no_work_even_if_the_answer_showed_it() -> None:
    registered, withdrawn = act(Act.REGISTERED, AT - timedelta(minutes=2)), act(Act.WITHDRAWN, AT + timedelta(days=2))
    shown = lookup(rows=(Shown(CODE, "ref-1", "v", Form.BROKERED),))
    assert work(shown, registered) is Work.ASKER
    assert work(shown, registered, withdrawn) is Work.NOBODY


def test_a_summary_says_who_shared_a_token() -> None:
    made = summary(*(lookup(who=who, token_id="one") for who in ("sw-1", "sw-2")), lookup(who="sw-3", token_id="two"))
    assert made.shared_tokens == (("sw-1", "sw-2"),)
