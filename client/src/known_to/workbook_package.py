"""Looks at the package of a workbook, which is a zip archive, before anything in it is read."""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .file_kinds import AS_WORKBOOK

_MOST_BYTES = 256 * 1024 * 1024
_MOST_PARTS = 5_000
_CHUNK = 1 << 20
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell ref="[A-Z]+([0-9]+):[A-Z]+([0-9]+)"')
_LONGEST_TAG = 64
_OTHERS = (
    ("xl/workbook.bin", f"The file is a binary workbook (.xlsb). {AS_WORKBOOK}"),
    ("word/", "The file is a Word document. Export the report as a workbook (.xlsx) or as CSV."),
    ("ppt/", "The file is a presentation. Export the report as a workbook (.xlsx) or as CSV."),
    ("content.xml", "The file is an OpenDocument spreadsheet (.ods). Save it as Excel Workbook (.xlsx) or as CSV."),
    ("Index/", "The file is a Numbers spreadsheet. In Numbers: File, Export To, Excel."),
)
DAMAGED = (
    "The workbook is damaged, or of a kind that cannot be read here. Open it in Excel. In Excel: Save As, Excel "
    "Workbook (.xlsx) or CSV UTF-8 (Comma delimited)."
)


def why_unreadable(path: Path) -> str | None:
    """A sentence if the archive is no workbook, or one that would fill the memory. Raises OSError."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return DAMAGED
    names = [part.filename for part in parts]
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        others = (sentence for start, sentence in _OTHERS if any(name.startswith(start) for name in names))
        return next(others, "The file is a zip archive. Unpack it first.")
    if "xl/workbook.bin" in names:
        return _OTHERS[0][1]
    # zipfile reads no more of a part than its directory says, so these sizes hold.
    if sum(part.file_size for part in parts) > _MOST_BYTES or len(parts) > _MOST_PARTS:
        return (
            f"The workbook unpacks to more than {_MOST_BYTES >> 20} MB, which no feed needs. Is it the right file? "
            "If it is, save its sheet as CSV UTF-8."
        )
    return None


@dataclass(frozen=True, slots=True)
class Contents:
    """Whether a sheet has a formula, and whether it has cells that are merged over several rows."""

    formulas: bool
    merged_rows: bool


def contents_of(path: Path) -> Contents:
    """Raises OSError, or an error of zipfile if the archive is damaged."""
    formulas = merged_rows = False
    with zipfile.ZipFile(path) as archive:
        for name in filter(_SHEET.fullmatch, archive.namelist()):
            for text in _overlapping(archive, name):
                formulas = formulas or _FORMULA.search(text) is not None
                merged_rows = merged_rows or any(first != last for first, last in _MERGED.findall(text))
    return Contents(formulas, merged_rows)


def _overlapping(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """The part in pieces that overlap, so that each tag is whole in one of them."""
    end = b""
    with archive.open(name) as part:
        while chunk := part.read(_CHUNK):
            yield end + chunk
            end = chunk[-_LONGEST_TAG:]
