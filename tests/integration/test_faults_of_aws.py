"""What callers see and what stays stored when AWS fails."""

from collections.abc import Callable

import pytest
from msgspec import structs

from chalicelib.adapters.dynamodb.schema import ACCESS, INVOLVEMENTS, USAGE
from chalicelib.adapters.row_keys import authority_key
from chalicelib.wiring import api, parts
from tests.support.console import operate, pair
from tests.support.faults import Faults, Killed, Send
from tests.support.log_lines import Metrics
from tests.support.rows import Rows
from tests.support.stage import EALING, HARINGEY, Reply, Stage, warm

pytestmark = pytest.mark.system

TRIES = 3

Change = Callable[[Stage, str, str], Reply]
"""Stage, child, reference."""


def put(stage: Stage, child: str, reference: str) -> Reply:
    return stage.register(child, reference)


def patch(stage: Stage, child: str, reference: str) -> Reply:
    return stage.call("PATCH", f"/v1/involvements/{reference}", {"lead_professional": True})


def delete(stage: Stage, child: str, reference: str) -> Reply:
    return stage.call("DELETE", f"/v1/involvements/{reference}")


def read(stage: Stage, child: str, reference: str) -> Reply:
    return stage.call("GET", f"/v1/involvements/{reference}")


def read_accesses(stage: Stage, child: str, reference: str) -> Reply:
    return stage.call("GET", f"/v1/involvements/{reference}/accesses")


def read_register(stage: Stage, child: str, reference: str) -> Reply:
    return stage.call("GET", "/v1/involvements")


def read_notices(stage: Stage, child: str, reference: str) -> Reply:
    return stage.call("GET", "/v1/notices")


def shield(stage: Stage, child: str, reference: str) -> Reply:
    return stage.call("POST", "/v1/shields", {"nhs_number": child, "reason": "threats", "review_on": _next_year(stage)})


def ask(stage: Stage, child: str, reference: str) -> Reply:
    return stage.look_up(child, token=stage.token(EALING))


def replace(stage: Stage, child: str, reference: str) -> Reply:
    return stage.register(child, reference, lead_professional=True)


def renumber(stage: Stage, child: str, reference: str) -> Reply:
    """`child`: the present number of the record's child."""
    return stage.register(child, reference)


def _next_year(stage: Stage) -> str:
    return stage.today.replace(year=stage.today.year + 1, day=1).isoformat()


EVERY_CALL = {
    "PUT": (replace, "GetItem TransactWriteItems GenerateMac"),
    "PATCH": (patch, "GetItem TransactWriteItems"),
    "DELETE": (delete, "GetItem TransactWriteItems"),
    "GET": (read, "GetItem PutItem"),
    "GET accesses": (read_accesses, "GetItem Query PutItem"),
    "GET register": (read_register, "Query PutItem"),
    "GET notices": (read_notices, "Query PutItem"),
    "shield": (shield, "GenerateMac TransactWriteItems"),
    "lookup": (ask, "GenerateMac Query PutItem"),
}
CALLS_AND_OPERATIONS = [
    pytest.param(call, operation, id=f"{name} {operation}")
    for name, (call, operations) in EVERY_CALL.items()
    for operation in operations.split()
]


def registered(stage: Stage) -> tuple[str, str]:
    child, reference = stage.new_child(), stage.new_reference()
    assert stage.register(child, reference).status == 201
    return child, reference


def stored(rows: Rows, child: str, reference: str) -> tuple[object, ...]:
    """Everything that a call about one record could write, except heartbeats and counters."""
    return (
        rows.of_child(child),
        rows.entry(reference),
        rows.access_records(child),
        rows.of(authority_key(HARINGEY), ACCESS),
    )


def is_unavailable(reply: Reply) -> bool:
    return reply.status == 503 and int(reply.headers["Retry-After"]) > 0


@pytest.mark.parametrize(("call", "operation"), CALLS_AND_OPERATIONS)
def test_a_call_throttled_twice_is_tried_a_third_time(
    stage: Stage, faults: Faults, call: Change, operation: str
) -> None:
    child, reference = registered(stage)
    faults.clear()
    faults.throttle(operation, times=TRIES - 1)
    assert call(stage, child, reference).status < 300
    assert faults.operations.count(operation) >= TRIES
    assert len(set(faults.pauses)) == TRIES - 1, "the waits are jittered"


