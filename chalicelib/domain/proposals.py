"""Proposals: work that one person proposes and another one carries out."""

import json
from datetime import datetime, timedelta
from hashlib import sha256

from .child import ChildKey
from .values import Struct

TERM = timedelta(hours=72)
"""How long after it was made a proposal can be carried out. A Friday's proposal can wait for Monday."""


class Work(Struct, frozen=True, kw_only=True):
    """What is to be done: the console function, and everything that decides what it will do.

    `content`: holds keys of children, never their NHS numbers.
    `child`, `authority_code`: whom the work concerns; neither, if it is the whole service.
    """

    function: str
    content: tuple[str, ...]
    child: ChildKey | None = None
    authority_code: str | None = None

    @property
    def summary(self) -> str:
        """`erase_child`, a space, and a digest. Other work, or the same work on other content, has another summary."""
        written = json.dumps([self.function, *self.content]).encode()
        return f"{self.function} {sha256(written).hexdigest()}"


class Proposal(Struct, frozen=True, kw_only=True):
    """A proposal as read back from its access record. `code`: the id of that record."""

    code: str
    at: datetime
    summary: str
    requested_by: str

    @property
    def ends_at(self) -> datetime:
        return self.at + TERM
