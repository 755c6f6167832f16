"""The authority's guardian reads what the rules on misuse have found. A feed may not, and every reading is recorded."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.adapters.dynamodb.schema import ACCESS
from chalicelib.domain.misuse.findings import Finding
from chalicelib.domain.misuse.rules import Rule
from infra.local.authorities import LocalAuthority
from tests.support.faults import standing_between
from tests.support.registry import entered
from tests.support.rows import Rows
from tests.support.stage import HARINGEY, Reply, Stage


@pytest.fixture
def code(stage: Stage) -> str:
    code = stage.new_code()
    entered(stage, LocalAuthority(code, "New authority", "local_authority"))
    return code


def finding(stage: Stage, code: str, number: int) -> Finding:
    return Finding(
        id=f"id-{number}",
        rule=Rule.VOLUME,
        authority_code=code,
        practitioner_ids=(f"sw-{number}",),
        people=1,
        found_on=stage.today,
        first_on=stage.today,
        last_on=stage.today,
        counts={"lookups": 40},
        lookup_ids=("01M8PZWSS8NF6YY0938NKRKAYD",),
    )


def keep(stage: Stage, code: str, many: int) -> None:
    findings = stage.services.parts.findings
    findings.append(code, findings.head(code), stage.today, [finding(stage, code, one) for one in range(many)])


def read(stage: Stage, code: str, sub: str = "guardian", scope: str = "findings", **query: str) -> Reply:
    asked = {name: [value] for name, value in query.items()}
    return stage.call("GET", "/v1/findings", token=stage.token(code, sub, scope=scope), query=asked or None)


def test_a_finding_says_what_is_unusual_of_whom_and_names_no_child(stage: Stage, code: str) -> None:
    keep(stage, code, 1)
    today = stage.today.isoformat()
    assert read(stage, code).json == {
        "findings": [
            {
                "id": "1",
                "rule": "volume",
                "practitioner_ids": ["sw-0"],
                "people": 1,
                "found_on": today,
                "first_on": today,
                "last_on": today,
                "counts": {"lookups": 40},
                "lookup_ids": ["01M8PZWSS8NF6YY0938NKRKAYD"],
            }
        ],
        "complete": True,
        "next_after": "1",
    }


def test_an_authority_without_findings_gets_an_empty_page(stage: Stage, code: str) -> None:
    assert read(stage, code).json == {"findings": [], "complete": True, "next_after": "0"}


def test_findings_come_in_pages_and_each_once(stage: Stage, code: str) -> None:
    keep(stage, code, 205)
    ids: list[str] = []
    after = "0"
    while True:
        page: Any = read(stage, code, after=after, limit="100").json
        assert page["complete"]
        ids += [one["id"] for one in page["findings"]]
        if page["next_after"] == after:
            break
        after = page["next_after"]
    assert ids == [str(number) for number in range(1, 206)]


def test_an_authority_reads_its_own_findings_only(stage: Stage, code: str) -> None:
    keep(stage, code, 1)
    assert read(stage, HARINGEY).json["findings"] == []


def test_a_token_without_the_scope_reads_nothing(stage: Stage, code: str) -> None:
    reply = read(stage, code, scope="lookup register notices accesses shield")
    assert (reply.status, reply.code) == (403, "scope_not_granted")


def test_the_scope_counts_only_if_the_registry_grants_it(stage: Stage, code: str) -> None:
    entered(stage, LocalAuthority(code, "New authority", "local_authority"), scopes={"SS": ["lookup", "notices"]})
    reply = read(stage, code)
    assert (reply.status, reply.code) == (403, "scope_not_granted")


def test_a_feed_may_not_read_findings(stage: Stage, code: str) -> None:
    keep(stage, code, 1)
    reply = read(stage, code, sub="system:feed")
    assert (reply.status, reply.code) == (403, "system_may_not_read_findings")
    assert "sw-0" not in reply.body


def test_a_cursor_beyond_every_finding_is_refused(stage: Stage, code: str) -> None:
    keep(stage, code, 1)
    reply = read(stage, code, after="2")
    assert (reply.status, reply.code) == (400, "invalid_request")


def test_each_reading_leaves_an_access_record(stage: Stage, code: str, rows: Rows) -> None:
    keep(stage, code, 2)
    read(stage, code)
    last = rows.of(f"A#{code}", ACCESS)[-1]
    assert [last[name]["S"] for name in ("act", "practitioner", "reference")] == ["findings_read", "guardian", "2"]


def test_what_cannot_be_recorded_is_not_shown(stage: Stage, code: str) -> None:
    keep(stage, code, 1)
    with standing_between(stage.clients) as faults:
        faults.break_down("PutItem")
        reply = read(stage, code)
    assert reply.status == 503
    assert "sw-0" not in reply.body


def test_findings_of_ninety_days_ago_are_shown_no_longer(stage: Stage, code: str) -> None:
    keep(stage, code, 1)
    stage.clock.now += timedelta(days=91)
    stage.services.parts.registry.forget()
    assert read(stage, code).json["findings"] == []
