"""Two pictures of what was measured, as SVG that is small and reads well on dark and on light pages.

Knows no model: figures and curves come in, text comes out.
"""

from collections.abc import Iterable, Sequence
from html import escape

from benchmarks.figures import Figure

WIDTH = 640
INK, GREY, LINE, PALE, FLOOR = "#222222", "#bbbbbb", "#0b6bcb", "#8aa4bf", "#c2410c"
STEPS = (0.004, 0.01, 0.02, 0.05, 0.1, 0.2)
Curve = Sequence[tuple[float, float]]


def bars(figures: Sequence[Figure], title: str) -> str:
    """One bar for each split, with a mark where its floor is. Percent."""
    left, right, top, step = 220, 50, 44, 26
    height = top + step * len(figures) + 34

    def x(percent: float) -> float:
        return left + (WIDTH - left - right) * percent / 100

    parts = [_text(16, 22, title, weight="bold")]
    for percent in (0, 25, 50, 75, 100):
        parts += [
            _line(x(percent), top - 6, x(percent), height - 28),
            _text(x(percent), height - 12, f"{percent} %", "middle"),
        ]
    for row, figure in enumerate(figures):
        y = top + step * row
        parts += [
            _text(left - 10, y + 13, figure.what, "end"),
            f'<rect x="{left}" y="{y + 2}" width="{x(figure.measured) - left:.1f}" height="15" rx="2" fill="{LINE}"/>',
            _text(x(max(figure.measured, figure.target or 0)) + 6, y + 14, f"{figure.measured:.1f}"),
        ]
        if figure.target is not None:
            at = x(figure.target)
            parts.append(
                f'<line x1="{at:.1f}" y1="{y - 2}" x2="{at:.1f}" y2="{y + 21}" stroke="{FLOOR}" stroke-width="2.5"/>'
            )
    parts.append(_text(WIDTH - 16, 22, "orange: floor", "end", FLOOR))
    return _picture(height, parts)


def risk(validation: Curve, test: Curve, let_through: float, title: str) -> str:
    """Share of wrong ones among the first replies that are let through, the surest first."""
    left, right, top, bottom, height = 60, 24, 52, 48, 340
    most = max(risk for coverage, risk in (*validation, *test) if coverage > 0.05)
    highest = 5 * next(step for step in STEPS if 5 * step >= most)

    def x(coverage: float) -> float:
        return left + (WIDTH - left - right) * coverage

    def y(share: float) -> float:
        return height - bottom - (height - top - bottom) * min(share / highest, 1)

    parts = [_text(16, 22, title, weight="bold")]
    for fifth in range(6):
        share = highest * fifth / 5
        parts += [
            _line(left, y(share), WIDTH - right, y(share)),
            _text(left - 6, y(share) + 4, f"{100 * share:.1f} %", "end"),
        ]
        parts.append(_text(x(fifth / 5), height - bottom + 18, f"{20 * fifth} %", "middle"))
    for curve, colour in ((validation, PALE), (test, LINE)):
        points = " ".join(f"{x(coverage):.1f},{y(share):.1f}" for coverage, share in curve)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
    at = x(let_through)
    parts += [
        f'<line x1="{at:.1f}" y1="{top}" x2="{at:.1f}" y2="{height - bottom}" stroke="{FLOOR}" stroke-width="2"/>',
        _text(at - 6, top + 14, "the confidence asked for", "end", FLOOR),
        _text(left, 42, "validation", colour=PALE),
        _text(left + 70, 42, "test", colour=LINE),
        _text(
            (WIDTH + left) / 2,
            height - 10,
            "let through, of all first replies, the surest first (upwards: wrong among them)",
            "middle",
        ),
    ]
    return _picture(height, parts)


def _picture(height: float, parts: Iterable[str]) -> str:
    size = f'width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
    font = 'font-family="sans-serif" font-size="12"'
    page = f'<rect width="{WIDTH}" height="{height}" rx="8" fill="white"/>'
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font}>', page, *parts, "</svg>\n"])


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{GREY}" stroke-width="0.7"/>'


def _text(x: float, y: float, text: str, anchor: str = "start", colour: str = INK, *, weight: str = "normal") -> str:
    look = f'fill="{colour}" text-anchor="{anchor}" font-weight="{weight}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {look}>{escape(text)}</text>'
