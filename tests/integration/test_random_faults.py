"""The two numbers: over random fault schedules against the real code, answers without an access record are none,
and so is `known: false` for a child with a live involvement of another.

FAULT_SCHEDULES says how many (`make faults`: 10,000). A schedule is the same for the same seed.
"""

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from tests.support.faults import Faults, Killed
from tests.support.rows import Rows
from tests.support.stage import BRENT, EALING, HARINGEY, Reply, Stage

SCHEDULES = int(os.environ.get("FAULT_SCHEDULES", "150"))
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

Key = tuple[str, str]
"""Authority and reference."""


@dataclass
class Schedule:
    """A few requests of two authorities about two children, with faults between them and AWS.

    `may_be`: under which child each reference may stand now, None for none. A reply of success leaves one
    possibility; any other reply leaves the old ones and the new.
    """

    stage: Stage
    faults: Faults
    rows: Rows
    dice: random.Random
    children: list[str]
    may_be: dict[Key, set[str | None]]
    shields: dict[str, bool | None] = field(default_factory=dict)
    damaged: set[str] = field(default_factory=set)
    answers: int = 0

    def run(self) -> None:
        for _ in range(self.dice.randint(3, 7)):
            self.faults.clear()
            for _ in range(self.dice.choice((0, 1, 1, 2, 3))):
                self._inject()
            self.stage.clock.advance(seconds=self.dice.choice((0, 1, 31, 61, 400)))
            step = self.dice.choice((self.register, self.register, self.amend, self.withdraw, self.ask, self.ask))
            self.dice.choice((step, step, step, step, step, self.shield, self.damage))()
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
                lambda: self.faults.cancel(self.dice.choice(CANCELLED_FOR), after=after, times=times),
                lambda: self.faults.kill(after=self.dice.randint(0, 5), times=1, done=self.dice.random() < 0.5),
            )
        )
        inject()

    def register(self) -> None:
        """New, replaced or moved, as it comes."""
        key, child = self.dice.choice(list(self.may_be)), self.dice.choice(self.children)
        lead = self.dice.random() < 0.5
        reply = self._sent(lambda: self.stage.register(child, key[1], self.stage.token(key[0]), lead_professional=lead))
        if _is_done(reply):
            self.may_be[key] = {child}
        else:
            self.may_be[key].add(child)

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

    def damage(self) -> None:
        """A row is tampered with by hand: it still stands for somebody who must be rung."""
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
        return self.stage.look_up(child, token=self.stage.token(BRENT, sub=f"sw-{self.children[0]}"))

    def _sent(self, send: Callable[[], Reply]) -> Reply | None:
        """None if the container was killed over it."""
        try:
            reply = send()
        except Killed:
            return None
        assert reply.status < 500 or reply.status == 503, reply
        return reply

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
        assert (disclosed.known, disclosed.complete) == (answer["known"], answer["complete"])
        stands = any(may_be == {child} for may_be in self.may_be.values())
        assert answer["known"] or not (stands or self.shields.get(child)), "none, for a child with a live involvement"
        if self.shields.get(child):
            assert answer["shielded"]
        if all(child not in may_be for may_be in self.may_be.values()) and child not in self.shields:
            assert not answer["known"], "known, to nobody"

    def _check_storage(self, authority: str, reference: str) -> None:
        entry = self.rows.entry(reference, authority)
        rows = [row for child in self.children for row in self.rows.of_child(child)]
        mine = [row for row in rows if row["sk"]["S"] == f"I#{authority}#{reference}"]
        assert [(row["pk"], row["version"]) for row in mine] == (
            [] if entry is None else [(entry["child"], entry["version"])]
        )


def _is_done(reply: Reply | None) -> bool:
    return reply is not None and reply.status < 300


@pytest.mark.parametrize("block", range(BLOCKS))
def test_no_answer_goes_unrecorded_and_nobody_known_is_denied(
    stage: Stage, faults: Faults, rows: Rows, block: int, record_property: Callable[[str, object], None]
) -> None:
    answers = 0
    for seed in range(block, SCHEDULES, BLOCKS):
        children = [stage.new_child(), stage.new_child()]
        keys = [(HARINGEY, stage.new_reference()), (EALING, stage.new_reference())]
        schedule = Schedule(stage, faults, rows, random.Random(seed), children, {key: {None} for key in keys})  # noqa: S311 - reproducible, no secret
        try:
            schedule.run()
        except AssertionError as failure:
            failure.add_note(f"schedule {seed}")
            raise
        answers += schedule.answers
    record_property("answers", answers)
    assert answers >= SCHEDULES // BLOCKS * 2
