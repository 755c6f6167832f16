"""The pages for operators name only things that exist, and every alarm has its row."""

import re
from pathlib import Path

import pytest

from app import app
from chalicelib.adapters.http.problems import PROBLEMS
from chalicelib.domain.access_records import Act

ROOT = Path(__file__).parents[1]
PAGES = {
    name: (ROOT / "docs" / f"{name}.md").read_text()
    for name in ("operations", "deploying", "alarms", "restoring", "keys")
}
TEMPLATE = "\n".join(path.read_text() for path in sorted((ROOT / "infra" / "template").glob("*.yaml")))
_NAMED = r"!Sub knownto-\$\{Stage\}-([a-z-]+)"
each_page = pytest.mark.parametrize("page", PAGES)


def test_every_alarm_has_a_row_and_every_row_an_alarm() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| .+ \| .+ \|$", PAGES["alarms"], re.MULTILINE)
    assert sorted(rows) == sorted(re.findall(rf"AlarmName: {_NAMED}", TEMPLATE))


def test_every_function_that_a_page_names_exists() -> None:
    functions = set(app.handler_map)
    every_page = "\n".join(PAGES.values())
    words = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", every_page)) - {"correlation_id", "expires_at"}
    assert words
    assert words <= functions | PROBLEMS.keys() | {act.value for act in Act}


@each_page
def test_every_resource_of_a_stage_that_a_page_names_is_in_the_template(page: str) -> None:
    named = set(re.findall(r"knownto-<stage>-([a-z-]+)", PAGES[page])) - {"involvements-restored"}
    assert named <= set(re.findall(r"knownto-\$\{Stage\}-([a-z-]+)", TEMPLATE))


@each_page
def test_every_parameter_that_a_page_names_is_in_the_template(page: str) -> None:
    named = set(re.findall(r"PARAMS=\"(\w+)=|`((?:Alarm|Waf|Snap|Trail)\w+)`", PAGES[page]))
    parameters = (ROOT / "infra" / "template" / "parameters.yaml").read_text()
    assert all(re.search(rf"^  {''.join(name)}:", parameters, re.MULTILINE) for name in named)


@each_page
def test_the_entry_page_leads_to_each_page(page: str) -> None:
    assert page == "operations" or f"]({page}.md)" in PAGES["operations"]
