"""An authority reads notices in order, as often as it likes. Each reading applies the rules anew, and is recorded."""

from typing import Any

import pytest

from chalicelib.adapters.dynamodb.schema import ACCESS, NOTICES
from chalicelib.domain.authority import Purpose
from chalicelib.domain.notices import Notice, NoticeKind, Originator
from infra.local.authorities import LocalAuthority
from tests.support.registry import entered
from tests.support.rows import Rows
from tests.support.stage import BRENT, EALING, HARINGEY, Reply, Stage


@pytest.fixture(autouse=True)
def _keys_at_hand(stage: Stage) -> None:
    """Reads the registry, because some of these tests post notices without a route, which would read it."""
    stage.clock.advance(seconds=61)
    stage.look_up(stage.new_child())


def owned(stage: Stage, child: str, authority: str = HARINGEY, **changes: Any) -> str:
    reference = stage.new_reference()
    assert stage.register(child, reference, stage.token(authority), **changes).status == 201
    return reference


def post(stage: Stage, child: str, reference: str, recipient: str = HARINGEY, **changes: Any) -> str:
    """Posts a notice, by default that Ealing looked the child up, and returns its number."""
    plain: dict[str, Any] = {
        "recipient": recipient,
        "kind": NoticeKind.LOOKED_UP,
        "source": f"source-{stage.new_reference()}",
        "at": stage.clock(),
        "child": Rows(stage).key_of(child),
        "reference": reference,
        "by": Originator(authority_code=EALING, practitioner_id="sw-asks"),
        "purpose": Purpose.SAFEGUARDING,
    }
    notices = stage.services.parts.notices
    assert notices.post(Notice(**{**plain, **changes}))
    return str(notices.page(recipient, 0, 1).given)


def read(stage: Stage, authority: str = HARINGEY, token: str | None = None, **query: str) -> Reply:
    asked = {name: [value] for name, value in query.items()}
    return stage.call("GET", "/v1/notices", token=token or stage.token(authority), query=asked or None)


def page(stage: Stage, authority: str = HARINGEY, **query: str) -> Any:
    reply = read(stage, authority, **query)
    assert reply.status == 200, reply.body
    return reply.json


def here(stage: Stage, authority: str = HARINGEY) -> str:
    """The cursor after everything that other tests have posted."""
    return str(stage.services.parts.notices.page(authority, 0, 1).given)


def visible(stage: Stage, after: str, authority: str = HARINGEY) -> list[str]:
    return [one["id"] for one in page(stage, authority, after=after)["notices"]]


def test_a_notice_says_what_happened_to_which_record_and_whom_to_ring(stage: Stage) -> None:
    child, after = stage.new_child(), here(stage)
    reference = owned(stage, child)
    number = post(stage, child, reference, source="01LOOKUP")
    reply = page(stage, after=after)
    [notice] = reply["notices"]
    assert (reply["complete"], reply["next_after"]) == (True, number)
    assert notice.pop("authority")["duty_contact"]["phone"]
    assert notice == {
        "id": number,
        "kind": "looked_up",
        "at": stage.clock().isoformat().replace("+00:00", "Z"),
        "reference": reference,
        "lookup_id": "01LOOKUP",
        "purpose": "safeguarding",
        "practitioner_id": None,
        "expires_at": None,
        "phone": None,
        "outcomes": None,
        "changed": None,
        "role": None,
    }


def test_notices_come_in_order_page_by_page_and_can_be_read_again_from_any_cursor(stage: Stage) -> None:
    child, after = stage.new_child(), here(stage)
    reference = owned(stage, child)
    numbers = [post(stage, child, reference) for _ in range(5)]
    seen: list[str] = []
    cursor = after
    while True:
        reply = page(stage, after=cursor, limit="2")
        if reply["next_after"] == cursor:
            break
        assert len(reply["notices"]) <= 2
        seen += [one["id"] for one in reply["notices"]]
        cursor = reply["next_after"]
    assert seen == numbers
    assert visible(stage, numbers[2]) == numbers[3:]
    assert visible(stage, after) == numbers


def test_an_empty_page_keeps_the_cursor(stage: Stage) -> None:
    assert page(stage, BRENT)["next_after"] == here(stage, BRENT)
    after = here(stage)
    assert page(stage, after=after) == {"notices": [], "complete": True, "next_after": after}


def test_the_first_cursor_is_0(stage: Stage) -> None:
    code = "E06000001"
    entered(stage, LocalAuthority(code, "Hartlepool", "local_authority"))
    assert page(stage, code) == {"notices": [], "complete": True, "next_after": "0"}
    assert page(stage, code, after="0")["next_after"] == "0"
    assert read(stage, code, after="1").status == 400


def test_reading_a_notice_about_a_child_is_among_the_childs_access_records(stage: Stage, rows: Rows) -> None:
    """So that a subject access report can say who was notified."""
    child, other, after = stage.new_child(), stage.new_child(), here(stage)
    reference, another = owned(stage, child), owned(stage, other)
    for number, mine in ((child, reference), (other, another), (child, reference)):
        post(stage, number, mine)
    shown = page(stage, after=after)["notices"]
    assert sorted(one["reference"] for one in shown) == sorted([reference, reference, another])
    for number, mine in ((child, reference), (other, another)):
        [record] = [row for row in rows.access_records(number, "E#") if row["act"]["S"] == "notices_read"]
        assert (record["authority"]["S"], record["reference"]["S"]) == (HARINGEY, mine)
    assert [row["act"]["S"] for row in rows.of(f"A#{HARINGEY}", ACCESS)][-1] == "notices_read"


