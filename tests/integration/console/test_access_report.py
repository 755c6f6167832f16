"""An authority learns which of its practitioners looked whom up on a day, on real tables."""

import json
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.adapters.console.operator_answers import reported
from chalicelib.adapters.console.past_lookups import PAGE, DynamoPastLookups
from chalicelib.adapters.dynamodb.lookup_index import LookupIndex
from chalicelib.adapters.dynamodb.schema import ACCESS, AccessItem
from chalicelib.application.console.ports import ReportedLookup
from chalicelib.domain.child import ChildKey
from infra.local.authorities import LocalAuthority
from tests.support.console import operate
from tests.support.faults import Faults
from tests.support.rows import Rows
from tests.support.stage import Stage

LARGEST_ANSWER = 6 * 1024 * 1024  # Lambda's limit


def report(stage: Stage, newcomer: LocalAuthority, **changes: Any) -> dict[str, Any]:
    return operate("access_report", **{"authority": newcomer.code, "day": stage.today.isoformat(), **changes})


def test_the_report_says_who_looked_when_and_why(stage: Stage, rows: Rows, newcomer: LocalAuthority) -> None:
    child, other = stage.new_child(), stage.new_child()
    stage.look_up(child, token=stage.token(newcomer.code, "sw-1"))
    stage.look_up(child, token=stage.token(newcomer.code, "sw-2", organisation="Ward 7"), purpose="health_care")
    stage.look_up(other, token=stage.token(newcomer.code, "sw-1"))
    answer = report(stage, newcomer)
    assert answer["answer"] == f"{newcomer.code} made 3 lookups on {stage.today}; 3 of them are on this page."
    assert answer["on_this_page"] == {
        **{"lookups": 3, "over_soft_limit": 0, "practitioners": 2, "children": 2},
        "by_purpose": {"safeguarding": 2, "health_care": 1},
    }
    assert answer["next_after"] is None
    first, second, third = answer["lookups"]
    assert second == {
        "lookup_id": second["lookup_id"],
        "at": f"{stage.clock():%FT%TZ}",
        **{"practitioner": "sw-2", "role": "Social worker", "organisation": "Ward 7"},
        **{"purpose": "health_care", "case_reference": "case-1", "over_soft_limit": False},
        "hidden_from_owners": False,
        "child": first["child"],
    }
    assert first["child"] != third["child"]
    [record] = rows.of(f"A#{newcomer.code}", ACCESS)
    assert (record["act"]["S"], record["reference"]["S"]) == ("access_reported", stage.today.isoformat())


def test_a_child_appears_only_as_the_short_form_of_its_pseudonym(
    stage: Stage, rows: Rows, newcomer: LocalAuthority
) -> None:
    child = stage.new_child()
    stage.look_up(child, token=stage.token(newcomer.code))
    answer = report(stage, newcomer)
    key = rows.key_of(child)
    assert answer["lookups"][0]["child"] == key.removeprefix("C#1#")[:8]
    assert child not in json.dumps(answer)
    assert key not in json.dumps(answer)


def test_a_day_without_lookups_says_so(stage: Stage, newcomer: LocalAuthority) -> None:
    stage.look_up(stage.new_child(), token=stage.token(newcomer.code))
    yesterday = stage.today - timedelta(days=1)
    answer = report(stage, newcomer, day=yesterday.isoformat())
    assert answer["answer"] == f"{newcomer.code} made 0 lookups on {yesterday}; 0 of them are on this page."
    assert answer["lookups"] == []


@pytest.mark.parametrize("page_size", [1, 2, 4, 5, 6])
def test_pages_hold_every_lookup_once(stage: Stage, newcomer: LocalAuthority, page_size: int) -> None:
    children = [stage.new_child() for _ in range(5)]
    made = [stage.look_up(child, token=stage.token(newcomer.code)).json["lookup_id"] for child in children]
    parts = stage.services.parts
    index = LookupIndex(parts.clients.connection.client, parts.tables.name_of(AccessItem))
    past = DynamoPastLookups(index, parts.records, page_size)
    reported: list[str] = []
    after = None
    for _ in range(6):
        page = past.page(newcomer.code, stage.today, after)
        reported += [lookup.id for lookup in page.lookups]
        after = page.next_id
        if after is None:
            break
        assert len(page.lookups) == page_size
    assert reported == sorted(made)


