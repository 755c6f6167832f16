"""ULIDs: 48 bits of time and 80 random bits, in an alphabet that sorts. https://github.com/ulid/spec"""

import secrets
from datetime import UTC, date, datetime, timedelta

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH, _OF_TIME = 26, 10
RANDOM_BITS = 80
_BETWEEN_TIME_AND_ID = timedelta(minutes=1)


def new_ulid(milliseconds: int) -> str:
    """26 characters for a number of milliseconds since 1970. Later ULIDs sort after earlier ones."""
    return ulid_of(milliseconds, secrets.randbits(RANDOM_BITS))


def first_ulid(at: datetime) -> str:
    """Sorts before every ULID of that time or later, and after every earlier one."""
    return ulid_of(int(at.timestamp() * 1000), 0)


def ulid_of(milliseconds: int, bits: int) -> str:
    """The ULID of a time with these `RANDOM_BITS` bits."""
    number = milliseconds << RANDOM_BITS | bits
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -5, -5))


def made_at(ulid: str) -> datetime:
    """The time in a ULID (UTC, whole milliseconds). Raises ValueError if this service cannot have made it."""
    if len(ulid) != _LENGTH or not ulid.startswith("0"):  # ours begin with 0 until the year 3084
        raise ValueError
    milliseconds = 0
    for letter in ulid[:_OF_TIME]:
        milliseconds = milliseconds << 5 | _ALPHABET.index(letter)
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def lookup_days(lookup_id: str) -> tuple[date, ...]:
    """The days on which the lookup may have been made: its id is made a moment later, perhaps after midnight. Raises
    ValueError if it is no id of ours."""
    made = made_at(lookup_id)
    return tuple(dict.fromkeys((made.date(), (made - _BETWEEN_TIME_AND_ID).date())))
