"""The section about growing tables."""

from ..plot import Axis, Point
from .markdown import Results, milliseconds, plot, table

_LOOKUPS = {
    "children": ("A lookup, by children in the table", Axis("children in the table", log=True)),
    "rows of a child": (
        "A lookup, by involvements of the child, all of them answered",
        Axis("involvements of the child"),
    ),
}


def section(results: Results) -> str:
    growth = results["growth"]
    return (
        "## Growth\n\n"
        "Milliseconds on ministack as medians with quartiles in brackets, and the AWS calls that each request makes.\n"
        + _occasional_calls(growth["extra"])
        + "".join(_lookups(name, growth[name]) for name in _LOOKUPS)
        + _register(growth["register entries"])
        + _registry(growth["authorities"])
    )


def _occasional_calls(extra: Results) -> str:
    calls = ", ".join(f"{times} × {operation}" for operation, times in extra["calls"].items()) or "none"
    return (
        f"Besides these, {extra['requests']:,} requests made some occasional calls: {calls}. Every tenth lookup in a container writes\n"
        "the authority's day (UpdateItem), the first write of an hour its heartbeat (PutItem). The registry is read again (Query\n"
        "and two Scans) every 30 seconds, the service key (Decrypt) every five minutes.\n"
    )


def _lookups(name: str, found: Results) -> str:
    caption, axis = _LOOKUPS[name]
    rows = [(f"{int(size):,}", milliseconds(one), one["calls"]) for size, one in found.items()]
    points = [Point(int(size), one["ms"], one["low"], one["high"]) for size, one in found.items()]
    return (
        f"\n{caption}:\n\n"
        + table((name, "ms", "calls"), rows)
        + plot(name, caption, axis, "ms: median, and quartiles as bars", points)
    )


def _register(entries: Results) -> str:
    kinds = list(next(iter(entries.values())))
    rows = [
        (f"{int(size):,}", *(cell for kind in kinds for cell in (milliseconds(one[kind]), one[kind]["calls"])))
        for size, one in entries.items()
    ]
    columns = ("register entries", *(f"{kind}, {unit}" for kind in kinds for unit in ("ms", "calls")))
    return (
        "\nBy entries in the asking authority's register (a page of 100 from the middle; a PUT of a new record):\n\n"
        + table(columns, rows)
        + "\n\nThe emulator sorts a whole partition at each Query, so there a page slows down as the register grows. DynamoDB reads\n"
        "only the page's items: two calls, at any size.\n"
    )


def _registry(authorities: Results) -> str:
    rows = [
        (
            f"{int(size):,}",
            milliseconds(one["warm"]),
            one["warm"]["calls"],
            milliseconds(one["cold"]),
            one["cold"]["calls"],
        )
        for size, one in authorities.items()
    ]
    columns = ("authorities", "warm, ms", "calls", "registry read again, ms", "calls")
    return "\nA lookup, by authorities in the registry:\n\n" + table(columns, rows)
