"""How large an authority's days may be for `find_misuse`: `python -m bench.find_misuse 5000`, lookups a day.

Prints what one lookup takes in a stored summary, how long a summary takes without the calls to AWS, how long the rules
take over a window of such days, and the peak of the process's memory.
"""

import resource
import sys
import time
import zlib
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

import msgspec

from chalicelib.domain.access_records import Act
from chalicelib.domain.calendar import midnight
from chalicelib.domain.misuse.find import find
from chalicelib.domain.misuse.seen import Seen, SeenAct, SeenLookup
from chalicelib.domain.misuse.summaries import Summary, summarise
from chalicelib.domain.misuse.window import summaries_needed

CODE, DAY = "E09000014", date(2026, 11, 30)
LOOKUPS_EACH = 3
"""Of a practitioner on a day."""


def records(day: date, lookups: int, random: Random) -> Iterator[Seen]:
    for number in range(lookups):
        at = midnight(day) + timedelta(seconds=random.randrange(86_400))
        child = f"{random.getrandbits(96):024x}"[:16]
        yield SeenLookup(
            id=f"01{random.getrandbits(120):030X}"[:26],
            at=at,
            child=child,
            authority_code=CODE,
            practitioner_id=f"sw-{random.randrange(lookups // LOOKUPS_EACH)}",
            role="Social worker",
            organisation=None,
            token_id=None,
            known=number % 2 == 0,
            own_references=(),
        )
        if number % 2:
            yield SeenAct(
                id="E", at=at, child=child, act=Act.REGISTERED, authority_code=CODE, practitioner_id="system:feed"
            )


def main(lookups: int) -> None:
    random = Random(1)  # noqa: S311 - no secret
    began, summaries, stored = time.process_time(), list[Summary](), 0
    for day, stage in summaries_needed(DAY):
        summaries.append(summarise(CODE, day, records(day, lookups, random), stage))
        stored += len(zlib.compress(msgspec.msgpack.encode(summaries[-1])))
    summarised = time.process_time()
    findings = find(CODE, DAY, summaries)
    found = time.process_time()
    days = len(summaries)
    print(f"{lookups:,} lookups a day, {days} days")
    print(f"a lookup in a stored summary: {stored / days / lookups:.0f} bytes")
    print(f"a summary: {(summarised - began) / days:.2f} s of CPU")
    print(f"the rules over the window: {found - summarised:.1f} s of CPU, {len(findings)} findings")
    print(f"memory at the peak: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000)
