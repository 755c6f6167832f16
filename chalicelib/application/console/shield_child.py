"""Shield a child as an operator, or give the shield that is there another day of review."""

from datetime import date

from ...domain.access_records import Act, Operator
from ...domain.child import ChildKey, NhsNumber
from ...domain.values import Struct
from ..conflicts import under_present_key, until_settled
from ..ports import Clock, InvolvementStore, Pseudonyms
from ..recorder import Recorder
from ..shield import check_review
from .ports import Shields


class ShieldChild(Struct, frozen=True, kw_only=True):
    pseudonyms: Pseudonyms
    involvements: InvolvementStore
    shields: Shields
    clock: Clock
    recorder: Recorder

    def __call__(self, nhs_number: NhsNumber, review_on: date, operator: Operator) -> bool:
        """False if the child was shielded before. Raises InvalidRequest or Unavailable."""
        check_review(review_on, self.clock().date())
        child = self.pseudonyms.child_key(nhs_number)

        def put(key: ChildKey) -> bool:
            record = self.recorder.make(Act.SHIELDED, operator, key)
            shielded = self.involvements.shield(key, operator.reason, review_on, record)
            if shielded.review_on != review_on:
                reviewed = self.recorder.make(Act.SHIELD_REVIEWED, operator, key)
                self.shields.review(key, operator.reason, review_on, reviewed)
            return shielded.created

        return until_settled(lambda: under_present_key(child, put))
