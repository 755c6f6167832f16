"""How the rows of the Involvements and Access tables are found, and what their keys tell; `schema.py` lists them."""

from datetime import date

CHILD, AUTHORITY, WHOLE_SERVICE = "C#", "A#", "O#"
"""How partition keys begin."""
INVOLVEMENT, SHIELD, POINTER, FORMER = "I#", "S#", "M#", "F#"
"""Sort keys under a child. After the first come an authority and its reference, after the others nothing."""
REGISTER = "R#"
"""Under an authority; its reference follows."""
LOOKUP, ACT = "L#", "E#"
"""Of access records; their ids follow."""

DUE_SHARDS = 4


def authority_key(authority_code: str) -> str:
    return f"{AUTHORITY}{authority_code}"


def entry_key(authority_code: str, reference: str) -> tuple[str, str]:
    """Both keys of a register entry."""
    return authority_key(authority_code), f"{REGISTER}{reference}"


def involvement_sort_key(authority_code: str, reference: str) -> str:
    return f"{INVOLVEMENT}{authority_code}#{reference}"


def authority_of(sort_key: str) -> str:
    return sort_key.removeprefix(INVOLVEMENT).partition("#")[0]


def owner_of(sort_key: str) -> tuple[str, str]:
    """The authority and the reference of an involvement."""
    code = authority_of(sort_key)
    return code, sort_key.removeprefix(f"{INVOLVEMENT}{code}#")


def due_value(day: date, shard: int) -> str:
    """Of the index `due`."""
    return f"{day.isoformat()}#{shard}"


def authority_date(authority_code: str, day: date) -> str:
    """Of the index `authority_date`."""
    return f"{authority_code}#{day.isoformat()}"
