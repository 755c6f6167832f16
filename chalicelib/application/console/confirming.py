"""What cannot be undone takes two runs: the first tells what would be done, and gives a code for the second.

So nobody does it by one slip, and nobody does it unseen: who does not read the answer has no code.
"""

from datetime import date

from ...domain.calendar import midnight
from ..ports import SameId

_LETTERS = 6


def confirm_code(same_id: SameId, today: date, *words: str) -> str:
    """The same all day (UTC) for the same words, and for no others. It tells nothing of them."""
    return same_id(midnight(today), today.isoformat(), *words)[-_LETTERS:]
