"""The section about money names each part of the cost model."""

from collections import defaultdict
from typing import Any

from bench import cost
from bench.report.cost import million


def test_the_report_says_of_each_part_of_the_price_why_it_is_not_counted() -> None:
    one_of_everything: defaultdict[str, Any] = defaultdict(lambda: 1, calls={"Query": 1})
    lookups = cost.million_lookups(defaultdict(lambda: one_of_everything))
    names = {name for name, _, _ in million(lookups)}
    assert names > lookups["counted"].keys() | lookups["not_counted"].keys()
