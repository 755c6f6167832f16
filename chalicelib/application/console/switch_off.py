"""Switch the stage off for good: nothing that it holds about a child can be read again."""

from ...domain.access_records import Act, Operator
from ...domain.errors import Refused
from ...domain.switch_off import SignedStatement, Statement
from ...domain.values import Struct
from ..ports import Clock
from ..recorder import Recorder
from .ports import Notary, Shutdown


class SwitchOff(Struct, frozen=True, kw_only=True):
    """Whatever interrupts it leaves the stage at least as closed as before, and the same event goes on from there.

    The keys are disabled before anything is deleted: from then on no new container opens anything. Once the wrapped
    keys and salts are gone, neither does one that has them in memory.
    """

    stage: str
    shutdown: Shutdown
    notary: Notary
    recorder: Recorder
    clock: Clock

    def __call__(self, confirm: str, wait_days: int, operator: Operator) -> SignedStatement:
        """Raises Refused or Unavailable."""
        if confirm != f"switch off {self.stage}":
            raise Refused('confirm must be "switch off", a space, and the name of this stage. Nothing was done.')
        self._record(operator, Act.SWITCH_OFF_BEGUN)
        self.shutdown.stop_api()
        self.shutdown.disable_keys()
        self.shutdown.shred()
        keys = self.shutdown.schedule_deletion(wait_days)
        signed = self.notary.sign(Statement(stage=self.stage, at=self.clock(), operator=operator, keys=keys))
        self._record(operator, Act.SWITCHED_OFF, signed.fingerprint)
        return signed

    def _record(self, operator: Operator, act: Act, reference: str | None = None) -> None:
        self.recorder.write(act, operator, reference=reference)
