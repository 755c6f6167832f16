"""Each child of the sandbox gets the answer that docs/sandbox.md says."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.wiring import api
from chalicelib.wiring import console as console_functions
from infra.local import sandbox
from infra.local.authorities import LocalAuthority
from infra.local.loading import feed_of
from infra.local.sandbox_records import load_sandbox
from tests.support.stage import BRENT, EALING, HARINGEY, POLICE, Reply, Stage

PAGE = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(\d{10})` \| (.+?) \| (.+) \|$", PAGE, re.MULTILINE)
WAITED: list[float] = []


@pytest.fixture(scope="module")
def playing(_one_stage: Stage) -> Iterator[Stage]:
    services = _one_stage.services
    feeds = {code: feed_of(LocalAuthority(code, code, "x")) for code in (BRENT, HARINGEY, POLICE)}
    load_sandbox(services, console_functions.build(services.parts), feeds)
    api.install(sandbox.installed(services, WAITED.append))
    yield _one_stage
    api.install(services)


def ask(
    stage: Stage, number: str, *, authority: str = EALING, sub: str = "asks", purpose: str = "safeguarding"
) -> Reply:
    body = {"nhs_number": number, "purpose": purpose, "case_reference": "c"}
    return stage.call("POST", "/v1/lookups", body, token=stage.token(authority, sub=sub))


def entries(stage: Stage, number: str, **asking: str) -> list[Any]:
    reply = ask(stage, number, **asking)
    assert reply.status == 200, reply.body
    return list(reply.json["involvements"])


def test_the_page_lists_every_child_in_order_and_in_the_same_words() -> None:
    assert [(number, words) for number, words, _ in ROWS] == [*sandbox.WORDS.items()]


@pytest.mark.parametrize(("number", "says"), [(number, says) for number, _, says in ROWS])
def test_each_child_gets_the_status_and_the_code_of_the_page(playing: Stage, number: str, says: str) -> None:
    reply = ask(playing, number, purpose="education_welfare" if number == sandbox.POLICE else "safeguarding")
    named = re.search(r"\b(\d{3})(?: `(\w+)`)?", says)
    assert named is not None
    assert str(reply.status) == named[1]
    if reply.status != 200:
        assert reply.code == named[2]
        return
    for field in ("known", "complete", "trace_number"):
        said = re.search(rf"`{field}` (true|false)", says.partition("200")[2].partition("As anybody")[0])
        if said is not None and number != sandbox.OWN and not (field == "known" and number == sandbox.SENSITIVE):
            assert reply.json[field] == (said[1] == "true"), field


def test_the_own_record_makes_the_child_known_to_others_only(playing: Stage) -> None:
    mine = ask(playing, sandbox.OWN, authority=HARINGEY, sub="sw-1").json
    assert (mine["known"], [entry["own"] for entry in mine["involvements"]]) == (False, [True])
    assert ask(playing, sandbox.OWN, authority=HARINGEY, sub="sw-2").json["known"] is True


@pytest.mark.parametrize(
    ("number", "field", "value"),
    [
        (sandbox.UNCONFIRMED, "status", "unconfirmed"),
        (sandbox.PREVIOUS, "status", "previous"),
        (sandbox.PREVIOUS, "practitioner", None),
        (sandbox.DISPUTED, "disputed", True),
        (sandbox.SENSITIVE, "form", "brokered"),
        (sandbox.SENSITIVE, "service_type", None),
        (sandbox.RETIRED, "status", "current"),
        (sandbox.POLICE, "form", "full"),
    ],
)
def test_the_one_entry_of_a_child_is_as_the_page_says(playing: Stage, number: str, field: str, value: Any) -> None:
    [entry] = entries(playing, number)
    assert entry[field] == value


def test_police_are_brokered_and_a_sensitive_service_is_hidden_for_education_welfare(playing: Stage) -> None:
    [entry] = entries(playing, sandbox.POLICE, purpose="education_welfare")
    assert (entry["form"], entry["service_type"]) == ("brokered", "police")
    assert ask(playing, sandbox.SENSITIVE, purpose="education_welfare").json["known"] is False


def test_the_shielded_child_shows_no_place(playing: Stage) -> None:
    answer = ask(playing, sandbox.SHIELDED).json
    assert (answer["known"], answer["shielded"], answer["involvements"]) == (True, True, [])
    assert answer["broker_desk"] is not None


def test_a_superseded_number_finds_the_same_records_as_its_present_one(playing: Stage) -> None:
    old, new = entries(playing, sandbox.SUPERSEDED), entries(playing, sandbox.PRESENT)
    assert len(old) == 2
    assert [entry["team"] for entry in old] == [entry["team"] for entry in new]


def test_the_wait_is_named_and_the_answer_comes_late(playing: Stage) -> None:
    assert ask(playing, sandbox.TOO_MANY).headers["Retry-After"] == "900"
    WAITED.clear()
    assert ask(playing, sandbox.SLOW).json["known"] is True
    assert WAITED == [sandbox.SLOW_SECONDS]


def test_the_silent_authority_is_the_one_of_the_entry(playing: Stage) -> None:
    answer = ask(playing, sandbox.SILENT).json
    [entry] = answer["involvements"]
    silent = {one["code"]: one["last_write_at"] for sector in answer["coverage"] for one in sector["silent"]}
    assert silent[entry["authority"]["code"]][:10] == f"{playing.today - timedelta(weeks=3)}"


def test_no_other_child_meets_a_fault(playing: Stage) -> None:
    child = playing.new_child()
    assert ask(playing, child).json["known"] is False
    assert child not in sandbox.WORDS
