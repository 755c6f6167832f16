"""What a cell says once the marks that spreadsheets and exports put around it are gone."""

import re

_AS_TEXT = re.compile(r'="(.*)"', re.DOTALL)
_WHOLE = re.compile(r"([+-]?[0-9][0-9,]*)\.0+", re.ASCII)
_TEN_IN_THOUSANDS = re.compile(
    r"[0-9](?P<mark>[,.'\u2019 \u00a0\u2009\u202f])[0-9]{3}(?P=mark)[0-9]{3}(?P=mark)[0-9]{3}"
)
_COMMAS = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+", re.ASCII)
_TEXT_MARK = re.compile(r"['\u2018\u2019`]")


class DateCell(str):
    """A cell of a workbook that is a real date. Its text is the ISO form."""

    __slots__ = ()


def unwrapped(cell: str) -> str:
    """Takes away the ="..." with which an export keeps Excel from changing a value."""
    if found := _AS_TEXT.fullmatch(cell):
        return found[1].replace('""', '"').strip()
    return cell


def as_code(cell: str) -> str:
    """For numbers, ids, dates and words of a list: takes away a leading apostrophe, and the .0 of a whole number.

    A name may begin with an apostrophe ('Abd al-Rahman), so this is not for names.
    """
    if len(cell) > 1 and _TEXT_MARK.match(cell):
        cell = cell[1:].strip()
    if found := _WHOLE.fullmatch(cell):
        return found[1]
    return cell


def without_thousands(cell: str) -> str:
    """Takes the separators out of a number like 9,990,000,018. Only for cells in which a comma means nothing else."""
    return cell.replace(",", "") if _COMMAS.fullmatch(cell) else cell


def ten_digits(cell: str) -> str:
    """The same for a number of ten digits, with any separator that a country puts between thousands."""
    return re.sub(r"[^0-9]", "", cell) if _TEN_IN_THOUSANDS.fullmatch(cell) else cell
