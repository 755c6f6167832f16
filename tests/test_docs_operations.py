"""What docs/operations.md names exists, and what rings stands there."""

import re
from pathlib import Path

from app import app
from chalicelib.adapters.http.problems import PROBLEMS
from chalicelib.domain.access_records import Act

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "operations.md").read_text()
TEMPLATE = "\n".join(path.read_text() for path in sorted((ROOT / "infra" / "template").glob("*.yaml")))
_NAMED = r"!Sub knownto-\$\{Stage\}-([a-z-]+)"


def test_every_alarm_has_its_row_and_every_row_its_alarm() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| .+ \| .+ \|$", PAGE, re.MULTILINE)
    assert sorted(rows) == sorted(re.findall(rf"AlarmName: {_NAMED}", TEMPLATE))


def test_every_function_that_an_operator_is_told_to_run_exists() -> None:
    functions = set(app.handler_map)
    words = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", PAGE)) - {"correlation_id", "expires_at"}
    assert words
    assert words <= functions | PROBLEMS.keys() | {act.value for act in Act}


def test_every_thing_of_a_stage_that_is_named_is_made() -> None:
    named = set(re.findall(r"knownto-<stage>-([a-z-]+)", PAGE)) - {"involvements-restored"}
    assert named <= set(re.findall(r"knownto-\$\{Stage\}-([a-z-]+)", TEMPLATE))


def test_every_setting_of_a_stage_that_is_named_is_one() -> None:
    named = set(re.findall(r"PARAMS=\"(\w+)=|`((?:Alarm|Waf|Snap|Trail)\w+)`", PAGE))
    parameters = (ROOT / "infra" / "template" / "parameters.yaml").read_text()
    assert all(re.search(rf"^  {''.join(name)}:", parameters, re.MULTILINE) for name in named)


def test_every_section_that_is_linked_is_there() -> None:
    headings = {
        re.sub(r"[^a-z -]", "", line.lower()).strip().replace(" ", "-")
        for line in re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([a-z-]+)\)", PAGE)) <= headings
