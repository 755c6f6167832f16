"""The command findings."""

from collections.abc import Iterator

import typer

from ..answers import Finding, FindingPage
from ..client import Client
from .arguments import AsJson
from .error_messages import print_remark
from .global_options import practitioner_client
from .printing import day, print_json, print_line

_WHAT = {
    "volume": "far more lookups than usual",
    "no_work": "no work follows the lookups",
    "unusual_hours": "lookups at unusual hours, and another sign",
    "found_nothing": "lookups that find nothing, and another sign",
    "same_child": "one child looked up again and again, without work",
    "rotating_ids": "new ids that make a few lookups and stop",
    "shared_token": "one token under several ids",
    "mass_shields": "many shields",
    "shield_after_lookup": "shields right after lookups, without work",
    "hiding_place": "a record made up for a lookup",
    "passed_around": "one child looked up by several people of a team, without work",
}


def findings(context: typer.Context, as_json: AsJson = False) -> None:
    """What is unusual about your practitioners' lookups and shields, for your authority's guardian.

    A finding is no verdict: ask the practitioner first.
    """
    with practitioner_client(context) as client:
        pages = list(_pages(client))
    found = [finding for page in pages for finding in page.findings]
    for finding in found:
        if as_json:
            print_json(finding)
        else:
            print_line(_sentence(finding))
    if not found and not as_json:
        print_line("Nothing unusual was found in the last 90 days.")
    if not all(page.complete for page in pages):
        print_remark("A finding is missing or cannot be read. Report it to the operator of the service.")


def _pages(client: Client) -> Iterator[FindingPage]:
    after: str | None = None
    while True:
        page = client.findings(after)
        yield page
        if page.next_after == (after or "0"):
            return
        after = page.next_after


def _sentence(finding: Finding) -> str:
    named = ", ".join(finding.practitioner_ids)
    more = finding.people - len(finding.practitioner_ids)
    who = f"{named} and {more} more" if more > 0 else named
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in finding.counts.items())
    return f"{day(finding.found_on)}  {who}: {_WHAT.get(finding.rule, finding.rule)} ({counts})."