@pytest.mark.parametrize(("call", "operation"), CALLS_AND_OPERATIONS)
def test_a_call_that_stays_throttled_is_unavailable_after_three_tries_and_writes_nothing(
    *, stage: Stage, faults: Faults, rows: Rows, metrics: Metrics, call: Change, operation: str
) -> None:
    child, reference = registered(stage)
    before = stored(rows, child, reference)
    faults.clear()
    faults.throttle(operation)
    reply = call(stage, child, reference)
    assert is_unavailable(reply)
    assert reply.code == ("cannot_answer" if call is ask else "unavailable")
    assert faults.operations.count(operation) == TRIES
    assert stored(rows, child, reference) == before
    assert metrics.count("LookupsCannotAnswer" if call is ask else "Unavailable") == 1
    assert metrics.count("KMSFailures" if operation == "GenerateMac" else "DynamoDBFailures") == 1


@pytest.mark.parametrize("code", ["DisabledException", "KMSInvalidStateException", "AccessDeniedException"])
@pytest.mark.parametrize("call", [put, shield, ask], ids=["PUT", "shield", "lookup"])
def test_without_kms_nothing_is_answered_and_nothing_written(
    *, stage: Stage, faults: Faults, rows: Rows, metrics: Metrics, call: Change, code: str
) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    before = stored(rows, child, reference)
    faults.refuse("GenerateMac", code)
    assert is_unavailable(call(stage, child, reference))
    assert stored(rows, child, reference) == before
    assert metrics.count("KMSFailures") == 1


def test_a_key_disabled_in_kms_itself_gives_no_answer(stage: Stage) -> None:
    child = stage.new_child()
    kms = stage.aws.client("kms")
    kms.disable_key(KeyId=stage.settings.mac_key)
    try:
        reply = stage.look_up(child)
    finally:
        kms.enable_key(KeyId=stage.settings.mac_key)
    assert is_unavailable(reply)
    assert reply.code == "cannot_answer"
    assert stage.look_up(child).status == 200


@pytest.mark.parametrize("call", [put, patch, read, ask], ids=["PUT", "PATCH", "GET", "lookup"])
@pytest.mark.parametrize("code", ["ThrottlingException", "DisabledException", "AccessDeniedException"])
def test_a_service_key_that_cannot_be_unwrapped_gives_no_answer(
    stage: Stage, faults: Faults, rows: Rows, call: Change, code: str
) -> None:
    child, reference = registered(stage)
    warm(stage)
    before = stored(rows, child, reference)
    stage.clock.advance(minutes=6)
    faults.refuse("Decrypt", code)
    assert is_unavailable(call(stage, child, reference))
    faults.clear()
    assert stored(rows, child, reference) == before


@pytest.mark.parametrize("table", ["registry", "keys", "usage"])
@pytest.mark.parametrize("call", [put, delete, read, ask], ids=["PUT", "DELETE", "GET", "lookup"])
def test_a_registry_over_a_minute_old_that_cannot_be_read_signs_nobody_in(
    *, stage: Stage, faults: Faults, rows: Rows, metrics: Metrics, call: Change, table: str
) -> None:
    child, reference = registered(stage)
    before = stored(rows, child, reference)
    stage.clock.advance(seconds=61)
    faults.throttle("Query" if table == "usage" else "Scan", about=f"-{table}")
    assert is_unavailable(call(stage, child, reference))
    assert stored(rows, child, reference) == before
    assert metrics.count("DynamoDBFailures") >= 1


def test_a_registry_read_under_a_minute_ago_still_serves_while_it_cannot_be_read(
    stage: Stage, faults: Faults, metrics: Metrics
) -> None:
    child, _ = registered(stage)
    stage.clock.advance(seconds=45)
    faults.throttle("Scan")
    assert ask(stage, child, "").json["known"] is True
    assert metrics.count("RegistryRefreshFailures") == 1


@pytest.mark.parametrize("lose", [Faults.lose_request, Faults.lose_reply, Faults.break_down])
@pytest.mark.parametrize(
    ("call", "act"), [(replace, "replaced"), (patch, "amended"), (delete, "withdrawn")], ids=["PUT", "PATCH", "DELETE"]
)
def test_a_write_whose_reply_is_lost_succeeds_with_one_access_record(
    *, stage: Stage, faults: Faults, rows: Rows, call: Change, act: str, lose: Callable[..., None]
) -> None:
    child, reference = registered(stage)
    lose(faults, "TransactWriteItems", times=2)
    assert call(stage, child, reference).status < 300
    assert rows.acts(child) == ["registered", act]
    assert len(rows.of_child(child)) == (0 if act == "withdrawn" else 1)


