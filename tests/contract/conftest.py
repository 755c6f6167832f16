"""The same rules for the fakes and for the stores that run on AWS."""

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import pytest

from chalicelib.adapters.dynamodb.schema import ACCESS, INVOLVEMENTS, NOTICES
from chalicelib.adapters.ids import new_ulid
from chalicelib.application.ports import AccessLog, InvolvementStore, Notices, Usage
from chalicelib.application.register_entries import RegisterEntry
from chalicelib.application.supersession import Supersession
from chalicelib.domain.child import ChildKey
from chalicelib.domain.values import replace
from tests.support.by_hand import put_salt
from tests.support.examples import NOW
from tests.support.fakes import FakeClock, FakeInvolvements, FakeNotices, FakeUsage
from tests.support.rows import Rows
from tests.support.stage import STAGE, Stage


class Settable(Protocol):
    now: datetime

    def __call__(self) -> datetime: ...


@dataclass
class Subject:
    """The stores that are held to the contract, and a way to damage what they hold.

    `codes`: of two authorities that have a salt.
    """

    involvements: InvolvementStore
    supersession: Supersession
    access_log: AccessLog
    usage: Usage
    notices: Notices
    clock: Settable
    codes: tuple[str, str]

    def new_child(self) -> ChildKey:
        return ChildKey(f"C#1#{uuid.uuid4()}")

    def new_id(self) -> str:
        return new_ulid(time.time_ns() // 1_000_000)

    def acts(self, child: ChildKey) -> list[tuple[str, str | None]]:
        """Act and version of the child's access records, in order, without lookups."""
        raise NotImplementedError

    def lookups(self, child: ChildKey) -> list[str]:
        raise NotImplementedError

    def entomb(self, code: str, entry: RegisterEntry) -> None:
        """Puts a tombstone in place of the record, as an erasure does."""
        raise NotImplementedError

    def damage(self, child: ChildKey, code: str, reference: str) -> None:
        raise NotImplementedError

    def damage_notice(self, code: str, number: int) -> None:
        raise NotImplementedError

    def lose_row(self, child: ChildKey, code: str, reference: str) -> None:
        """Deletes the row but not its entry, as TTL does."""
        raise NotImplementedError


class FakeSubject(Subject):
    involvements: FakeInvolvements
    notices: FakeNotices

    def acts(self, child: ChildKey) -> list[tuple[str, str | None]]:
        return [(act.act.value, act.version) for act in self.involvements.log.acts if act.child == child]

    def lookups(self, child: ChildKey) -> list[str]:
        return [record.id for record in self.involvements.log.lookups if record.child == child]

    def entomb(self, code: str, entry: RegisterEntry) -> None:
        self.involvements.entries[code, entry.reference] = replace(entry, erased=True)
        self.involvements.rows.pop((entry.child, code, entry.reference))

    def damage(self, child: ChildKey, code: str, reference: str) -> None:
        self.involvements.damaged.add(self.involvements.rows[child, code, reference].version)

    def damage_notice(self, code: str, number: int) -> None:
        self.notices.damaged.add((code, number))

    def lose_row(self, child: ChildKey, code: str, reference: str) -> None:
        del self.involvements.rows[child, code, reference]


@dataclass
class RealSubject(Subject):
    rows: Rows

    def acts(self, child: ChildKey) -> list[tuple[str, str | None]]:
        rows = self.rows.of(child, ACCESS)
        return [(row["act"]["S"], row.get("version", {}).get("S")) for row in rows if row["sk"]["S"].startswith("E#")]

    def lookups(self, child: ChildKey) -> list[str]:
        keys = [row["sk"]["S"] for row in self.rows.of(child, ACCESS)]
        return [key.removeprefix("L#") for key in keys if key.startswith("L#")]

    def entomb(self, code: str, entry: RegisterEntry) -> None:
        row = self.rows.entry(entry.reference, code)
        assert row is not None
        self.rows.put({**row, "erased_at": {"N": "1"}})
        [mine] = [one for one in self.rows.of(entry.child) if one["sk"]["S"] == f"I#{code}#{entry.reference}"]
        self.rows.delete(mine)

    def damage(self, child: ChildKey, code: str, reference: str) -> None:
        [row] = [one for one in self.rows.of(child, INVOLVEMENTS) if one["sk"]["S"] == f"I#{code}#{reference}"]
        self.rows.put({**row, "sealed": {"B": b"damaged"}})

    def damage_notice(self, code: str, number: int) -> None:
        [row] = [one for one in self.rows.of(f"N#{code}", NOTICES) if one["sk"]["S"] == f"N#{number:012}"]
        self.rows.put({**row, "sealed": {"B": b"damaged"}}, NOTICES)

    def lose_row(self, child: ChildKey, code: str, reference: str) -> None:
        self.rows.delete({"pk": {"S": child}, "sk": {"S": f"I#{code}#{reference}"}})


def _real(request: pytest.FixtureRequest) -> RealSubject:
    stage: Stage = request.getfixturevalue("stage")
    # Authorities of this test alone. They have a salt but are not in the registry: other tests would see them there.
    codes = (f"T{uuid.uuid4().hex[:8]}", f"T{uuid.uuid4().hex[:8]}")
    for code in codes:
        put_salt(stage.dynamodb, STAGE, code)
    stage.clock.now = datetime.now(UTC).replace(microsecond=0)
    stage.look_up(stage.new_child())
    stage.clock.advance(seconds=61)
    look_up = stage.services.look_up
    notices = stage.services.parts.notices
    return RealSubject(
        look_up.involvements,
        stage.services.parts.supersession,
        look_up.access_log,
        look_up.usage,
        notices,
        stage.clock,
        codes,
        request.getfixturevalue("rows"),
    )


@pytest.fixture(params=["in memory", "on AWS"])
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    if request.param == "on AWS":
        yield _real(request)
        return
    clock, store = FakeClock(NOW), FakeInvolvements()
    yield FakeSubject(store, store, store.log, FakeUsage(clock), FakeNotices(), clock, ("A1", "A2"))
