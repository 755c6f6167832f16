"""Writes `docs/performance.md` and its plots from the measurements. Nothing in them is typed by hand."""

from pathlib import Path

from ..load import SEED
from . import cost, growth, load, requests
from .markdown import PLOTS, Results

_PAPER = Path(__file__).parents[1] / "paper.md"
_SECTIONS = (
    requests.floor,
    requests.cold_start,
    requests.consumption,
    cost.section,
    growth.section,
    load.open_loop,
    load.nightly_feed,
)


def write(results: Results) -> None:
    PLOTS.mkdir(exist_ok=True)
    for old in PLOTS.glob("*.svg"):
        old.unlink()
    sections = [_head(results), *(section(results) for section in _SECTIONS), _PAPER.read_text().strip()]
    PLOTS.with_suffix(".md").write_text("\n\n".join(sections) + "\n")


def _head(results: Results) -> str:
    versions = ", ".join(f"{name} {value}" for name, value in results["about"].items() if name != "machine")
    command, run = (
        ("make bench BENCH=full", "the long run")
        if results["full"]
        else ("make bench", "the quick run: `BENCH=full` measures longer")
    )
    return (
        "# Performance\n\n"
        f"Written by `{command}` on {results['on']}, {run}; the same command measures again.\n"
        f"{results['about']['machine']}. Times depend on the machine and its other work. Each ratio compares two things\n"
        "measured in turns in one run. Figures are medians, with quartiles in brackets.\n"
        f"{versions}. The mix of requests has seed {SEED}."
    )
