"""Whoever blinds a watcher by a setting of a table or of a stream mapping is noticed within the hour."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib import unattended
from chalicelib.adapters.dynamodb.schema import ACCESS, EXPIRING, INVOLVEMENTS, SCHEMAS, STREAMS, table_name
from chalicelib.adapters.dynamodb.stream_readers import READERS
from chalicelib.adapters.unattended.stage_settings import StageSettings
from chalicelib.application.unattended.check_settings import CheckSettings
from chalicelib.domain.errors import Unavailable
from chalicelib.wiring import unattended as unattended_wiring
from infra.local.aws import turn_on_streams
from tests.support.faults import Faults
from tests.support.log_lines import Metrics
from tests.support.schedules import run_schedule
from tests.support.stage import STAGE, Stage

pytestmark = pytest.mark.system

Mapping = dict[str, Any]
KEPT = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7}


@dataclass
class Lambda:
    """Lists stream mappings as AWS does. ministack has none for streams."""

    mappings: dict[str, list[Mapping]]

    def list_event_source_mappings(self, FunctionName: str) -> dict[str, Any]:  # noqa: N803 - as in boto3
        return {"EventSourceMappings": self.mappings[FunctionName]}


@pytest.fixture
def lambda_(stage: Stage) -> Lambda:
    """As the template makes them, on tables as the template makes them."""
    turn_on_streams(stage.aws, STAGE)
    for table in SCHEMAS:
        spec = {"TableName": table_name(STAGE, table), "PointInTimeRecoverySpecification": KEPT}
        stage.dynamodb.update_continuous_backups(**spec)
    made = {}
    for name, reader in READERS.items():
        described = stage.dynamodb.describe_table(TableName=table_name(STAGE, reader.table))["Table"]
        mapping = {
            **reader.mapping(),
            "State": "Enabled",
            "EventSourceArn": described["LatestStreamArn"],
            "DestinationConfig": {"OnFailure": {"Destination": f"arn:aws:sqs:x:1:knownto-{STAGE}-dead-letters"}},
        }
        if reader.patterns:
            mapping["FilterCriteria"] = {"Filters": [{"Pattern": pattern} for pattern in reader.patterns]}
        made[f"knownto-{STAGE}-{name.replace('_', '-')}"] = [mapping]
    return Lambda(made)


@pytest.fixture
def check(stage: Stage, lambda_: Lambda) -> CheckSettings:
    settings = StageSettings(stage.clients.connection, lambda: lambda_, STAGE)
    made = unattended_wiring.functions().check_settings
    return CheckSettings(settings=settings, meter=made.meter)


def test_a_stage_as_it_was_made_has_no_wrong_setting(check: CheckSettings) -> None:
    assert check() == ()


@pytest.mark.usefixtures("stage")
def test_the_run_counts_what_is_wrong_and_its_line_names_it(metrics: Metrics) -> None:
    """ministack has no stream mappings, so every reader lacks one."""
    run_schedule(unattended.check_settings)
    assert metrics.count("SettingsChecks") == 1
    assert metrics.count("SettingsWrong") >= len(READERS)
    assert "watch_access: 0 stream mappings" in metrics.lines[-1]["wrong"].split("; ")


@pytest.fixture
def put_back(stage: Stage) -> Iterator[None]:
    yield
    for table in SCHEMAS:
        _ttl(stage, table, on=table in EXPIRING)
        stage.dynamodb.update_table(TableName=table_name(STAGE, table), DeletionProtectionEnabled=True)
    turn_on_streams(stage.aws, STAGE)


def _ttl(stage: Stage, table: str, *, on: bool, attribute: str = "ttl") -> None:
    spec = {"Enabled": on, "AttributeName": attribute}
    stage.dynamodb.update_time_to_live(TableName=table_name(STAGE, table), TimeToLiveSpecification=spec)


@pytest.mark.usefixtures("put_back")
@pytest.mark.parametrize("table", sorted(EXPIRING))
def test_a_table_whose_ttl_is_off_or_on_another_attribute_is_named(
    stage: Stage, check: CheckSettings, table: str
) -> None:
    """TTL on the attribute `at` once destroyed 21,000 access records in 40 seconds."""
    _ttl(stage, table, on=False)
    assert check() == (f"{table}: TTL",)
    _ttl(stage, table, on=True, attribute="at")
    assert check() == (f"{table}: TTL",)


@pytest.mark.usefixtures("put_back")
@pytest.mark.parametrize("table", sorted(SCHEMAS.keys() - EXPIRING))
def test_a_table_that_should_not_expire_and_does_is_named(stage: Stage, check: CheckSettings, table: str) -> None:
    _ttl(stage, table, on=True)
    assert check() == (f"{table}: TTL",)


@pytest.mark.usefixtures("put_back")
@pytest.mark.parametrize("table", sorted(STREAMS))
def test_a_stream_that_is_off_is_named(stage: Stage, check: CheckSettings, table: str) -> None:
    off = {"StreamEnabled": False}
    stage.dynamodb.update_table(TableName=table_name(STAGE, table), StreamSpecification=off)
    assert f"{table}: stream" in check()


@pytest.mark.usefixtures("put_back")
def test_a_table_without_protection_or_backups_is_named(stage: Stage, check: CheckSettings) -> None:
    name = table_name(STAGE, ACCESS)
    stage.dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
    off = {"PointInTimeRecoveryEnabled": False}
    stage.dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=off)
    assert check() == ("access: backups", "access: deletion protection")


def _is_off(mapping: Mapping) -> None:
    mapping["State"] = "Disabled"


def _another_filter(mapping: Mapping) -> None:
    mapping["FilterCriteria"] = {"Filters": [{"Pattern": '{"eventName": ["MODIFY"]}'}]}


def _only_pulses(mapping: Mapping) -> None:
    """Then the pulses alone would say that all is well."""
    only = '{"eventName": ["INSERT"], "dynamodb": {"Keys": {"pk": {"S": ["PULSE"]}}}}'
    mapping["FilterCriteria"] = {"Filters": [{"Pattern": only}]}


def _another_destination(mapping: Mapping) -> None:
    mapping["DestinationConfig"] = {"OnFailure": {"Destination": "arn:aws:sqs:x:1:elsewhere"}}


def _no_destination(mapping: Mapping) -> None:
    mapping["DestinationConfig"] = {}


def _one_try(mapping: Mapping) -> None:
    mapping["MaximumRetryAttempts"] = 0


def _an_old_stream(mapping: Mapping) -> None:
    mapping["EventSourceArn"] += "-before"


@pytest.mark.parametrize(
    ("change", "setting"),
    [
        (_is_off, "is off"),
        (_another_filter, "filter"),
        (_only_pulses, "filter"),
        (_another_destination, "destination"),
        (_no_destination, "destination"),
        (_one_try, "MaximumRetryAttempts"),
        (_an_old_stream, "reads another stream"),
    ],
)
def test_a_stream_mapping_that_somebody_changed_is_named(
    check: CheckSettings, lambda_: Lambda, change: Callable[[Mapping], None], setting: str
) -> None:
    for name in READERS:
        function = f"knownto-{STAGE}-{name.replace('_', '-')}"
        before = deepcopy(lambda_.mappings[function])
        [mapping] = lambda_.mappings[function]
        change(mapping)
        assert check() == (f"{name}: {setting}",)
        lambda_.mappings[function] = before


@pytest.mark.parametrize("count", [0, 2])
def test_a_stream_mapping_that_is_gone_or_has_a_second_beside_it_is_named(
    check: CheckSettings, lambda_: Lambda, count: int
) -> None:
    [mapping] = lambda_.mappings[f"knownto-{STAGE}-watch-access"]
    lambda_.mappings[f"knownto-{STAGE}-watch-access"] = [deepcopy(mapping) for _ in range(count)]
    assert check() == (f"watch_access: {count} stream mappings",)


def test_settings_that_cannot_be_read_count_as_unchecked(check: CheckSettings, faults: Faults) -> None:
    faults.throttle("DescribeTimeToLive", about=table_name(STAGE, INVOLVEMENTS))
    counted: list[str] = []
    with pytest.raises(Unavailable):
        CheckSettings(settings=check.settings, meter=lambda name, _=1: counted.append(name))()
    assert counted == []
