"""The lines of a text file, in the encoding that it proves to have."""

import codecs
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from .errors import UnreadableFile
from .file_kinds import first_bytes
from .local_files import reason

UTF_8 = "utf-8-sig"  # reads UTF-8 with or without a byte order mark
_UNICODE = ("utf", "u8")
_CHUNK = 1 << 20


def lines_of(path: Path, encoding: str, save_as: str) -> Iterator[str]:
    """Every line with its ending. A byte order mark proves the encoding, whatever `encoding` says.

    `save_as` tells how to save such a file. Raises UnreadableFile.
    """
    proven = _proven(first_bytes(path), encoding, save_as)
    if proven is None and not encoding.lower().startswith(_UNICODE) and is_utf_8_with_letters(path):
        raise UnreadableFile(
            f"The file is UTF-8, not {encoding}: names with letters such as é would be spoiled. Leave out --encoding."
        )
    encoding = proven or encoding
    # Raises outside an except block, because the UnicodeError contains a part of the file.
    with _open(path, encoding) as file, suppress(UnicodeError):
        yield from file
        return
    if encoding != UTF_8:
        raise UnreadableFile(f"The file is not {encoding}, or is damaged. {save_as}")
    raise UnreadableFile(
        f"The file is not UTF-8. It may be Windows-1252. {save_as} Or, if Excel saved it as plain CSV, "
        "add --encoding cp1252."
    )


def _proven(start: bytes, encoding: str, save_as: str) -> str | None:
    if start.startswith(codecs.BOM_UTF8):
        return UTF_8
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in start and not encoding.lower().startswith("utf-16"):
        raise UnreadableFile(
            f"The file is not text, or it is UTF-16 without a mark that says so. {save_as} Or, if you know that it is "
            "UTF-16 text, add --encoding utf-16-le."
        )
    return None


def _open(path: Path, encoding: str) -> TextIO:
    try:
        return path.open(encoding=encoding, newline="")
    except OSError as error:
        raise UnreadableFile(f"{path.name} cannot be read: {reason(error)}.") from None


def is_utf_8_with_letters(path: Path) -> bool:
    """True if the whole file is UTF-8 and has more than ASCII. No text in another encoding is UTF-8 by chance."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    beyond_ascii = False
    with suppress(OSError, UnicodeDecodeError), path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            beyond_ascii = beyond_ascii or not chunk.isascii()
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
        return beyond_ascii
    return False
