"""Rows damaged by hand: each affects only itself, and never turns an answer into "none"."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.console import operate
from tests.support.faults import Faults
from tests.support.log_lines import Metrics, counted
from tests.support.rows import Row, Rows
from tests.support.stage import BRENT, EALING, HARINGEY, POLICE, Reply, Stage

TYPES: dict[str, dict[str, Any]] = {
    "S": {"S": "text"},
    "empty S": {"S": ""},
    "N": {"N": "12"},
    "negative N": {"N": "-1"},
    "fraction N": {"N": "0.5"},
    "huge N": {"N": "9" * 38},
    "exponent N": {"N": "1e125"},
    "B": {"B": b"bytes"},
    "empty B": {"B": b""},
    "BOOL": {"BOOL": True},
    "NULL": {"NULL": True},
    "L": {"L": [{"S": "text"}]},
    "M": {"M": {"S": {"S": "text"}}},
    "SS": {"SS": ["text"]},
    "NS": {"NS": ["1"]},
    "BS": {"BS": [b"bytes"]},
}
OF_A_ROW = ("sealed", "version", "expires_at")
OF_AN_ENTRY = ("child", "version", "confirmed_on", "expires_at")


def known_to_one(stage: Stage, authority: str = EALING) -> str:
    child = stage.new_child()
    assert stage.register(child, token=stage.token(authority)).status == 201
    return child


def known_to_two(stage: Stage) -> str:
    child = known_to_one(stage)
    assert stage.register(child, token=stage.token(BRENT)).status == 201
    return child


def the_row(rows: Rows, child: str, authority: str = EALING) -> Row:
    [row] = [row for row in rows.of_child(child) if row["sk"]["S"].startswith(f"I#{authority}#")]
    return row


def the_entry(rows: Rows, reference: str) -> Row:
    entry = rows.entry(reference)
    assert entry is not None
    return entry


def damaged_in(attribute: str, item: Row) -> Iterator[tuple[str, Row]]:
    """Yields the item with each type in the attribute, then without the attribute, each with a name for the case."""
    for kind, value in TYPES.items():
        yield kind, {**item, attribute: value}
    yield "missing", {name: value for name, value in item.items() if name != attribute}


def is_cannot_answer(reply: Reply) -> bool:
    return (reply.status, reply.code) == (503, "cannot_answer") and "Retry-After" in reply.headers


def tampered(row: Row, index: int) -> Row:
    sealed = bytearray(row["sealed"]["B"])
    sealed[index] ^= 1
    return {**row, "sealed": {"B": bytes(sealed)}}


@pytest.mark.parametrize("index", [0, 1, 2, 13, 14, -1], ids=lambda index: f"byte {index}")
def test_a_tampered_row_does_not_open(stage: Stage, rows: Rows, metrics: Metrics, index: int) -> None:
    child = known_to_one(stage)
    rows.put(tampered(the_row(rows, child), index))
    assert is_cannot_answer(stage.look_up(child))
    assert metrics.count("UnreadableRows") == 1


@pytest.mark.parametrize("attribute", OF_A_ROW)
def test_a_row_edited_by_hand_is_never_served_and_the_others_are(stage: Stage, rows: Rows, attribute: str) -> None:
    child = known_to_two(stage)
    row = the_row(rows, child)
    for kind, value in TYPES.items():
        rows.put({**row, attribute: value})
        with counted() as metrics:
            answer = stage.look_up(child).json
        assert (answer["known"], answer["complete"]) == (True, False), kind
        assert [entry["authority"]["code"] for entry in answer["involvements"]] == [BRENT], kind
        assert metrics.count("UnreadableRows") == 1, kind


@pytest.mark.parametrize("attribute", OF_A_ROW)
def test_a_row_that_lacks_an_attribute_never_means_none(stage: Stage, rows: Rows, attribute: str) -> None:
    child, another = known_to_one(stage), known_to_one(stage)
    row = the_row(rows, child)
    del row[attribute]
    rows.put(row)
    assert is_cannot_answer(stage.look_up(child))
    assert stage.look_up(another).json["complete"] is True
    assert stage.look_up(stage.new_child()).json["known"] is False


def test_a_damaged_ttl_is_counted_and_changes_no_answer(stage: Stage, rows: Rows) -> None:
    child = known_to_one(stage)
    row = {name: value for name, value in the_row(rows, child).items() if name != "ttl"}
    # No numbers: one could be a past time, and TTL would delete the row before it is read.
    for ttl in ({}, *({"ttl": value} for value in TYPES.values() if "N" not in value)):
        rows.put({**row, **ttl})
        with counted() as metrics:
            answer = stage.look_up(child).json
        assert (answer["known"], answer["complete"]) == (True, True), ttl
        assert metrics.count("MalformedTtl") == 1, ttl


def test_rows_swapped_between_children_do_not_open(stage: Stage, rows: Rows) -> None:
    one, other = known_to_one(stage), known_to_one(stage)
    row, other_row = the_row(rows, one), the_row(rows, other)
    rows.put({**row, "pk": other_row["pk"]})
    assert stage.look_up(one).json["complete"] is True
    assert stage.look_up(other).json["complete"] is False
    rows.put({**other_row, "sealed": row["sealed"]})
    assert stage.look_up(one).json["known"] is True


def test_a_row_moved_to_another_authority_or_reference_does_not_open(stage: Stage, rows: Rows) -> None:
    for sort_key in (f"I#{POLICE}#ref", f"I#{EALING}#another", "I#", "I#nobody#ref", "X#unknown"):
        child = known_to_one(stage)
        row = the_row(rows, child)
        rows.delete(row)
        rows.put({**row, "sk": {"S": sort_key}})
        assert is_cannot_answer(stage.look_up(child))


@pytest.mark.parametrize("seconds", [1, -1, 86_400, 10**9])
def test_an_expiry_changed_by_hand_does_not_open(stage: Stage, rows: Rows, seconds: int) -> None:
    child = known_to_one(stage)
    row = the_row(rows, child)
    changed = {"N": str(int(row["expires_at"]["N"]) + seconds)}
    rows.put({**row, "expires_at": changed, "ttl": changed})
    assert is_cannot_answer(stage.look_up(child))


def test_an_old_version_put_back_by_hand_does_not_pass_for_the_new(stage: Stage, rows: Rows) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    old = rows.one_of(child)
    stage.register(child, reference, lead_professional=True)
    rows.put({**rows.one_of(child), "sealed": old["sealed"]})
    assert is_cannot_answer(stage.look_up(child, token=stage.token(EALING)))


def test_no_answer_is_given_while_another_authoritys_row_does_not_open(stage: Stage, rows: Rows) -> None:
    child = known_to_one(stage)
    stage.register(child, token=stage.token(HARINGEY, sub="sw-9"))
    rows.put(tampered(the_row(rows, child), -1))
    assert is_cannot_answer(stage.look_up(child, token=stage.token(HARINGEY, sub="sw-9")))


@pytest.mark.parametrize("attribute", ["sealed", "version", "review_on"])
def test_any_shield_item_shields_however_damaged(stage: Stage, rows: Rows, attribute: str) -> None:
    child = known_to_one(stage)
    pk = rows.key_of(child)
    shield: Row = {"pk": {"S": pk}, "sk": {"S": "S#"}, "version": {"S": "v"}, "review_on": {"S": "2030-01-01"}}
    for kind, damaged in damaged_in(attribute, {**shield, "sealed": {"B": b"reason"}}):
        rows.put(damaged)
        answer = stage.look_up(child).json
        assert (answer["known"], answer["shielded"], answer["involvements"]) == (True, True, []), kind
        assert stage.shield(child).status == 200, kind


def test_a_bare_shield_alone_shields(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    rows.put({"pk": {"S": rows.key_of(child)}, "sk": {"S": "S#"}})
    assert stage.look_up(child).json["shielded"] is True


@pytest.mark.parametrize("attribute", OF_AN_ENTRY)
def test_a_damaged_register_entry_never_ends_in_an_internal_error(stage: Stage, rows: Rows, attribute: str) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    entry, path = the_entry(rows, reference), f"/v1/involvements/{reference}"
    # DynamoDB refuses an empty key: 503. A version is only a lock: any text will do until the next write.
    allowed = {("child", "empty S"): {503}, ("version", "S"): {200}, ("version", "empty S"): {200}}
    for kind, damaged in damaged_in(attribute, entry):
        rows.put(damaged)
        expected = allowed.get((attribute, kind), {404, 409})
        assert stage.call("GET", path).status in expected, kind
        assert stage.call("PATCH", path, {"lead_professional": True}).status in expected, kind
        assert stage.call("GET", "/v1/involvements").status == 200, kind
        assert stage.look_up(child, token=stage.token(EALING)).json["known"] is True, kind
    rows.delete(entry)


def test_a_damaged_digest_only_costs_a_write(stage: Stage, rows: Rows) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    for number, (kind, value) in enumerate(TYPES.items(), start=1):
        rows.put({**the_entry(rows, reference), "digest": value})
        assert stage.register(child, reference).status == 200, kind
        assert rows.acts(child) == ["registered", *["replaced"] * number], kind


def test_the_next_change_repairs_a_row_that_does_not_open(stage: Stage, rows: Rows) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    rows.put(tampered(rows.one_of(child), -1))
    assert stage.call("GET", f"/v1/involvements/{reference}").code == "record_unreadable"
    assert stage.register(child, reference, lead_professional=True).status == 200
    assert stage.look_up(child, token=stage.token(EALING)).json["complete"] is True


def test_an_expired_row_that_is_not_yet_deleted_is_never_served(stage: Stage, rows: Rows) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    ended_on = stage.today.isoformat()
    assert stage.register(child, reference, service_type="school", ended_on=ended_on).status == 201
    stage.clock.advance(days=364)
    assert stage.look_up(child, token=stage.token(EALING)).json["known"] is True
    stage.clock.advance(days=3)
    assert len(rows.of_child(child)) == 1, "DynamoDB has not deleted it yet"
    answer = stage.look_up(child, token=stage.token(EALING)).json
    assert (answer["known"], answer["complete"], answer["involvements"]) == (False, True, [])
    assert stage.call("GET", f"/v1/involvements/{reference}").status == 404
    assert stage.call("PATCH", f"/v1/involvements/{reference}", {"sensitive": False}).status == 404
    listed = stage.call("GET", "/v1/involvements", query={"limit": ["1000"]}).json["involvements"]
    assert reference not in [entry["reference"] for entry in listed]


def test_a_pointer_made_by_hand_leads_nowhere_and_gives_no_answer(stage: Stage, rows: Rows) -> None:
    old = stage.new_child()
    pointer = rows.pointer(old, known_to_one(stage))
    for kind, value in TYPES.items():
        rows.put({**pointer, "sealed": value})
        with counted() as metrics:
            assert is_cannot_answer(stage.look_up(old)), kind
        assert metrics.count("LookupsCannotAnswer") == 1, kind


def test_a_superseded_number_finds_the_records_of_the_present_one(stage: Stage, rows: Rows) -> None:
    old, present = stage.new_child(), known_to_one(stage)
    rows.put(rows.pointer(old, present))
    answer = stage.look_up(old).json
    assert (answer["known"], answer["complete"]) == (True, True)


def test_a_shield_under_the_present_number_covers_the_superseded_one(stage: Stage, rows: Rows) -> None:
    old, present = known_to_one(stage), stage.new_child()
    rows.put(rows.pointer(old, present))
    assert stage.shield(present).status == 200
    assert stage.look_up(old).json["shielded"] is True


def test_a_pointer_copied_from_another_child_gives_no_answer(stage: Stage, rows: Rows) -> None:
    old, another = stage.new_child(), stage.new_child()
    rows.put({**rows.pointer(another, known_to_one(stage)), "pk": {"S": rows.key_of(old)}})
    assert is_cannot_answer(stage.look_up(old))


@pytest.mark.parametrize("attribute", ["sealed", "version"])
def test_a_pointer_that_lacks_an_attribute_gives_no_answer(stage: Stage, rows: Rows, attribute: str) -> None:
    old = stage.new_child()
    pointer = rows.pointer(old, known_to_one(stage))
    del pointer[attribute]
    rows.put(pointer)
    assert is_cannot_answer(stage.look_up(old))


def test_numbers_that_supersede_each_other_are_not_followed_without_end(
    stage: Stage, rows: Rows, faults: Faults
) -> None:
    one, other = known_to_one(stage), known_to_one(stage, BRENT)
    rows.put(rows.pointer(one, other))
    rows.put(rows.pointer(other, one))
    faults.clear()
    assert is_cannot_answer(stage.look_up(one))
    assert faults.operations.count("Query") == 2


def long_record(stage: Stage, rows: Rows) -> str:
    """A child whose rows fill two pages of 1 MB."""
    child = stage.new_child()
    for authority in (EALING, BRENT, POLICE, HARINGEY):
        stage.register(child, token=stage.token(authority))
        rows.put({**the_row(rows, child, authority), "padding": {"S": "x" * 380_000}})
    return child


def test_every_page_of_a_child_is_read(stage: Stage, rows: Rows, faults: Faults) -> None:
    child = long_record(stage, rows)
    faults.clear()
    assert len(stage.look_up(child).json["involvements"]) == 4
    assert faults.operations.count("Query") == 2


@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException", "InternalServerError"])
def test_a_missing_page_gives_no_answer(stage: Stage, rows: Rows, faults: Faults, metrics: Metrics, code: str) -> None:
    child = long_record(stage, rows)
    faults.refuse("Query", code, after=1)
    assert is_cannot_answer(stage.look_up(child))
    assert metrics.count("LookupsCannotAnswer") == 1
    assert not rows.lookups(child)


def test_the_access_record_of_an_incomplete_answer_says_that_it_is_incomplete(stage: Stage, rows: Rows) -> None:
    child = known_to_two(stage)
    rows.put(tampered(the_row(rows, child), -1))
    reply = stage.look_up(child)
    disclosed = rows.disclosed(rows.lookups(child)[reply.json["lookup_id"]])
    assert (disclosed.known, disclosed.complete, len(disclosed.rows)) == (True, False, 1)


def test_a_counter_edited_by_hand_never_blocks_an_answer(stage: Stage, rows: Rows, metrics: Metrics) -> None:
    child = stage.new_child()
    stage.clock.now = stage.clock.now.replace(hour=10)  # so that the whole test is on one day, as the counter is
    stage.register(child, token=stage.token(EALING))
    stage.look_up(child, token=stage.token(sub="sw-hand"))
    for row in rows.all("usage"):
        if "day" in row:
            rows.put({**row, "day": {"N": "1.5"}}, "usage")
    stage.clock.advance(seconds=31)
    try:
        assert stage.look_up(child, token=stage.token(sub="sw-hand")).status == 200
        assert metrics.count("UsageFailures") >= 1
    finally:
        for row in rows.all("usage"):
            if "day" in row:
                rows.delete(row, "usage")


def test_sending_the_same_record_again_repairs_a_row_that_does_not_open(stage: Stage, rows: Rows) -> None:
    """409 record_unreadable says: send the whole record again with PUT. The digest must not call that unchanged."""
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    rows.put({**rows.one_of(child), "sealed": {"B": b"damaged"}})
    assert stage.call("GET", f"/v1/involvements/{reference}").code == "record_unreadable"
    assert stage.register(child, reference).status == 200
    assert stage.look_up(child, token=stage.token(EALING)).status == 200


def test_a_cap_survives_damage_to_its_row(stage: Stage, rows: Rows) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    capped = stage.register(child, reference, date_of_birth=stage.nearly_adult).json["expires_at"]
    rows.put(tampered(the_row(rows, child, HARINGEY), 20))
    assert stage.call("PATCH", f"/v1/involvements/{reference}", {"lead_professional": True}).code == "record_unreadable"
    mended = stage.register(child, reference)
    assert (mended.status, mended.json["expires_at"]) == (200, capped)


def test_a_cap_survives_an_edit_of_its_register_entry(stage: Stage, rows: Rows) -> None:
    """The row is sealed and its entry is not, so the row decides whether the record lives."""
    child, reference = stage.new_child(), stage.new_reference()
    capped = stage.register(child, reference, date_of_birth=stage.nearly_adult).json["expires_at"]
    entry = the_entry(rows, reference)
    rows.put({**entry, "expires_at": {"N": "1"}, "ttl": {"N": "1"}, "version": {"S": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}})
    mended = stage.register(child, reference)
    assert (mended.status, mended.json["expires_at"]) == (200, capped)


def test_what_an_entry_remembers_may_be_damaged_without_an_internal_error(stage: Stage, rows: Rows) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    for kind, value in TYPES.items():
        rows.put({**the_entry(rows, reference), "remembered": value})
        rows.put(tampered(the_row(rows, child, HARINGEY), 20))
        assert stage.register(child, reference).status == 200, kind


def test_a_damaged_register_entry_is_counted(stage: Stage, rows: Rows, metrics: Metrics) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    entry = the_entry(rows, reference)
    rows.put({**entry, "confirmed_on": {"N": "1"}})
    assert stage.call("GET", f"/v1/involvements/{reference}").code == "record_unreadable"
    assert metrics.count("UnreadableRows") == 1


def test_sending_the_record_again_repairs_a_damaged_register_entry(stage: Stage, rows: Rows) -> None:
    """409 record_unreadable says: send the whole record again with PUT."""
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    entry = the_entry(rows, reference)
    rows.put({**entry, "confirmed_on": {"N": "1"}})
    assert stage.register(child, reference).status == 200


def test_the_next_feed_repairs_an_old_row_put_back_by_hand(stage: Stage, rows: Rows) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    old = rows.one_of(child)
    for _ in range(2):
        assert stage.register(child, reference, lead_professional=True).status == 200
        rows.put(old)
    assert stage.register(child, reference, lead_professional=True).status == 200
    [entry] = stage.look_up(child, token=stage.token(EALING)).json["involvements"]
    assert entry["lead_professional"] is True


def test_the_next_feed_repairs_an_end_edited_in_the_register(stage: Stage, rows: Rows) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    right = stage.register(child, reference).json["expires_at"]
    entry = the_entry(rows, reference)
    later = {"N": str(int(entry["expires_at"]["N"]) + 86_400)}
    rows.put({**entry, "expires_at": later, "ttl": later})
    assert stage.register(child, reference).json["expires_at"] == right


def test_a_tombstone_edited_by_hand_holds(stage: Stage, rows: Rows) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    assert operate("erase_child", nhs_number=child)["done"]
    tombstone = the_entry(rows, reference)
    for kind, value in TYPES.items():
        rows.put({**tombstone, "erased_at": value})
        assert stage.register(child, reference).code == "erased", kind
