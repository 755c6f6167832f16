"""Make the service key and the audit key of a new stage. This is done once, before the first authority is onboarded."""

from ...domain.access_records import Act, Operator
from ...domain.values import Struct
from ..recorder import Recorder
from .ports import ServiceKeyMaker


class MakeServiceKey(Struct, frozen=True, kw_only=True):
    keys: ServiceKeyMaker
    recorder: Recorder

    def __call__(self, operator: Operator) -> bool:
        """Returns False if the stage has its keys already. Raises Unavailable."""
        access_record = self.recorder.make(Act.SERVICE_KEY_MADE, operator)
        return self.keys.make(access_record)
