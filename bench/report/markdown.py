"""The Markdown that the sections share: tables, figures with their spread, and plots."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..plot import Axis, Point, line_plot

PLOTS = Path(__file__).parents[2] / "docs" / "performance"

Results = Mapping[str, Any]


def table(columns: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    names = [str(column) for column in columns]
    lines = [names, ["---"] * len(names), *([str(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def spread(figure: Mapping[str, float]) -> str:
    return f"{figure['median']:.2f} ({figure['low']:.2f} to {figure['high']:.2f})"


def milliseconds(one: Mapping[str, float]) -> str:
    return f"{one['ms']:.1f} ({one['low']:.1f} to {one['high']:.1f})"


def verdict(ratio: Mapping[str, float], target: float) -> str:
    return f"{ratio['median']:.2f}, {'met' if ratio['median'] <= target else 'missed'}"


def plot(name: str, title: str, across: Axis, up: str, points: list[Point]) -> str:
    """Writes the plot to a file. Returns the Markdown that shows it."""
    file = f"{name.replace(' ', '-')}.svg"
    (PLOTS / file).write_text(line_plot(title, across, up, points))
    return f"\n\n![{title}](performance/{file})\n"
