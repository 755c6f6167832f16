"""The sandbox: a fixed synthetic child for every kind of answer and for every bad day. docs/sandbox.md lists them.

The faults are put in front of the lookup in the local stage's server. They are in this package, which never ships.
"""

import time
from collections.abc import Callable
from datetime import timedelta

from chalicelib.application.look_up import LookUp, Question
from chalicelib.domain.authority import Caller
from chalicelib.domain.disclosure import Answer, FullEntry
from chalicelib.domain.errors import CannotAnswer, PurposeNotGranted, TooManyLookups
from chalicelib.domain.values import replace
from chalicelib.wiring import api

NOBODY = "9995000016"
OWN = "9995000024"
UNCONFIRMED = "9995000032"
PREVIOUS = "9995000040"
DISPUTED = "9995000059"
POLICE = "9995000067"
SENSITIVE = "9995000075"
SHIELDED = "9995000083"
SUPERSEDED = "9995000091"
PRESENT = "9995000105"
RETIRED = "9995000113"
CANNOT_ANSWER = "9995000121"
TOO_MANY = "9995000148"
NOT_GRANTED = "9995000156"
INCOMPLETE = "9995000164"
SILENT = "9995000172"
SLOW = "9995000180"

WORDS = {
    NOBODY: "Known to nobody",
    OWN: "Your own record only (sw-1 of Haringey)",
    UNCONFIRMED: "Not confirmed for six months",
    PREVIOUS: "Previous work",
    DISPUTED: "A disputed record",
    POLICE: "Police: through the broker desk for education welfare",
    SENSITIVE: "A sensitive service",
    SHIELDED: "Protected by a shield",
    SUPERSEDED: "A superseded number",
    PRESENT: "Its present number",
    RETIRED: "A number to trace anew",
    CANNOT_ANSWER: "Could not check",
    TOO_MANY: "Too many lookups",
    NOT_GRANTED: "Purpose not granted",
    INCOMPLETE: "Not complete",
    SILENT: "A silent authority",
    SLOW: "A slow answer",
}
"""What each child shows, in the order of the page."""

SLOW_SECONDS = 8
"""Longer than anybody should wait without a sign of life. Our client waits ten seconds for a reply."""
_WAIT_SECONDS = 900


def installed(services: api.Services, sleep: Callable[[float], None] = time.sleep) -> api.Services:
    """The same services, with the faults of the sandbox in front of the lookup."""
    return replace(services, look_up=SandboxLookUp(services.look_up, sleep))


class SandboxLookUp:
    """Looks up as the service does. For the children of the bad days it then fails, waits or changes the answer."""

    def __init__(self, look_up: LookUp, sleep: Callable[[float], None]) -> None:
        self._look_up = look_up
        self._sleep = sleep

    def __call__(self, question: Question, caller: Caller) -> Answer:
        answer = self._look_up(question, caller)
        number = question.nhs_number.digits
        if number in _FAILURES:
            raise _FAILURES[number]
        if number == SLOW:
            self._sleep(SLOW_SECONDS)
        if number == INCOMPLETE:
            return replace(answer, decision=replace(answer.decision, complete=False))
        return _with_silence(answer) if number == SILENT else answer


_FAILURES = {
    CANNOT_ANSWER: CannotAnswer(),
    TOO_MANY: TooManyLookups(_WAIT_SECONDS),
    NOT_GRANTED: PurposeNotGranted(),
}


def _with_silence(answer: Answer) -> Answer:
    """The answer as it would be if the first authority of the record had not reported for three weeks."""
    silent = next(entry.authority for entry in answer.decision.entries if isinstance(entry, FullEntry))
    last = replace(silent, last_write_at=answer.asked_at - timedelta(weeks=3))
    return replace(
        answer,
        coverage=tuple(
            replace(sector, reporting=sector.reporting - 1, silent=(*sector.silent, last))
            if sector.sector == silent.sector
            else sector
            for sector in answer.coverage
        ),
    )
