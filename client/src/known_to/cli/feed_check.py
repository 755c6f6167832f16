"""Checks a feed file for `load --check`: everything that can be known without the service. Sends nothing."""

from datetime import UTC, datetime
from pathlib import Path

from ..feed_file import FeedFile
from ..numbers_file import NumbersFile
from ..reject_reasons import Reasons
from ..rejects_file import RejectsFile
from ..row_rules import broken_rules
from .error_messages import print_remark
from .exit_codes import ExitCode
from .feed_upload import print_reasons, written_files
from .feed_warnings import digest_key, numbers_file, numbers_path, survey_with_warnings
from .printing import print_line


def check_feed(feed: FeedFile, strict: bool, *, state: Path | None, rejects: Path | None) -> ExitCode:
    """Writes the rejects file as a load would. Raises UnreadableFile, FileError or SettingsError."""
    survey = survey_with_warnings(feed, _numbers(feed), strict)
    _, rejects = written_files(feed, state, rejects)
    today = datetime.now(UTC).date()
    reasons, rejected = Reasons(), 0
    with RejectsFile(rejects, survey.title) as file:
        for row in feed.rows(survey):
            if errors := row.errors or tuple(broken_rules(row.record, today)):
                file.add(row.number, errors, "not_sent")
                reasons.add(row.number, errors)
                rejected += 1
    print_line(f"{survey.rows:>7,}  rows")
    print_line(f"{survey.rows - rejected:>7,}  could be sent")
    print_line(f"{rejected:>7,}  would be rejected{f', see {rejects.name}' if rejected else ''}")
    print_reasons(reasons, survey)
    print_remark("Nothing was sent. What is on record decides the rest: a load may still refuse a row.")
    return ExitCode.PARTLY if rejected else ExitCode.DONE


def _numbers(feed: FeedFile) -> NumbersFile | None:
    """What the last load left, if it left anything: a check makes no files for the next load."""
    return numbers_file(feed) if numbers_path(feed).exists() and digest_key().exists() else None
