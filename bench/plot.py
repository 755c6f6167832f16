"""One line in a frame, as SVG: enough for a page that is read beside its table."""

from collections.abc import Mapping
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 300, 70, 40, 40


def line_plot(title: str, values: Mapping[int, float], unit: str) -> str:
    """The values in equal steps from left to right, from zero upwards."""
    most = max(values.values()) * 1.2
    step = (WIDTH - LEFT - 30) / max(1, len(values) - 1)
    across = [LEFT + 10 + number * step for number in range(len(values))]
    up = [HEIGHT - BOTTOM - value / most * (HEIGHT - BOTTOM - TOP) for value in values.values()]
    marks = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>'
        f'<text x="{x:.1f}" y="{y - 8:.1f}">{value:g}</text><text x="{x:.1f}" y="{HEIGHT - 20}">{key:,}</text>'
        for x, y, (key, value) in zip(across, up, values.items(), strict=True)
    )
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across, up, strict=True))
    floor = HEIGHT - BOTTOM
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>\n'
        f'<g font-family="sans-serif" font-size="12" text-anchor="middle" fill="#222">\n'
        f'<text x="{WIDTH / 2}" y="20" font-size="14">{escape(title)}</text>\n'
        f'<text x="{LEFT / 2}" y="{TOP}">{escape(unit)}</text>\n'
        f'<path d="M{LEFT} {TOP}V{floor}H{WIDTH - 15}" fill="none" stroke="#888"/>\n'
        f'<polyline points="{points}" fill="none" stroke="#1d5fa8" stroke-width="2"/>\n{marks}\n</g>\n</svg>\n'
    )
