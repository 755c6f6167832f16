"""What an authority should look at in its own register: all pages of the service's answer, put together."""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path

from .answers import FailedContact, QualityPage
from .csv_cells import plain_cell
from .local_files import write_whole


@dataclass(slots=True, repr=False)
class Quality:
    """The lists hold references, except `contacts_failed`."""

    records: int = 0
    unconfirmed: list[str] = field(default_factory=list)
    lapsing: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    trace_number: list[str] = field(default_factory=list)
    without_phone: list[str] = field(default_factory=list)
    contacts_failed: list[FailedContact] = field(default_factory=list)

    def lines(self) -> list[tuple[str, str]]:
        """What there is to look at, one pair for each: such as ("unconfirmed", reference)."""
        names = [one.name for one in fields(self) if one.name not in ("records", "contacts_failed")]
        listed = [(name, reference) for name in names for reference in getattr(self, name)]
        return listed + [("contacts_failed", described(contact)) for contact in self.contacts_failed]


def whole(pages: Iterable[QualityPage]) -> Quality:
    """Adds up the weeks of each practitioner and phone."""
    quality = Quality()
    calls: dict[tuple[str | None, str | None], Counter[str]] = {}
    for page in pages:
        quality.records += page.records
        for name in ("unconfirmed", "lapsing", "undecided", "trace_number", "without_phone"):
            getattr(quality, name).extend(getattr(page, name))
        for one in page.contacts_failed:
            calls.setdefault((one.practitioner_id, one.phone), Counter()).update(one.outcomes)
    quality.contacts_failed = [
        FailedContact(practitioner_id=who, phone=phone, outcomes=dict(outcomes))
        for (who, phone), outcomes in calls.items()
    ]
    return quality


def described(contact: FailedContact) -> str:
    """Such as "sw-9 (020 7946 0001): 2 no answer, 1 reached"."""
    phone = f" ({contact.phone})" if contact.phone else ""
    return f"{contact.practitioner_id or 'a practitioner'}{phone}: {in_words(contact.outcomes)}"


def in_words(outcomes: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {outcome.replace('_', ' ')}" for outcome, count in outcomes.items())


def write_quality(path: Path, quality: Quality) -> None:
    """Writes a CSV with a line for each thing to look at. Raises FileError."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([("what", "which"), *((what, plain_cell(which)) for what, which in quality.lines())])
    write_whole(path, text.getvalue().encode())
