"""Check that nobody has blinded a watcher: tables and stream mappings still have the settings of the stage."""

from ...domain.values import Struct
from ..ports import Meter
from .ports import StageSettings


class CheckSettings(Struct, frozen=True, kw_only=True):
    settings: StageSettings
    meter: Meter

    def __call__(self) -> tuple[str, ...]:
        """Returns the settings that are wrong. Raises Unavailable."""
        wrong = self.settings.wrong()
        self.meter("SettingsWrong", len(wrong))
        self.meter("SettingsChecks")
        return wrong
