"""The command verify against the real service: a witness notices whatever is removed, altered, cut off or forked."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.adapters.dynamodb.history_items import CHECKPOINTS, HEAD
from chalicelib.adapters.dynamodb.schema import HISTORY
from client.tests.command_line import ASK, Ended, KnownTo, tidy
from client.tests.service import Service
from known_to import witness
from known_to.answers import HistoryProof
from known_to.client import Client
from tests.support.history import Sealing
from tests.support.rows import Rows
from tests.support.stage import HARINGEY, Reply, Stage


@pytest.fixture
def sealing(stage: Stage, rows: Rows) -> Iterator[Sealing]:
    sealing = Sealing(stage, rows)
    sealing.begin_anew()
    yield sealing
    sealing.begin_anew()


def seal(sealing: Sealing) -> None:
    """A minute passes, and the service reads its new checkpoint."""
    sealing.seal()
    sealing.stage.services.look_up.checkpoints.refresh()


def ask(service: Service, known_to: KnownTo) -> str:
    """A lookup on the command line. Returns its id."""
    ended = known_to(*ASK, stdin=service.stage.new_child())
    assert (ended.code, ended.err) == (0, "")
    return ended.out.partition("Recorded as lookup ")[2].partition(",")[0]


def witness_file(folder: Path) -> Path:
    [path] = (folder / "home").glob(f"witness-{HARINGEY}-*.json")
    return path


def kept(folder: Path) -> list[int]:
    witness = json.loads(witness_file(folder).read_text())
    verified = [] if witness["verified"] is None else [witness["verified"]["number"]]
    return verified + [one["number"] for one in witness["seen"]]


def words(ended: Ended) -> str:
    tidy(ended)
    return " ".join((ended.out + ended.err).split())


def test_todays_history_contains_all_that_lookups_have_shown(
    service: Service, known_to: KnownTo, sealing: Sealing, tmp_path: Path
) -> None:
    for _ in range(3):
        seal(sealing)
        ask(service, known_to)
    assert kept(tmp_path) == [1, 2, 3]
    seal(sealing)
    ended = known_to("verify")
    assert ended.code == 0
    assert "Verified: today's history contains the 3 checkpoints that you kept." in words(ended)
    assert "It now has 4 checkpoints." in ended.out
    assert kept(tmp_path) == [4]


def test_a_lookup_is_in_the_history_as_it_was_recorded(service: Service, known_to: KnownTo, sealing: Sealing) -> None:
    seal(sealing)
    lookup_id = ask(service, known_to)
    seal(sealing)
    seal(sealing)
    out = tidy(known_to("verify", lookup_id))
    assert "The lookup is in checkpoint 2, closed on" in out
    assert f"  id: {lookup_id}\n" in out
    assert f"  authority: {HARINGEY}\n  practitioner: sw-1\n  role: Social worker\n" in out
    assert "  purpose: safeguarding\n  case: case-17\n" in out


def test_a_lookup_that_waits_for_its_checkpoint_is_to_be_asked_again(
    service: Service, known_to: KnownTo, sealing: Sealing
) -> None:
    seal(sealing)
    lookup_id = ask(service, known_to)
    ended = known_to("verify", lookup_id)
    assert ended.code == 5
    assert "Ask again in two minutes." in words(ended)


def test_a_lookup_that_was_kept_out_of_the_history_ends_with_7(
    service: Service, known_to: KnownTo, sealing: Sealing, tmp_path: Path
) -> None:
    seal(sealing)
    ask(service, known_to)
    stage = service.stage
    stage.clock.advance(minutes=-10)
    lookup_id = stage.look_up(stage.new_child(), stage.token(HARINGEY)).json["lookup_id"]
    stage.clock.advance(minutes=10)
    sealing.inserts()  # nobody gathers them
    seal(sealing)
    ended = known_to("verify", lookup_id)
    assert ended.code == 7
    assert "The lookup is not in the history" in words(ended)
    assert kept(tmp_path) == [1]


def test_the_first_verification_names_the_key_to_pin_and_later_ones_do_not(
    service: Service, known_to: KnownTo, sealing: Sealing, tmp_path: Path
) -> None:
    key_id = sealing.close().key_id
    assert f'history_key = "{key_id}"' in words(known_to("verify"))
    assert known_to("verify").err == ""
    service.configure(tmp_path, history_key=key_id)
    assert known_to("verify").code == 0


def test_another_key_than_the_pinned_one_is_refused(
    service: Service, known_to: KnownTo, sealing: Sealing, tmp_path: Path
) -> None:
    sealing.close()
    service.configure(tmp_path, history_key="0" * 64)
    ended = known_to("verify")
    assert ended.code == 7
    assert "THE KEY OF THE HISTORY HAS CHANGED." in words(ended)


def test_another_key_than_before_is_refused(
    service: Service, known_to: KnownTo, sealing: Sealing, tmp_path: Path
) -> None:
    sealing.close()
    assert known_to("verify").code == 0
    path = witness_file(tmp_path)
    path.write_text(path.read_text().replace(sealing.checkpoints()[0].key_id, "0" * 64))
    assert known_to("verify").code == 7


def test_a_history_that_was_rewritten_is_noticed(
    service: Service, known_to: KnownTo, sealing: Sealing, tmp_path: Path
) -> None:
    """By somebody who has every right: access records removed, and everything sealed anew with the genuine key."""
    for _ in range(3):
        seal(sealing)
        ask(service, known_to)
    before = kept(tmp_path)
    sealing.begin_anew()
    for _ in range(5):
        sealing.seal()
    ended = known_to("verify")
    assert ended.code == 7
    assert "THE HISTORY WAS CHANGED." in words(ended)
    assert kept(tmp_path) == before  # the evidence stays


def test_a_history_that_was_cut_off_is_noticed(
    service: Service, known_to: KnownTo, sealing: Sealing, rows: Rows
) -> None:
    seal(sealing)
    [head] = rows.of(HEAD, HISTORY)
    seal(sealing)
    ask(service, known_to)
    rows.delete(rows.of(CHECKPOINTS, HISTORY)[-1], HISTORY)
    rows.put(head, HISTORY)
    ended = known_to("verify")
    assert ended.code == 7
    assert "It does not contain checkpoint 2, which this service has shown to you before." in words(ended)


def show_ever_newer(sealing: Sealing, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that closes a checkpoint before each read, for a client that does not read for long."""
    read = Client.history

    def history(self: Client, *since: int) -> HistoryProof:
        seal(sealing)
        return read(self, *since)

    monkeypatch.setattr(witness, "_MOST_READS", 5)
    monkeypatch.setattr(Client, "history", history)


