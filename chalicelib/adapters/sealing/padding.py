"""Pads what is sealed to steps of size. The exact length of a text tells which of two words it holds, or how long a
reason is."""

from bisect import bisect_left

_END_OF_TEXT = b"\x80"


def to_step(text: bytes, filler: bytes, steps: tuple[int, ...]) -> bytes:
    """`steps`: sizes in bytes, rising. Beyond the last one, each step is twice as large as the one before."""
    return text.ljust(_step(len(text), steps), filler)


def with_end(text: bytes, steps: tuple[int, ...]) -> bytes:
    """Padded so that `without_padding` gives the text back, whatever it ends with."""
    return to_step(text + _END_OF_TEXT, b"\0", steps)


def without_padding(padded: bytes) -> bytes:
    return padded.rstrip(b"\0").removesuffix(_END_OF_TEXT)


def _step(length: int, steps: tuple[int, ...]) -> int:
    if length <= steps[-1]:
        return steps[bisect_left(steps, length)]
    size = steps[-1]
    while size < length:
        size *= 2
    return size
