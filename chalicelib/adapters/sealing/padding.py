"""Pads what is sealed to steps of size. The exact length of a text tells which of two words it holds, or how long a
reason is."""

from bisect import bisect_left


def to_step(text: bytes, filler: bytes, steps: tuple[int, ...]) -> bytes:
    """`steps`: sizes in bytes, rising. Beyond the last one, each step is twice as large as the one before."""
    return text.ljust(_step(len(text), steps), filler)


def _step(length: int, steps: tuple[int, ...]) -> int:
    if length <= steps[-1]:
        return steps[bisect_left(steps, length)]
    size = steps[-1]
    while size < length:
        size *= 2
    return size
