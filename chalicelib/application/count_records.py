"""Count an authority's current records of a child before one more is added.

Only a record that becomes current work of the child counts: a new one, or an ended one that is opened again. Replacing,
confirming, amending or withdrawing a record is never refused. Two writers at once may each count before the other has
written, so the limits may be passed by as many records as are being written at that moment.
"""

from datetime import datetime
from itertools import islice

from ..domain.errors import TooManyRecords
from ..domain.involvement import Involvement, Work
from ..domain.limits import SoftLimit
from ..domain.record_limit import HARD_LIMIT, over_record_limit
from .ports import InvolvementStore, Meter


def over_limit_with(
    added: Involvement, involvements: InvolvementStore, meter: Meter, now: datetime, *, before: Work | None = None
) -> SoftLimit | None:
    """`before`: the work of the record that `added` replaces. Reads nothing unless `added` becomes current work.

    Records that do not open do not count: damage never refuses a record. Raises TooManyRecords or Unavailable.
    """
    if not _is_current(added, now) or (before is not None and not before.has_ended(now.date())):
        return None
    rows = involvements.of_authority(added.child, added.authority_code)
    others = (row for row in rows if row.reference != added.reference and _is_current(row, now))
    try:
        over = over_record_limit(sum(1 for _ in islice(others, HARD_LIMIT)))
    except TooManyRecords:
        meter("ManyRecords")
        meter("RecordsRefused")
        raise
    if over is not None:
        meter("ManyRecords")
    return over


def _is_current(row: Involvement, now: datetime) -> bool:
    return row.is_live(now) and not row.details.work.has_ended(now.date())
