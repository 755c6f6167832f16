"""Chance from a seed: each part of the generator has a stream of its own, so that one part never shifts another."""

import math
import random

Chance = random.Random


def chance_of(seed: int, part: str) -> Chance:
    return random.Random(f"{seed}/{part}")  # noqa: S311 - the same month each time, no secret


def poisson(chance: Chance, mean: float) -> int:
    """How often something happens that happens `mean` times on average."""
    if mean > 30:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    left, count = math.exp(-mean), 0
    product = chance.random()
    while product > left:
        count += 1
        product *= chance.random()
    return count


def between(chance: Chance, gross: float, subtle: float, grade: float) -> int:
    """A number between the two, nearer to `subtle` for a higher grade, with a little noise. At least 1."""
    exact = gross + (subtle - gross) * grade
    return max(1, round(exact * chance.uniform(0.9, 1.1)))
