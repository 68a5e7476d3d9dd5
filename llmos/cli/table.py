"""Listings: columns for a person, JSON for a program.

Knows no listing in particular. Text of documents is made harmless before it reaches a terminal.
"""

import shutil
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

import click

from llmos.cli.options import print_json
from llmos.cli.render import printable

_GAP = 2
_NARROWEST_LAST = 24


def show_rows(key: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, as_json: bool, nothing: str) -> None:
    """The rows under their column names; as JSON one object with a list under `key`.

    On a terminal no line is longer than it is wide; elsewhere nothing is cut. `nothing` is said on stderr when there
    are no rows.
    """
    if as_json:
        print_json({key: [dict(zip(columns, row, strict=True)) for row in rows]})
        return
    if not rows:
        click.echo(nothing, err=True)
        return
    head = [column.replace("_", " ") for column in columns]
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    lines = _lines([head, *([_cell(value) for value in row] for row in rows)], width)
    click.secho(next(lines), bold=True)
    for line in lines:
        click.echo(line)


def _lines(rows: Sequence[Sequence[str]], width: int | None) -> Iterator[str]:
    """One line per row; where the last column would find no room on it, a second one."""
    widths = [max(_width(row[number]) for row in rows) + _GAP for number in range(len(rows[0]) - 1)]
    wraps = width is not None and width - sum(widths) < min(_NARROWEST_LAST, max(_width(row[-1]) for row in rows))
    for row in rows:
        front = "".join(cell + " " * (room - _width(cell)) for cell, room in zip(row, widths, strict=False))
        if wraps:
            yield _cut(front.rstrip(), width)
            yield _cut(f"{'':<{_GAP}}{row[-1]}", width)
        else:
            yield _cut(f"{front}{row[-1]}".rstrip(), width)


def _cut(line: str, width: int | None) -> str:
    """The line, with an ellipsis where the terminal ends."""
    if width is None or _width(line) <= width:
        return line
    line = line[:width]
    while _width(line) >= width:
        line = line[:-1]
    return f"{line}…"


def _width(text: str) -> int:
    """How many cells of a terminal the text takes: East Asian letters two each (Unicode TR 11)."""
    return len(text) + sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(printable(str(value)).split())
