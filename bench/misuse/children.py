"""Synthetic children. They are numbers, and their keys are hashes of them, so no NHS number exists, not even a made-up
one. A family is a block of numbers: the siblings."""

import base64
import hashlib

from chalicelib.domain.child import ChildKey

from .chance import Chance

FAMILIES_OF_AN_AREA = 20_000
"""Of a local authority: those that might come to anybody's notice."""
NOBODY = 1 << 40
"""From this number on, nobody is registered: guessed numbers."""
_BLOCK = 8
_SIBLINGS = (1,) * 45 + (2,) * 32 + (3,) * 15 + (4,) * 6 + (5,) * 2
_SHARE_OF_ANY = 0.5
_OUT_OF_AREA = 0.06


def siblings(family: int) -> range:
    """The numbers of a family's children."""
    size = _SIBLINGS[(family * 2654435761 >> 8) % len(_SIBLINGS)]
    return range(family * _BLOCK, family * _BLOCK + size)


def family_of(child: int) -> int:
    return child // _BLOCK


def child_key(seed: int, child: int, generation: int = 0) -> ChildKey:
    """Shaped like a key of the service. `generation`: how many times the child's number was superseded."""
    mac = hashlib.blake2b(f"{seed}/{child}/{generation}".encode(), digest_size=32).digest()
    return ChildKey(f"C#1#{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}")


def some_family(chance: Chance, areas: tuple[int, ...], all_areas: int) -> int:
    """Half of them are any family, half by a Zipf-like law: most are asked about once, and a few again and again."""
    area = chance.choice(areas) if chance.random() > _OUT_OF_AREA else chance.randrange(all_areas)
    place = chance.random()
    if chance.random() > _SHARE_OF_ANY:
        place *= place
    return area * FAMILIES_OF_AN_AREA + int(place * FAMILIES_OF_AN_AREA)


def known_family(chance: Chance, areas: tuple[int, ...]) -> int:
    """A family that somebody works with: more often one that is asked about often."""
    return chance.choice(areas) * FAMILIES_OF_AN_AREA + int(chance.random() ** 3 * FAMILIES_OF_AN_AREA)


def any_family(chance: Chance, areas: tuple[int, ...]) -> int:
    return chance.choice(areas) * FAMILIES_OF_AN_AREA + chance.randrange(FAMILIES_OF_AN_AREA)


def any_of(chance: Chance, areas: tuple[int, ...]) -> int:
    """One child."""
    return chance.choice(siblings(any_family(chance, areas)))


def nobody(chance: Chance) -> int:
    """A guessed number."""
    return NOBODY + chance.randrange(NOBODY)
