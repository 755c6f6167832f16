"""A dirty feed of 3,000 rows against the real service: what the client takes, the service takes; the rest is listed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from client.tests.command_line import KnownTo, tidy
from client.tests.dirty_rows import DirtyRow, dirty_rows
from client.tests.feeds import read_csv, registered
from client.tests.service import Service
from client.tests.test_dirty_feed import ROWS, as_excel_saves_it

pytestmark = pytest.mark.system


def test_what_is_taken_from_a_dirty_file_is_taken_by_the_service_and_the_rest_is_listed(
    service: Service, authority: str, known_to: KnownTo, tmp_path: Path
) -> None:
    rows = dirty_rows(ROWS)
    (tmp_path / "feed.csv").write_bytes(as_excel_saves_it(rows))
    ended = known_to("load", "feed.csv", "--dates", "uk", "--phones", "uk")
    taken = {str(row.clean["reference"]) for row in rows if row.dirt.sentence is None}
    assert registered(service, authority) == taken
    assert f"{len(taken):>7,}  registered\n" in tidy(ended)
    assert f"{ROWS - len(taken):>7,}  rejected, see feed.csv.rejects.csv\n" in ended.out
    rejects = read_csv(tmp_path / "feed.csv.rejects.csv")
    numbers = [int(one["row"]) for one in rejects]
    assert numbers == [at for at, row in enumerate(rows, start=2) if row.dirt.sentence is not None]
    assert all(row.dirt.column == one["column"].lower().replace(" ", "_") for row, one in _rejected(rows, rejects))
    assert ended.code == 6


def _rejected(rows: list[DirtyRow], rejects: list[dict[str, str]]) -> Iterator[tuple[DirtyRow, dict[str, str]]]:
    return ((rows[int(one["row"]) - 2], one) for one in rejects)
