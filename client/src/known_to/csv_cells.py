"""Cells of the CSV files that this client writes, safe to open in a spreadsheet."""

from .identifiers import reference_error

_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def plain_cell(text: str) -> str:
    """A spreadsheet would run a cell that begins like a formula, so an apostrophe goes before it. References stay."""
    if text.startswith(_BEGINS_A_FORMULA) and reference_error(text) is not None:
        return f"'{text}"
    return text