def test_a_new_record_whose_reply_is_lost_is_created_once(stage: Stage, faults: Faults, rows: Rows) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    faults.lose_reply("TransactWriteItems", times=2)
    reply = put(stage, child, reference)
    assert reply.status == 201
    assert rows.one_of(child)["version"]["S"] == reply.json["version"]
    assert rows.acts(child) == ["registered"]


def test_a_refusal_whose_reply_is_lost_marks_the_entry_once(stage: Stage, faults: Faults, rows: Rows) -> None:
    child, reference = registered(stage)
    other = stage.new_child()
    faults.lose_reply("TransactWriteItems", times=2)
    assert stage.register(other, reference).code == "another_child"
    assert (rows.acts(child), rows.acts(other)) == (["registered", "undecided"], [])
    assert (len(rows.of_child(child)), len(rows.of_child(other))) == (1, 0)


def test_a_record_that_goes_to_the_present_number_goes_once_though_the_reply_is_lost(
    stage: Stage, faults: Faults, rows: Rows
) -> None:
    child, reference = registered(stage)
    other = stage.new_child()
    operate("supersede_nhs_number", pairs=pair(child, other))
    faults.lose_reply("TransactWriteItems", times=2)
    assert stage.register(other, reference).status == 200
    assert rows.acts(child) == ["registered", "previewed", "superseded", "renumbered"]
    assert rows.acts(other) == ["supersedes", "replaced"]


def test_a_shield_whose_reply_is_lost_is_put_once(stage: Stage, faults: Faults, rows: Rows) -> None:
    child = stage.new_child()
    faults.lose_reply("TransactWriteItems", times=2)
    assert shield(stage, child, "").status == 200
    assert rows.acts(child) == ["shielded"]


def test_an_access_record_whose_reply_is_lost_is_written_once(stage: Stage, faults: Faults, rows: Rows) -> None:
    child, _ = registered(stage)
    faults.lose_reply("PutItem", about="-access", times=2)
    reply = ask(stage, child, "")
    assert reply.status == 200
    assert list(rows.lookups(child)) == [reply.json["lookup_id"]]


def test_a_read_whose_access_record_is_lost_on_the_way_back_is_recorded_once(
    stage: Stage, faults: Faults, rows: Rows
) -> None:
    child, reference = registered(stage)
    faults.lose_reply("PutItem", about="-access", times=2)
    assert read(stage, child, reference).status == 200
    assert rows.acts(child) == ["registered", "read"]


def test_a_write_that_never_gets_a_reply_can_be_sent_again(stage: Stage, faults: Faults, rows: Rows) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    faults.lose_reply("TransactWriteItems")
    assert is_unavailable(put(stage, child, reference))
    faults.clear()
    assert put(stage, child, reference).status == 200
    assert len(rows.of_child(child)) == 1
    assert rows.acts(child) == ["registered"]


@pytest.mark.parametrize("call", [put, shield], ids=["PUT", "shield"])
def test_transactions_that_conflict_are_tried_again(
    *, stage: Stage, faults: Faults, rows: Rows, metrics: Metrics, call: Change
) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    faults.cancel("TransactionConflict", times=2)
    assert call(stage, child, reference).status in (200, 201)
    assert len(rows.acts(child)) == 1
    assert metrics.count("TransactionConflicts") == 2


@pytest.mark.parametrize("call", [replace, patch, delete, shield], ids=["PUT", "PATCH", "DELETE", "shield"])
def test_transactions_that_never_stop_conflicting_leave_nothing_half_done(
    stage: Stage, faults: Faults, rows: Rows, call: Change
) -> None:
    child, reference = registered(stage)
    before = rows.of_child(child), rows.entry(reference), rows.acts(child)
    faults.cancel("TransactionConflict")
    assert is_unavailable(call(stage, child, reference))
    assert (rows.of_child(child), rows.entry(reference), rows.acts(child)) == before


def test_an_answer_never_leaves_without_its_access_record(stage: Stage, faults: Faults, rows: Rows) -> None:
    child, _ = registered(stage)
    for code in (
        *("ThrottlingException", "AccessDeniedException", "ResourceNotFoundException", "InternalServerError"),
        "TransactionConflictException",
    ):
        faults.clear()
        faults.refuse("PutItem", code, about="-access")
        reply = ask(stage, child, "")
        assert is_unavailable(reply)
        assert reply.code == "cannot_answer"
    assert not rows.lookups(child)


