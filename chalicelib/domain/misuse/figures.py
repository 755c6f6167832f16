"""The little statistics that the rules need."""

from collections.abc import Iterable
from math import ceil, sqrt
from typing import TypeVar

_FEW = 20


Number = TypeVar("Number", int, float)


def highest(values: Iterable[Number | None]) -> Number | None:
    """None if there are none."""
    return max((value for value in values if value is not None), default=None)


def quantile(values: Iterable[Number], share: float) -> Number | None:
    """The smallest value that at least this share of the values does not exceed. None if there are none."""
    ordered = sorted(values)
    return ordered[max(ceil(share * len(ordered)) - 1, 0)] if ordered else None


def share_of(tallies: Iterable[tuple[int, int]]) -> float | None:
    """The share of all together, each given as a count and of how many. None if there are too few to show what is
    usual."""
    tallies = list(tallies)
    of = sum(one for _, one in tallies)
    return sum(count for count, _ in tallies) / of if of >= _FEW else None


def stands_out(count: int, of: int, expected: float, *, above: float, deviations: float) -> bool:
    """True if `count` of `of` is a share that is `above` the expected one, and more than chance explains."""
    # One lookup more or less in a hundred is never certain, so no share is taken for 0 or 1.
    share = min(max(expected, 0.01), 0.99)
    spread = sqrt(of * share * (1 - share))
    return count >= (expected + above) * of and count - of * expected >= deviations * spread
