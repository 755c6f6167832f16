"""The command line as a whole: help, wrong command lines, settings, and no NHS number in any message."""

from pathlib import Path

import pytest

from client.tests.command_line import ASK, KnownTo, tidy, without_ids
from client.tests.service import Service
from tests.support.stage import BRENT

MISTYPED = [
    ("nonsense", "9990000019"),
    ("9990000019",),
    ("accesses", "999", "000", "0019"),
    ("accesses", "r-1", "999", "000", "0019"),
    ("end", "r-1", "--on", "999-000-0019"),
    ("lookup", "--999 000 0019"),
    ("--config", "9990000019", "confirm", "r-1"),
    ("load", "999 000 0019.csv"),
    ("correct", "9990000019", "nothing.csv"),
    ("outcome", "9990000019", "999 000 0019", "reached"),
    ("register", "r-1", "--file", "x9990000019 999.000.0019"),
]


@pytest.mark.parametrize("arguments", MISTYPED)
def test_no_message_repeats_a_mistyped_nhs_number(known_to: KnownTo, arguments: tuple[str, ...]) -> None:
    ended = known_to(*arguments)
    tidy(ended)
    assert ended.code in (2, 3, 5)
    assert "0019" not in without_ids(ended.out + ended.err)
    assert ended.err


@pytest.mark.parametrize("option", ["--as", "--authority", "--role"])
@pytest.mark.parametrize("value", ["", "  "])
def test_options_that_name_the_caller_may_not_be_blank(
    service: Service, known_to: KnownTo, option: str, value: str
) -> None:
    ended = known_to(option, value, *ASK, stdin="9990000018")
    assert (ended.code, ended.out) == (2, "")
    assert tidy(ended) == ""
    assert f"'{option}': is blank. Give a value, or leave the option out." in " ".join(ended.err.split())
    assert service.seen == []


def test_a_refused_sign_in_lists_the_settings_to_check(service: Service, known_to: KnownTo) -> None:
    ended = known_to("--authority", "E1", "confirm", "r-1")
    tidy(ended)
    assert ended.code == 3
    assert ended.err.startswith("Not signed in. Check authority, kid, key_file and audience in your settings, and\n")
    assert "Bearer" not in ended.err


def test_another_authority_signs_with_its_own_settings(service: Service, known_to: KnownTo, tmp_path: Path) -> None:
    elsewhere = tmp_path / "brent"
    elsewhere.mkdir()
    service.configure(elsewhere, BRENT)
    assert known_to("--config", "brent/home/known-to.toml", *ASK, stdin=service.stage.new_child()).code == 0


def test_without_settings_the_message_lists_what_to_set(known_to: KnownTo, tmp_path: Path) -> None:
    (tmp_path / "home" / "known-to.toml").unlink()
    ended = known_to("confirm", "r-1")
    tidy(ended)
    assert ended.code == 3
    assert "KNOWN_TO_BASE_URL" in ended.err
    assert "known-to --demo" in ended.err


COMMANDS = [
    *("lookup", "outcome", "register", "confirm", "end", "correct", "load", "reconcile", "quality", "notices"),
    *("accesses", "handover", "shield"),
    *("keys", "keys make", "keys show"),
]


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_has_help_within_80_columns(known_to: KnownTo, command: str) -> None:
    ended = known_to(*command.split(), "--help")
    assert tidy(ended).startswith("Usage: ")
    assert ended.code == 0
    assert "..." not in ended.out.partition("Commands:")[2]


@pytest.mark.parametrize(
    "arguments",
    [("nonsense",), ("lookup",), ("load",), ("end", "r-1", "--on", "31/01/2026"), ("load", "x", "--encoding", "hex")],
)
def test_a_wrong_command_line_ends_with_2(known_to: KnownTo, arguments: tuple[str, ...]) -> None:
    assert known_to(*arguments).code == 2