def test_ever_newer_checkpoints_do_not_hide_a_fork(
    service: Service, known_to: KnownTo, sealing: Sealing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        seal(sealing)
        ask(service, known_to)
    sealing.begin_anew()
    for _ in range(5):
        seal(sealing)
    ask(service, known_to)  # so the last checkpoint that was kept is in the forged history
    before = kept(tmp_path)
    show_ever_newer(sealing, monkeypatch)
    ended = known_to("verify")
    assert ended.code == 7
    assert "THE HISTORY WAS CHANGED." in words(ended)
    assert kept(tmp_path) == before


def test_a_verification_that_does_not_end_is_no_success(
    service: Service, known_to: KnownTo, sealing: Sealing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal(sealing)
    ask(service, known_to)
    show_ever_newer(sealing, monkeypatch)
    ended = known_to("verify")
    assert ended.code == 7
    assert "THE VERIFICATION DID NOT END" in words(ended)
    assert kept(tmp_path) == [1]


def test_a_service_too_slow_to_verify_is_no_success(
    service: Service, known_to: KnownTo, sealing: Sealing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal(sealing)
    ask(service, known_to)
    monkeypatch.setattr(witness, "_MOST_SECONDS", 0)
    ended = known_to("verify")
    assert ended.code == 4
    assert "Nothing is proved. Try again." in words(ended)
    assert kept(tmp_path) == [1]


def test_a_proof_that_is_endless_keeps_nobody_busy(service: Service, known_to: KnownTo, sealing: Sealing) -> None:
    seal(sealing)
    lookup_id = ask(service, known_to)
    seal(sealing)
    real = service.stage.call("GET", f"/v1/history/lookups/{lookup_id}").json
    real["minute"]["proof"] = ["00" * 32] * 50_000
    service.failures = [Reply(200, {}, json.dumps(real))]
    ended = known_to("verify", lookup_id)
    assert ended.code == 7
    assert "is too long to be one" in words(ended)


def test_a_forged_head_does_not_discredit_the_witnesses(
    service: Service, known_to: KnownTo, sealing: Sealing, tmp_path: Path
) -> None:
    seal(sealing)
    [head] = sealing.rows.of(HEAD, HISTORY)
    sealing.rows.put({**head, "number": {"N": "999999"}}, HISTORY)
    sealing.stage.services.look_up.checkpoints.refresh()
    ask(service, known_to)
    assert kept(tmp_path) == [1]
    sealing.rows.put(head, HISTORY)
    assert known_to("verify").code == 0


def changed(answer: Any, *path: str, to: Any) -> Reply:
    """The reply with one value replaced, as a forger on the way would send it."""
    at = answer
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = to
    return Reply(200, {}, json.dumps(answer))


@pytest.mark.parametrize(
    ("path", "to"),
    [
        (("record",), '{"id":"another"}'),
        (("salt",), "00" * 32),
        (("hidden",), "no hex"),
        (("minute", "root"), "00" * 32),
        (("minute", "index"), 1024),
        (("minute", "proof"), []),
        (("inclusion",), ["00" * 32]),
    ],
)
def test_a_proof_that_was_altered_is_refused(
    service: Service, known_to: KnownTo, sealing: Sealing, path: tuple[str, ...], to: Any
) -> None:
    seal(sealing)
    lookup_id = ask(service, known_to)
    seal(sealing)
    proof = service.stage.call("GET", f"/v1/history/lookups/{lookup_id}").json
    service.failures = [changed(proof, *path, to=to)]
    ended = known_to("verify", lookup_id)
    assert ended.code == 7
    assert f"The proof does not show that lookup {lookup_id} is in the history." in words(ended)


@pytest.mark.parametrize("field", ["root", "history", "signature", "number"])
def test_a_checkpoint_that_was_altered_is_refused(
    service: Service, known_to: KnownTo, sealing: Sealing, field: str
) -> None:
    sealing.close()
    answer = service.stage.call("GET", "/v1/history").json
    service.failures = [changed(answer, "checkpoint", field, to=7 if field == "number" else "00" * 32)]
    ended = known_to("verify")
    assert ended.code == 7
    assert "is not signed with the key of the history." in words(ended)


@pytest.mark.parametrize("content", ["", "{", '{"seen": 3}', "\0"])
def test_a_damaged_witness_file_is_named_and_never_costs_an_answer(
    service: Service, known_to: KnownTo, sealing: Sealing, tmp_path: Path, content: str
) -> None:
    seal(sealing)
    ask(service, known_to)
    path = witness_file(tmp_path)
    path.write_text(content)
    ended = known_to(*ASK, stdin=service.stage.new_child())
    assert ended.code == 0
    assert ended.out.startswith("None registered.")
    assert "The checkpoint was not kept." in words(ended)
    ended = known_to("verify")
    assert ended.code == 5
    assert "is damaged, so the checkpoints in it cannot be verified any more. Move it away" in words(ended)
    assert path.read_text() == content
    path.unlink()
    assert known_to("verify").code == 0


@pytest.mark.parametrize("checkpoint", [None, [], "text", {"number": "x"}])
def test_a_checkpoint_of_another_form_never_costs_an_answer(
    service: Service, known_to: KnownTo, tmp_path: Path, checkpoint: Any
) -> None:
    child = service.stage.new_child()
    answer = service.answer_to_ask(child).json
    service.failures = [Reply(200, {}, json.dumps({**answer, "checkpoint": checkpoint}))]
    ended = known_to(*ASK, stdin=child)
    assert (ended.code, ended.err) == (0, "")
    assert not [*(tmp_path / "home").glob("witness-*")]


def test_the_same_checkpoint_is_kept_once(
    service: Service, known_to: KnownTo, sealing: Sealing, tmp_path: Path
) -> None:
    seal(sealing)
    for _ in range(3):
        ask(service, known_to)
    assert kept(tmp_path) == [1]


def test_the_result_is_shown_as_json(service: Service, known_to: KnownTo, sealing: Sealing) -> None:
    seal(sealing)
    lookup_id = ask(service, known_to)
    seal(sealing)
    shown = json.loads(known_to("verify", lookup_id, "--json").out)
    assert (shown["verified"], shown["checkpoint"]["number"]) == (1, 2)
    assert shown["recorded"]["fields"]["case_reference"] == "case-17"
