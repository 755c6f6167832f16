"""The ids of access records that only the audit key can make."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.adapters.ids import made_at
from chalicelib.adapters.sealing.audit_keys import AuditKeys
from chalicelib.adapters.sealing.held_keys import HeldKeys
from chalicelib.adapters.sealing.record_ids import RecordIds
from chalicelib.domain.errors import Unavailable

AT = datetime(2026, 12, 1, 8, tzinfo=UTC)


class OneKey:
    """KMS, which unwraps everything to the same key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def decrypt(self, **_: Any) -> dict[str, bytes]:
        return {"Plaintext": self._key}


def ids(key: bytes = bytes(32), wrapped: bytes | None = b"wrapped") -> RecordIds:
    held = HeldKeys(OneKey(key), "alias/audit", lambda _: {}, lambda: AT)
    return RecordIds(AuditKeys(held, lambda _: wrapped))


def test_the_same_time_and_words_give_the_same_id_in_every_process() -> None:
    assert ids().same_id(AT, "expired", "ref") == ids().same_id(AT, "expired", "ref")
    assert made_at(ids().same_id(AT, "expired", "ref")) == AT


def test_another_key_another_time_and_other_words_give_another_id() -> None:
    made = {
        ids().same_id(AT, "expired", "ref"),
        ids(key=bytes(31) + b"1").same_id(AT, "expired", "ref"),
        ids().same_id(AT + timedelta(seconds=1), "expired", "ref"),
        ids().same_id(AT, "expired", "r", "ef"),
        ids().same_id(AT, "expired\nref"),
    }
    assert len({one[10:] for one in made}) == 5, "the part after the time"


def test_without_the_key_there_is_no_id() -> None:
    with pytest.raises(Unavailable):
        ids(wrapped=None).same_id(AT, "expired")
