"""One ministack for each process of the test run; the clock and the services are put right before each test."""

from collections.abc import Iterator

import pytest

from tests.support.rows import Rows
from tests.support.stage import Stage, at_work, running_stage


@pytest.fixture(scope="session")
def _one_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with running_stage(tmp_path_factory.mktemp("stage") / "ministack.log") as stage:
        yield stage


@pytest.fixture
def stage(_one_stage: Stage) -> Iterator[Stage]:
    """The service on ministack, at the present time."""
    with at_work(_one_stage):
        yield _one_stage


@pytest.fixture
def rows(stage: Stage) -> Rows:
    """A hand in its tables."""
    return Rows(stage)
