"""The loss of a run over its steps, as a picture: `python -m training.curves WORK/log.jsonl curves.svg`.

Knows no network. Logarithmic upwards, a grey line where a round of the data begins.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from math import ceil, floor, log10
from pathlib import Path

WIDTH, HEIGHT = 640, 320
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 34, 44
INK, GREY, LINE = "#222222", "#bbbbbb", "#0b6bcb"
FONT = 'font-family="sans-serif" font-size="12"'


def draw_curves(log: Path, picture: Path, rounds: Sequence[int] = ()) -> None:
    """Write the picture; without a line in the log there is nothing to draw, and nothing is written."""
    said = [json.loads(line) for line in log.read_text("utf-8").splitlines()] if log.exists() else []
    points = [(one["step"], max(one["loss"], 1e-4)) for one in said]
    if points:
        cpu_s, tokens = said[-1]["cpu_s"], said[-1]["tokens"]
        title = f"loss of the replies · {tokens / 1e6:.1f} M tokens · {cpu_s:,.0f} CPU-seconds"
        picture.write_text(svg(points, rounds, title), "utf-8")


def svg(points: Sequence[tuple[int, float]], rounds: Sequence[int], title: str) -> str:
    """The picture's text: steps to the right, loss upwards."""
    last = max(sum(rounds), *(step for step, _ in points))
    low, high = floor(log10(min(loss for _, loss in points))), ceil(log10(max(loss for _, loss in points)))
    high = max(high, low + 1)

    def x(step: float) -> str:
        return f"{LEFT + (WIDTH - LEFT - RIGHT) * step / last:.1f}"

    def y(loss: float) -> str:
        return f"{HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (log10(loss) - low) / (high - low):.1f}"

    parts = [_text(LEFT, 20, title)]
    for power in range(low, high + 1):
        parts += [_line(LEFT, y(10**power), WIDTH - RIGHT, y(10**power), GREY)]
        parts += [_text(LEFT - 6, y(10**power), f"{10.0**power:g}", "end")]
    for number in range(len(rounds)):
        begin = sum(rounds[:number])
        parts += [_line(x(begin), TOP, x(begin), HEIGHT - BOTTOM, GREY)]
        parts += [_text(x(begin), HEIGHT - BOTTOM + 16, f"{begin:,}", "middle")]
    parts += [_text(x(last), HEIGHT - BOTTOM + 16, f"{last:,}", "end" if rounds else "middle")]
    parts += [_text((WIDTH + LEFT) / 2, HEIGHT - 8, "steps; a line where a round begins", "middle")]
    path = " ".join(f"{x(step)},{y(loss)}" for step, loss in points)
    parts += [f'<polyline points="{path}" fill="none" stroke="{LINE}" stroke-width="1.5"/>']
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    background = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>'
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" {size}>', background, *parts, "</svg>\n"])


def _line(x1: object, y1: object, x2: object, y2: object, colour: str) -> str:
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{colour}" stroke-width="0.7"/>'


def _text(x: object, y: object, text: str, anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" {FONT} fill="{INK}" text-anchor="{anchor}">{text}</text>'


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw a log that is there; 2 with a sentence for one that is not, or that is none."""
    parser = argparse.ArgumentParser(description="Draw the loss curve of a training run.")
    parser.add_argument("log", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--rounds", type=int, nargs="*", default=(), help="steps of each round")
    options = parser.parse_args(arguments)
    try:
        is_empty = not options.log.read_text("utf-8").strip()
        draw_curves(options.log, options.picture, options.rounds)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    except (ValueError, KeyError, TypeError) as error:
        print(f"{options.log} is no log of a training run ({error})", file=sys.stderr)
        return 2
    if is_empty:
        print(f"{options.log} is no log of a training run (it is empty)", file=sys.stderr)
    return 2 if is_empty else 0


if __name__ == "__main__":
    sys.exit(main())
