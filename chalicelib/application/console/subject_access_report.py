"""Everything that is held about a child, page by page, for a person who decides what is released."""

from ...domain.access_records import Act, Operator
from ...domain.child import NhsNumber
from ...domain.involvement import Involvement
from ...domain.subject_access import Stated
from ...domain.values import Struct
from ..ports import Clock, InvolvementStore, Pseudonyms, Supersession
from ..recorder import Recorder
from .ports import SubjectRecords

ROWS_ON_A_PAGE = 150
"""The longest of rows stay so below the 6 MB that Lambda answers with."""


class SubjectReport(Struct, frozen=True):
    """`numbers`: how many NHS numbers the child has had here. `next_after`: where the next page begins."""

    numbers: int
    shielded: bool
    stated: tuple[Stated, ...]
    next_after: str | None


class SubjectAccessReport(Struct, frozen=True, kw_only=True):
    """Involvements come first, then shields, then access records in order of time, under one number after another."""

    pseudonyms: Pseudonyms
    supersession: Supersession
    involvements: InvolvementStore
    records: SubjectRecords
    recorder: Recorder
    clock: Clock

    def __call__(self, nhs_number: NhsNumber, after: str | None, operator: Operator) -> SubjectReport:
        """Raises InvalidRequest for a place that is none, or Unavailable."""
        now = self.clock()
        keys = self.supersession.keys_of(self.pseudonyms.child_key(nhs_number))
        page = self.records.page(keys.all, after, ROWS_ON_A_PAGE)
        shielded = self.involvements.of_child(keys.present, frozenset()).shielded
        self.recorder.write(Act.SUBJECT_ACCESS_REPORTED, operator, keys.present)
        # From its end on a record does not exist for anyone, though TTL may not have deleted it yet.
        there = tuple(one for one in page.stated if not isinstance(one, Involvement) or one.is_live(now))
        return SubjectReport(len(keys.all), shielded, there, page.next_after)