def test_a_record_is_not_read_without_an_access_record(stage: Stage, faults: Faults) -> None:
    child, reference = registered(stage)
    faults.refuse("PutItem", "AccessDeniedException", about="-access")
    assert is_unavailable(read(stage, child, reference))
    assert is_unavailable(read_register(stage, child, reference))
    assert is_unavailable(read_accesses(stage, child, reference))
    assert is_unavailable(read_notices(stage, child, reference))


@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException", "ValidationException"])
def test_an_unwritable_counter_never_blocks_an_answer(
    stage: Stage, faults: Faults, metrics: Metrics, code: str
) -> None:
    child, _ = registered(stage)
    faults.refuse("UpdateItem", code)
    assert ask(stage, child, "").json["known"] is True
    assert metrics.count("UsageFailures") >= 1


def test_no_lookup_says_none_under_another_pseudonym_key(stage: Stage) -> None:
    """For example in another region with its own key. No child would be found there."""
    child, _ = registered(stage)
    own = stage.services
    other = stage.aws.client("kms").create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"][
        "KeyId"
    ]
    api.install(
        api.build(parts.make_parts(structs.replace(stage.settings, mac_key=other), parts.make_clients(), stage.clock))
    )
    try:
        assert (ask(stage, child, "").status, ask(stage, child, "").code) == (503, "cannot_answer")
        assert stage.register(stage.new_child()).code == "unavailable"
    finally:
        api.install(own)
    assert ask(stage, child, "").json["known"]


def test_a_lookup_is_counted_at_most_once(stage: Stage, faults: Faults, rows: Rows) -> None:
    child, _ = registered(stage)

    def practitioners() -> dict[str, str]:
        return {
            row["pk"]["S"]: row["day"]["N"] for row in rows.all(USAGE) if row["pk"]["S"][:2] == "P#" and "day" in row
        }

    before = practitioners()
    faults.lose_reply("UpdateItem")
    assert ask(stage, child, "").status == 200
    assert [day for who, day in practitioners().items() if who not in before] == ["1"]


def test_an_unwritable_heartbeat_never_costs_a_registration(stage: Stage, faults: Faults, metrics: Metrics) -> None:
    stage.clock.advance(hours=2)
    stage.register(stage.new_child())
    stage.clock.advance(hours=2)
    faults.refuse("PutItem", "AccessDeniedException", about="-usage")
    assert stage.register(stage.new_child()).status == 201
    assert metrics.count("UsageFailures") == 1


WRITES = [put, replace, patch, delete, renumber, shield]


@pytest.mark.parametrize("done", [False, True], ids=["before the call", "after AWS did its work"])
@pytest.mark.parametrize("write", WRITES, ids=lambda write: str(write.__name__))
def test_a_write_killed_between_any_two_calls_is_all_or_nothing_and_safe_to_repeat(
    stage: Stage, faults: Faults, rows: Rows, write: Change, done: bool
) -> None:
    act = put if write is renumber else write
    killed = True
    call = 0
    while killed:
        child, reference = (stage.new_child(), stage.new_reference()) if write in (put, shield) else registered(stage)
        target = stage.new_child() if write is renumber else child
        if write is renumber:
            assert operate("supersede_nhs_number", pairs=pair(child, target))["done"]
        stage.clock.advance(minutes=70)  # so that registry, service key and heartbeat are among the calls
        faults.clear()
        faults.kill(after=call, times=1, done=done)
        killed = _ended(act, stage, target, reference)
        faults.clear()
        _all_or_nothing(rows, {child, target}, reference)
        assert act(stage, target, reference).status < 300
        _all_or_nothing(rows, {child, target}, reference)
        assert _as_it_should_be(write, rows, child, target)
        call += 1
    assert call > 3


def _ended(write: Change, stage: Stage, target: str, reference: str) -> bool:
    try:
        write(stage, target, reference)
    except Killed:
        return True
    return False


def _all_or_nothing(rows: Rows, children: set[str], reference: str) -> None:
    """Entry and row are both there or both gone, and one access record was written for the version that is there."""
    entry = rows.entry(reference)
    mine = [row for child in children for row in rows.of_child(child) if row["sk"]["S"].startswith("I#")]
    if entry is None:
        assert mine == []
        return
    [row] = mine
    assert row["pk"]["S"] == entry["child"]["S"]
    assert row["version"] == entry["version"]
    versions = [record["sk"]["S"].removeprefix("E#") for child in children for record in rows.access_records(child)]
    assert versions.count(row["version"]["S"]) == 1


