"""ULIDs: 48 bits of time and 80 of chance, in an alphabet that sorts. https://github.com/ulid/spec"""

import secrets

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_ulid(milliseconds: int) -> str:
    """26 characters for a time since 1970; later ones sort after earlier ones."""
    number = milliseconds << 80 | secrets.randbits(80)
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -5, -5))
