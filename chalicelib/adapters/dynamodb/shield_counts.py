"""Counts the children whom a practitioner and an authority shield in a day. A write that fails is metered and otherwise
ignored: it never refuses a shield.

Each counter is a set of tokens, one for each child, so that a repeat is counted once. A full set takes no more, so a
thief cannot fill its item. The tokens are made with the service key: the table links no child to a practitioner.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from pynamodb.expressions.condition import Condition, size

from ...application.ports import Clock
from ...domain.authority import Caller
from ...domain.child import ChildKey
from ...domain.errors import Unavailable
from ...domain.shield_limits import ShieldCounts, ShieldLimits
from ..aws_errors import ConditionRefused, Contended, aws_errors
from ..telemetry import meter
from . import attributes
from .expressions import update_parameters
from .schema import UsageItem

_KEPT_FOR = timedelta(days=2)
Token = Callable[[str, str], str]
"""Makes a token from a text and an authority's code. Raises Unavailable."""


class DynamoShieldCounts:
    """`client`: one that answers soon, because a counter is worth no wait."""

    def __init__(self, client: Any, table_name: str, token: Token, clock: Clock) -> None:
        self._client = client
        self._table_name = table_name
        self._token = token
        self._clock = clock

    def count(self, caller: Caller, child: ChildKey, limits: ShieldLimits) -> ShieldCounts:
        now, code = self._clock(), caller.authority.code
        own = of_all = 0
        try:
            of_child = self._token(f"child|{child}", code)
            practitioner = self._token(f"practitioner|{caller.practitioner_id}", code)
            own = self._add(f"P#{code}#{practitioner}", now, of_child, limits.practitioner_hard)
            # A child that is refused takes no room in the authority's set.
            if own <= limits.practitioner_hard:
                of_all = self._add(f"A#{code}", now, of_child, limits.authority_hard)
        except (Unavailable, Contended):
            meter("UsageFailures")
        return ShieldCounts(practitioner=own, authority=of_all)

    def _add(self, pk: str, now: datetime, token: str, most: int) -> int:
        """Returns how many children the set holds, or one more than `most` if it is full without this child."""
        room: Condition = UsageItem.shielded.does_not_exist() | (_size_of(UsageItem.shielded) < most)
        parameters = update_parameters(
            [UsageItem.ttl.set(attributes.seconds(now + _KEPT_FOR)), UsageItem.shielded.add({token})],
            room | UsageItem.shielded.contains(token),
        )
        try:
            with aws_errors("DynamoDB"):
                reply = self._client.update_item(
                    TableName=self._table_name,
                    Key=attributes.raw(pk=pk, sk=shields_of_day(now.date())),
                    **parameters,
                    ReturnValues="UPDATED_NEW",
                )
        except ConditionRefused:
            return most + 1
        return len(reply.get("Attributes", {}).get("shielded", {}).get("SS", ()))


def _size_of(attribute: Any) -> Any:
    return size(attribute)  # type: ignore[no-untyped-call]


def shields_of_day(day: date) -> str:
    return f"{day.isoformat()}#shields"
