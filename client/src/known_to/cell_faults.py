"""Cells that hold no value: errors of a spreadsheet, words for "nothing", formulas, spoiled letters.

Such a cell is a fault in every column. An empty cell is just empty. No message quotes a cell.
"""

import re

_ERROR = re.compile(r"#(?:[A-Z0-9_/]+[!?]|N/A(?: N/A)?|ERROR|DELETED|GETTING_DATA|#+)|ERR:[0-9]{3}", re.IGNORECASE)
_NOTHING = frozenset(
    {
        *("null", "(null)", "<null>", "[null]", "none", "nan", "nat", "nil", "undefined", "\\n"),
        *("n/a", "n.a.", "n\\a", "n/k", "(blank)", "<blank>", "[blank]", "(empty)"),
    }
)
_MARKS_ONLY = re.compile(r"[-\u2010-\u2015\u2212_?.*\s]+|<>")
_LOST = "\ufffd"

_SAYS_ERROR = "has an error that a spreadsheet put there (such as #N/A); mend it in the spreadsheet, or empty the cell"
_SAYS_NOTHING = "has a word or mark for 'nothing' (such as NULL, N/A, - or ?); leave the cell empty instead"
_SAYS_FORMULA = "has a formula instead of its result; open the file in Excel, let it calculate, and save it again"
_SAYS_SPOILED = (
    "has spoiled letters: UTF-8 was read as Windows-1252 on the way (an é became two characters); "
    "export it again as UTF-8"
)
_SAYS_LOST = "has lost a letter: the file was saved in a form that does not have it; export it again as UTF-8"


def fault_of(cell: str) -> str | None:
    """Says why the cell holds no value, or returns None if it may hold one. The cell has no blanks around it."""
    if _ERROR.fullmatch(cell):
        return _SAYS_ERROR
    if cell.casefold() in _NOTHING or _MARKS_ONLY.fullmatch(cell):
        return _SAYS_NOTHING
    if cell.startswith("="):
        return _SAYS_FORMULA
    return letters_fault(cell)


def letters_fault(text: str) -> str | None:
    if text.isascii():
        return None
    if _LOST in text:
        return _SAYS_LOST
    return _SAYS_SPOILED if _is_spoiled(text) else None


# One byte of a character that UTF-8 writes with several, as Windows-1252 shows it.
_SEVERAL_BYTES = re.compile(
    "[\xc2-\xdf][{0}]|[\xe0-\xef][{0}]{{2}}|[\xf0-\xf4][{0}]{{3}}".format(
        "\x80-\xbf" + re.escape("".join(bytes([one]).decode("cp1252", "ignore") for one in range(0x80, 0xA0)))
    )
)
_QUOTES_AND_DASHES = frozenset("\u2018\u2019\u201c\u201d\u2013\u2014")


def _is_spoiled(text: str) -> bool:
    """True if a part of the text is UTF-8 that was read as Windows-1252.

    People write a capital É before a closing quotation mark, and a ß before a dash. Such a pair proves nothing.
    """
    return any(not _QUOTES_AND_DASHES.issuperset(found[0][1:]) and _decodes(found[0]) for found in _found(text))


def _found(text: str) -> list[re.Match[str]]:
    return list(_SEVERAL_BYTES.finditer(text))


def _decodes(characters: str) -> bool:
    try:
        b"".join(map(_byte, characters)).decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _byte(character: str) -> bytes:
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:  # one of the five bytes that Windows-1252 leaves free
        return character.encode("latin-1")
