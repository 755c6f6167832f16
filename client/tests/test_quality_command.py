"""The command quality, with the replies of the contract."""

import json
from pathlib import Path
from typing import Any

import pytest

from client.tests.command_line import KnownTo, room_for, tidy
from client.tests.fake_service import quality_page
from client.tests.feeds import read_csv
from client.tests.service import Service
from tests.support.stage import Reply

CALLS = {"practitioner_id": "sw-9", "phone": "020 7946 0001"}
PAGES = (
    quality_page("two", records=1000, unconfirmed=["sw-1", "sw-2"], undecided=["sw-3"]),
    quality_page("n:1", records=234, unconfirmed=["sw-9"], lapsing=["sw-9"], without_phone=["sw-4"]),
    quality_page("n:2", contacts_failed=[{**CALLS, "outcomes": {"no_answer": 2, "reached": 1}}]),
    quality_page(contacts_failed=[{**CALLS, "outcomes": {"no_answer": 1, "left": 1}}]),
)


@pytest.fixture
def pages(service: Service) -> Service:
    service.failures = [Reply(200, {}, json.dumps(page)) for page in PAGES]
    return service


def test_it_adds_up_all_pages_and_says_what_to_do(pages: Service, known_to: KnownTo) -> None:
    ended = known_to("quality")
    assert tidy(ended) == (
        "  1,234  records\n"
        "      3  unconfirmed\n"
        "         Nobody has confirmed them for six months: confirm, end or hand over\n"
        "         each.\n"
        "           sw-1\n"
        "           sw-2\n"
        "           sw-9\n"
        "      1  lapsing\n"
        "         They end within 90 days unless you confirm them.\n"
        "           sw-9\n"
        "      1  undecided\n"
        "         Your feed sends another child's number for them: decide on each.\n"
        "           sw-3\n"
        "      0  to be traced anew\n"
        "      1  without a person's phone\n"
        "         Callers can ring the team only: add the phone of the person.\n"
        "           sw-4\n"
        "      1  contacts not reached\n"
        "         Callers could not reach them at this phone: correct it.\n"
        "           sw-9 (020 7946 0001): 3 no answer, 1 reached, 1 left\n"
    )
    assert (ended.code, ended.err) == (0, "")
    assert [path for _, path, _ in pages.seen] == ["/v1/quality"] * 4


def test_json_is_one_object_and_the_file_lists_everything(pages: Service, known_to: KnownTo, tmp_path: Path) -> None:
    ended = known_to("quality", "--json", "--file", "quality.csv")
    found: dict[str, Any] = json.loads(ended.out)
    assert (found["records"], found["unconfirmed"]) == (1234, ["sw-1", "sw-2", "sw-9"])
    assert found["contacts_failed"] == [{**CALLS, "outcomes": {"no_answer": 3, "reached": 1, "left": 1}}]
    assert [tuple(one.values()) for one in read_csv(tmp_path / "quality.csv")] == [
        *(("unconfirmed", reference) for reference in ("sw-1", "sw-2", "sw-9")),
        ("lapsing", "sw-9"),
        ("undecided", "sw-3"),
        ("without_phone", "sw-4"),
        ("contacts_failed", "sw-9 (020 7946 0001): 3 no answer, 1 reached, 1 left"),
    ]
    assert (tmp_path / "quality.csv").stat().st_mode & 0o777 == 0o600


def test_a_clean_register_has_zeros_and_no_advice(service: Service, known_to: KnownTo) -> None:
    service.failures = [Reply(200, {}, json.dumps(quality_page(records=5)))]
    out = tidy(known_to("quality"))
    assert out.splitlines()[:2] == ["      5  records", "      0  unconfirmed"]
    assert "." not in out


def test_a_long_list_is_cut_on_the_screen_only(service: Service, known_to: KnownTo, tmp_path: Path) -> None:
    references = [f"r-{number}" for number in range(30)]
    service.failures = [Reply(200, {}, json.dumps(quality_page(records=30, trace_number=references)))]
    out = tidy(known_to("quality", "--file", "all.csv"))
    assert ("           and 10 more\n" in out, "r-20" in out) == (True, False)
    assert len(read_csv(tmp_path / "all.csv")) == 30


def test_a_page_that_fails_ends_with_4_and_prints_no_half_a_list(
    service: Service, known_to: KnownTo, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.failures = [Reply(200, {}, json.dumps(PAGES[0])), Reply(404, {}, "<html>")]
    ended = known_to("quality")
    assert (ended.code, ended.out) == (4, "")


def test_a_file_that_cannot_be_written_ends_with_5_after_the_counts(pages: Service, known_to: KnownTo) -> None:
    with room_for(0):
        ended = known_to("quality", "--file", "quality.csv")
    assert (ended.code, ended.out[:16]) == (5, "  1,234  records")
