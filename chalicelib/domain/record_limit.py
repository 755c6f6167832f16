"""The limit on how many current records one authority may have about one child.

No authority honestly has more than 50. The numbers count current work only: a hospital or a police force keeps its
ended records of six years.
"""

from .errors import TooManyRecords
from .limits import SoftLimit

SOFT_LIMIT = 50
"""A record beyond it is accepted, marked in its access record, and raises an alarm."""
HARD_LIMIT = 500


def over_record_limit(others: int) -> SoftLimit | None:
    """`others`: the current records that the authority has of the child besides the new one. Raises TooManyRecords."""
    if others >= HARD_LIMIT:
        raise TooManyRecords
    return SoftLimit.AUTHORITY if others >= SOFT_LIMIT else None
