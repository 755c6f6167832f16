"""Notices, page by page: those that wait now, or every new one from now on."""

import time
from collections.abc import Callable, Iterator

from .answer_checks import new_cursor
from .answers import NoticePage
from .client import Client
from .errors import KnownToError, Problem, may_work_later

FIRST_WAIT_SECONDS = 5
LONGEST_WAIT_SECONDS = 300


def waiting_pages(client: Client, after: str | None) -> Iterator[NoticePage]:
    """The pages after that cursor, until no notice is left. Raises what the client raises."""
    seen: set[str] = set()
    while True:
        page = client.notices(after)
        yield page
        if page.next_after == after:
            return
        after = new_cursor(page.next_after, seen)


def follow_pages(
    client: Client,
    after: str | None,
    every_seconds: float,
    on_outage: Callable[[KnownToError, float], None],
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[NoticePage]:
    """The pages after that cursor, and then every new one, without end.

    Calls `on_outage` with each error that may pass, and with the seconds until the next try. Raises an error that
    trying again cannot solve.
    """
    failures = 0
    while True:
        try:
            for page in waiting_pages(client, after):
                yield page
                after, failures = page.next_after, 0
        except KnownToError as error:
            if not may_work_later(error):
                raise
            failures += 1
            wait = max(_wait_seconds(failures), (isinstance(error, Problem) and error.retry_after_seconds) or 0)
            on_outage(error, wait)
            sleep(wait)
        else:
            sleep(every_seconds)


def _wait_seconds(failures: int) -> float:
    return min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2.0 ** min(failures - 1, 10))
