"""client/README.md and docs/guide.md are true.

Every command and snippet runs as a newcomer would run it, against a local stage as `make run` starts it. It prints what
the page shows.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chalicelib.adapters.console.event_bodies import checked_jwks
from chalicelib.adapters.http.tokens import read_jwks
from client.tests.command_line import KnownTo
from client.tests.service import write_private
from infra.local.demo import Demo
from infra.local.processes import free_port, running
from known_to.cli.exit_codes import ExitCode
from known_to.cli.main import app
from known_to.feed_columns import OPTIONAL, REQUIRED
from known_to.feed_file import FeedFile
from known_to.feed_map import read_map
from known_to.settings import Settings
from known_to.settings_sources import ALL

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[2]
README = (ROOT / "client" / "README.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
EALING, HARINGEY = "E09000009", "E09000014"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$(?:\n^```text\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)
_RUN_ELSEWHERE = ("make run", "python3 -m venv")  # in the fixture, and in the test of the package
_MASKS = (
    (re.compile(r"\d{1,2} [A-Z][a-z]{2} \d{4}(, \d\d:\d\d UTC)?"), "DAY"),
    (re.compile(r"\b01[0-9A-HJKMNP-TV-Z]{24}\b"), "ULID"),
    (re.compile(r" {2,}"), "  "),
)


@dataclass(frozen=True)
class Snippet:
    language: str
    text: str
    prints: str


def snippets(page: str) -> Iterator[Snippet]:
    for language, text, prints in _BLOCK.findall(page):
        yield Snippet(language, text, prints)


SETTINGS_AND_MAP = [snippet.text for snippet in snippets(README) if snippet.language == "toml"]


def masked(text: str) -> str:
    for pattern, replacement in _MASKS:
        text = pattern.sub(replacement, text)
    return text


@dataclass(frozen=True)
class Newcomer:
    """Somebody in the folder of the checkout, where a local stage is running."""

    folder: Path
    environ: Mapping[str, str]

    def run(self, *command: str) -> str:
        """Returns the output with stderr. The exit code may also be the one for differences in `reconcile`."""
        ended = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert ended.returncode in (ExitCode.DONE, ExitCode.DIFFERS), ended.stdout
        return ended.stdout

    def follow(self, page: str) -> None:
        """Runs the snippets of the page, from top to bottom."""
        for snippet in snippets(page):
            if snippet.language == "sh" and not snippet.text.startswith(_RUN_ELSEWHERE):
                self._check(snippet, self.run("bash", "-c", _with_future_date(snippet.text)))
            elif snippet.language == "python":
                self._check(snippet, self.run(sys.executable, "-c", snippet.text))

    def _check(self, snippet: Snippet, printed: str) -> None:
        assert masked(printed).startswith(masked(snippet.prints)), f"{snippet.text}\n{printed}"
        assert snippet.prints or not printed, f"{snippet.text}\n{printed}"
        assert max(map(len, printed.splitlines()), default=0) <= 120


def _with_future_date(text: str) -> str:
    """Replaces the review date of the example with one that is in the future whenever the test runs."""
    return text.replace("2027-10-31", (datetime.now(UTC) + timedelta(days=300)).date().isoformat())


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    folder = tmp_path_factory.mktemp("checkout")
    (folder / "client").mkdir()
    shutil.copy(ROOT / "client" / "sample.csv", folder / "client")
    tools = folder / "tools"
    tools.mkdir()
    _write_tool(tools / "known-to", f'exec {shlex.quote(sys.executable)} -m known_to "$@"')
    path = f"{ROOT}{os.pathsep}{ROOT / 'client' / 'src'}"
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "KNOWN"))},
        "PYTHONPATH": path,
        "PYTHONUNBUFFERED": "1",
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "KNOWN_TO_HOME": str(folder / "settings"),
    }
    log = folder / "run.log"
    command = ["sh", "-c", 'cd "$0" && exec "$@"', str(folder), sys.executable, "-m", "infra.local.run"]
    environ["PORT"] = str(free_port())
    with running(command, environ, log, lambda: "A token for curl" in log.read_text(), wait_seconds=300):
        yield Newcomer(folder, environ)


def _write_tool(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)


def demo_of(newcomer: Newcomer) -> Demo:
    return Demo(**json.loads((newcomer.folder / ".local" / "demo.json").read_text()))


def test_the_guide_leads_from_nothing_to_the_first_nightly_feed(newcomer: Newcomer) -> None:
    shutil.copy(ROOT / "client" / "sample.csv", newcomer.folder / "feed.csv")
    trying_out, for_real = GUIDE.split("## 6. When it is real")
    newcomer.follow(trying_out)
    keys, schedule = (snippet.text for snippet in snippets(for_real) if snippet.language == "sh")
    newcomer.run("bash", "-ec", keys)
    jwks = json.loads((newcomer.folder / "signing-key.jwks.json").read_text())
    assert read_jwks(checked_jwks(jwks))
    assert (newcomer.folder / "settings" / "signing-key.pem").stat().st_mode & 0o777 == 0o600
    configure(newcomer, HARINGEY)
    assert "      5  replaced or unchanged\n" in newcomer.run("bash", "-c", schedule)


def configure(newcomer: Newcomer, authority: str) -> None:
    """Writes the settings of the README, with the address and the key of the local stage."""
    demo = demo_of(newcomer)
    toml = SETTINGS_AND_MAP[0]
    toml = toml.replace('base_url = "https://known-to.example"', f'base_url = "{demo.base_url}"')
    toml = toml.replace('audience = "https://known-to.example"', f'audience = "{demo.audience}"')
    settings = newcomer.folder / "settings"
    settings.mkdir(mode=0o700, exist_ok=True)
    write_private(settings / "known-to.toml", toml.replace(EALING, authority))
    write_private(settings / "signing-key.pem", demo.authorities[authority]["private_key_pem"])


def test_every_command_prints_what_the_readme_shows(newcomer: Newcomer) -> None:
    configure(newcomer, EALING)
    newcomer.follow(README)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node 20")
def test_the_javascript_of_the_guide_signs_in(newcomer: Newcomer) -> None:
    [script] = [snippet for snippet in snippets(GUIDE) if snippet.language == "js"]
    (newcomer.folder / "ask.mjs").write_text(script.text)
    assert newcomer.run("node", "ask.mjs") == script.prints


@pytest.mark.skipif(shutil.which("javac") is None, reason="needs a Java 17 development kit")
def test_the_java_of_the_guide_asks_and_prints_the_statement(newcomer: Newcomer) -> None:
    [source] = [snippet for snippet in snippets(GUIDE) if snippet.language == "java"]
    (newcomer.folder / "Ask.java").write_text(source.text)
    assert newcomer.run("java", "Ask.java") == source.prints


# These need no stage


def test_the_package_builds_and_runs_from_its_wheel(tmp_path: Path) -> None:
    target = tmp_path / "to"
    uv = [sys.executable, "-m", "uv"]
    build = [*uv, "build", "-q", "--offline", "--wheel", str(ROOT / "client"), "-o", str(tmp_path)]
    subprocess.run(build, check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    install = [*uv, "pip", "install", "-q", "--offline", "--no-deps", "--target", str(target), str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    assert (target / "known_to" / "py.typed").exists()
    environ = {**os.environ, "PYTHONPATH": str(target)}
    command = [sys.executable, str(target / "bin" / "known-to"), "--version"]
    printed = subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout
    project = tomllib.loads((ROOT / "client" / "pyproject.toml").read_text())["project"]
    assert printed.strip() == project["version"]


def test_the_documented_commands_are_the_commands() -> None:
    commands = {(one.name or getattr(one.callback, "__name__", "")) for one in app.registered_commands}
    commands |= {str(one.name) for one in app.registered_groups}
    documented = re.findall(r"^### (.+)$", README.partition("## Commands")[2].partition("\n## ")[0], re.MULTILINE)
    assert commands == {command for heading in documented for command in heading.split(", ")}


def test_every_exit_code_is_documented() -> None:
    table = README.partition("## Exit codes")[2].partition("\n## ")[0]
    documented = set(map(int, re.findall(r"^\| (\d+) \|", table, re.MULTILINE)))
    assert documented == {*map(int, ExitCode), 1, 130}


def test_every_setting_is_documented_with_its_variable() -> None:
    names = {one.name for one in fields(Settings)} - {"private_key_pem"} | {"key_file"}
    assert names == set(ALL)
    table = README.partition("## Configure")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \| (`.*?) \|", table, re.MULTILINE)
    assert {name for settings, _ in rows for name in re.findall(r"`(\w+)`", settings)} == names
    assert {name.lower() for _, variables in rows for name in re.findall(r"`KNOWN_TO_(\w+)`", variables)} == names


def test_every_column_is_documented_and_is_in_the_sample() -> None:
    table = README.partition("## The feed file")[2].partition("Spreadsheets have")[0]
    rows = re.findall(r"^\| (`.*?) \| (yes)? *\|", table, re.MULTILINE)
    documented = {name: bool(needed) for names, needed in rows for name in re.findall(r"`(\w+)`", names)}
    assert documented == {**dict.fromkeys(REQUIRED, True), **dict.fromkeys(OPTIONAL, False)}
    header = (ROOT / "client" / "sample.csv").read_text().splitlines()[0]
    assert set(header.split(",")) == {*REQUIRED, *OPTIONAL}


def test_the_map_file_of_the_readme_can_be_used(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(SETTINGS_AND_MAP[1], encoding="utf-8")
    feed_map = read_map(tmp_path / "map.toml")
    assert (feed_map.ours("case id"), feed_map.translated("basis", "cin")) == ("reference", "statutory")


def test_every_option_of_a_feed_is_documented(known_to: KnownTo) -> None:
    options = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", known_to("load", "--help").out)) - {"--help"}
    assert {option for option in options if f"{option}" not in README} == set()


def test_the_sample_has_no_errors() -> None:
    feed = FeedFile(ROOT / "client" / "sample.csv")
    assert [row.errors for row in feed.rows(feed.survey())] == [()] * 5
