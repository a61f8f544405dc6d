"""Throughput against the number of rules, as a picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from math import log10

Rows = Sequence[tuple[int, float]]
WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 80, 600, 70, 330
COLOURS = ("#1f5f99", "#c2571a", "#3b7d3b")
_ROUND = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)


def svg(series: Mapping[str, Rows], title: str) -> str:
    """MB a second of each series over the number of rules, which is drawn by its logarithm."""
    counts = sorted({count for rows in series.values() for count, _ in rows})
    step = _step(max(speed for rows in series.values() for _, speed in rows))
    lines = [_text(WIDTH / 2, 28, title, "middle", size=16)]
    lines += [_grid(step * at, step) for at in range(6)]
    lines += [_text(_x(count, counts), BOTTOM + 36, f"{count:,}", "middle") for count in counts]
    lines.append(_text((LEFT + RIGHT) / 2, BOTTOM + 58, "rules", "middle"))
    lines.append(_text(12, TOP - 18, "MB a second", "start"))
    for place, (name, rows) in enumerate(series.items()):
        lines += _series(name, rows, counts, step, place)
        lines += _figures(rows, [*series.values()], counts, step, COLOURS[place % len(COLOURS)])
    body = "\n".join(lines)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>\n{body}\n</svg>\n'
    )


def _step(most: float) -> float:
    """A fifth of the scale: a round number."""
    rough = max(most, 1e-9) / 5
    unit = 10.0 ** int(log10(rough) // 1)
    return next(unit * one for one in _ROUND if unit * one >= rough)


def _x(count: int, counts: Sequence[int]) -> float:
    if len(counts) < 2:
        return (LEFT + RIGHT) / 2
    share = log10(count / counts[0]) / log10(counts[-1] / counts[0])
    return LEFT + 30 + share * (RIGHT - LEFT - 60)


def _y(speed: float, step: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * speed / (5 * step)


def _grid(speed: float, step: float) -> str:
    y = _y(speed, step)
    line = f'<line x1="{LEFT}" y1="{y:.1f}" x2="{RIGHT}" y2="{y:.1f}" stroke="#dddddd"/>'
    return line + _text(LEFT - 8, y + 4, f"{speed:,.10g}", "end")


def _series(name: str, rows: Rows, counts: Sequence[int], step: float, place: int) -> list[str]:
    colour = COLOURS[place % len(COLOURS)]
    points = [(_x(count, counts), _y(speed, step)) for count, speed in rows]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    marks = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in points]
    x = LEFT + 100 + place * 170
    key = f'<rect x="{x}" y="{TOP - 24}" width="14" height="4" fill="{colour}"/>'
    line = f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
    return [line, *marks, key, _text(x + 20, TOP - 17, name, "start", colour)]


def _figures(
    rows: Rows, every: Sequence[Rows], counts: Sequence[int], step: float, colour: str
) -> Iterator[str]:
    """The speeds as numbers: the fastest with so many rules above its point, others below."""
    most = {count: max(dict(row).get(count, 0) for row in every) for count in counts}
    for count, speed in rows:
        y = _y(speed, step) + (-10 if speed >= most[count] else 20)
        yield _text(_x(count, counts), y, f"{speed:,.0f}", "middle", colour)


def _text(x: float, y: float, text: str, anchor: str, colour: str = "black", size: int = 13) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" '
        f'font-size="{size}">{escape(text)}</text>'
    )
