"""Random faults against the real code: no answer goes without an access record, and no answer says `known: false` of a
child with another practitioner's live involvement.

FAULT_SCHEDULES says how many schedules to run (`make faults`: 10,000). The same seed makes the same schedule.
"""

import os
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Barrier
from typing import Any, TypeVar

import pytest

from chalicelib.domain.errors import Unavailable
from chalicelib.domain.values import replace
from chalicelib.wiring import unattended as unattended_wiring
from tests.support.console import operate, pair
from tests.support.faults import Faults, Killed
from tests.support.rows import Rows
from tests.support.stage import BRENT, EALING, HARINGEY, Reply, Stage

SCHEDULES = int(os.environ.get("FAULT_SCHEDULES", "20"))
BLOCKS = 10
OPERATIONS = (
    "GenerateMac",
    "Decrypt",
    "GetItem",
    "Query",
    "Query",
    "Scan",
    "PutItem",
    "PutItem",
    "UpdateItem",
    "TransactWriteItems",
    "TransactWriteItems",
)
CANCELLED_FOR = ("TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded", "ValidationError")
DENIED = ("AccessDeniedException", "DisabledException", "ResourceNotFoundException", "KMSInvalidStateException")
WRITES, CONTENDED = ("PutItem", "UpdateItem"), "TransactionConflictException"

Key = tuple[str, str]
"""Authority and reference."""

Result = TypeVar("Result")


