"""docs/architecture.md is true: packages, and which function may touch which table."""

import json
import re
from pathlib import Path

from chalicelib.adapters.dynamodb.schema import (
    ACCESS,
    INVOLVEMENTS,
    SCHEMAS,
)
from tests.support.architecture import PAGE

ROOT = Path(__file__).parents[1]


def rows_below(header: str) -> list[list[str]]:
    """The cells of the Markdown table that begins with `header`."""
    lines = PAGE.partition(header)[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]


def test_every_package_that_ships_is_described_and_every_described_one_exists() -> None:
    named = [row[0].strip("`") for row in rows_below("| package | what it is for |")]
    assert [name for name in named if not (ROOT / name).exists()] == []
    ours = {f"{init.parent.relative_to(ROOT)}/" for init in (ROOT / "chalicelib").rglob("__init__.py")}
    ours |= {f"infra/{folder.name}/" for folder in (ROOT / "infra").iterdir() if _is_tracked(folder)}
    ours |= {f"tests/{folder.name}/" for folder in (ROOT / "tests").iterdir() if _is_tracked(folder)}
    assert ours == {name for name in named if name.startswith(("chalicelib/", "infra/", "tests/"))} - {
        "chalicelib/console.py",
        "chalicelib/unattended.py",
    }


def _is_tracked(folder: Path) -> bool:
    return folder.is_dir() and not folder.name.startswith("__")


_POWERS = {
    "GetItem": "read",
    "BatchGetItem": "read",
    "Query": "read",
    "Scan": "scan",
    "PutItem": "write",
    "UpdateItem": "write",
    "DeleteItem": "delete",
    "ConditionCheckItem": "check",
}
_TABLE = re.compile(r'"(\w+)Table", "Arn"|\$\{(\w+)Table\.Arn\}(/\w+)?|table/knownto-\$\{Stage\}-([a-z-]+)')
RESTORED = "involvements-restored"


def granted(policy: Path) -> dict[str, set[str]]:
    """By table: the words of the page for what the policy allows."""
    powers: dict[str, set[str]] = {}
    for statement in json.loads(policy.read_text())["Statement"]:
        actions = [action.removeprefix("dynamodb:") for action in statement["Action"] if action.startswith("dynamodb:")]
        for resource in map(json.dumps, statement["Resource"] if actions else ()):
            match = _TABLE.search(resource)
            assert match is not None, resource
            words = {{"/index": "index", "/stream": "stream"}.get(match[3] or "", "")} - {""}
            table = (match[1] or match[2] or match[4]).lower()
            powers.setdefault(table, set()).update(words or {_POWERS.get(action, "settings") for action in actions})
    return powers


def test_each_function_may_touch_the_tables_that_the_page_says() -> None:
    header = "| function | involvements | access | registry | keys | usage | notices | history | held |"
    tables = header.strip("| ").split(" | ")[1:]
    assert set(tables) == SCHEMAS.keys()
    said = {
        row[0].strip("`"): {table: set(cell.split(", ")) for table, cell in zip(tables, row[1:], strict=True) if cell}
        for row in rows_below(header)
    }
    policies = {policy.stem: granted(policy) for policy in (ROOT / "infra" / "policies").glob("*.json")}
    restored = {name: powers.pop(RESTORED) for name, powers in policies.items() if RESTORED in powers}
    assert said == policies
    assert restored == {"restore_gate": said["restore_gate"][INVOLVEMENTS]}


def test_no_function_deletes_an_access_record() -> None:
    assert [
        one for one in (ROOT / "infra" / "policies").glob("*.json") if "delete" in granted(one).get(ACCESS, ())
    ] == []
