"""What stands in the tables, raw: the view of somebody with the console open."""

from typing import Any

from chalicelib.adapters.keyring import Keyring
from chalicelib.adapters.schema import ACCESS, INVOLVEMENTS, SCHEMAS, table_name
from chalicelib.adapters.sealing import Sealer
from chalicelib.adapters.tables import Item
from chalicelib.domain.access import Disclosed, Shown
from chalicelib.domain.child import ChildKey, NhsNumber

from .stage import STAGE, Stage


def child_key(stage: Stage, child: str) -> ChildKey:
    return stage.services.look_up.pseudonyms.child_key(NhsNumber(child))


def rows(stage: Stage, table: str, pk: str) -> list[Item]:
    reply = stage.clients.dynamodb_once.query(
        TableName=table_name(STAGE, table),
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": pk}},
        ConsistentRead=True,
    )
    return list(reply["Items"])


def child_rows(stage: Stage, child: str) -> list[Item]:
    """Everything about one child in the Involvements table."""
    return rows(stage, INVOLVEMENTS, child_key(stage, child))


def access_records(stage: Stage, child: str, kind: str = "") -> list[Item]:
    """The access records of one child, oldest first. `kind`: `L#` for lookups, `E#` for all else."""
    return [row for row in rows(stage, ACCESS, child_key(stage, child)) if row["sk"]["S"].startswith(kind)]


def sealer(stage: Stage) -> Sealer:
    keyring = stage.services.look_up.keys
    assert isinstance(keyring, Keyring)
    return Sealer(keyring)


def disclosed(stage: Stage, record: Item) -> Disclosed:
    """What the access record of a lookup says was told."""
    pk, sk = record["pk"]["S"], record["sk"]["S"]
    bound = (pk, sk, sk.removeprefix("L#"), int(record["ttl"]["N"]))
    return sealer(stage).open_disclosed(record["shown"]["B"], bound)


def opened_shown(stage: Stage, record: Item) -> tuple[Shown, ...]:
    return disclosed(stage, record).rows


def put(stage: Stage, table: str, item: Item) -> None:
    """A hand edit in the console."""
    stage.clients.dynamodb_once.put_item(TableName=table_name(STAGE, table), Item=item)


def all_tables(stage: Stage) -> dict[str, list[Item]]:
    pages = stage.clients.dynamodb_once.get_paginator("scan").paginate
    names = {table: table_name(STAGE, table) for table in SCHEMAS}
    return {
        table: [item for page in pages(TableName=name, ConsistentRead=True) for item in page["Items"]]
        for table, name in names.items()
    }


def as_text(value: Any) -> str:
    """Any stored value with its bytes readable, to look for what may not be there."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, dict):
        return " ".join(f"{as_text(key)}={as_text(held)}" for key, held in value.items())
    if isinstance(value, list | tuple | set):
        return " ".join(as_text(held) for held in value)
    return str(value)
