"""Rows of an export that are no records: totals, remarks below the table, lines of dashes."""

import re
from collections.abc import Sequence

_FEW = 3
_FEWEST_DIGITS = 8
_REMARK = re.compile(
    r"(grand |sub[- ]?|running )?totals?\b|(record |row )?count\b|sum\b|number of (rows|records|cases|children)\b"
    r"|\(?[0-9,]+ (rows?|records?|lines?)\b|(rows?|records?)( affected| returned| exported)?:"
    r"|end of (report|file|list|data|extract)\b|(report|extract|printed|produced|generated|created|run|exported)\b"
    r".*\b(by|on|at|date|time|from)\b|page [0-9]+|\*{2,}|official(-sensitive)?\b|confidential\b|completion time",
    re.IGNORECASE,
)
_DASHES = re.compile(r"[-=_+|*]{2,}")


def why_no_record(cells: Sequence[str], nhs_number: str) -> str | None:
    """A sentence if the row is surely no record, or None. Quotes nothing."""
    filled = [text for text in map(str.strip, cells) if text]
    if filled and all(map(_DASHES.fullmatch, filled)):
        return "is a line of dashes and not a record; take it out of the export"
    has_number = sum(map(str.isdigit, nhs_number)) >= _FEWEST_DIGITS
    if len(filled) <= _FEW and not has_number and any(map(_REMARK.match, filled)):
        return "is a total or a remark and not a record; take it out of the export"
    return None
