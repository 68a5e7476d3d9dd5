"""Listings: columns for a person, JSON for a program.

Knows no listing in particular. Text of documents is made harmless before it reaches a terminal.
"""

import shutil
import sys
from collections.abc import Sequence
from typing import Any

import click

from llmos.cli.options import print_json
from llmos.cli.render import printable

_GAP = 2
_NARROWEST_LAST = 24


def show_rows(key: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, as_json: bool, nothing: str) -> None:
    """The rows under their column names; as JSON one object with a list under `key`.

    On a terminal the last column is cut where the line ends; elsewhere nothing is cut. `nothing` is said on stderr when
    there are no rows.
    """
    if as_json:
        print_json({key: [dict(zip(columns, row, strict=True)) for row in rows]})
        return
    if not rows:
        click.echo(nothing, err=True)
        return
    for line in _lines(columns, [[_cell(value) for value in row] for row in rows]):
        click.echo(line)


def _lines(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    head = [column.replace("_", " ") for column in columns]
    widths = [max(len(line[number]) for line in (head, *rows)) for number in range(len(head))]
    last = _room(widths)
    lines = [click.style(_line(head, widths, last), bold=True)]
    return lines + [_line(row, widths, last) for row in rows]


def _room(widths: Sequence[int]) -> int | None:
    """How many characters the last column may have; None when nobody looks at a line's end."""
    if not sys.stdout.isatty():
        return None
    used = sum(widths[:-1]) + _GAP * (len(widths) - 1)
    return max(shutil.get_terminal_size().columns - used, _NARROWEST_LAST)


def _line(cells: Sequence[str], widths: Sequence[int], last: int | None) -> str:
    *front, end = cells
    if last is not None and len(end) > last:
        end = end[: last - 1] + "…"
    padded = [cell.ljust(width + _GAP) for cell, width in zip(front, widths, strict=False)]
    return "".join([*padded, end]).rstrip()


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(printable(str(value)).split())
