"""Misuse is found from the access records, whenever the function runs."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib import unattended
from chalicelib.adapters.dynamodb.findings import partition
from chalicelib.adapters.dynamodb.schema import ACCESS, USAGE, table_name
from chalicelib.application.ports import RegistryView
from chalicelib.domain.calendar import midnight
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.misuse.rules import Rule
from chalicelib.domain.values import Struct, replace
from chalicelib.wiring import unattended as unattended_wiring
from infra.local.authorities import LocalAuthority
from tests.support.fakes import FakeMeter
from tests.support.registry import entered
from tests.support.rows import Rows
from tests.support.schedules import Context, run_schedule
from tests.support.stage import STAGE, Stage

pytestmark = pytest.mark.system

MALLORY, NOSY = "mallory-4711", "nosy-4712"


class Only(Struct, frozen=True):
    """The registry, as if it had these authorities only."""

    stage: Stage
    codes: tuple[str, ...]

    def view(self) -> RegistryView:
        view = self.stage.services.parts.registry.view()
        return RegistryView({code: view.authorities[code] for code in self.codes}, frozenset(), view.coverage)

    def refresh_is_due(self) -> bool:
        return False

    def refresh_if_due(self) -> None:
        raise AssertionError("not due")


@pytest.fixture
def codes(stage: Stage) -> Iterator[tuple[str, str]]:
    made = stage.new_code(), stage.new_code()
    for code in made:
        entered(stage, LocalAuthority(code, "New authority", "local_authority"))
    began = stage.clock.now
    yield made
    stage.clock.now = began


def find_misuse(stage: Stage, *codes: str, milliseconds: Iterator[int] = iter(())) -> bool:  # noqa: B008 - empty
    made = unattended_wiring.build(stage.services.parts).find_misuse
    context = Context(milliseconds=milliseconds)
    return replace(made, registry=Only(stage, codes))(lambda: context.get_remaining_time_in_millis() > 30_000)


def go_to(stage: Stage, day: date, hour: int) -> None:
    stage.clock.now = midnight(day) + timedelta(hours=hour)
    stage.services.parts.registry.forget()


def days_from(day: date) -> Iterator[date]:
    """From the day after. A slow sighting is found once in 28 days, which are counted from the first of all days."""
    yield from (day + timedelta(days=ahead) for ahead in range(1, 29))


def shield(stage: Stage, code: str, who: str) -> None:
    review_on = (stage.today + timedelta(days=300)).isoformat()
    body = {"nhs_number": stage.new_child(), "reason": "threats", "review_on": review_on}
    assert stage.call("POST", "/v1/shields", body, token=stage.token(code, who)).status in {200, 201}


def look_up(stage: Stage, code: str, child: str, who: str, **claims: Any) -> str:
    reply = stage.look_up(child, stage.token(code, who, **claims))
    assert reply.status == 200
    return str(reply.json["lookup_id"])


def read(stage: Stage, code: str, after: int = 0) -> Any:
    token = stage.token(code, "guardian", scope="findings")
    reply = stage.call("GET", "/v1/findings", token=token, query={"after": [str(after)]})
    assert reply.status == 200, reply.body
    return reply.json


def found(stage: Stage, code: str) -> list[tuple[Any, ...]]:
    return [
        (one["rule"], one["practitioner_ids"], one["found_on"], one["first_on"], one["counts"])
        for one in read(stage, code)["findings"]
    ]


def counted(stage: Stage, code: str) -> FakeMeter:
    meter = FakeMeter()
    made = unattended_wiring.build(stage.services.parts).find_misuse
    replace(made, registry=Only(stage, (code,)), meter=meter)(lambda: True)
    return meter


def misuse(stage: Stage, code: str, child: str, day: int) -> None:
    """What happens in the authority on each of some days."""
    look_up(stage, code, child, NOSY)
    for _ in range(8 if day == 0 else 0):
        shield(stage, code, MALLORY)
    if day == 1:
        for who in ("sw-1", "sw-2"):
            look_up(stage, code, stage.new_child(), who, jti="one token")


def test_the_schedule_looks_at_every_authority(stage: Stage, codes: tuple[str, str]) -> None:
    code, first = codes[0], stage.today + timedelta(days=1)
    go_to(stage, first, 11)
    misuse(stage, code, stage.new_child(), 0)
    go_to(stage, first + timedelta(days=1), 2)
    run_schedule(unattended.find_misuse)
    assert len(found(stage, code)) == 1


def test_misuse_is_found_the_day_after_and_the_guardian_reads_of_it(stage: Stage, codes: tuple[str, str]) -> None:
    code, first = codes[0], stage.today + timedelta(days=1)
    go_to(stage, first, 11)
    misuse(stage, code, stage.new_child(), 0)
    find_misuse(stage, code)
    assert found(stage, code) == []
    go_to(stage, first + timedelta(days=1), 2)
    assert find_misuse(stage, code)
    (finding,) = read(stage, code)["findings"]
    assert (finding["rule"], finding["practitioner_ids"], finding["people"]) == ("mass_shields", [MALLORY], 1)
    assert (finding["found_on"], finding["counts"]) == (first.isoformat(), {"shields": 8})


def test_missed_late_and_repeated_runs_find_the_same_each_once(stage: Stage, codes: tuple[str, str]) -> None:
    punctual, late = codes
    first = next(day for day in days_from(stage.today) if day.toordinal() % 28 == 0)
    children = stage.new_child(), stage.new_child()
    for day in range(6):
        go_to(stage, first + timedelta(days=day), 11)
        for code, child in zip(codes, children, strict=True):
            misuse(stage, code, child, day)
        go_to(stage, first + timedelta(days=day + 1), 2)
        for _ in range(2):
            find_misuse(stage, punctual)
    go_to(stage, first + timedelta(days=8), 2)
    find_misuse(stage, punctual)
    # The first run of an authority begins with the day before. This one was there before its misuse.
    stage.services.parts.findings.append(late, None, first - timedelta(days=1), ())
    find_misuse(stage, late)
    expected = found(stage, punctual)
    assert sorted((rule, *who) for rule, who, *_ in expected) == [
        ("mass_shields", MALLORY),
        ("same_child", NOSY),
        ("shared_token", "sw-1", "sw-2"),
    ]
    assert found(stage, late) == expected


def test_a_run_that_runs_out_of_time_is_gone_on_with(stage: Stage, codes: tuple[str, str]) -> None:
    code, first = codes[0], stage.today + timedelta(days=1)
    go_to(stage, first, 11)
    misuse(stage, code, stage.new_child(), 0)
    go_to(stage, first + timedelta(days=1), 2)
    assert not find_misuse(stage, code, milliseconds=iter([900_000] * 20 + [20_000]))
    assert found(stage, code) == []
    assert find_misuse(stage, code)
    assert len(found(stage, code)) == 1


def test_what_was_summarised_is_made_again_if_it_is_lost_or_damaged(
    stage: Stage, codes: tuple[str, str], rows: Rows
) -> None:
    code, first = codes[0], stage.today + timedelta(days=1)
    child = stage.new_child()
    for day in range(3):
        go_to(stage, first + timedelta(days=day), 11)
        misuse(stage, code, child, day)
        go_to(stage, first + timedelta(days=day + 1), 2)
        find_misuse(stage, code)
    summaries = [row for row in rows.of(partition(code), USAGE) if row["sk"]["S"].startswith("S#")]
    assert len(summaries) == 3
    for position, row in enumerate(summaries):
        if position % 2:
            stage.dynamodb.put_item(TableName=table_name(STAGE, USAGE), Item={**row, "sealed": {"B": b"damaged"}})
        else:
            stage.dynamodb.delete_item(TableName=table_name(STAGE, USAGE), Key={"pk": row["pk"], "sk": row["sk"]})
    go_to(stage, first + timedelta(days=3), 11)
    look_up(stage, code, child, NOSY)
    go_to(stage, first + timedelta(days=4), 2)
    find_misuse(stage, code)
    assert "same_child" in {rule for rule, *_ in found(stage, code)}


def test_work_that_a_feed_registers_within_fourteen_days_settles_a_shield(stage: Stage, codes: tuple[str, str]) -> None:
    first = stage.today + timedelta(days=1)
    for code, works in zip(codes, (True, False), strict=True):
        go_to(stage, first, 11)
        child = stage.new_child()
        look_up(stage, code, child, MALLORY)
        review_on = (stage.today + timedelta(days=300)).isoformat()
        body = {"nhs_number": child, "reason": "threats", "review_on": review_on}
        stage.call("POST", "/v1/shields", body, token=stage.token(code, MALLORY))
        go_to(stage, first + timedelta(days=1), 2)
        find_misuse(stage, code)
        go_to(stage, first + timedelta(days=9), 3)
        if works:
            assert stage.register(child, token=stage.token(code, "system:feed")).status == 201
        go_to(stage, first + timedelta(days=15), 2)
        find_misuse(stage, code)
    rules = [[rule for rule, *_ in found(stage, code)] for code in codes]
    assert rules == [[], [Rule.SHIELD_AFTER_LOOKUP]]


def test_no_practitioner_and_no_child_can_be_read_in_the_table(
    stage: Stage, codes: tuple[str, str], rows: Rows
) -> None:
    code, first = codes[0], stage.today + timedelta(days=1)
    child = stage.new_child()
    go_to(stage, first, 11)
    misuse(stage, code, child, 0)
    go_to(stage, first + timedelta(days=1), 2)
    find_misuse(stage, code)
    stored = str(rows.of(partition(code), USAGE))
    assert "F#" in stored
    assert not any(text in stored for text in (MALLORY, NOSY, child, rows.key_of(child)))


def test_a_finding_that_somebody_deletes_is_missed(stage: Stage, codes: tuple[str, str], rows: Rows) -> None:
    code, first = codes[0], stage.today + timedelta(days=1)
    go_to(stage, first, 11)
    misuse(stage, code, stage.new_child(), 0)
    go_to(stage, first + timedelta(days=1), 2)
    find_misuse(stage, code)
    assert read(stage, code)["complete"]
    stage.dynamodb.delete_item(
        TableName=table_name(STAGE, USAGE), Key={"pk": {"S": partition(code)}, "sk": {"S": f"F#{1:012}"}}
    )
    reply = read(stage, code)
    assert (reply["findings"], reply["complete"]) == ([], False)


def test_a_damaged_head_stops_the_authority_and_no_other(stage: Stage, codes: tuple[str, str]) -> None:
    damaged, other = sorted(codes)
    first = stage.today + timedelta(days=1)
    go_to(stage, first, 11)
    misuse(stage, other, stage.new_child(), 0)
    go_to(stage, first + timedelta(days=1), 2)
    stage.services.parts.findings.append(damaged, None, first, ())
    stage.dynamodb.update_item(
        TableName=table_name(STAGE, USAGE),
        Key={"pk": {"S": partition(damaged)}, "sk": {"S": "HEAD"}},
        UpdateExpression="SET sealed = :odd",
        ExpressionAttributeValues={":odd": {"B": b"odd"}},
    )
    with pytest.raises(Unavailable):
        find_misuse(stage, damaged, other)
    assert len(found(stage, other)) == 1
    stage.dynamodb.delete_item(
        TableName=table_name(STAGE, USAGE), Key={"pk": {"S": partition(damaged)}, "sk": {"S": "HEAD"}}
    )


def test_findings_end_after_ninety_days(stage: Stage, codes: tuple[str, str]) -> None:
    code, first = codes[0], stage.today + timedelta(days=1)
    go_to(stage, first, 11)
    misuse(stage, code, stage.new_child(), 0)
    go_to(stage, first + timedelta(days=1), 2)
    find_misuse(stage, code)
    go_to(stage, first + timedelta(days=89), 2)
    assert len(found(stage, code)) == 1
    go_to(stage, first + timedelta(days=90), 2)
    assert read(stage, code) == {"findings": [], "complete": True, "next_after": "1"}


def test_a_week_without_a_reader_is_counted_and_reading_ends_it(stage: Stage, codes: tuple[str, str]) -> None:
    code, first = codes[0], stage.today + timedelta(days=1)
    go_to(stage, first, 11)
    misuse(stage, code, stage.new_child(), 0)
    unread = []
    for days in (1, 7, 8):
        go_to(stage, first + timedelta(days=days), 2)
        unread.append(counted(stage, code)["FindingsUnread"])
    read(stage, code)
    go_to(stage, first + timedelta(days=9), 2)
    assert [*unread, counted(stage, code)["FindingsUnread"]] == [0, 0, 1, 0]


def test_the_operator_sees_only_how_many_there_are_of_each_rule(stage: Stage, codes: tuple[str, str]) -> None:
    code, first = codes[0], stage.today + timedelta(days=1)
    go_to(stage, first, 11)
    misuse(stage, code, stage.new_child(), 0)
    go_to(stage, first + timedelta(days=1), 2)
    assert counted(stage, code) == {"FoundMassShields": 1, "MisuseRuns": 1}


def test_shields_are_in_the_index_of_the_day_and_reports_of_lookups_leave_them_out(
    stage: Stage, codes: tuple[str, str]
) -> None:
    code = codes[0]
    shield(stage, code, MALLORY)
    look_up(stage, code, stage.new_child(), NOSY)
    reply = stage.dynamodb.query(
        TableName=table_name(STAGE, ACCESS),
        IndexName="day",
        KeyConditionExpression="#day = :day",
        ExpressionAttributeNames={"#day": "day"},
        ExpressionAttributeValues={":day": {"S": f"{code}#{stage.today.isoformat()}"}},
    )
    assert [item["sk"]["S"][:2] for item in reply["Items"]] == ["E#", "L#"]
