"""What is registered about each child at a time, so that each lookup shows what it would really have shown."""

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.domain.access_records import Disclosed, Form, Shown
from chalicelib.domain.authority import Caller, Purpose
from chalicelib.domain.child import ChildKey
from chalicelib.domain.disclosure import form_for
from chalicelib.domain.involvement import ServiceType
from chalicelib.domain.ringing_order import MAX_RECORDS_PER_AUTHORITY

_NONE = Disclosed(known=False, complete=True, rows=())


@dataclass(slots=True, eq=False)
class Row:
    """`key`: under which it is stored; a supersession moves no row."""

    authority_code: str
    reference: str
    version: str
    practitioner_id: str
    key: ChildKey
    sensitive: bool
    justice: bool


class Rows:
    def __init__(self) -> None:
        self._of: dict[int, dict[tuple[str, str], Row]] = {}
        self.shielded: set[int] = set()

    def put(self, child: int, row: Row) -> None:
        self._of.setdefault(child, {})[row.authority_code, row.reference] = row

    def find(self, child: int, authority_code: str, reference: str) -> Row | None:
        return self._of.get(child, {}).get((authority_code, reference))

    def remove(self, child: int, row: Row) -> None:
        del self._of[child][row.authority_code, row.reference]

    def of(self, child: int) -> Iterator[Row]:
        return iter(self._of.get(child, {}).values())

    def disclosed(self, child: int, caller: Caller, purpose: Purpose) -> Disclosed:
        """As `domain/disclosure.py` decides, for rows that all open. The order of entries is that of registering."""
        if child not in self._of and child not in self.shielded:
            return _NONE
        rows = [(row, form) for row in self.of(child) if (form := self._form(child, row, purpose))]
        rows.sort(key=lambda one: one[1] is not Form.FULL)
        shown = [Shown(row.authority_code, row.reference, row.version, form) for row, form in rows]
        own = [row for row in self.of(child) if _is_own(row, caller)]
        known = child in self.shielded or any(not _is_own(row, caller) for row, _ in rows)
        sensitive = any(row.sensitive for row in own)
        return Disclosed(known, True, tuple(shown[:MAX_RECORDS_PER_AUTHORITY]), sensitive)

    def _form(self, child: int, row: Row, purpose: Purpose) -> Form | None:
        if child in self.shielded:
            return Form.SHIELDED
        service = ServiceType.POLICE if row.justice else ServiceType.SOCIAL_CARE
        return form_for(purpose, service, sensitive=row.sensitive)


def _is_own(row: Row, caller: Caller) -> bool:
    return (row.authority_code, row.practitioner_id) == (caller.authority.code, caller.practitioner_id)
