"""The sections about many requests: open-loop load, and a nightly feed."""

from ..ceiling import CONTAINERS
from ..load import MIX
from ..local_stage import PARTS
from ..plot import Axis, Point
from .markdown import Results, plot, table


def open_loop(results: Results) -> str:
    mix = ", ".join(f"{share:.0%} {name}s" for name, share in MIX)
    ceiling = results["ceiling"]
    most = max(found["done_a_second"] for found in ceiling.values())
    points = [Point(int(rate), *[found["done_a_second"]] * 3) for rate, found in ceiling.items()]
    drawn = plot(
        "ceiling", "What one core does", Axis("requests asked for a second"), "requests ended a second", points
    )
    return (
        "## Load\n\n"
        f"Open loop on the local stage: {mix}. Requests leave when they are due, and their time counts from then. Client,\n"
        "service and emulated AWS share the machine's cores, so the limit is that of the machine.\n\n"
        + _by_rate(results["load"])
        + f"\n\nThe same load on the service alone: {CONTAINERS} containers share one core, each with one request at a time as on Lambda,\n"
        f"and every AWS call is answered after 5 ms. The core does up to {most:g} requests a second.\n\n"
        + _by_rate(ceiling)
        + drawn.rstrip()
    )


def _by_rate(by_rate: Results) -> str:
    rows = []
    for rate, found in by_rate.items():
        errors = {status: count for status, count in found["statuses"].items() if status not in ("200", "201")}
        times = [f"{one['p50']:g} / {one['p99']:g}" for one in found["ms"].values()]
        counted = ", ".join(f"{count} × {status}" for status, count in errors.items())
        rows.append((rate, found["done_a_second"], *times, counted or "none"))
    columns = ("asked, a second", "ended, a second", *(f"{name}, p50 / p99 ms" for name, _ in MIX), "errors")
    return table(columns, rows)


def nightly_feed(results: Results) -> str:
    feed = results["feed"]
    rows = [
        (
            name,
            one["rows_a_second"],
            one["seconds"],
            *(one["cpu_seconds"][part] for part in ("client", *PARTS)),
        )
        for name, one in feed.items()
        if name != "rows"
    ]
    columns = ("", "rows a second", "seconds", "CPU s: client", *PARTS)
    return (
        f"## Nightly feed\n\n`known-to load` of {feed['rows']:,} rows against the local stage, and the CPU that each part used. The functions\n"
        "with stream mappings work during the load and after it. Theirs counts until they have caught up, for two minutes at\n"
        "most.\n\n" + table(columns, rows)
    )
