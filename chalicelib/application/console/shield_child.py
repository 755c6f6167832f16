"""Shield a child as an operator, or change the review date of an existing shield."""

from datetime import date

from ...domain.access_records import Act, Operator
from ...domain.child import ChildKey, NhsNumber
from ...domain.values import Struct
from ..ports import Clock, InvolvementStore, Pseudonyms
from ..recorder import Recorder
from ..retries import retry_on_conflict
from ..shield import check_review
from .ports import Shields


class ShieldChild(Struct, frozen=True, kw_only=True):
    pseudonyms: Pseudonyms
    involvements: InvolvementStore
    shields: Shields
    clock: Clock
    recorder: Recorder

    def __call__(self, nhs_number: NhsNumber, review_on: date, operator: Operator) -> bool:
        """Returns False if the child was shielded before. Raises InvalidRequest or Unavailable."""
        check_review(review_on, self.clock().date())
        return self._shield(self.pseudonyms.child_key(nhs_number), review_on, operator)

    @retry_on_conflict
    def _shield(self, child: ChildKey, review_on: date, operator: Operator) -> bool:
        shielded_record = self.recorder.make(Act.SHIELDED, operator, child)
        shielded = self.involvements.shield(child, operator.reason, review_on, shielded_record)
        if shielded.review_on != review_on:
            reviewed_record = self.recorder.make(Act.SHIELD_REVIEWED, operator, child)
            self.shields.review(child, operator.reason, review_on, reviewed_record)
        return shielded.created
