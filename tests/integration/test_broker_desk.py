"""What the broker desk reads of a shielded child, from access records, their stream and notices, on real tables."""

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib import unattended
from chalicelib.adapters.dynamodb.schema import ACCESS
from chalicelib.domain.values import replace
from chalicelib.wiring import api
from tests.support.console import operate
from tests.support.rows import Rows
from tests.support.stage import BRENT, EALING, HARINGEY, HOSPITAL, Stage
from tests.support.streams import changed, deliver


@pytest.fixture
def desk(stage: Stage) -> Iterator[str]:
    """Brent is the broker desk."""
    parts = replace(stage.services.parts, settings=replace(stage.settings, broker_desk_code=BRENT))
    api.install(api.build(parts))
    yield BRENT
    api.install(stage.services)


def post(stage: Stage, rows: Rows, child: str) -> None:
    records = [changed(None, row, stage.clock()) for row in rows.of(rows.key_of(child), ACCESS)]
    for record in records:
        del record["dynamodb"]["NewImage"]
    assert deliver(unattended.post_notices, *records) == []


def read(stage: Stage, code: str, after: str) -> list[Any]:
    reply = stage.call("GET", "/v1/notices", token=stage.token(code), query={"after": [after]})
    assert reply.status == 200
    found: list[Any] = reply.json["notices"]
    return found


def test_the_desk_reads_who_shielded_looked_up_and_registered_a_sensitive_service(
    stage: Stage, rows: Rows, desk: str
) -> None:
    child, after = stage.new_child(), str(stage.services.parts.notices.page(desk, 0, 1).given)
    review_on = stage.today.replace(year=stage.today.year + 1).isoformat()
    body = {"nhs_number": child, "reason": "threats", "review_on": review_on}
    assert stage.call("POST", "/v1/shields", body, token=stage.token(EALING, role="Night duty")).status == 200
    operate("shield_child", nhs_number=child, review_on=review_on)
    stage.look_up(child, stage.token(HARINGEY, role="Paediatric nurse"))
    sensitive = {"service_type": "sexual_health", "basis": "consent"}
    assert stage.register(child, token=stage.token(HOSPITAL), **sensitive).status == 201
    post(stage, rows, child)
    seen = {
        (one["kind"], one["authority"] and one["authority"]["code"], one["role"], one["purpose"])
        for one in read(stage, desk, after)
    }
    assert seen == {
        ("shielded", EALING, "Night duty", None),
        ("shielded", None, None, None),
        ("looked_up", HARINGEY, "Paediatric nurse", "safeguarding"),
        ("registered", HOSPITAL, None, None),
    }


def test_an_authority_that_is_no_longer_the_desk_reads_none_of_it(stage: Stage, rows: Rows, desk: str) -> None:
    child, after = stage.new_child(), str(stage.services.parts.notices.page(desk, 0, 1).given)
    stage.shield(child)
    post(stage, rows, child)
    assert len(read(stage, desk, after)) == 1
    api.install(stage.services)
    assert read(stage, desk, after) == []