def test_a_report_continues_from_the_given_cursor(stage: Stage, newcomer: LocalAuthority) -> None:
    made = sorted(
        stage.look_up(stage.new_child(), token=stage.token(newcomer.code)).json["lookup_id"] for _ in range(3)
    )
    answer = report(stage, newcomer, after=made[0])
    assert answer["answer"].startswith(f"{newcomer.code} made 3 lookups on {stage.today}; 2 of them")
    assert [lookup["lookup_id"] for lookup in answer["lookups"]] == made[1:]


def test_the_fullest_page_of_the_longest_words_fits_into_an_answer() -> None:
    """The texts of a token have up to 128 characters of up to 4 bytes each: Lambda writes UTF-8."""
    lookup = ReportedLookup(
        id="0" + "1" * 25,
        at=None,
        practitioner_id="\U0001f9d2" * 128,
        role="\U0001f9d2" * 128,
        organisation="\U0001f9d2" * 128,
        purpose="child_protection",
        case_reference="c" * 64,
        over_soft_limit=True,
        child=ChildKey("C#1#" + "m" * 43),
    )
    utf8 = len(json.dumps(reported(lookup), ensure_ascii=False).encode()) + len("2026-01-01T00:00:00Z")
    assert utf8 * PAGE < LARGEST_ANSWER


def test_an_unreadable_access_record_is_reported_too(stage: Stage, rows: Rows, newcomer: LocalAuthority) -> None:
    child = stage.new_child()
    stage.look_up(child, token=stage.token(newcomer.code))
    [row] = rows.lookups(child).values()
    rows.put({**rows.as_stored(row), "sealed": {"B": b"damaged"}}, ACCESS)
    answer = report(stage, newcomer)
    [lookup] = answer["lookups"]
    assert (lookup["at"], lookup["practitioner"], lookup["purpose"]) == (None, None, None)
    assert answer["on_this_page"]["by_purpose"] == {"unreadable": 1}


def test_the_report_of_a_suspended_or_removed_authority_can_be_had(stage: Stage, newcomer: LocalAuthority) -> None:
    stage.look_up(stage.new_child(), token=stage.token(newcomer.code))
    for standing in ("suspended", "removed"):
        stage.enter(newcomer, standing={"S": standing})
        assert len(report(stage, newcomer)["lookups"]) == 1


def test_no_report_leaves_without_its_access_record(stage: Stage, newcomer: LocalAuthority, faults: Faults) -> None:
    stage.look_up(stage.new_child(), token=stage.token(newcomer.code))
    faults.break_down("PutItem")
    answer = report(stage, newcomer)
    assert (answer["done"], answer["code"], "lookups" in answer) == (False, "unavailable", False)


@pytest.mark.parametrize("operation", ["BatchGetItem", "Query", "GetItem"])
def test_a_report_that_cannot_be_completed_is_not_given(
    stage: Stage, newcomer: LocalAuthority, faults: Faults, operation: str
) -> None:
    stage.look_up(stage.new_child(), token=stage.token(newcomer.code))
    faults.throttle(operation)
    assert report(stage, newcomer)["code"] == "unavailable"


@pytest.mark.parametrize(
    ("change", "begins"),
    [
        ({"day": "2999-01-01"}, "2999-01-01 is in the future."),
        ({"day": "today"}, "day is not a date"),
        ({"day": 20261122}, "day must be a date"),
        ({"authority": "E99999999"}, "E99999999 is not in the registry."),
        ({"after": "2"}, "after must be next_after"),
        ({"reason": None}, "reason is missing"),
    ],
)
def test_nonsense_is_refused_in_a_sentence(
    stage: Stage, newcomer: LocalAuthority, change: dict[str, Any], begins: str
) -> None:
    answer = report(stage, newcomer, **change)
    assert answer["done"] is False
    assert answer["answer"].startswith(f"Refused. {begins}")
