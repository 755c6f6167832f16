"""The sealed history of a stage: its stream delivered, its minutes closed, and its table as it is stored."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from chalicelib import unattended
from chalicelib.adapters.dynamodb.access_leaves import AccessLeaves
from chalicelib.adapters.dynamodb.history_items import CHECKPOINTS, PENDING, read_checkpoint
from chalicelib.adapters.dynamodb.schema import ACCESS, HISTORY
from chalicelib.domain.history import Checkpoint, split_hashes
from chalicelib.domain.merkle import nodes_of, root_of
from tests.support.rows import Row, Rows
from tests.support.schedules import run_schedule
from tests.support.stage import Stage
from tests.support.streams import Record, changed, deliver


@dataclass
class Sealing:
    """Delivers each new access record once, in batches as Lambda makes them."""

    stage: Stage
    rows: Rows
    delivered: set[tuple[str, str]] = field(default_factory=set)

    def begin_anew(self) -> None:
        """No access records, no history, and no process that remembers one."""
        self.rows.empty(ACCESS, HISTORY)
        self.delivered.clear()
        self.forget()

    def forget(self) -> None:
        """The next process has seen no checkpoint."""
        self.stage.services.parts.history_memory.forget()

    def inserts(self) -> list[Record]:
        """The stream records of the access records that were not delivered before."""
        new = [row for row in self.rows.all(ACCESS) if _key(row) not in self.delivered]
        self.delivered |= {_key(row) for row in new}
        return [_keys_only(changed(None, row, self.stage.clock())) for row in new]

    def gather(self) -> None:
        if records := self.inserts():
            assert deliver(unattended.gather_leaves, *records) == []

    def close(self) -> Checkpoint:
        run_schedule(unattended.close_history)
        return self.checkpoints()[-1]

    def seal(self) -> Checkpoint:
        self.gather()
        return self.close()

    def checkpoints(self) -> list[Checkpoint]:
        items = self.rows.of(CHECKPOINTS, HISTORY)
        return [read_checkpoint(int(item["sk"]["S"]), item) for item in items]

    def waiting(self) -> set[bytes]:
        return {leaf for item in self.rows.of(PENDING, HISTORY) for leaf in split_hashes(item["leaves"]["B"])}

    def sealed(self) -> list[bytes]:
        """Every leaf of every checkpoint."""
        items = [item for item in self.rows.all(HISTORY) if item["pk"]["S"].startswith("LEAVES#")]
        return [leaf for item in items for leaf in split_hashes(item["leaves"]["B"])]

    def leaf(self, row: Row) -> bytes:
        parts = self.stage.services.parts
        _, leaf = AccessLeaves(parts.records, parts.history_leaves).of(row)
        return leaf.hash


def check_is_one_history(checkpoints: list[Checkpoint]) -> None:
    """Its checkpoints count from 1, and each signs the root of all minutes up to its own."""
    minutes = [one.minute.leaf for one in checkpoints]
    for number, checkpoint in enumerate(checkpoints, start=1):
        assert checkpoint.number == number
        assert checkpoint.history == root_of(nodes_of(minutes[:number]), number)


def at(checkpoint: Checkpoint) -> datetime:
    return checkpoint.minute.closed_at.astimezone(UTC)


def _key(row: Row) -> tuple[str, str]:
    return row["pk"]["S"], row["sk"]["S"]


def _keys_only(record: Record) -> Record:
    record["dynamodb"].pop("NewImage", None)
    return record