@dataclass
class Schedule:
    """Requests of two authorities and acts of operators about three children, with faults between them and AWS.

    `may_be`: the numbers under which each reference may be registered now, None for "not at all". A reply of success
    leaves one possibility. Any other reply leaves the old ones and the new one.
    `surely`, `perhaps`: pairs of numbers that are, or may be, one child.
    """

    stage: Stage
    faults: Faults
    rows: Rows
    dice: random.Random
    children: list[str]
    may_be: dict[Key, set[str | None]]
    shields: dict[str, bool | None] = field(default_factory=dict)
    surely: list[tuple[str, str]] = field(default_factory=list)
    perhaps: list[tuple[str, str]] = field(default_factory=list)
    erased: set[Key] = field(default_factory=set)
    damaged: set[str] = field(default_factory=set)
    answers: int = 0

    def run(self) -> None:
        for _ in range(self.dice.randint(3, 8)):
            self.faults.clear()
            for _ in range(self.dice.choice((0, 1, 1, 2, 3))):
                self._inject()
            self.stage.clock.advance(seconds=self.dice.choice((0, 1, 31, 61, 400)))
            often = (self.register, self.register, self.register_batch, self.amend, self.withdraw, self.ask, self.ask)
            operators = (self.supersede, self.erase, self.dispute, self.unshield)
            seldom = (self.end, self.end, self.shield, self.damage, self.sweep, *operators, *operators)
            self.dice.choice(self.dice.choice((often, often, seldom)))()
        self.faults.clear()
        for child in self.children:
            self._check_answer(child, self._look_up(child))
        for key in self.may_be:
            self._check_storage(*key)

    def _inject(self) -> None:
        operation = self.dice.choice(OPERATIONS)
        after, times = self.dice.choice((0, 0, 0, 1, 2)), self.dice.choice((1, 1, 2, 3, 100))
        inject: Callable[[], None] = self.dice.choice(
            (
                lambda: self.faults.throttle(operation, after=after, times=times),
                lambda: self.faults.break_down(operation, after=after, times=times),
                lambda: self.faults.lose_request(operation, after=after, times=times),
                lambda: self.faults.lose_reply(operation, after=after, times=times),
                lambda: self.faults.refuse(operation, self.dice.choice(DENIED), after=after, times=times),
                lambda: self.faults.refuse(self.dice.choice(WRITES), CONTENDED, after=after, times=times),
                lambda: self.faults.cancel(self.dice.choice(CANCELLED_FOR), after=after, times=times),
                lambda: self.faults.kill(after=self.dice.randint(0, 5), times=1, done=self.dice.random() < 0.5),
            )
        )
        inject()

    def register(self) -> None:
        """New, replaced, renumbered or refused, as it comes."""
        key, child = self.dice.choice(list(self.may_be)), self.dice.choice(self.children)
        lead = self.dice.random() < 0.5
        token = self.stage.token(key[0])
        reply = self._sent(lambda: self.stage.register(child, key[1], token, lead_professional=lead))
        self._registered(key, child, None if reply is None else (reply.status, reply.json.get("code")))

    def register_batch(self) -> None:
        """Sends every reference of one authority in one call."""
        code = self.dice.choice([key[0] for key in self.may_be])
        about = {key: self.dice.choice(self.children) for key in self.may_be if key[0] == code}
        lead = self.dice.random() < 0.5
        body = [{"reference": key[1], **self.stage.body(child, lead_professional=lead)} for key, child in about.items()]
        token = self.stage.token(code)
        send = {"involvements": body}
        reply = self._sent(lambda: self.stage.call("POST", "/v1/involvement-batches", send, token=token))
        if reply is None:
            self._wait_for_the_other_rows()
        rows = {} if reply is None or reply.status != 200 else {row["reference"]: row for row in reply.json["results"]}
        for key, child in about.items():
            row = rows.get(key[1])
            self._registered(key, child, None if row is None else (row["status"], row.get("problem", {}).get("code")))

    def _wait_for_the_other_rows(self) -> None:
        """A killed container ends all of its threads. Here they run on, so wait for them."""
        everyone = Barrier(4)
        beside = self.stage.services.register_batch.executor
        for waiting in [beside.submit(everyone.wait, 10) for _ in range(4)]:
            waiting.result()

    def _registered(self, key: Key, child: str, reply: tuple[int, str | None] | None) -> None:
        if reply is not None and reply[0] < 300:
            assert key not in self.erased, "registered again under an erased reference"
            self.may_be[key] = {child}
        elif reply is not None and reply[1] == "another_child":
            assert self.may_be[key] - {None}, "refused, though nothing was on record"
        elif reply is not None and reply[1] == "erased":
            self.may_be[key] = {None}
            self.erased.add(key)
        else:
            self.may_be[key].add(child)

    def end(self) -> None:
        """Ends work in a sensitive service. Such a record expires at once, but its row is not yet deleted."""
        key, child = self.dice.choice(list(self.may_be)), self.dice.choice(self.children)
        ended = {"service_type": "mental_health", "basis": "consent", "ended_on": self.stage.today.isoformat()}
        token = self.stage.token(key[0])
        reply = self._sent(lambda: self.stage.register(child, key[1], token, **ended))
        if _is_done(reply):
            self.may_be[key] = {None}
        elif reply is None or reply.json.get("code") != "another_child":
            self.may_be[key].add(None)

    def amend(self) -> None:
        authority, reference = self.dice.choice(list(self.may_be))
        body = {"team": {"name": self.dice.choice(("North", "South"))}}
        token = self.stage.token(authority)
        self._sent(lambda: self.stage.call("PATCH", f"/v1/involvements/{reference}", body, token=token))

    def withdraw(self) -> None:
        key = self.dice.choice(list(self.may_be))
        token = self.stage.token(key[0])
        reply = self._sent(lambda: self.stage.call("DELETE", f"/v1/involvements/{key[1]}", token=token))
        if _is_done(reply):
            self.may_be[key] = {None}
        else:
            self.may_be[key].add(None)

    def shield(self) -> None:
        child = self.dice.choice(self.children)
        reply = self._sent(lambda: self.stage.shield(child))
        self.shields[child] = True if _is_done(reply) else self.shields.get(child)

    def unshield(self) -> None:
        child = self.dice.choice(self.children)
        self._lifted(child, self._operated("unshield_child", nhs_number=child))

    def _lifted(self, child: str, is_done: bool) -> None:
        for number in self.shields:
            if is_done and number in self._surely_one_with(child):
                self.shields[number] = False
            elif self.shields[number] and number in self._perhaps_one_with(child):
                self.shields[number] = None

    def supersede(self) -> None:
        old, new = self.dice.sample(self.children, 2)
        if self._operated("supersede_nhs_number", pairs=pair(old, new)):
            self.surely.append((old, new))
        self.perhaps.append((old, new))

    def erase(self) -> None:
        child = self.dice.choice(self.children)
        is_done = self._operated("erase_child", nhs_number=child)
        for key, may_be in self.may_be.items():
            if is_done and may_be <= self._surely_one_with(child):
                self.may_be[key] = {None}
                self.erased.add(key)
            elif may_be & self._perhaps_one_with(child):
                may_be.add(None)
        self._lifted(child, is_done)

    def dispute(self) -> None:
        authority, reference = self.dice.choice(list(self.may_be))
        disputed = self.dice.random() < 0.7
        self._operated("dispute_record", authority=authority, reference=reference, disputed=disputed)

    def sweep(self) -> None:
        # A schedule lasts less than an hour, so nothing has been due for more than a day.
        sweep = replace(unattended_wiring.functions().sweep, look_back_days=1)
        with suppress(Killed, Unavailable):
            sweep(lambda: True)

    def _operated(self, function: str, **event: Any) -> bool:
        answer = self._unless_killed(lambda: operate(function, **event))
        assert answer is None or answer.get("code") in {None, "refused", "unavailable"}, answer
        return answer is not None and bool(answer["done"])

    def _surely_one_with(self, child: str) -> set[str | None]:
        return _one_with(child, self.surely)

    def _perhaps_one_with(self, child: str) -> set[str | None]:
        return _one_with(child, [*self.surely, *self.perhaps])

    def damage(self) -> None:
        """Tampers with a row. It still means that somebody must be rung."""
        self.faults.clear()
        child = self.dice.choice(self.children)
        for row in self.rows.of_child(child):
            if row["sk"]["S"].startswith("I#"):
                self.rows.put({**row, "sealed": {"B": row["sealed"]["B"][:-1] + b"?"}})
                self.damaged.add(child)

    def ask(self) -> None:
        child = self.dice.choice(self.children)
        reply = self._sent(lambda: self._look_up(child))
        self._check_answer(child, reply)

    def _look_up(self, child: str) -> Reply:
        return self.stage.look_up(child, token=self.stage.token(BRENT, sub=f"sw-{self.children[0][3:9]}"))

    def _sent(self, send: Callable[[], Reply]) -> Reply | None:
        reply = self._unless_killed(send)
        if reply is None:
            return None
        assert reply.status < 500 or reply.status == 503, reply
        return reply

    def _unless_killed(self, send: Callable[[], Result]) -> Result | None:
        """Returns None if the container was killed during the call."""
        try:
            return send()
        except Killed:
            return None

    def _check_answer(self, child: str, reply: Reply | None) -> None:
        is_final = not self.faults.armed
        self.faults.clear()
        if is_final and not self.damaged:
            assert reply is not None
            assert reply.status == 200, reply
        if reply is None or reply.status != 200:
            return
        self.answers += 1
        answer = reply.json
        record = self.rows.lookups(child).get(answer["lookup_id"])
        assert record is not None, "an answer without an access record"
        disclosed = self.rows.disclosed(record)
        assert disclosed.known == answer["known"]
        assert answer["complete"] == (disclosed.complete or answer["shielded"])
        is_registered = any(may_be <= self._surely_one_with(child) for may_be in self.may_be.values())
        shielded = any(self.shields.get(str(number)) for number in self._surely_one_with(child))
        assert answer["known"] or not (is_registered or shielded), "none, for a child with a live involvement"
        assert answer["shielded"] or not shielded
        perhaps = self._perhaps_one_with(child)
        shields = any(self.shields.get(str(number), False) is not False for number in perhaps)
        if not shields and not any(may_be & perhaps for may_be in self.may_be.values()):
            assert not answer["known"], "known, though nobody works with the child"

    def _check_storage(self, authority: str, reference: str) -> None:
        entry = self.rows.entry(reference, authority)
        rows = [row for child in self.children for row in self.rows.of_child(child)]
        mine = [row for row in rows if row["sk"]["S"] == f"I#{authority}#{reference}"]
        assert [(row["pk"], row["version"]) for row in mine] == (
            [] if entry is None or "erased_at" in entry else [(entry["child"], entry["version"])]
        )
        assert (authority, reference) not in self.erased or (entry is not None and "erased_at" in entry)


def _one_with(child: str, pairs: list[tuple[str, str]]) -> set[str | None]:
    found: set[str | None] = {child}
    for _ in pairs:
        found |= {number for pair in pairs if found & {*pair} for number in pair}
    return found


def _is_done(reply: Reply | None) -> bool:
    return reply is not None and reply.status < 300


@pytest.mark.parametrize("block", range(BLOCKS))
def test_no_answer_goes_unrecorded_and_no_live_involvement_is_denied(
    stage: Stage, faults: Faults, rows: Rows, block: int
) -> None:
    answers = 0
    for seed in range(block, SCHEDULES, BLOCKS):
        children = [stage.new_child() for _ in range(3)]
        keys = [(code, stage.new_reference()) for code in (HARINGEY, EALING, EALING)]
        schedule = Schedule(stage, faults, rows, random.Random(seed), children, {key: {None} for key in keys})  # noqa: S311 - reproducible, no secret
        try:
            schedule.run()
        except AssertionError as failure:
            failure.add_note(f"schedule {seed}")
            raise
        answers += schedule.answers
    assert answers >= SCHEDULES // BLOCKS * 2
