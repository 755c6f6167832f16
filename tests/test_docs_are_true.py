"""The pages name every make target, file, route, setting and package that they should, and none that is not there."""

import json
import re
import subprocess
import tomllib
from itertools import chain
from pathlib import Path

import pytest

from app import app
from chalicelib.adapters.http.answer_bodies import AnswerBody
from chalicelib.config import Settings
from chalicelib.domain.authority import Purpose, Scope
from chalicelib.domain.involvement import Basis, ServiceType, Status
from chalicelib.domain.limits import Limits

ROOT = Path(__file__).parents[1]
FIRST_PAGES = [
    ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "client/README.md")
]
PAGES = [*FIRST_PAGES, *sorted((ROOT / "docs").rglob("*.md"))]
API = (ROOT / "docs" / "api.md").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"make (?:-s )?([a-z][a-z0-9-]+)(?=[`\s]|$)", _code(page.read_text()))) <= targets


def test_make_help_lists_every_target_that_has_a_description() -> None:
    said = re.findall(r"^([^\s:]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    shown = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^  make (\S+)", shown, re.MULTILINE) == said
    assert "e2e" in said


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_section_that_a_page_links_is_there(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]*)#([^)]+)\)", page.read_text())
    assert [link for link in links if link[1] not in _sections(page.parent / link[0] if link[0] else page)] == []


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_the_readme_leads_to_every_page(page: Path) -> None:
    assert f"](docs/{page.name})" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_source_file_that_a_page_names_exists(page: Path) -> None:
    named = re.findall(r"`((?:chalicelib|infra|adapters|tests|app\.py)[\w/.]*)`", page.read_text())
    assert [name for name in named if not any((ROOT / top / name).exists() for top in ("", "chalicelib"))] == []


def test_the_readme_has_at_most_100_lines() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 100


def test_every_route_is_documented_and_every_documented_route_exists() -> None:
    documented = set(re.findall(r"^\| `([A-Z]+) (/v1/[^`]*)`", API, re.MULTILINE))
    assert documented == {(method, path) for path, methods in app.routes.items() for method in methods}


def test_the_settings_class_documents_every_setting_that_it_reads() -> None:
    source = (ROOT / "chalicelib" / "config.py").read_text()
    read = set(re.findall(r"\"(KNOWNTO_[A-Z_]+)\"", source))
    assert read == set(re.findall(r"KNOWNTO_[A-Z_]+", Settings.__doc__ or ""))


@pytest.mark.parametrize("words", [Scope, Purpose, ServiceType, Basis, Status])
def test_every_word_of_the_api_is_documented(words: type[Scope]) -> None:
    assert [word for word in words if not re.search(rf"[`\s]{word.value}[`\s]", API)] == []


def test_every_field_of_the_answer_is_documented_and_every_documented_field_is_sent() -> None:
    table = API.partition("| field of the answer |")[2].partition("\n\n")[0]
    documented = {
        name for cell in re.findall(r"^\| (`.+?`) \|", table, re.MULTILINE) for name in re.findall(r"\w+", cell)
    }
    assert documented == set(AnswerBody.__struct_fields__)


def test_the_documented_limits_are_the_limits() -> None:
    limits = Limits()
    assert f"Beyond {limits.practitioner_hour} lookups an hour or {limits.practitioner_day} a day" in API
    assert f"{limits.authority_day:,} a day for an authority, or {limits.people_day} different `sub`s" in " ".join(
        API.split()
    )


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    named = {*project["project"]["dependencies"], *chain(*project["dependency-groups"].values())}
    from_npm = json.loads((ROOT / "infra/check/nag/package.json").read_text())["dependencies"]
    packages = {re.split(r"[><=\[]", name)[0] for name in named} | from_npm.keys()
    rows = re.findall(r"^\| ([a-z0-9, -]+) \|", (ROOT / "docs/adr/0008-dependencies.md").read_text(), re.MULTILINE)
    assert packages == {package for row in rows for package in row.split(", ")} - {"package"}


def test_every_term_of_the_glossary_is_in_alphabetical_order_is_one_sentence_and_is_used_elsewhere() -> None:
    page = ROOT / "docs" / "glossary.md"
    terms = dict(re.findall(r"^- \*\*(.+?)\*\*: (.+)$", page.read_text(), re.MULTILINE))
    assert page.read_text().count("\n- ") == len(terms)
    assert list(terms) == sorted(terms)
    assert [term for term, meaning in terms.items() if not meaning.endswith(".") or ". " in meaning] == []
    sources = [*PAGES, *(ROOT / "chalicelib").rglob("*.py"), *(ROOT / "infra" / "template").glob("*.yaml")]
    elsewhere = re.sub(r"[\s_-]+", " ", " ".join(one.read_text() for one in sources if one != page)).lower()
    assert [term for term in terms if not re.search(rf"\b{term}", elsewhere)] == []


# Words that the glossary replaced: what each would match, and what to write instead.
RETIRED = {
    r"tell|tells|told|telling": "show, notify, report or record",
    r"mend|mends|mended|mending": "correct or repair",
    r"faults?(?! schedules?\b)": "error, unless a test injects it",
    r"operator'?s'? functions?|operators' functions": "console function",
    r"damaged rows?|damaged records?|damaged items?": "unreadable; damaged is a register entry only",
    r"service data key": "service key",
}
# `make bench` writes the first word for word; the second is of a package of its own.
_NOT_HELD_TO_WORDS = {ROOT / "docs" / "performance.md", ROOT / "client" / "README.md"}
# Here the words themselves are explained.
_MAY_EXPLAIN = {ROOT / "docs" / "glossary.md", ROOT / "docs" / "architecture.md"}


@pytest.mark.parametrize("page", [one for one in PAGES if one not in _NOT_HELD_TO_WORDS], ids=lambda page: page.name)
@pytest.mark.parametrize("retired", RETIRED)
def test_no_page_uses_a_retired_word(page: Path, retired: str) -> None:
    if page in _MAY_EXPLAIN and "fault" in retired:
        return
    prose = re.sub(r"```.*?```|`[^`\n]+`", "", page.read_text(), flags=re.DOTALL)
    found = re.findall(rf"\b(?:{retired})\b", prose, re.IGNORECASE)
    assert found == [], f"write {RETIRED[retired]}"


def test_the_newest_version_among_the_changes_is_the_service_s_own() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert re.findall(r"^## ([\d.]+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[0] == project["version"]


def _sections(page: Path) -> set[str]:
    """The names by which the headings of a page are linked."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _code(text: str) -> str:
    """Code only: fenced blocks and `spans`."""
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL))
