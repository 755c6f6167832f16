"""Answers become types whole or not at all, and neither an error nor a `repr` shows what is in them."""

import copy
import traceback
from typing import Any

import pytest

from known_to.answers import Answer, BrokeredEntry, FullEntry
from known_to.decoding import decode
from known_to.errors import UnknownForm

CANARY = "canary7f3a"
CONTACT = {"name": CANARY, "phone": "020 7946 0100"}
FULL = {
    "form": "full",
    "authority": {"code": "E09000009", "name": "Ealing", "duty_contact": None},
    "service_type": "social_care",
    "status": "current",
    "lead_professional": False,
    "started_on": "2026-02-01",
    "confirmed_on": "2026-03-01",
    "practitioner": {"id": "sw-1", "name": CANARY, "role": "Social worker"},
    "team": CONTACT,
    "own": False,
    "disputed": False,
}
BROKERED = {"form": "brokered", "description": "a sensitive service", "contact": CONTACT, "own": False}
ANSWER = {
    "lookup_id": "01J",
    "asked_at": "2026-03-01T09:30:00Z",
    "case_reference": "case-17",
    "known": True,
    "complete": True,
    "shielded": False,
    "statement": "Known to another practitioner.",
    "involvements": [FULL, BROKERED],
    "withheld": {"brokered": 1, "never_shown": []},
    "coverage": [],
}


def changed(change: Any, *path: str | int) -> Any:
    answer: Any = copy.deepcopy(ANSWER)
    field = answer
    for key in path[:-1]:
        field = field[key]
    field[path[-1]] = change
    return answer


def test_the_form_of_an_entry_decides_its_type() -> None:
    full, brokered = decode(Answer, ANSWER).involvements
    assert isinstance(full, FullEntry)
    assert isinstance(brokered, BrokeredEntry)
    assert (full.form, brokered.form) == ("full", "brokered")


@pytest.mark.parametrize(
    ("change", "path", "shown"),
    [
        (CANARY, ("involvements", 1, "form"), "$.involvements[1].form"),
        ({"form": "full"}, ("involvements", 0), "`authority` - at `$.involvements[0]`"),
        (CANARY, ("involvements", 0, "started_on"), "$.involvements[0].started_on"),
        (f"{CANARY}' - at `$.x`", ("involvements", 0, "form"), "$.involvements[0].form"),
        (CANARY, ("asked_at",), "$.asked_at"),
        (1, ("known",), "$.known"),
        (True, ("withheld", "brokered"), "$.withheld.brokered"),
        (None, ("statement",), "$.statement"),
    ],
)
def test_an_error_names_the_field_and_quotes_no_value(change: Any, path: tuple[str | int, ...], shown: str) -> None:
    with pytest.raises(UnknownForm) as raised:
        decode(Answer, changed(change, *path))
    assert shown in str(raised.value)
    assert CANARY not in "".join(traceback.format_exception(raised.value))
    assert raised.value.__context__ is None


def test_no_repr_shows_a_person() -> None:
    answer = decode(Answer, ANSWER)
    shown = [answer, *answer.involvements, *(getattr(one, "practitioner", None) for one in answer.involvements)]
    assert CANARY not in repr(shown)
