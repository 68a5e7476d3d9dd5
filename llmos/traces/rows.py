"""Finds values that stand together: the axes of a point, the items of a list; in goals, in arguments, in answers.

Knows no step. That three numbers in a row are those of a point is far better evidence than that one of them is.
"""

import re
from collections.abc import Mapping, Sequence

from llmos.messages import JSON
from llmos.traces.components import scales
from llmos.traces.evidence import Evidence
from llmos.traces.explaining import Explained, agreed, copied

_AXIS = re.compile(r"((?:.*[._])?d?)([xyz])")
_ITEM = re.compile(r"(.*)\[(\d+)\]")


def rows(names: Sequence[str]) -> list[tuple[str, ...]]:
    """The names that stand together, in their order: `x`, `y`, `z`, or `at[0]`, `at[1]`; only those of two or more.

    >>> rows(["x", "y", "speed", "at[0]", "at[1]"])
    [('x', 'y'), ('at[0]', 'at[1]')]
    """
    found: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for name in names:
        if axis := _AXIS.fullmatch(name):
            found.setdefault(("axis", axis[1]), []).append(("xyz".index(axis[2]), name))
        elif item := _ITEM.fullmatch(name):
            found.setdefault(("item", item[1]), []).append((int(item[2]), name))
    return [tuple(name for _, name in sorted(row)) for row in found.values() if len(row) > 1]


def explain_row(columns: Mapping[str, Sequence[JSON]], evidence: Evidence) -> list[Explained] | None:
    """What numbers that stand together are if they are a point or list of the goal, in its order; None when not."""
    options: list[list[Explained]] = []
    for row in rows(evidence.numbers):
        if len(row) == len(columns):
            options += _copies(row, list(columns.values()), evidence)
    if not options:
        return None
    several = [agreed([option[index] for option in options]) for index in range(len(columns))]
    return [each for each in several if each is not None] if None not in several else None


def _copies(row: Sequence[str], columns: Sequence[Sequence[JSON]], evidence: Evidence) -> list[list[Explained]]:
    """The row as these columns, in each unit in which it is they."""
    found = []
    for index, scale in enumerate(scales(row[0])):
        values = [
            copied(column, name, scales(name)[index], evidence) for name, column in zip(row, columns, strict=True)
        ]
        if None not in values:
            source = f" {scale.name}".rstrip()
            found.append(
                [
                    Explained(value, f"slot {name}{source}", "slot", frozenset([name]))
                    for name, value in zip(row, values, strict=True)
                ]
            )
    return found
