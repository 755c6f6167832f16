"""The stage with faults between it and AWS, and its metrics."""

import json
from collections.abc import Iterator

import pytest

from infra.local.authorities import LocalAuthority
from tests.support.faults import Faults, standing_between
from tests.support.log_lines import Metrics, counted
from tests.support.stage import Stage, warm
from tests.support.streams import Letters


@pytest.fixture
def faults(stage: Stage) -> Iterator[Faults]:
    """No fault strikes until a test asks for one. The container is warm."""
    warm(stage)
    with standing_between(stage.clients) as faults:
        yield faults


@pytest.fixture
def metrics() -> Iterator[Metrics]:
    with counted() as metrics:
        yield metrics


@pytest.fixture
def newcomer(stage: Stage) -> LocalAuthority:
    """An authority that only this test uses. It is active and in the cache."""
    authority = LocalAuthority(stage.new_code(), "Newcomer", "newcomers")
    warm(stage)
    stage.enter(authority)
    stage.clock.advance(seconds=61)
    return authority


@pytest.fixture
def letters(stage: Stage) -> Letters:
    """The dead letters sent since the test began."""
    sqs, url = stage.aws.client("sqs"), stage.settings.dead_letters
    sqs.purge_queue(QueueUrl=url)

    def received() -> list[dict[str, str]]:
        reply = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in reply.get("Messages", [])]

    return received
