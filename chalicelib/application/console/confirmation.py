"""Work that cannot be undone takes two runs. The first says what would be done, and gives a code for the second.

So one slip does no harm, and an operator who has not read the first answer has no code.
"""

from datetime import date

from ...domain.calendar import midnight
from ..ports import SameId

_LETTERS = 6


def confirmation_code(same_id: SameId, today: date, *words: str) -> str:
    """The same words give the same code all day (UTC). The code reveals nothing about the words."""
    return same_id(midnight(today), today.isoformat(), *words)[-_LETTERS:]
