"""Asks the first question as a practitioner's system would, and prints the answer for a person."""

import json
import urllib.request
from typing import Any

from rich.console import Console

from .demo import Demo
from .settings import LOCAL
from .synthetic import THE_CHILD

ASKING = "E08000025"  # Birmingham
LOOKUP_ID = LOCAL / "first-lookup-id"
"""Holds the `lookup_id` of the answer, for the console functions that need one."""


def ask(demo: Demo, console: Console) -> None:
    question = {"nhs_number": THE_CHILD, "purpose": "safeguarding", "case_reference": "first-question"}
    answer = _post(f"{demo.base_url}/v1/lookups", question, demo.token(ASKING, "sw-1"))
    LOOKUP_ID.write_text(answer["lookup_id"])
    console.print(f"\n[bold]A social worker in Birmingham asks about the child {THE_CHILD}:[/]")
    console.print("has another practitioner worked with this child, and whom do I ring?\n")
    console.print(f"[bold green]{answer['statement']}[/]\n")
    for entry in answer["involvements"]:
        _print_entry(entry, console)


def _print_entry(entry: dict[str, Any], console: Console) -> None:
    who = entry["practitioner"]
    named = f"{who['name']}, {who['role'].lower()}" if who else entry["team"]["name"]
    phone = (who and who["phone"]) or entry["team"]["phone"]
    service = entry["service_type"].replace("_", " ")
    console.print(f"  [bold]{phone}[/]  {named} ({service}, {entry['status']})")
    console.print(f"                 [dim]{entry['authority']['name']}[/]")


def _post(url: str, body: dict[str, str], token: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)  # noqa: S310 - our own loopback address
    with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310
        answer: dict[str, Any] = json.load(reply)
    return answer