def test_a_withheld_notice_is_skipped_and_the_cursor_moves_past_it(stage: Stage) -> None:
    child, after = stage.new_child(), here(stage)
    reference = owned(stage, child, service_type="school")
    numbers = [post(stage, child, reference) for _ in range(2)]
    reply = page(stage, after=after, limit="1")
    assert (reply["notices"], reply["next_after"]) == ([], numbers[0])
    assert page(stage, after=numbers[0], limit="1")["next_after"] == numbers[1]


@pytest.mark.parametrize("beyond", [1, 1000])
def test_a_cursor_from_the_future_is_refused(stage: Stage, beyond: int) -> None:
    reply = read(stage, after=str(int(here(stage)) + beyond))
    assert (reply.status, reply.code) == (400, "invalid_request")
    assert reply.json["errors"] == [{"field": "after", "problem": "is not a cursor of ours; start again without one"}]


def test_notices_need_their_scope_and_a_feed_may_read_them(stage: Stage) -> None:
    reply = read(stage, token=stage.token(scope="lookup register accesses shield"))
    assert (reply.status, reply.code) == (403, "scope_not_granted")
    assert read(stage, token=stage.token(sub="system:inbox", scope="notices")).status == 200


def test_an_authority_reads_its_own_notices_only(stage: Stage) -> None:
    child, after = stage.new_child(), here(stage, BRENT)
    post(stage, child, owned(stage, child))
    assert visible(stage, after, BRENT) == []


def test_a_notice_of_a_registration_before_the_shield_is_not_shown_after_it(stage: Stage) -> None:
    child, after = stage.new_child(), here(stage)
    own = owned(stage, child)
    theirs = owned(stage, child, BRENT)
    by = Originator(authority_code=BRENT, reference=theirs)
    number = post(stage, child, own, kind=NoticeKind.REGISTERED, by=by)
    assert visible(stage, after) == [number]
    assert stage.shield(child).status == 200
    assert visible(stage, after) == []


@pytest.mark.parametrize("ends", ["ended", "withdrawn", "registered anew"])
def test_a_notice_is_not_shown_after_the_readers_work_has_ended(stage: Stage, ends: str) -> None:
    child, after = stage.new_child(), here(stage)
    reference = owned(stage, child)
    number = post(stage, child, reference)
    assert visible(stage, after) == [number]
    path = f"/v1/involvements/{reference}"
    if ends == "ended":
        assert stage.call("PATCH", path, {"ended_on": stage.today.isoformat()}).status == 200
    elif ends == "withdrawn":
        assert stage.call("DELETE", path).status == 204
    else:
        assert stage.call("DELETE", path).status == 204
        assert stage.register(stage.new_child(), reference).status == 201
    assert visible(stage, after) == []


def test_an_asker_that_has_since_registered_a_sensitive_service_is_no_longer_named(stage: Stage) -> None:
    child, after = stage.new_child(), here(stage)
    post(stage, child, owned(stage, child))
    [before] = page(stage, after=after)["notices"]
    asker = {"id": "sw-asks", "name": "Bo Lund", "role": "Nurse"}
    owned(stage, child, EALING, service_type="sexual_health", basis="consent", practitioner=asker)
    [later] = page(stage, after=after)["notices"]
    assert (before["authority"]["code"], before["purpose"]) == (EALING, "safeguarding")
    assert (later["authority"], later["purpose"]) == (None, None)


def test_a_notice_older_than_ninety_days_is_not_shown_even_if_it_is_still_stored(stage: Stage) -> None:
    child, after = stage.new_child(), here(stage)
    number = post(stage, child, owned(stage, child))
    stage.clock.advance(days=90, seconds=-61)
    assert visible(stage, after) == [number]
    stage.clock.advance(seconds=61)
    assert visible(stage, after) == []


def test_an_unreadable_notice_makes_the_page_incomplete_and_blocks_no_other(stage: Stage, rows: Rows) -> None:
    child, after = stage.new_child(), here(stage)
    reference = owned(stage, child)
    first, second = (post(stage, child, reference) for _ in range(2))
    [row] = [row for row in rows.of(f"N#{HARINGEY}", NOTICES) if row["sk"]["S"] == f"N#{int(first):012}"]
    rows.put({**row, "sealed": {"B": b"damaged"}}, NOTICES)
    reply = page(stage, after=after)
    assert [one["id"] for one in reply["notices"]] == [second]
    assert (reply["complete"], reply["next_after"]) == (False, second)


def test_a_notice_about_an_unreadable_record_makes_the_page_incomplete(stage: Stage, rows: Rows) -> None:
    child, after = stage.new_child(), here(stage)
    post(stage, child, owned(stage, child))
    [row] = rows.of_child(child)
    rows.put({**row, "sealed": {"B": b"damaged"}})
    reply = page(stage, after=after)
    assert (reply["notices"], reply["complete"]) == ([], False)


def test_every_reading_of_notices_is_recorded_before_it_is_answered(stage: Stage, rows: Rows) -> None:
    page(stage)
    page(stage, after=here(stage))
    read = [row for row in rows.of(f"A#{HARINGEY}", ACCESS) if row["act"]["S"] == "notices_read"]
    made = [row for row in read if row["practitioner"]["S"] == stage.practitioner]
    assert len(made) == 2
    assert not any("reference" in row for row in made)


def test_no_notice_holds_a_number_a_name_or_a_pseudonym(stage: Stage, rows: Rows) -> None:
    child, after = stage.new_child(), here(stage)
    post(stage, child, owned(stage, child))
    text = read(stage, after=after).body
    for secret in (child, rows.key_of(child), "Ada Okafor", "020 7946 0001", "sw-asks"):
        assert secret not in text