def _as_it_should_be(write: Change, rows: Rows, child: str, target: str) -> bool:
    acts = rows.acts(child)
    if write is shield:  # the same request again is another act, with an access record of its own
        return acts in (["shielded"], ["shielded", "shielded"]) and len(rows.of_child(child)) == 1
    if write is renumber:
        number_acts = ["registered", "previewed", "superseded", "renumbered"]
        return (acts, rows.acts(target)) == (number_acts, ["supersedes", "replaced"])
    expected: dict[Change, list[str]] = {
        put: ["registered"],
        replace: ["registered", "replaced"],
        patch: ["registered", "amended"],
        delete: ["registered", "withdrawn"],
    }
    return acts == expected[write]


@pytest.mark.parametrize("reason", ["ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_transaction_cancelled_by_throttling_is_tried_again(stage: Stage, faults: Faults, reason: str) -> None:
    """DynamoDB throttles a transaction in this way, and botocore does not retry cancelled transactions."""
    faults.cancel(reason, times=2)
    assert stage.register(stage.new_child()).status == 201


def test_no_call_to_aws_outlives_its_answer(stage: Stage, faults: Faults) -> None:
    """Such a call would be frozen with the container, and could change the log line while it is written."""
    child = stage.new_child()
    warm(stage)
    stage.clock.advance(seconds=301)
    stage.call("GET", "/v1/involvements")  # the registry is fresh, the service key is not
    faults.clear()
    faults.wait("Decrypt", 0.2)
    faults.refuse("GenerateMac", "AccessDeniedException")
    assert stage.look_up(child).status == 503
    assert "Decrypt" in faults.operations


def test_a_refresh_in_parallel_ends_before_the_answer(stage: Stage, faults: Faults) -> None:
    child = stage.new_child()
    warm(stage)
    stage.clock.advance(seconds=45)
    faults.clear()
    faults.wait("Scan", 0.3)
    assert stage.look_up(child).status == 200
    assert "Scan" in faults.operations


def _batch(stage: Stage, *references: str) -> list[tuple[int, str | None]]:
    """Status and code of each row."""
    rows = [{"reference": reference, **stage.body(stage.new_child())} for reference in references]
    reply = stage.call("POST", "/v1/involvement-batches", {"involvements": rows})
    assert reply.status == 200
    return [(row["status"], row.get("problem", {}).get("code")) for row in reply.json["results"]]


def test_a_row_of_a_batch_that_aws_refuses_fails_alone(
    stage: Stage, faults: Faults, rows: Rows, metrics: Metrics
) -> None:
    good, unlucky, last = (stage.new_reference() for _ in range(3))
    faults.throttle("TransactWriteItems", about=f'R#{unlucky}"')
    assert _batch(stage, good, unlucky, last) == [(201, None), (503, "unavailable"), (201, None)]
    assert rows.entry(unlucky) is None
    assert metrics.count("Unavailable") == metrics.count("BatchRowsRefused") == 1
    faults.clear()
    assert _batch(stage, unlucky) == [(201, None)]


@pytest.mark.parametrize("operation", ["GetItem", "GenerateMac", "TransactWriteItems"])
def test_a_batch_without_aws_reports_every_row_as_unavailable_and_writes_nothing(
    stage: Stage, faults: Faults, rows: Rows, operation: str
) -> None:
    before = rows.all(INVOLVEMENTS), rows.all(ACCESS)
    faults.throttle(operation)
    references = [stage.new_reference() for _ in range(9)]
    assert _batch(stage, *references) == [(503, "unavailable")] * 9
    assert (rows.all(INVOLVEMENTS), rows.all(ACCESS)) == before


def test_a_slow_batch_reports_which_rows_it_did_not_attempt(
    stage: Stage, faults: Faults, rows: Rows, metrics: Metrics
) -> None:
    def slow(send: Send) -> object:
        stage.clock.advance(seconds=6)
        return send()

    faults.add("GenerateMac", slow)
    references = [stage.new_reference() for _ in range(30)]
    statuses = _batch(stage, *references)
    assert set(statuses) == {(201, None), (503, "not_attempted")}
    left = [reference for reference, status in zip(references, statuses, strict=True) if status[0] == 503]
    assert all(rows.entry(reference) is None for reference in left)
    assert metrics.count("BatchRowsNotAttempted") == len(left)
