"""The registry as operators change it, and each authority's secret salt. What is read on the way
of a lookup is `registry.py`."""

from secrets import token_bytes
from typing import Any

from ...application.console.ports import NewAuthority
from ...application.store_errors import Conflict
from ...domain.access_records import ActRecord
from ...domain.authority import Authority, Standing
from ...domain.errors import Unavailable
from ..aws_errors import ConditionRefused, Contended
from ..dynamodb.access_log import DynamoAccessLog
from ..dynamodb.registry_items import REMOVED_ON, read_authority
from ..dynamodb.schema import KeyItem, RegistryItem
from ..dynamodb.tables import Item, Request, Tables
from ..sealing.keyring import SALT

SALT_BYTES = 32


class DynamoAuthorities:
    def __init__(self, tables: Tables, access_log: DynamoAccessLog) -> None:
        self._tables = tables
        self._access_log = access_log

    def add(self, authority: NewAuthority, record: ActRecord) -> bool:
        item = registry_item(authority)
        put = self._tables.put_once(RegistryItem, "authority", item)
        # A salt that is there stays: another would shred what the first has sealed.
        salt = self._tables.set_once(KeyItem, "key", SALT + authority.code, "secret", token_bytes(SALT_BYTES))
        try:
            self._write([{"Put": put}, {"Update": salt}, {"Put": self._access_log.put_request(record)}])
        except ConditionRefused as refused:
            if not _same(refused.found or {}, item):
                raise Conflict from None
            return False
        return True

    def find(self, code: str) -> Authority | None:
        item = self._tables.get_one(RegistryItem, "authority", code)
        return None if item is None else read_authority(code, item, None)

    def set_standing(self, code: str, standing: Standing, record: ActRecord) -> bool:
        return self._set(code, "standing", standing.value, record)

    def replace_keys(self, code: str, jwks: str, record: ActRecord) -> bool:
        return self._set(code, "jwks", jwks, record)

    def remove(self, code: str, record: ActRecord) -> bool:
        """In one transaction. Once it is removed, only a salt that is still there makes a difference."""
        marks = {"standing": Standing.REMOVED.value, REMOVED_ON: record.at.date().isoformat()}
        removal = self._tables.set_text(RegistryItem, "authority", code, **marks)
        removal["ConditionExpression"] = f"attribute_exists(#key) AND attribute_not_exists(#{REMOVED_ON})"
        removal["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        shredding = self._tables.delete_one(KeyItem, "key", SALT + code)
        put = self._access_log.put_request(record)
        try:
            self._write([{"Update": removal}, {"Delete": shredding}, {"Put": put}])
        except ConditionRefused as refused:
            if refused.found is None:
                raise Conflict from None
            return self._shred_again(code, record)
        return True

    def _shred_again(self, code: str, record: ActRecord) -> bool:
        """For a salt that stayed, or came back, though the authority is removed."""
        shredding = self._tables.delete_one(KeyItem, "key", SALT + code)
        shredding |= {"ConditionExpression": "attribute_exists(#key)", "ExpressionAttributeNames": {"#key": "key"}}
        try:
            self._write([{"Delete": shredding}, {"Put": self._access_log.put_request(record)}])
        except ConditionRefused:
            return False
        return True

    def _set(self, code: str, name: str, value: str, record: ActRecord) -> bool:
        change = _unless_removed(self._tables.set_text(RegistryItem, "authority", code, **{name: value}))
        change["ConditionExpression"] += f" AND (attribute_not_exists(#{name}) OR NOT #{name} = :{name})"
        try:
            self._write([{"Update": change}, {"Put": self._access_log.put_request(record)}])
        except ConditionRefused as refused:
            found = refused.found or {}
            if REMOVED_ON in found or found.get(name) != {"S": value}:
                raise Conflict from None
            return False
        return True

    def _write(self, requests: list[dict[str, Request]]) -> None:
        try:
            self._tables.transact(requests)
        except Contended:
            raise Unavailable from None


def _unless_removed(change: Request) -> Request:
    """A hand-edited standing of any kind does not stop a change, `removed` does."""
    return {
        **change,
        "ConditionExpression": "attribute_exists(#key) AND attribute_not_exists(#removed_on)"
        " AND (attribute_not_exists(#standing) OR NOT #standing = :removed)",
        "ExpressionAttributeNames": {
            **change["ExpressionAttributeNames"],
            "#standing": "standing",
            "#removed_on": REMOVED_ON,
        },
        "ExpressionAttributeValues": {**change["ExpressionAttributeValues"], ":removed": {"S": Standing.REMOVED.value}},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


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
