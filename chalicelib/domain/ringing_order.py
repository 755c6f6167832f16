"""The order in which an answer names those to ring.

Current work comes before unconfirmed work, and that before previous work. Within each status the authorities take
turns: first the best record of each, then the second best of each. So an authority that registers many records, or
marks many of them as lead, cannot push another authority's workers back.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from itertools import chain, zip_longest

from .involvement import Involvement, ServiceType, Status

MAX_RECORDS_PER_AUTHORITY = 50
"""An answer draws on at most this many records of one authority. No authority honestly has more about one child. An
authority that registers thousands can neither crowd out the others nor make the answer too long to send."""
_STATUSES = tuple(Status)
_Rank = tuple[int, bool, bool, int, str, str]


def best_of_each(rows: Iterable[Involvement], today: date) -> list[Involvement]:
    """At most MAX_RECORDS_PER_AUTHORITY rows of each authority: the ones to ring first, best first."""
    counts: Counter[str] = Counter()
    kept = []
    for row in _ranked(list(rows), today):
        counts[row.authority_code] += 1
        if counts[row.authority_code] <= MAX_RECORDS_PER_AUTHORITY:
            kept.append(row)
    return kept


def in_turns(ranked: list[Involvement], today: date) -> list[Involvement]:
    """`ranked`: from `best_of_each`. In each turn the authorities keep the order of their best rows."""
    if len(ranked) < 2:
        return ranked
    by_status: dict[Status, dict[str, list[Involvement]]] = {status: defaultdict(list) for status in _STATUSES}
    for row in ranked:
        by_status[row.details.status(today)][row.authority_code].append(row)
    turns = chain.from_iterable(zip_longest(*queues.values()) for queues in by_status.values())
    return [row for turn in turns for row in turn if row is not None]


def _ranked(rows: list[Involvement], today: date) -> list[Involvement]:
    """Ranks one lead of each authority as lead: its best one. The others rank as if they were not marked."""
    ranked = sorted((_rank(row, today), row.authority_code, place) for place, row in enumerate(rows))
    leads: set[str] = set()
    for number, (rank, code, place) in enumerate(ranked):
        if rows[place].details.work.lead_professional:
            if code in leads:
                ranked[number] = (_as_no_lead(rank), code, place)
            leads.add(code)
    return [rows[place] for _, _, place in sorted(ranked)]


def _rank(row: Involvement, today: date) -> _Rank:
    """Whom to ring first: current work, then the lead, then social care, then the newest confirmation."""
    details = row.details
    return (
        _STATUSES.index(details.status(today)),
        not details.work.lead_professional,
        details.work.service_type is not ServiceType.SOCIAL_CARE,
        -details.confirmed_on.toordinal(),
        row.authority_code,
        row.reference,
    )


def _as_no_lead(rank: _Rank) -> _Rank:
    return rank[0], True, *rank[2:]
