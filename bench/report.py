"""`docs/performance.md` and its plots, written from what was measured: nothing in them is typed by hand."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .apart import LOG_LINE, SEALING, TOKEN
from .ceiling import CONTAINERS
from .load import MIX, SEED
from .local_stage import PARTS
from .lookups import FLOOR, OURS
from .plot import Axis, Point, line_plot

DOCS = Path(__file__).parents[1] / "docs"
PLOTS = DOCS / "performance"

_WHY_APART = {
    "notices": "apart: the target counts them so; each is told to one owner, who reads it",
    "access records, six years": "apart: due month by month for six years after the lookup, not when it is answered",
    "CloudTrail data events": "apart: only where the parameter `Trail` is on, which it is not unless asked for",
}

Results = Mapping[str, Any]


def write(results: Results) -> None:
    PLOTS.mkdir(exist_ok=True)
    for old in PLOTS.glob("*.svg"):
        old.unlink()
    sections = [_head(results), *(section(results) for section in _SECTIONS), _paper()]
    (DOCS / "performance.md").write_text("\n\n".join(sections) + "\n")


def _head(results: Results) -> str:
    about = ", ".join(f"{name} {value}" for name, value in results["about"].items() if name != "machine")
    return (
        "# Performance\n\n"
        f"Written by `make bench{' BENCH=full' if results['full'] else ''}` on {results['on']}, "
        f"{'the long run' if results['full'] else 'the quick run: `BENCH=full` measures longer'}; the same command measures it anew.\n"
        f"{results['about']['machine']}. Seconds depend on it and on what else it does; ratios are of one run, taken in turns,\n"
        "as medians with quartiles in brackets.\n"
        f"{about}. The mix of requests has seed {SEED}."
    )


def _floor(results: Results) -> str:
    rows = []
    measured = {
        f"lookup, {known} involvement{'' if known == 1 else 's'}": found
        for known, found in results["lookups"]["lookups"].items()
    }
    for name, found in {**measured, "PUT of a new record": results["lookups"]["put"]}.items():
        stubbed, real = found["stubbed"], found["ministack"]
        cpu = {part: one["median"] / 1000 for part, one in stubbed["cpu"].items()}
        rows.append(
            (
                name,
                _spread(stubbed["cpu_ratio"]),
                _spread(stubbed["cpu_without_parts"]),
                f"{cpu[OURS]:.2f} / {cpu[FLOOR]:.2f}",
                *(f"{cpu[part]:.2f}" for part in (TOKEN, SEALING, LOG_LINE)),
                _spread(real["cpu_ratio"]),
                _spread(real["wall_ratio"]),
            )
        )
    of_one = results["lookups"]["lookups"][1]["stubbed"]
    columns = (
        "",
        "CPU, ours / floor",
        "the same without token and sealing",
        "ms of CPU, ours / floor",
        "of ours, ms: token",
        "sealing",
        "log line",
        "CPU with ministack",
        "wall with ministack",
    )
    return (
        "## Against the floor\n\n"
        "The floor (`bench/floor.py`) is written by hand on bare botocore: clients set up as ours are, the same AWS calls with\n"
        "items as large, an answer as long, and nothing else. It has no token, no sealing, no routing, no log line. Ours as a\n"
        "multiple of it, with HTTP stubbed unless a column says otherwise. What verifying the token (Ed25519), opening and\n"
        "sealing, and the log line take is measured by themselves in the same turns (`bench/apart.py`); the first two are what\n"
        "the product is for, so the second column shows the rest alone. Every tenth lookup of ours makes one call more.\n\n"
        f"The target for one involvement is 1.3: {_verdict(of_one['cpu_ratio'], 1.3)}; without token and sealing "
        f"{_verdict(of_one['cpu_without_parts'], 1.3)}.\n"
        "The rest is routing, strict reading, deciding and the log line with its metrics, in many small parts.\n\n"
        + _table(columns, rows)
    )


def _cold(results: Results) -> str:
    cold = results["cold"]
    shares = ", ".join(f"{name} {share} %" for name, share in cold["imports"].items())
    return (
        "## Cold start\n\n"
        "From the first import to ready clients, of the packaged zip, against a bare-botocore floor packaged the same way: the\n"
        "same slim botocore, the same three clients, no garbage collected meanwhile. "
        f"The target is 1.25: {_verdict(cold['cpu_ratio'], 1.25)} (CPU).\n"
        "What ours adds is chalice, pynamodb, powertools, msgspec, PyJWT and cryptography, which the floor does without. The API's\n"
        "function loads no module of the console or unattended functions.\n\n"
        + _table(
            ("", "ours", "floor", "ratio"),
            [
                ("wall, ms", _spread(cold["ours_ms"]), _spread(cold["floor_ms"]), _spread(cold["wall_ratio"])),
                ("CPU", "", "", _spread(cold["cpu_ratio"])),
            ],
        )
        + f"\n\nThe zip for {cold['arch']} has {cold['zip_bytes'] / 1e6:.2f} MB. Shares of importing: {shares}."
    )


def _units(results: Results) -> str:
    rows = [
        (
            name,
            f"{sum(one['calls'].values())}",
            f"{one['read_units']:g}",
            f"{one['write_units']:g}",
            one["kms_calls"],
            one["log_bytes"],
            one["response_bytes"],
        )
        for name, one in results["units"].items()
    ]
    columns = ("", "AWS calls", "read units", "write units", "KMS calls", "bytes logged", "bytes answered")
    return (
        "## What a request consumes\n\n"
        "With a warm container. Capacity units are arithmetic on the items that crossed the wire (`bench/units.py`), since\n"
        "the emulator's are wrong. Steps in series are in [measured.md](measured.md).\n\n" + _table(columns, rows)
    )


def _cost(results: Results) -> str:
    money = results["cost"]
    counted, apart = money["million"]["in"], money["million"]["apart"]
    parts = [(name, f"£{pounds:.2f}", "") for name, pounds in counted.items()]
    parts.append(("**in all**", f"**£{sum(counted.values()):.2f}**", "the target is £10"))
    parts += [(name, f"£{pounds:.2f}", _WHY_APART[name]) for name, pounds in apart.items()]
    whole = sum(counted.values()) + sum(apart.values())
    parts.append(("with all of these", f"£{whole:.2f}", ""))
    names = list(next(iter(money["year"].values())))
    years = [(name, *(f"£{year[part]:,.0f}" for part in names)) for name, year in money["year"].items()]
    return (
        "## Cost\n\n"
        f"List prices noted on {money['noted_on']} in `bench/prices.toml`, at £{money['pounds_per_dollar']} a dollar, nobody's\n"
        "quotation; what is assumed stands at the top of `bench/cost.py`. A million lookups at the national load:\n\n"
        + _table(("", "a million lookups", ""), parts)
        + "\n\nA year, with every record sent again every night. The access records' storage is what the year's lookups will\n"
        f"have cost when their six years are over; standing are keys, WAF, alarms and at most {money['metrics']} custom metrics,\n"
        "counted in the code:\n\n"
        + _table(("load", *names), years)
        + f"\n\nContactPoint cost £{money['contactpoint_a_year']:,} a year. That was a whole programme: people, support, training, hosting;\n"
        "these are AWS's charges alone, so nothing but the order of magnitude compares."
    )


def _growth(results: Results) -> str:
    growth = results["growth"]
    text = (
        "## Growth\n\nMilliseconds on ministack as medians with quartiles in brackets, and the AWS calls that each request makes.\n"
        + _now_and_then(growth["extra"])
    )
    captions = {
        "children": ("A lookup, by children in the table", Axis("children in the table", log=True)),
        "rows of a child": (
            "A lookup, by involvements of the child, all of them answered",
            Axis("involvements of the child"),
        ),
    }
    for name, (caption, axis) in captions.items():
        found = growth[name]
        text += f"\n{caption}:\n\n" + _table(
            (name, "ms", "calls"), [(f"{int(size):,}", _ms(one), one["calls"]) for size, one in found.items()]
        )
        points = [Point(int(size), one["ms"], one["low"], one["high"]) for size, one in found.items()]
        text += _plot(name, caption, axis, "ms: median, and quartiles as bars", points)
    entries = growth["register entries"]
    kinds = list(next(iter(entries.values())))
    text += (
        "\nBy entries in the asking authority's register (a page is of 100, from the middle; the PUT is of a new record):\n\n"
        + _table(
            ("register entries", *(f"{kind}, {unit}" for kind in kinds for unit in ("ms", "calls"))),
            [
                (f"{int(size):,}", *(cell for kind in kinds for cell in (_ms(one[kind]), one[kind]["calls"])))
                for size, one in entries.items()
            ],
        )
    )
    text += (
        "\n\nThe emulator sorts all of a partition at each Query, so there a page grows with the register. DynamoDB reads the page's\n"
        "items only: two calls, at any size.\n"
    )
    rows = [
        (f"{int(size):,}", _ms(one["warm"]), one["warm"]["calls"], _ms(one["cold"]), one["cold"]["calls"])
        for size, one in growth["authorities"].items()
    ]
    columns = ("authorities", "warm, ms", "calls", "registry read anew, ms", "calls")
    return f"{text}\nA lookup, by authorities in the registry:\n\n" + _table(columns, rows)


def _load(results: Results) -> str:
    mix = ", ".join(f"{share:.0%} {name}s" for name, share in MIX)
    ceiling = results["ceiling"]
    most = max(found["done_a_second"] for found in ceiling.values())
    points = [Point(int(rate), *[found["done_a_second"]] * 3) for rate, found in ceiling.items()]
    plot = _plot(
        "ceiling", "What one core does", Axis("requests asked for a second"), "requests ended a second", points
    )
    return (
        "## Load\n\n"
        f"Open loop on the local stage: {mix}. Requests leave when they are due, and their time counts from then. Client,\n"
        "service and emulated AWS share the machine's cores, so the end of the road is the machine's.\n\n"
        + _at_rates(results["load"])
        + f"\n\nThe same load for the service alone: {CONTAINERS} containers, as on Lambda with one request at a time each, share\n"
        f"one core, and every AWS call is answered after 5 ms. The core does up to {most:g} requests a second.\n\n"
        + _at_rates(ceiling)
        + plot.rstrip()
    )


def _at_rates(by_rate: Results) -> str:
    rows = []
    for rate, found in by_rate.items():
        errors = {status: count for status, count in found["statuses"].items() if status not in ("200", "201")}
        times = [f"{one['p50']:g} / {one['p99']:g}" for one in found["ms"].values()]
        said = ", ".join(f"{count} × {status}" for status, count in errors.items())
        rows.append((rate, found["done_a_second"], *times, said or "none"))
    columns = ("asked, a second", "ended, a second", *(f"{name}, p50 / p99 ms" for name, _ in MIX), "errors")
    return _table(columns, rows)


def _feed(results: Results) -> str:
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
        f"## Nightly feed\n\n`known-to load` of {feed['rows']:,} rows against the local stage, and where the CPU went. The functions that\n"
        "the tables' streams wake work beside the load and go on after it; theirs counts until they have caught up,\n"
        "for two minutes at most.\n\n" + _table(columns, rows)
    )


def _paper() -> str:
    return (Path(__file__).with_name("paper.md")).read_text().strip()


_SECTIONS = (_floor, _cold, _units, _cost, _growth, _load, _feed)


def _table(columns: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    names = [str(column) for column in columns]
    lines = [names, ["---"] * len(names), *([str(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _spread(figure: Mapping[str, float]) -> str:
    return f"{figure['median']:.2f} ({figure['low']:.2f} to {figure['high']:.2f})"


def _verdict(ratio: Mapping[str, float], target: float) -> str:
    return f"{ratio['median']:.2f}, {'met' if ratio['median'] <= target else 'missed'}"


def _ms(one: Mapping[str, float]) -> str:
    return f"{one['ms']:.1f} ({one['low']:.1f} to {one['high']:.1f})"


def _slug(name: str) -> str:
    return name.replace(" ", "-")


def _now_and_then(extra: Mapping[str, Any]) -> str:
    said = ", ".join(f"{times} × {operation}" for operation, times in extra["calls"].items()) or "none"
    return (
        f"In {extra['requests']:,} requests these calls came besides: {said}. An authority's day is written (UpdateItem) at every\n"
        "tenth lookup in one container, its heartbeat (PutItem) at the first write of an hour; the registry is read anew (Query\n"
        "and two Scans) every 30 seconds, the service key (Decrypt) every five minutes.\n"
    )


def _plot(name: str, title: str, across: Axis, up: str, points: list[Point]) -> str:
    """Writes the plot; what shows it on the page."""
    file = f"{_slug(name)}.svg"
    (PLOTS / file).write_text(line_plot(title, across, up, points))
    return f"\n\n![{title}](performance/{file})\n"
