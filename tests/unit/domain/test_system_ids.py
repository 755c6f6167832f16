"""One spelling names a system. No other may look like it, and no person's id is refused by chance."""

import pytest

from chalicelib.domain.system_ids import is_system, looks_like_system

DISGUISES = [
    "System:feed",
    "SYSTEM:FEED",
    " system:feed",
    "system :feed",
    "s y s t e m : feed",
    "sys-tem:feed",
    "system",
    "system feed",
    "system-feed",
    "system_feed",
    "system/feed",
    "system.nightly",
    "\uff53\uff59\uff53\uff54\uff45\uff4d\uff1afeed",  # full width
    "system\uff1afeed",
    "system\ua789feed",  # a colon that is a letter
    "system\u02d0feed",  # the sign of a long sound
    "system\u2236feed",  # the sign of a ratio
    "\u200bsystem:feed",
    "sys\u200dtem:feed",
    "sys\u0301tem:feed",
    "syst\u00e9m:feed",
    "\u0455ystem:feed",  # Cyrillic
    "\u0405\u03a5\u0405\u03a4\u0415\u041c:feed",  # large letters of three scripts
    "\U0001d42c\U0001d432\U0001d42c\U0001d42d\U0001d41e\U0001d426:feed",  # mathematical
    "sy\u017ftem:feed",  # long s
    "\u24e2ystem:feed",  # in a circle
]


@pytest.mark.parametrize("id", DISGUISES)
def test_another_spelling_of_a_systems_id_is_seen_through(id: str) -> None:
    assert looks_like_system(id)
    assert not is_system(id)


@pytest.mark.parametrize("id", ["system:feed", "system:", "system: feed"])
def test_the_one_spelling_is_a_systems(id: str) -> None:
    assert is_system(id)
    assert looks_like_system(id)


@pytest.mark.parametrize(
    "id", ["sw-1", "systemic-family-therapist-3", "systems.analyst", "ecosystem", "sys-1", "smith", ""]
)
def test_the_id_of_a_person_is_left_alone(id: str) -> None:
    assert not looks_like_system(id)
