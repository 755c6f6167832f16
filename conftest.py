"""One ministack for each process of the test run. Its tables are reset for each file, its clock for each test."""

import signal
from collections.abc import Iterator

import pytest

from chalicelib.adapters.dynamodb.schema import KEYS, SCHEMAS, USAGE
from tests.support.rows import Rows
from tests.support.stage import Stage, at_work, running_stage


def pytest_configure() -> None:
    """Whoever starts the tests in the background may ignore Ctrl-C. What the tests start would inherit that, and some
    tests press Ctrl-C."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def _one_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with running_stage(tmp_path_factory.mktemp("stage") / "ministack.log") as stage:
        yield stage


@pytest.fixture(scope="module")
def fresh_stage(_one_stage: Stage) -> Stage:
    """Each file begins with empty tables and the authorities that all have. Keys and counters of
    lookups stay, as in memory."""
    rows = Rows(_one_stage)
    rows.empty(*SCHEMAS.keys() - {KEYS, USAGE})
    rows.forget_shields()
    _one_stage.services.parts.history_memory.forget()
    _one_stage.enter_all()
    return _one_stage


@pytest.fixture
def stage(fresh_stage: Stage) -> Iterator[Stage]:
    """The service on ministack, at the present time."""
    with at_work(fresh_stage):
        yield fresh_stage


@pytest.fixture
def rows(stage: Stage) -> Rows:
    """A hand in its tables."""
    return Rows(stage)
