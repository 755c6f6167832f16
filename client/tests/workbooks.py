"""Workbooks for tests, as Excel writes them."""

import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from client.tests.test_feed_file import GOOD
from known_to.feed_columns import OPTIONAL, REQUIRED

TITLES = (*REQUIRED, *OPTIONAL)


def cells_of(**changes: Any) -> list[Any]:
    row = {**GOOD, **changes}
    return [row.get(name) for name in TITLES]


def write_workbook(
    path: Path, *rows: Sequence[Any], title: str = "Export", also: Callable[[Workbook], None] = lambda _: None
) -> Path:
    """The rows in one sheet. `also` may change the workbook before it is saved."""
    book = Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(list(row))
    also(book)
    book.save(path)
    return path


def with_part(path: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    """Changes one part of the package, as no library would write it."""
    content = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, change(old.read(part)) if part == name else old.read(part))
    path.write_bytes(content.getvalue())
    return path
