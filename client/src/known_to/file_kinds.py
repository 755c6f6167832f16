"""Which kind of file it is, by how it begins: the name may say something else. Refuses what cannot be a feed."""

import re
from enum import Enum
from pathlib import Path

from .errors import UnreadableFile
from .local_files import reason

_SNIFFED_BYTES = 4096
_LARGEST_DIRECTORY = 4 * 1024 * 1024
AS_WORKBOOK = "In Excel: Save As, Excel Workbook (.xlsx)."
AS_CSV = "In Excel: Save As, CSV UTF-8 (Comma delimited)."

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_NOT_FEEDS = {
    b"%PDF": "The file is a PDF. Export the report as a workbook (.xlsx) or as CSV.",
    b"\x1f\x8b": "The file is compressed (gzip). Unpack it first.",
    b"7z\xbc\xaf": "The file is a 7-Zip archive. Unpack it first.",
    b"PK\x05\x06": "The file is an empty zip archive.",
    b"\xff\xfe\0\0": f"The file is UTF-32 text. {AS_CSV}",
    b"\0\0\xfe\xff": f"The file is UTF-32 text. {AS_CSV}",
}
_JSON = re.compile(rb"\{|\[\s*[{\]]")
_HTML = (b"<html", b"<!doctype", b"<table", b"<head", b"<meta", b"<body")


class Kind(Enum):
    TEXT = "text"
    WORKBOOK = "workbook"
    JSON = "json"


def kind_of(path: Path) -> Kind:
    """Raises UnreadableFile, which says what the file is and what to do."""
    start = first_bytes(path)
    for magic, sentence in _NOT_FEEDS.items():
        if start.startswith(magic):
            raise UnreadableFile(sentence)
    if start.startswith(_OLE):
        raise UnreadableFile(_old_or_locked(path))
    if start.startswith(_ZIP):
        return Kind.WORKBOOK
    if (text := start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()).startswith((b"<", *_HTML)):
        what = "a web page (HTML)" if text.startswith(_HTML) else "XML"
        raise UnreadableFile(f"The file is {what}, whatever its name says. Open it in Excel. {AS_WORKBOOK}")
    return Kind.JSON if _JSON.match(text) else Kind.TEXT


def first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_SNIFFED_BYTES)
    except OSError as error:
        raise UnreadableFile(f"{path.name} cannot be read: {reason(error)}.") from None


def _old_or_locked(path: Path) -> str:
    """An old workbook and a workbook with a password begin alike. The second names its encrypted part."""
    with path.open("rb") as file:
        content = file.read(_LARGEST_DIRECTORY)
    if _ENCRYPTED in content:
        return (
            "The workbook is protected with a password. In Excel: File, Info, Protect Workbook, Encrypt with "
            "Password; empty the field, and save."
        )
    return f"The file is of an old kind of Excel or Office (.xls or .doc). {AS_WORKBOOK}"
