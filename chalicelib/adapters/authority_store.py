"""The registry as operators change it, and each authority's secret salt. What is read on the way
of a lookup is `registry.py`."""

from secrets import token_bytes
from typing import Any

from ..application.ports import Conflict, NewAuthority
from ..domain.access import ActRecord
from ..domain.authority import Standing
from ..domain.errors import Unavailable
from .access_log import AccessRecords
from .faults import ConditionRefused, Contended
from .keyring import SALT
from .tables import Item, KeyItem, RegistryItem, Tables

SALT_BYTES = 32


class DynamoAuthorities:
    def __init__(self, tables: Tables, access_records: AccessRecords) -> None:
        self._tables = tables
        self._access_records = access_records

    def add(self, authority: NewAuthority, record: ActRecord) -> bool:
        self._make_salt(authority.code)
        item = registry_item(authority)
        put = self._tables.put_once(RegistryItem, "authority", item)
        try:
            self._tables.transact([{"Put": put}, {"Put": self._access_records.put_request(record)}])
        except Contended:
            raise Unavailable from None
        except ConditionRefused as refused:
            if not _same(refused.found or {}, item):
                raise Conflict from None
            return False
        return True

    def _make_salt(self, code: str) -> None:
        """A salt that is there stays: another would shred what the first has sealed."""
        item: Item = {"key": {"S": SALT + code}, "secret": {"B": token_bytes(SALT_BYTES)}}
        try:
            self._tables.put(self._tables.put_once(KeyItem, "key", item))
        except Contended:
            raise Unavailable from None
        except ConditionRefused:
            pass


def _same(found: Item, item: Item) -> bool:
    """Sets come back in any order."""
    return found.keys() == item.keys() and all(_value(found[name]) == _value(item[name]) for name in item)


def _value(attribute: dict[str, Any]) -> Any:
    return frozenset(attribute["SS"]) if "SS" in attribute else attribute


def registry_item(authority: NewAuthority) -> Item:
    """As an administrator would enter it by hand."""
    contact = authority.duty_contact
    return {
        "authority": {"S": authority.code},
        "name": {"S": authority.name},
        "sector": {"S": authority.sector},
        "standing": {"S": Standing.ACTIVE.value},
        "duty_contact": {"M": {"name": {"S": contact.name}, "phone": {"S": contact.phone}}},
        "scopes": {"SS": sorted(authority.scopes)},
        "purposes": {"SS": sorted(authority.purposes)},
        "reports_every_days": {"N": str(authority.reports_every_days)},
        "jwks": {"S": authority.jwks},
    }
