"""Writes pulses: items that go through the tables' streams, so that a reader that has stopped is noticed."""

from datetime import timedelta

from ...application.ports import Clock, NewId
from ...domain.errors import Unavailable
from ..aws_errors import ConditionRefused, Contended
from ..dynamodb import attributes
from ..dynamodb.schema import AccessPulseItem, NoticePulseItem, PulseItem
from ..dynamodb.stream_readers import PULSE
from ..dynamodb.tables import Tables

PULSES = (PulseItem, AccessPulseItem, NoticePulseItem)
"""The kind of pulse of each table that gets pulses."""
_KEPT_FOR = timedelta(days=1)


class Pulses:
    def __init__(self, tables: Tables, clock: Clock, new_id: NewId) -> None:
        self._tables = tables
        self._clock = clock
        self._new_id = new_id

    def send(self) -> None:
        """Raises Unavailable, after it has tried every table."""
        failed = [model for model in PULSES if not self._sent(model)]
        if failed:
            raise Unavailable

    def _sent(self, model: type[PulseItem]) -> bool:
        item = attributes.raw(pk=PULSE, sk=self._new_id(), ttl=attributes.seconds(self._clock() + _KEPT_FOR))
        try:
            self._tables.put(self._tables.put_once_request(model, item))
        except (Unavailable, Contended):
            return False
        except ConditionRefused:
            pass  # A repeat after a lost reply met its own item.
        return True
