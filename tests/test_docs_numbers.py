"""The numbers that the pages name are those of the code: limits, page sizes, and how long each kind of data is kept."""

import re
from pathlib import Path

import pytest

from chalicelib.adapters.console import past_acts, past_lookups
from chalicelib.adapters.dynamodb import usage
from chalicelib.adapters.http import boundary
from chalicelib.application.console import act_report
from chalicelib.application.console.erase_child import TOMBSTONE_YEARS
from chalicelib.application.console.hold_child import LONGEST_HOLD_MONTHS
from chalicelib.application.console.subject_access_report import ROWS_ON_A_PAGE
from chalicelib.application.read_accesses import LATEST
from chalicelib.application.shield import LONGEST_REVIEW_YEARS
from chalicelib.application.unattended.notify import MAX_NOTICES_PER_AUTHORITY
from chalicelib.domain import access_records
from chalicelib.domain.notices import KEPT_FOR
from chalicelib.domain.outcomes import RECORDED_WITHIN
from chalicelib.domain.quality import LAPSES_WITHIN
from chalicelib.domain.retention import Schedule
from chalicelib.domain.ringing_order import MAX_RECORDS_PER_AUTHORITY
from chalicelib.domain.switch_off import BACKUP_DAYS

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "data-protection.md").read_text()
_IN_WORDS = {2: "two", 6: "six", 10: "ten"}
PARAMETERS = (ROOT / "infra" / "template" / "parameters.yaml").read_text()


def kept(what: str) -> str:
    """The last column of the row that begins with `what`."""
    [row] = re.findall(rf"^\| {what}.* \| (.+) \|$", PAGE, re.MULTILINE)
    return str(row)


def test_the_page_names_each_retention_period_of_the_code() -> None:
    schedule = Schedule()
    years = f"{schedule.ended_long_years} years, {schedule.ended_years} year or less after the work"
    assert kept("involvement").startswith(f"[{years}]")
    assert kept("involvement").endswith(f"; {schedule.lapse_months} months after the last confirmation")
    assert kept("access record") == f"{access_records.KEPT_YEARS} years"
    assert kept("notice") == f"{KEPT_FOR.days} days"
    assert kept("counters") == f"{usage._KEPT_FOR.days} days"
    assert kept("copy for an inquiry") == f"at most {LONGEST_HOLD_MONTHS} months at a time"
    assert kept("tombstone") == f"{TOMBSTONE_YEARS} years"
    assert f"Backups reach back {BACKUP_DAYS} days" in PAGE
    [log_days] = re.findall(r"LogRetentionDays:\n.+\n    Default: (\d+)", PARAMETERS)
    assert kept("logs").startswith(f"{log_days} days")


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("api.md", f"an answer draws on {MAX_RECORDS_PER_AUTHORITY} of each authority at most"),
        ("adr/0007-disclosure.md", f"draws on at most {MAX_RECORDS_PER_AUTHORITY} records of one authority"),
        ("api.md", f"an authority gets at most {_IN_WORDS[MAX_NOTICES_PER_AUTHORITY]} notices"),
        ("adr/0013-notices.md", f"an authority gets {_IN_WORDS[MAX_NOTICES_PER_AUTHORITY]} notices at most"),
        ("api.md", f"Notices are kept for {KEPT_FOR.days} days"),
        ("api.md", f"of your authority's lookup, within {RECORDED_WITHIN.days} days"),
        ("errors.md", f"The lookup was made more than {RECORDED_WITHIN.days} days ago"),
        ("api.md", f"whose record ends within {LAPSES_WITHIN.days} days"),
        ("api.md", f"of each week in the last {KEPT_FOR.days} days"),
        ("api.md", f"the last {LATEST} lookups"),
        ("api.md", f"`review_on` is after today and within {_IN_WORDS[LONGEST_REVIEW_YEARS]} years"),
        ("console.md", f"`review_on` (a day within {_IN_WORDS[LONGEST_REVIEW_YEARS]} years)"),
        ("api.md", f"A body may have {boundary.LARGEST_BODY // 1024} KB, a batch {boundary.LARGEST_BATCH // 1024} KB"),
        ("console.md", f"A page holds up to {past_lookups.PAGE:,} lookups"),
        ("console.md", f"A page holds {past_acts.PAGE} acts"),
        ("console.md", f"`since` (a UTC day, {act_report.DAYS} days ago by default)"),
        ("console.md", f"A page holds {ROWS_ON_A_PAGE} rows"),
        ("console.md", f"`until` (a day within {LONGEST_HOLD_MONTHS} months)"),
        ("data-subject-rights.md", f"for at most {LONGEST_HOLD_MONTHS} months at a time"),
        ("data-subject-rights.md", f"The tombstone is deleted after {TOMBSTONE_YEARS} years"),
        ("data-subject-rights.md", f"Access records stay for {_IN_WORDS[access_records.KEPT_YEARS]} years"),
        ("expiry.md", f"Point-in-time recovery reaches back {BACKUP_DAYS} days"),
    ],
)
def test_a_page_names_the_number_of_the_code(page: str, said: str) -> None:
    assert said in " ".join((ROOT / "docs" / page).read_text().split())
