"""Draws one measured line in a frame, as SVG. The page has the same figures in a table."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT = 680, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 85, 655, 45, 290
_LABEL_SPACING = 48  # pixels between two labels of the lower axis
_INK, _LINE, _GRID = "#222", "#1d5fa8", "#ddd"


@dataclass(frozen=True)
class Point:
    """`low` to `high` is the spread of `y`. Without a spread both equal `y`."""

    x: float
    y: float
    low: float
    high: float


@dataclass(frozen=True)
class Axis:
    title: str
    log: bool = False

    @property
    def label(self) -> str:
        return f"{self.title} ({'log' if self.log else 'linear'} scale)"


def line_plot(title: str, across: Axis, up: str, points: Sequence[Point]) -> str:
    """Draws the points to the scale that the lower axis names. `up`: the title of the upright axis, which starts at
    zero."""
    ticks = _ticks(max(point.high for point in points))
    most = ticks[-1]
    xs = _positions([point.x for point in points], across.log)

    def y(value: float) -> float:
        return _BOTTOM - value / most * (_BOTTOM - _TOP)

    parts = [
        f'<line x1="{_LEFT}" x2="{_RIGHT}" y1="{y(tick):.1f}" y2="{y(tick):.1f}" stroke="{_GRID}"/>'
        f'<text x="{_LEFT - 8}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick:,g}</text>'
        for tick in ticks
    ]
    parts.append(f'<path d="M{_LEFT} {_TOP}V{_BOTTOM}H{_RIGHT}" fill="none" stroke="#888"/>')
    line = " ".join(f"{x:.1f},{y(point.y):.1f}" for x, point in zip(xs, points, strict=True))
    parts.append(f'<polyline points="{line}" fill="none" stroke="{_LINE}" stroke-width="2"/>')
    last = -math.inf
    for x, point in zip(xs, points, strict=True):
        parts.append(_mark(x, y(point.y), y(point.low), y(point.high)))
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_BOTTOM}" y2="{_BOTTOM + 5}" stroke="#888"/>')
        if x - last >= _LABEL_SPACING:
            parts.append(f'<text x="{x:.1f}" y="{_BOTTOM + 20}" text-anchor="middle">{point.x:,.0f}</text>')
            last = x
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>\n'
        f'<g font-family="sans-serif" font-size="12" fill="{_INK}">\n'
        f'<text x="{_WIDTH / 2}" y="24" text-anchor="middle" font-size="15">{escape(title)}</text>\n'
        f'<text transform="translate(20 {(_TOP + _BOTTOM) / 2}) rotate(-90)" text-anchor="middle">{escape(up)}</text>\n'
        f'<text x="{(_LEFT + _RIGHT) / 2}" y="{_HEIGHT - 18}" text-anchor="middle">{escape(across.label)}</text>\n'
        + "\n".join(parts)
        + "\n</g>\n</svg>\n"
    )


def _mark(x: float, y: float, low: float, high: float) -> str:
    spread = f"M{x - 4:.1f} {low:.1f}h8M{x:.1f} {low:.1f}V{high:.1f}M{x - 4:.1f} {high:.1f}h8"
    return f'<path d="{spread}" stroke="{_LINE}"/><circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{_LINE}"/>'


def _positions(values: Sequence[float], log: bool) -> list[float]:
    scaled = [math.log10(value) if log else value for value in values]
    first = min(scaled) if log else 0.0
    width = max(scaled) - first or 1.0
    return [_LEFT + 12 + (value - first) / width * (_RIGHT - _LEFT - 36) for value in scaled]


def _ticks(most: float) -> list[float]:
    """Returns four to eight round steps, from zero to at least `most`."""
    size = 10 ** math.floor(math.log10(most))
    step = next(size * part for part in (0.2, 0.25, 0.5, 1, 2) if most <= size * part * 8)
    return [step * number for number in range(math.ceil(most / step) + 1)]
