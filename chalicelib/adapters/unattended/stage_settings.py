"""Compares the settings of the running stage, its tables and its stream mappings, with those that it was made with. It
only describes: a setting that somebody changed is for a person to judge."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from pynamodb.connection import Connection

from ..aws_errors import aws_errors
from ..dynamodb.schema import SCHEMAS, table_name
from ..dynamodb.stream_readers import READERS, StreamReader
from ..dynamodb.table_settings import wrong_settings

_AT_WORK = {"Creating", "Enabling", "Enabled", "Updating"}


class StageSettings:
    """`make_functions` makes a client of Lambda."""

    def __init__(self, connection: Connection, make_functions: Callable[[], Any], stage: str) -> None:
        self._connection = connection
        self._make_functions = make_functions
        self._stage = stage

    def wrong(self) -> tuple[str, ...]:
        return *self._of_tables(), *self._of_mappings()

    def _of_tables(self) -> Iterator[str]:
        dynamodb = self._connection.client
        for table in SCHEMAS:
            with aws_errors("DynamoDB"):
                wrong = wrong_settings(dynamodb, table_name(self._stage, table), table)
            yield from (f"{table}: {setting}" for setting in wrong)

    def _of_mappings(self) -> Iterator[str]:
        functions, dynamodb = self._make_functions(), self._connection.client
        for name, reader in READERS.items():
            with aws_errors("Lambda"):
                found = functions.list_event_source_mappings(FunctionName=self._function(name))["EventSourceMappings"]
            if len(found) != 1:
                yield f"{name}: {len(found)} stream mappings"
                continue
            with aws_errors("DynamoDB"):
                stream = dynamodb.describe_table(TableName=table_name(self._stage, reader.table))["Table"]
            yield from (
                f"{name}: {setting}" for setting in self._wrong(found[0], reader, stream.get("LatestStreamArn"))
            )

    def _wrong(self, mapping: dict[str, Any], reader: StreamReader, stream: str | None) -> Iterator[str]:
        """`stream`: the ARN of the table's present stream. If it was turned off and on, a mapping still reads the old
        one."""
        if mapping.get("State") not in _AT_WORK:
            yield "is off"
        if stream is None or mapping.get("EventSourceArn") != stream:
            yield "reads another stream"
        if _patterns(mapping) != tuple(map(json.loads, reader.patterns)):
            yield "filter"
        destination = mapping.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination", "")
        if not destination.endswith(f":knownto-{self._stage}-dead-letters"):
            yield "destination"
        yield from (setting for setting, value in reader.mapping().items() if mapping.get(setting) != value)

    def _function(self, name: str) -> str:
        return f"knownto-{self._stage}-{name.replace('_', '-')}"


def _patterns(mapping: dict[str, Any]) -> tuple[Any, ...]:
    filters = (mapping.get("FilterCriteria") or {}).get("Filters", [])
    return tuple(json.loads(one["Pattern"]) for one in filters)
