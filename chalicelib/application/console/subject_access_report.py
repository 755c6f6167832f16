"""Report everything that is held about a child, page by page, to a person who decides what to release."""

from ...domain.access_records import Act, Operator
from ...domain.child import NhsNumber
from ...domain.involvement import Involvement
from ...domain.subject_access import Stated
from ...domain.values import Struct
from ..ports import Clock, InvolvementStore, Pseudonyms
from ..recorder import Recorder
from ..supersession import Supersession
from .ports import SubjectRecords

ROWS_ON_A_PAGE = 150
"""Even with the longest rows a page then stays below 6 MB, the largest response that Lambda can return."""


class SubjectReport(Struct, frozen=True):
    """One page of the report.

    `numbers`: how many NHS numbers the child has had here.
    `next_after`: the cursor of the next page, None on the last page.
    """

    numbers: int
    shielded: bool
    stated: tuple[Stated, ...]
    next_after: str | None


class SubjectAccessReport(Struct, frozen=True, kw_only=True):
    """The report goes through the child's numbers one after another. Each has its involvements first, then its shields,
    then its access records in order of time."""

    pseudonyms: Pseudonyms
    supersession: Supersession
    involvements: InvolvementStore
    records: SubjectRecords
    recorder: Recorder
    clock: Clock

    def __call__(self, nhs_number: NhsNumber, after: str | None, operator: Operator) -> SubjectReport:
        """Raises InvalidRequest if `after` is not a cursor of ours, or Unavailable."""
        now = self.clock()
        keys = self.supersession.keys_of(self.pseudonyms.child_key(nhs_number))
        page = self.records.page(keys.all, after, ROWS_ON_A_PAGE)
        shielded = self.involvements.of_child(keys.present, frozenset()).shielded
        self.recorder.write(Act.SUBJECT_ACCESS_REPORTED, operator, keys.present)
        # From its end on a record does not exist for anyone, even if TTL has not deleted it yet.
        stated = tuple(item for item in page.stated if not isinstance(item, Involvement) or item.is_live(now))
        return SubjectReport(len(keys.all), shielded, stated, page.next_after)
