"""docs/architecture.md, and a stage that has gone through its walks."""

from pathlib import Path

from chalicelib import unattended
from tests.support.rows import Row, Rows
from tests.support.stage import EALING, Stage
from tests.support.streams import changed, deliver

PAGE = (Path(__file__).parents[2] / "docs" / "architecture.md").read_text(encoding="utf-8")


def posted_about(stage: Stage, rows: Rows, child: str) -> None:
    """A record of the child, and a notice about it."""
    stage.register(child)
    stage.look_up(child, stage.token(EALING))
    records = [changed(None, row, stage.clock()) for row in rows.access_records(child)]
    assert deliver(unattended.post_notices, *records) == []


def canary(stage: Stage) -> Row:
    """It lives for a day more, so that TTL does not take it during a test."""
    end = {"N": str(int(stage.clock().timestamp()) + 86_400)}
    return {"pk": {"S": "CANARY"}, "sk": {"S": "CANARY"}, "expires_at": end, "ttl": end}
