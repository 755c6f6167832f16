"""The scorer feeds the rules day by day. They find the same as when they see all of an authority's access records."""

from itertools import islice

import pytest

from bench.misuse.days import BEGINS_ON
from bench.misuse.findings import Finding, findings_of
from bench.misuse.month import Month
from chalicelib.domain.misuse import find
from chalicelib.domain.misuse.seen import Seen, seen

pytestmark = pytest.mark.system

_DAYS = 75
_CODE = "X-hospital-trust-1"


def test_findings_of_day_after_day_are_those_of_all_days_at_once() -> None:
    days = list(islice(Month(5, 60, 2).days(), _DAYS))
    of_one = [(day, [record for record in records if _is_of_one(seen(record))]) for day, records in days]
    together = [one for _, records in of_one for record in records if (one := seen(record))]
    at_once = find.findings_of(_CODE, together, BEGINS_ON, days[-1][0])
    daily = list(findings_of(of_one))
    assert len(at_once) > 2
    assert {(finding.rule, finding.on) for finding in daily} == {(found.rule, found.found_on) for found in at_once}
    named = {Finding(_CODE, one, found.rule, found.found_on) for found in at_once for one in found.practitioner_ids}
    assert {finding for finding in daily if finding.practitioner_id} <= named


def _is_of_one(one: Seen | None) -> bool:
    return one is not None and one.authority_code == _CODE
