"""Console functions, called in process as Lambda calls them."""

from typing import Any

from chalicelib import console


def operate(function: str, **event: Any) -> dict[str, Any]:
    """Runs a console function. Runs it again with the code if the first run asks for one."""
    answer = run(function, **event)
    return run(function, **{"confirm": answer["confirm"], **event}) if answer.get("code") == "confirm" else answer


def pair(old: Any, new: Any) -> list[dict[str, Any]]:
    """The list of one pair, for `supersede_nhs_number`."""
    return [{"old_nhs_number": old, "new_nhs_number": new}]


def run(function: str, **event: Any) -> dict[str, Any]:
    """One invocation, with a default operator and reason. Fields of None are left out."""
    sent = {"requested_by": "j.doe", "reason": "ticket 12", **event}
    answer: dict[str, Any] = getattr(console, function)({k: v for k, v in sent.items() if v is not None}, None)
    return answer
