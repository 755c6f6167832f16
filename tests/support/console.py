"""Console functions, called in process as Lambda calls them."""

from typing import Any

from chalicelib import console
from chalicelib.adapters.console.event_bodies import PROPOSABLE

PROPOSER = {"requested_by": "a.bell", "reason": "ticket 11"}
"""Who proposes, unless a test says otherwise."""


def operate(function: str, **event: Any) -> dict[str, Any]:
    """Does the work of a console function. If it takes two people, whoever the event names proposes it, and somebody
    else carries it out."""
    if function not in PROPOSABLE:
        return run(function, **event)
    proposed = propose(function, **event)
    if "proposal" not in proposed:
        return proposed
    return run(function, **{**event, "requested_by": "j.doe", "proposal": proposed["proposal"]})


def propose(function: str, **event: Any) -> dict[str, Any]:
    fields = {name: value for name, value in event.items() if value is not None and name not in PROPOSER}
    who = {name: event.get(name, default) for name, default in PROPOSER.items()}
    return run("propose", what=function, event=fields, **who)


def proposal(function: str, **event: Any) -> str:
    """The code of a new proposal."""
    return str(propose(function, **event)["proposal"])


def pair(old: Any, new: Any) -> list[dict[str, Any]]:
    """The list of one pair, for `supersede_nhs_number`."""
    return [{"old_nhs_number": old, "new_nhs_number": new}]


def run(function: str, **event: Any) -> dict[str, Any]:
    """One invocation, with a default operator and reason. Fields of None are left out."""
    sent = {"requested_by": "j.doe", "reason": "ticket 12", **event}
    answer: dict[str, Any] = getattr(console, function)({k: v for k, v in sent.items() if v is not None}, None)
    return answer
