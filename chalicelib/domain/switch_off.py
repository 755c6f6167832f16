"""The signed statement about a stage that was switched off. It must still make sense to a reader years later."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from .access_records import Operator
from .values import Struct

BACKUP_DAYS = 7
"""How many days back a table can be restored (PITR, `infra/template/tables.yaml`)."""
SHORTEST_WAIT_DAYS, LONGEST_WAIT_DAYS = 7, 30
"""The waiting period that KMS allows between scheduling a key's deletion and deleting it."""


class EndedKey(Struct, frozen=True):
    """A KMS key that can no longer be used.

    `deleted_on`: None if its replicas must be deleted first, or it is deleted already.
    `replicas`: ARNs of keys in other regions that decrypt the same data and still work.
    """

    name: str
    arn: str
    deleted_on: date | None
    replicas: tuple[str, ...] = ()


class Statement(Struct, frozen=True, kw_only=True):
    stage: str
    at: datetime
    operator: Operator
    keys: tuple[EndedKey, ...]

    @property
    def last_backup_until(self) -> date:
        """Until this day a backup of the keys table holds wrapped keys and salts, though no key opens them."""
        return (self.at + timedelta(days=BACKUP_DAYS)).date()

    @property
    def final_on(self) -> date | None:
        """From this day nobody can bring the data back, whatever they kept. None while a replica still works."""
        if any(key.replicas for key in self.keys):
            return None
        return max([self.last_backup_until, *(key.deleted_on for key in self.keys if key.deleted_on is not None)])

    def sentences(self) -> Iterable[str]:
        yield "The API is stopped. The KMS keys that open anything are disabled. Every wrapped key and salt is deleted."
        yield (
            "No longer readable by anybody: who works with a child, where, since when and why; why a child is "
            "shielded; what a lookup showed; and, from an NHS number, which rows are about that child."
        )
        yield (
            "The copies that hold_child made for an inquiry are an exception: switching off destroys no evidence. The "
            "auditor can read them until their hold ends or is released."
        )
        yield (
            "Still readable until the tables are deleted: which authority registered something under which of its own "
            "references, under a pseudonym that nobody can make again; the registry, notices and counters; and the "
            "access records: who looked, when and why."
        )
        for key in self.keys:
            yield _fate(key)
            yield from (f"Its replica {arn} still works: disable it and schedule its deletion." for arn in key.replicas)
        yield f"The last backup with wrapped keys or salts is deleted on {self.last_backup_until}."
        if self.final_on is None:
            yield "Until all replicas are deleted, an administrator of KMS with such a backup could undo this."
        else:
            yield f"Until {self.final_on} an administrator of KMS with such a backup could undo this. Then nobody can."


def _fate(key: EndedKey) -> str:
    if key.deleted_on is not None:
        return f"The {key.name} key is disabled, and KMS deletes it on {key.deleted_on}."
    if key.replicas:
        return f"The {key.name} key is disabled, and KMS deletes it once its replicas are deleted."
    return f"The {key.name} key is deleted."


class SignedStatement(Struct, frozen=True):
    """`text`: exactly the text that was signed. `signature`: base64; `public_key`: PEM; `fingerprint`: SHA-256, hex."""

    statement: Statement
    text: str
    algorithm: str
    signature: str
    public_key: str
    fingerprint: str
