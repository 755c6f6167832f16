"""The registry as operators change it, and each authority's secret salt. Lookups read the registry through
`dynamodb/registry.py`."""

from secrets import token_bytes
from typing import Any

from pynamodb.attributes import UnicodeAttribute
from pynamodb.expressions.condition import Condition

from ...application.console.ports import NewAuthority
from ...application.store_errors import Conflict
from ...domain.access_records import ActRecord
from ...domain.authority import Authority, Grants, Standing
from ...domain.errors import Unavailable
from ..aws_errors import ConditionRefused, Contended
from ..dynamodb.access_log import DynamoAccessLog
from ..dynamodb.registry_items import GRANTED, REMOVED_ON, counting_grants, read_authority, read_grants
from ..dynamodb.schema import KeyItem, RegistryItem
from ..dynamodb.tables import Item, Request, Tables
from ..sealing.grant_stamps import GrantStamps
from ..sealing.keyring import SALT

SALT_BYTES = 32


class DynamoAuthorities:
    def __init__(self, tables: Tables, access_log: DynamoAccessLog, stamps: GrantStamps) -> None:
        self._tables = tables
        self._access_log = access_log
        self._stamps = stamps

    def add(self, authority: NewAuthority, record: ActRecord, carried_out: ActRecord) -> bool:
        item = registry_item(authority, self._stamps.stamp(authority.grants))
        put = self._tables.put_once_request(RegistryItem, item)
        # Keeps an existing salt. If it were replaced, nothing that was sealed with it could be opened again.
        new_unless_there = KeyItem.secret.set(KeyItem.secret | token_bytes(SALT_BYTES))
        salt = self._tables.update_request(KeyItem, SALT + authority.code, actions=[new_unless_there])
        try:
            self._write([{"Put": put}, {"Update": salt}], record, carried_out)
        except ConditionRefused as refused:
            if not _same(refused.found or {}, item):
                raise Conflict from None
            return False
        return True

    def find(self, code: str) -> Authority | None:
        item = self._tables.get(RegistryItem, code)
        return None if item is None else read_authority(code, item, read_grants(code, item), None)

    def set_standing(self, code: str, standing: Standing, record: ActRecord) -> bool:
        return self._set(code, RegistryItem.standing, standing.value, record)

    def grants(self, code: str) -> Grants | None:
        item = self._tables.get(RegistryItem, code)
        return None if item is None else counting_grants(code, item, self._stamps)

    def grant(self, grants: Grants, before: Grants | None, record: ActRecord, carried_out: ActRecord) -> None:
        condition = _not_removed()
        if before is not None:
            condition &= RegistryItem.granted == self._stamps.stamp(before)
        change = self._tables.update_request(
            RegistryItem,
            grants.authority_code,
            actions=[
                RegistryItem.jwks.set(grants.jwks),
                RegistryItem.scopes.set(set(grants.scopes)),
                RegistryItem.purposes.set(set(grants.purposes)),
                RegistryItem.granted.set(self._stamps.stamp(grants)),
            ],
            condition=condition,
        )
        try:
            self._write([{"Update": change}], record, carried_out)
        except ConditionRefused:
            raise Conflict from None

    def remove(self, code: str, record: ActRecord, carried_out: ActRecord) -> bool:
        """One transaction. For an authority that is removed already, only deletes a salt that is still there."""
        removal = self._tables.update_request(
            RegistryItem,
            code,
            actions=[
                RegistryItem.standing.set(Standing.REMOVED.value),
                RegistryItem.removed_on.set(record.at.date().isoformat()),
            ],
            condition=RegistryItem.authority.exists() & RegistryItem.removed_on.does_not_exist(),
        )
        shredding = self._tables.delete_request(KeyItem, SALT + code)
        try:
            self._write([{"Update": removal}, {"Delete": shredding}], record, carried_out)
        except ConditionRefused as refused:
            if refused.found is None:
                raise Conflict from None
            return self._shred_again(code, record, carried_out)
        return True

    def _shred_again(self, code: str, *records: ActRecord) -> bool:
        """Deletes a salt that stayed, or came back, although the authority is removed."""
        shredding = self._tables.delete_request(KeyItem, SALT + code, condition=KeyItem.key.exists())
        try:
            self._write([{"Delete": shredding}], *records)
        except ConditionRefused:
            return False
        return True

    def _set(self, code: str, attribute: UnicodeAttribute, value: str, record: ActRecord) -> bool:
        name = attribute.attr_name
        change = self._tables.update_request(
            RegistryItem,
            code,
            actions=[attribute.set(value)],
            condition=_not_removed() & _is_not(attribute, value),
        )
        try:
            self._write([{"Update": change}], record)
        except ConditionRefused as refused:
            found = refused.found or {}
            if REMOVED_ON in found or found.get(name) != {"S": value}:
                raise Conflict from None
            return False
        return True

    def _write(self, requests: list[dict[str, Request]], *records: ActRecord) -> None:
        try:
            self._tables.transact([*requests, *({"Put": self._access_log.put_request(record)} for record in records)])
        except Contended:
            raise Unavailable from None


def _not_removed() -> Condition:
    """A `standing` that a hand edit has made unreadable does not prevent a change. `removed` does."""
    is_there, not_removed = RegistryItem.authority.exists(), RegistryItem.removed_on.does_not_exist()
    holds: Condition = is_there & not_removed & _is_not(RegistryItem.standing, Standing.REMOVED.value)
    return holds


def _is_not(attribute: UnicodeAttribute, value: str) -> Condition:
    """Also holds if the attribute is missing or of another type."""
    holds: Condition = attribute.does_not_exist() | ~(attribute == value)
    return holds


def _same(found: Item, item: Item) -> bool:
    """DynamoDB returns sets in any order."""
    return found.keys() == item.keys() and all(_value(found[name]) == _value(item[name]) for name in item)


def _value(attribute: dict[str, Any]) -> Any:
    return frozenset(attribute["SS"]) if "SS" in attribute else attribute


def registry_item(authority: NewAuthority, stamp: bytes) -> Item:
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
        GRANTED: {"B": stamp},
    }
