"""The registry as a hand in the console leaves it: a slip costs its own authority, and nobody else, and is counted."""

from typing import Any

import pytest

from infra.local.authorities import LocalAuthority
from tests.support.metrics import Metrics
from tests.support.registry import entered
from tests.support.stage import Stage

VALUES: dict[str, Any] = {
    "S": {"S": "x"},
    "S empty": {"S": ""},
    "N": {"N": "-1"},
    "B": {"B": b"\xff\x00"},
    "BOOL": {"BOOL": True},
    "NULL": {"NULL": True},
    "L": {"L": [{"S": "*"}, {"N": "1"}, {"M": {}}]},
    "M": {"M": {"name": {"N": "1"}}},
    "SS": {"SS": ["*", "LOOKUP"]},
    "NS": {"NS": ["1"]},
    "BS": {"BS": [b"lookup"]},
    "missing": None,
}
"""Every type that DynamoDB has, and none."""

# What a hand may leave out or write without any harm.
PLAIN = {("name", "S"), ("reports_every_days", "missing")}
# Who is entered so can no longer ask; all else costs no right.
STOPPED = {"standing": 403, "scopes": 403, "purposes": 403, "jwks": 401}
ATTRIBUTES = ("name", "sector", "standing", "duty_contact", "scopes", "purposes", "reports_every_days", "jwks")


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_a_slip_of_the_hand_costs_its_own_authority_only_and_is_counted(
    stage: Stage, metrics: Metrics, attribute: str, kind: str
) -> None:
    edited = LocalAuthority("E95000001", "Edited", "edited")
    entered(stage, edited, **{attribute: VALUES[kind]})
    own = stage.look_up(stage.new_child(), token=stage.token(edited.code))
    assert own.status == STOPPED.get(attribute, 200)
    assert stage.look_up(stage.new_child()).status == 200
    if (attribute, kind) not in PLAIN:
        assert metrics.count("RegistryFaults") > 0


def test_a_huge_or_absurd_value_makes_nobodys_answer_larger(stage: Stage, metrics: Metrics) -> None:
    edited, child = LocalAuthority("E95000002", "Edited", "edited"), stage.new_child()
    entered(stage, edited)
    assert stage.register(child, token=stage.token(edited.code)).status == 201
    before = stage.look_up(child)
    huge = {"S": "x" * 100_000}
    entered(stage, edited, name=huge, sector=huge, duty_contact={"M": {"name": huge, "phone": huge}})
    after = stage.look_up(child)
    entered(stage, edited)
    assert (after.status, after.json["known"]) == (200, True)
    assert len(after.body) < len(before.body) + 100
    assert metrics.count("RegistryFaults") >= 3
