"""How long docs/data-protection.md says that each thing is kept is how long it is kept."""

import re
from pathlib import Path

from chalicelib.adapters import usage
from chalicelib.application.operations.erase_child import TOMBSTONE_YEARS
from chalicelib.application.operations.hold_child import LONGEST_HOLD_MONTHS
from chalicelib.domain import access
from chalicelib.domain.notices import KEPT_FOR
from chalicelib.domain.retention import Schedule
from chalicelib.domain.switch_off import BACKUP_DAYS

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "data-protection.md").read_text()
PARAMETERS = (ROOT / "infra" / "template" / "parameters.yaml").read_text()


def kept(what: str) -> str:
    """The last column of a row."""
    [row] = re.findall(rf"^\| {what}.* \| (.+) \|$", PAGE, re.MULTILINE)
    return str(row)


def test_each_period_is_the_one_that_is_kept() -> None:
    schedule = Schedule()
    years = f"{schedule.ended_long_years} years, {schedule.ended_years} year or less after the work"
    assert kept("involvement").startswith(f"[{years}]")
    assert kept("involvement").endswith(f"; {schedule.lapse_months} months after the last confirmation")
    assert kept("access record") == f"{access.KEPT_YEARS} years"
    assert kept("notice") == f"{KEPT_FOR.days} days"
    assert kept("counters") == f"{usage._KEPT_FOR.days} days"
    assert kept("copy for an inquiry") == f"at most {LONGEST_HOLD_MONTHS} months at a time"
    assert kept("tombstone") == f"{TOMBSTONE_YEARS} years"
    assert f"Backups reach back {BACKUP_DAYS} days" in PAGE
    [log_days] = re.findall(r"LogRetentionDays:\n.+\n    Default: (\d+)", PARAMETERS)
    assert kept("logs").startswith(f"{log_days} days")
