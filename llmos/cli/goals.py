"""Where goals come from: the command line, standard input, or the rows of a table.

Knows no agent; a goal is passed on as it was written.
"""

import csv
import io
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from llmos.errors import LLMosError, counted, nearest

_MOST_BYTES = 1 << 24
"""More than any home allows for a goal, and little enough that an endless pipe fills no memory."""

_PLACEHOLDER = re.compile(r"\{([\w .-]+)\}")


def read_goal(goal: str | None) -> str | None:
    """The goal as it was typed or piped in; None when a person at a terminal gave none."""
    if goal is not None and goal != "-":
        return goal
    if sys.stdin.isatty():
        if goal is None:
            return None
        click.echo("Type the goal; Ctrl-D on a line of its own ends it.", err=True)
    return sys.stdin.buffer.read(_MOST_BYTES).decode("utf-8", "surrogateescape")


def goals_of(goal: str, file: Path) -> list[str]:
    """One goal for each row of a CSV file: every `{column}` of the goal with that row's cell in its place.

    Raises LLMosError for a column or row that is not there, or a column that is there twice, before anything runs.
    """
    columns, rows = _table(file)
    wanted = _PLACEHOLDER.findall(goal)
    for name in wanted:
        if name not in columns:
            raise LLMosError(f"{file} has no column '{name}'; {nearest(name, columns)}")
        if columns.count(name) > 1:
            raise LLMosError(f"{file} has {columns.count(name)} columns '{name}'; give each a name of its own.")
    if not wanted:
        raise LLMosError(f"The goal names no column of {file}, such as {{{columns[0]}}}; all runs would be the same.")
    return [_PLACEHOLDER.sub(lambda found, row=row: row[found[1]], goal) for row in rows]  # type: ignore[misc]


def _table(file: Path) -> tuple[Sequence[str], list[Mapping[str, str]]]:
    """The column names and the rows that are not empty."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise LLMosError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError:
        raise LLMosError(f"{file} is no UTF-8 text; save it as CSV in UTF-8.") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Mapping[str, str]] = []
    try:
        columns = [name.strip() for name in next(reader, [])]
        for cells in reader:
            if len(cells) not in (0, len(columns)):
                here = f"{file}:{reader.line_num}"
                found = counted(len(cells), "cell")
                raise LLMosError(f"{here}: this row has {found} where the header has {len(columns)}.")
            rows += [dict(zip(columns, cells, strict=True))] if cells else []
    except csv.Error as error:
        raise LLMosError(f"{file}:{reader.line_num} is no CSV: {error}.") from error
    if not rows:
        raise LLMosError(f"{file} has no rows; the first line names the columns, each further line is one run.")
    return columns, rows
