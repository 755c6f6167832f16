"""Feed files for tests, and what the register of an authority contains."""

import csv
from collections.abc import Sequence
from pathlib import Path

from client.tests.service import Service
from known_to.feed_columns import OPTIONAL, REQUIRED


def row(service: Service, reference: str, **changes: str) -> dict[str, str]:
    return {
        "reference": reference,
        "nhs_number": service.stage.new_child(),
        "service_type": "social_care",
        "basis": "statutory",
        "practitioner_id": "sw-9",
        "practitioner_name": "Canary Okafor",
        "practitioner_role": "Social worker",
        "team_name": "Assessment team",
        "team_phone": "020 7946 0002",
        "started_on": "2026-02-01",
        **changes,
    }


def write_feed(path: Path, rows: Sequence[dict[str, str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*REQUIRED, *OPTIONAL])
        writer.writeheader()
        writer.writerows(rows)
    return path


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def registered(service: Service, authority: str) -> set[str]:
    token = service.stage.token(authority)
    found: set[str] = set()
    query = {"limit": ["1000"]}
    while True:
        page = service.stage.call("GET", "/v1/involvements", token=token, query=query).json
        found |= {one["reference"] for one in page["involvements"]}
        if page["next_cursor"] is None:
            return found
        query["cursor"] = [page["next_cursor"]]
