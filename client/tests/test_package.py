"""The client is a package of its own. It needs none of the service's code, and declares its dependencies."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from known_to import errors

CLIENT = Path(__file__).parents[1]
SOURCES = sorted((CLIENT / "src" / "known_to").rglob("*.py"))
PROJECT = tomllib.loads((CLIENT / "pyproject.toml").read_text())["project"]
PACKAGES = {"httpcore": "httpcore", "httpx": "httpx", "jwt": "pyjwt", "cryptography": "pyjwt", "msgspec": "msgspec"}
PACKAGES |= {"openpyxl": "openpyxl", "rich": "rich", "typer": "typer"}


def imported(source: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield (node.module or "").partition(".")[0]


def test_it_imports_only_its_dependencies_and_nothing_of_the_service() -> None:
    foreign = {name for source in SOURCES for name in imported(source)} - sys.stdlib_module_names
    assert foreign == PACKAGES.keys()
    assert {re.split(r"[\[>]", name)[0] for name in PROJECT["dependencies"]} == {*PACKAGES.values()}


def test_every_dependency_has_a_lowest_version() -> None:
    assert [name for name in PROJECT["dependencies"] if not re.search(r">=[0-9.]+$", name)] == []


def test_only_the_command_line_uses_the_terminal_libraries() -> None:
    library = [source for source in SOURCES if source.parent.name != "cli" and source.name != "__main__.py"]
    assert not {"rich", "typer"} & {name for source in library for name in imported(source)}


@pytest.mark.parametrize("name", ["py.typed", "__main__.py"])
def test_it_ships_with_types_and_can_be_run(name: str) -> None:
    assert (CLIENT / "src" / "known_to" / name).exists()


def test_every_error_is_in_the_tree_of_the_docstring() -> None:
    def below(kind: type[Exception]) -> Iterator[str]:
        yield kind.__name__
        for child in kind.__subclasses__():
            yield from below(child)

    listed = set((errors.__doc__ or "").split()) & {name for name in vars(errors) if name[0].isupper()}
    assert {*below(errors.KnownToError)} == listed
