"""Switch the stage off for good: nobody can read again what it holds about a child."""

from ...domain.access_records import Act, Operator
from ...domain.proposals import Work
from ...domain.switch_off import SignedStatement, Statement
from ...domain.values import Struct
from ..ports import Clock
from ..recorder import Recorder
from .ports import Notary, Shutdown
from .proposals import Proposals, Proposed


class SwitchOff(Struct, frozen=True, kw_only=True):
    """If it is interrupted, the stage is at least as closed as before, and running the same event again continues.

    The keys are disabled first, so that no new container can unwrap the service key. Then the wrapped service key and
    the salts are deleted, so that a container which has them in memory can no longer open anything either.
    """

    stage: str
    shutdown: Shutdown
    notary: Notary
    recorder: Recorder
    clock: Clock
    proposals: Proposals

    def propose(self, wait_days: int, operator: Operator) -> Proposed:
        """Raises Unavailable."""
        would = (
            f"This would stop the stage {self.stage} for good. Nobody could read again what it holds about a child. "
            f"KMS would delete the keys of pseudonyms and details after {wait_days} days."
        )
        return self.proposals.propose(_work(self.stage, wait_days), would, operator)

    def __call__(self, stage: str, wait_days: int, code: str, operator: Operator) -> SignedStatement:
        """`stage`: as it was typed. `code`: that of the proposal. Raises Refused or Unavailable.

        The proposal is never used up: a repeat changes nothing, and its answer is the only copy of the statement.
        """
        self.proposals.check(_work(stage, wait_days), code, operator)
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


def _work(stage: str, wait_days: int) -> Work:
    return Work(function="switch_off", content=(stage, str(wait_days)))
