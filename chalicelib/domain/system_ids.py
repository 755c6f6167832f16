"""Ids of systems, and ids that a person would take for one.

A system signs in as `system:<name>`. A `sub` such as `System:feed` would count as a practitioner, who may look children
up, and would look like a feed to everybody who reads a notice or a report.
"""

import re
import unicodedata

SYSTEM_PREFIX = "system:"

_DRAWN_ALIKE = str.maketrans(
    {
        drawn: letter
        for letter, drawings in {
            "s": "\u0455\ua731",  # Cyrillic dze, small capital s
            "y": "\u0443\u04af\u03c5\u028f",  # Cyrillic u and straight u, Greek upsilon, small capital y
            "t": "\u0442\u03c4\u1d1b",  # Cyrillic te, Greek tau, small capital t
            "e": "\u0435\u03b5\u1d07",  # Cyrillic ie, Greek epsilon, small capital e
            "m": "\u043c\u03bc\u1d0d",  # Cyrillic em, Greek mu, small capital m
        }.items()
        for drawn in drawings
    }
)
"""Letters of other scripts that are drawn as those of "system", as a large letter if not as a small one."""

_SYSTEM = re.compile("[^a-z0-9]*" + "[^a-z0-9]*".join("system") + "(?![a-z0-9])")


def is_system(id: str) -> bool:
    """True if the id is that of a system, in the one spelling that there is."""
    return id.startswith(SYSTEM_PREFIX)


def looks_like_system(id: str) -> bool:
    """True if a person could take the id for that of a system: it begins with "system" as a word of its own, in letters
    of any size, width, accent or script, and with anything but letters and digits between and after them."""
    return _SYSTEM.match(_plain(id)) is not None


def _plain(text: str) -> str:
    """Without accents and marks, in small letters of one width. What only modifies a letter is no letter."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(one for one in decomposed if unicodedata.category(one)[0] != "M").translate(_DRAWN_ALIKE)
