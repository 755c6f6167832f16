"""The findings of the misuse rules on a month, fed to them day by day. Only this module knows how the rules are called.

It fails if the tree holds no rules: a score without them would be of nothing.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from .clerk import AccessRecord

Days = Iterable[tuple[date, list[AccessRecord]]]


class Finding(NamedTuple):
    """`practitioner_id`: None if the finding is about the authority as a whole. `on`: the day of the report."""

    authority_code: str
    practitioner_id: str | None
    rule: str
    on: date


class NoRules(Exception):
    """This tree has no misuse rules that the scorer can run."""


def findings_of(_days: Days) -> Iterator[Finding]:
    """Raises NoRules."""
    raise NoRules
