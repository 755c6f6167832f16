"""The stage with a hand in the wire, and its metrics."""

from collections.abc import Iterator

import pytest

from tests.support.faults import Faults, standing_between
from tests.support.log_lines import Metrics, counted
from tests.support.stage import Stage, warm


@pytest.fixture
def faults(stage: Stage) -> Iterator[Faults]:
    """Nothing is wrong until a test says so. The container is warm."""
    warm(stage)
    with standing_between(stage.clients) as faults:
        yield faults


@pytest.fixture
def metrics() -> Iterator[Metrics]:
    with counted() as metrics:
        yield metrics
