"""Others see a role only if it is on a list."""

import re
from pathlib import Path

import pytest

from chalicelib.domain.involvement import SENSITIVE_SERVICES
from chalicelib.domain.roles import KNOWN_ROLES, passed_on
from chalicelib.domain.texts import is_readable


@pytest.mark.parametrize("role", ["Social worker", "social worker", "SOCIAL  WORKER", " Social worker "])
def test_a_known_role_is_passed_on_in_the_spelling_of_the_list(role: str) -> None:
    assert passed_on(role) == "Social worker"


@pytest.mark.parametrize(
    "role", ["Ring Ben on 020 7946 0001", "Social worker of Ada", "Feed", "Sexual health nurse", ""]
)
def test_any_other_text_is_not_passed_on(role: str) -> None:
    assert passed_on(role) is None


def test_an_authority_may_have_roles_of_its_own() -> None:
    assert passed_on("practice lead", ["Practice lead"]) == "Practice lead"
    assert passed_on("Practice lead") is None


def test_no_known_role_names_a_sensitive_service() -> None:
    words = {word for service in SENSITIVE_SERVICES for word in service.split("_")} - {"health"}
    assert not {role for role in KNOWN_ROLES if words & set(role.casefold().split())}


def test_every_known_role_is_readable_and_there_once() -> None:
    assert all(map(is_readable, KNOWN_ROLES))
    assert len({role.casefold() for role in KNOWN_ROLES}) == len(KNOWN_ROLES)


def test_the_page_of_the_api_lists_the_known_roles() -> None:
    page = (Path(__file__).parents[3] / "docs" / "api.md").read_text()
    section = page.partition("### Roles\n")[2].partition("\n## ")[0].partition("The known roles:")[2]
    listed = [" ".join(role.split()) for role in re.findall(r"`([^`]+)`", section)]
    assert listed == sorted(KNOWN_ROLES)
