"""Clients that others generate from the API's description, and a fuzzer that knows nothing else of the API.

Each tool is in `.venv-clients`, apart from our own packages. `make system-test` makes that environment.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from chalicelib.adapters.http.openapi import FILE
from infra.openapi import examples
from infra.openapi.operations import OPERATIONS
from tests.support.served import served
from tests.support.stage import Stage

pytestmark = pytest.mark.system

TOOLS = Path(__file__).parents[2] / ".venv-clients" / "bin"
OURS = "known_to"
LATER = {
    **examples.ANSWER,
    "urgent": True,
    "involvements": [
        {**examples.ANSWER["involvements"][0], "status": "asleep", "service_type": "wardship", "mood": "calm"},
        {"form": "summarised", "own": False, "service_type": None},
        examples.ANSWER["involvements"][1],
    ],
}
"""An answer with words, a field and a form that a later version may add."""

READ = """
import json, sys
sys.path.insert(0, sys.argv[1])
from {package}.models.answer import Answer
answer = Answer.from_dict(json.load(sys.stdin))
first, second, third = answer.involvements
print(answer.known, first.status, first.service_type, first.practitioner.name, second.form, third.contact.phone)
"""


def run(*command: str | Path, sent: str = "", folder: Path | None = None) -> str:
    ended = subprocess.run([*map(str, command)], input=sent, cwd=folder, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr[-2000:]
    return ended.stdout


def read_later(folder: Path, package: str) -> str:
    return run(TOOLS / "python", "-c", READ.format(package=package), folder, sent=json.dumps(LATER)).strip()


def what_is_read() -> str:
    entry: Any = examples.ANSWER["involvements"]
    return f"True asleep wardship {entry[0]['practitioner']['name']} summarised {entry[1]['contact']['phone']}"


def test_a_client_of_openapi_python_client_reads_words_that_it_does_not_know(tmp_path: Path) -> None:
    made = tmp_path / "made"
    run(TOOLS / "openapi-python-client", "generate", "--path", FILE, "--output-path", made)
    assert read_later(made, "known_to_client") == what_is_read()


@pytest.mark.skipif(shutil.which("java") is None, reason="openapi-generator needs Java")
def test_a_client_of_openapi_generator_reads_words_that_it_does_not_know(tmp_path: Path) -> None:
    made = tmp_path / "made"
    run(TOOLS / "openapi-generator-cli", "generate", "-g", "python", "-i", FILE, "-o", made)
    assert read_later(made, "openapi_client") == what_is_read()


def test_a_generated_client_has_another_name_than_ours(tmp_path: Path) -> None:
    made = tmp_path / "made"
    run(TOOLS / "openapi-python-client", "generate", "--path", FILE, "--output-path", made)
    ours = Path(__file__).parents[2] / "client" / "pyproject.toml"
    theirs = made / "pyproject.toml"
    names = [
        next(line for line in file.read_text().splitlines() if line.startswith("name = ")) for file in (ours, theirs)
    ]
    assert names[0] != names[1]
    assert not (made / OURS).exists()


def test_a_fuzzer_finds_nothing_on_any_route(stage: Stage, tmp_path: Path) -> None:
    """Left out: that whatever fits the schema is accepted. No schema can say that a check digit or a date is right."""
    token = stage.token(scope="lookup register notices accesses shield")
    with served(stage, tmp_path) as address:
        said = run(
            *(TOOLS / "schemathesis", "run", f"{address}/v1/openapi.json", "--phases", "examples,fuzzing"),
            *("--max-examples", "25", "--seed", "7", "-H", f"Authorization: Bearer {token}"),
            *("--exclude-checks", "positive_data_acceptance", "--suppress-health-check", "all"),
            folder=tmp_path,
        )
    whole = len(OPERATIONS) - 1  # the fuzzer leaves out the description itself
    assert f"Selected: {whole}/{whole}" in said
    generated, passed = re.search(r"(\d+) generated, (\d+) passed", said).groups()  # type: ignore[union-attr]
    assert int(generated) == int(passed) > 200
