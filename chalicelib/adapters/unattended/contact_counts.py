"""How often calls to an authority's contacts reached somebody, by week: items of the Notices table that live until the
sweep turns them into notices. An outcome is counted in one transaction with its mark."""

import random
import re
import time
from datetime import timedelta
from typing import cast

from pynamodb.attributes import NumberAttribute
from pynamodb.expressions.update import Action

from ...application.store_errors import Unreadable
from ...application.unattended.ports import WeeklyCounts
from ...domain.calendar import midnight
from ...domain.errors import Unavailable
from ...domain.outcomes import ContactOutcome, ContactOutcomes, RungContact, Week
from ..aws_errors import ConditionRefused, Contended
from ..dynamodb import attributes
from ..dynamodb.notice_store import partition
from ..dynamodb.schema import ContactCountItem, CountedOutcomeItem
from ..dynamodb.tables import Item, Request, Tables
from ..sealing.sealer import Bound, Sealer
from ..telemetry import meter

_COUNT, _MARK = "W#", "O#"
_KEPT_FOR = timedelta(days=21)
"""After the end of the week: the sweep needs an hour, and a dead letter is replayed within 14 days."""
_KEY = re.compile(rf"{_COUNT}(\d{{4}})-W(\d\d)#.+", re.ASCII)
_TRIES = 5
_NO_VERSION = ""


class DynamoContactCounts:
    def __init__(self, tables: Tables, sealer: Sealer) -> None:
        self._tables = tables
        self._sealer = sealer

    def add(self, authority_code: str, week: Week, rung: RungContact, outcome: ContactOutcome, *, event: str) -> bool:
        requests = self._requests(authority_code, week, rung, outcome, event)
        for attempt in range(_TRIES):
            try:
                self._tables.transact(requests)
            except Contended:
                meter("TransactionConflicts")
            except ConditionRefused:
                return False
            else:
                return True
            time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - jitter, no secret
        raise Unavailable

    def _requests(
        self, authority_code: str, week: Week, rung: RungContact, outcome: ContactOutcome, event: str
    ) -> list[dict[str, Request]]:
        pk, ttl = partition(authority_code), _ttl(week)
        mark = attributes.raw(pk=pk, sk=_MARK + self._sealer.event_token(event, authority_code), ttl=ttl)
        sk = f"{_COUNT}{week.year:04}-W{week.number:02}#{self._sealer.contact_token(rung, authority_code)}"
        sealed = self._sealer.seal_contact(rung, authority_code, (pk, sk, _NO_VERSION, ttl))
        actions: list[Action] = [
            ContactCountItem.sealed.set(ContactCountItem.sealed | sealed),
            ContactCountItem.ttl.set(ttl),
            _counter(outcome).add(1),
        ]
        return [
            {"Put": self._tables.put_once_request(CountedOutcomeItem, mark)},
            {"Update": self._tables.update_request(ContactCountItem, pk, sk, actions=actions)},
        ]

    def of(self, authority_code: str) -> tuple[WeeklyCounts, ...]:
        rows = self._tables.query(ContactCountItem, partition(authority_code), _COUNT)
        return tuple(self._read(row, authority_code) for row in rows)

    def _read(self, row: Item, authority_code: str) -> WeeklyCounts:
        key = attributes.sort_key(row)
        try:
            week = _week(key)
            contact = self._contact(row, (partition(authority_code), key, _NO_VERSION, _ttl(week)), authority_code)
            return WeeklyCounts(week=week, key=key, contact=contact)
        except Unreadable:
            # Nobody can read it later either. Long past, so that it is deleted.
            meter("UnreadableRows")
            return WeeklyCounts(week=Week(1970, 1), key=key, contact=None)

    def _contact(self, row: Item, bound: Bound, authority_code: str) -> ContactOutcomes:
        rung = self._sealer.open_contact(attributes.blob(row, "sealed"), authority_code, bound)
        counts = {one: attributes.count(row, one.value) for one in ContactOutcome if one.value in row}
        return ContactOutcomes(rung, counts)

    def remove(self, authority_code: str, counts: WeeklyCounts) -> None:
        self._tables.delete(self._tables.delete_request(ContactCountItem, partition(authority_code), counts.key))


def _counter(outcome: ContactOutcome) -> NumberAttribute:
    return cast(NumberAttribute, ContactCountItem.get_attributes()[outcome.value])


def _ttl(week: Week) -> int:
    return attributes.seconds(midnight(week.ended_on) + _KEPT_FOR)


def _week(key: str) -> Week:
    found = _KEY.fullmatch(key)
    if found is None:
        raise Unreadable
    week = Week(int(found[1]), int(found[2]))
    try:
        week.ended_on  # noqa: B018 - raises for a week that the year does not have
    except ValueError:
        raise Unreadable from None
    return week
