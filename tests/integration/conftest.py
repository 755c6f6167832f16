"""The stage with a hand in the wire and a hand in the tables."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.faults import Faults, standing_between
from tests.support.metrics import Metrics, counted
from tests.support.rows import Rows
from tests.support.stage import Stage, warm


@pytest.fixture
def faults(stage: Stage) -> Iterator[Faults]:
    """Nothing is wrong until a test says so. The container is warm."""
    warm(stage)
    with standing_between(stage.clients) as faults:
        yield faults


@pytest.fixture(scope="session")
def _dynamodb(_one_stage: Stage) -> Any:
    return _one_stage.aws.client("dynamodb")


@pytest.fixture
def rows(stage: Stage, _dynamodb: Any) -> Rows:
    return Rows(stage, _dynamodb)


@pytest.fixture
def metrics() -> Iterator[Metrics]:
    with counted() as metrics:
        yield metrics
