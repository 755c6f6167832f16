"""The keys of the Involvements and Access tables: how they are made and read. `schema.py` describes the tables."""

from datetime import date

CHILD, AUTHORITY, WHOLE_SERVICE = "C#", "A#", "O#"
"""Prefixes of partition keys."""
INVOLVEMENT, SHIELD, POINTER, FORMER = "I#", "S#", "M#", "F#"
"""Sort keys under a child. An authority and its reference follow `INVOLVEMENT`. Nothing follows the others."""
REGISTER = "R#"
"""Prefix of sort keys under an authority. The reference follows."""
LOOKUP, ACT = "L#", "E#"
"""Prefixes of the sort keys of access records. Their ids follow."""
CANARY = ("CANARY", "CANARY")
"""Partition key and sort key of the canary."""

DUE_SHARDS = 4


def authority_key(authority_code: str) -> str:
    return f"{AUTHORITY}{authority_code}"


def entry_key(authority_code: str, reference: str) -> tuple[str, str]:
    """The partition key and the sort key of a register entry."""
    return authority_key(authority_code), f"{REGISTER}{reference}"


def involvement_sort_key(authority_code: str, reference: str) -> str:
    return f"{INVOLVEMENT}{authority_code}#{reference}"


def involvements_of(authority_code: str) -> str:
    """The prefix of the sort keys of an authority's involvements."""
    return involvement_sort_key(authority_code, "")


def authority_of(sort_key: str) -> str:
    return sort_key.removeprefix(INVOLVEMENT).partition("#")[0]


def owner_of(sort_key: str) -> tuple[str, str]:
    """The authority's code and the reference in an involvement's sort key."""
    code = authority_of(sort_key)
    return code, sort_key.removeprefix(f"{INVOLVEMENT}{code}#")


def due_value(day: date, shard: int) -> str:
    """The partition key of the index `due`."""
    return f"{day.isoformat()}#{shard}"


def review_month(review_on: date) -> str:
    """The partition key of the index `due` for shields: the month of the review."""
    return f"{SHIELD}{review_on:%Y-%m}"


def authority_day(authority_code: str, day: date) -> str:
    """The partition key of the index `day`."""
    return f"{authority_code}#{day.isoformat()}"
