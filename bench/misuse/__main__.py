"""`python -m bench.misuse [SEED …] [--scale 3] [--each 40]`: how much of the seeded misuse do the rules find?"""

import argparse
import gc
import resource
import time

from .findings import findings_of
from .month import EACH, SCALE, Month
from .printing import lines
from .score import Score, score
from .watching import Watching

SEEDS = (1, 2, 3)


def main() -> None:
    asked = _arguments()
    gc.disable()  # the month makes no cycles to speak of, and collecting takes a third of its time
    scores = [_of(seed, asked.scale, asked.each, missed=asked.missed) for seed in asked.seeds]
    print("\n".join(lines(scores)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.misuse")
    parser.add_argument("seeds", metavar="SEED", nargs="*", type=int, default=list(SEEDS))
    parser.add_argument("--scale", type=int, default=SCALE, help="one authority in so many")
    parser.add_argument("--each", type=int, default=EACH, help="cases of each kind of misuse")
    parser.add_argument("--missed", action="store_true", help="also list the cases that were not found")
    return parser.parse_args()


def _of(seed: int, scale: int, each: int, *, missed: bool) -> Score:
    gc.collect()
    month, began = Month(seed, scale, each), time.process_time()
    watching = Watching(month)
    findings = list(findings_of(watching.days()))
    judging = time.process_time() - began - watching.generating
    result = score(month.nation, month.cases, findings, watching.active)
    print(
        f"Seed {seed}: {len(month.nation.bodies)} authorities, {len(month.nation.people):,} people, "
        f"{watching.records:,} access records, {watching.lookups:,} of them lookups; {len(findings):,} findings. "
        f"CPU: {watching.generating:.0f} s to make them, {judging:.0f} s for the rules, "
        f"{watching.records / max(judging, 0.01):,.0f} records a second. "
        f"Memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB.\n"
    )
    for case in result.missed if missed else ():
        print(f"missed: {case.kind}; {case.authority_code}; grade {case.grade:.2f}; {case.first_on} to {case.last_on}")
    return result


if __name__ == "__main__":
    main()
