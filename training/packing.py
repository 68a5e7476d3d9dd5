"""Packs prompts into sequences as trees of lines: what prompts share is read once, each reply sees only its own prompt.

Knows no goal and no model. The tools, the goal and the history of a run are a path; the state that was current at a
step and the reply to it are a leaf beside it. Positions and mask make every leaf see what it will see when served.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

IGNORED = -100


@dataclass(slots=True)
class Leaf:
    """The tokens of one prompt, line by line, and of its reply; `told` marks lines that are worth predicting too."""

    lines: tuple[tuple[int, ...], ...]
    reply: tuple[int, ...]
    told: tuple[bool, ...] = ()


@dataclass(slots=True)
class Packed:
    """One sequence: `mask[i, j]` says that token i sees token j.

    What is to be predicted: `targets` in replies, `told` in lines that are worth it; IGNORED everywhere else.
    """

    tokens: NDArray[np.int64]
    targets: NDArray[np.int64]
    told: NDArray[np.int64]
    positions: NDArray[np.int64]
    mask: NDArray[np.bool_]


@dataclass(slots=True)
class _Tree:
    """Segments in the order in which they were added; a parent stands before its children."""

    size: int = 0
    children: dict[tuple[int, tuple[int, ...]], int] = field(default_factory=dict)
    parents: list[int] = field(default_factory=list)
    segments: list[tuple[int, ...]] = field(default_factory=list)
    replies: list[int] = field(default_factory=list)
    told: list[bool] = field(default_factory=list)

    def cost(self, leaf: Leaf) -> int:
        """How many tokens the leaf would add."""
        node, new = -1, 0
        for line in leaf.lines[:-1]:
            node = self.children.get((node, line), -2) if node != -2 else -2
            new += 0 if node != -2 else len(line)
        return new + len(leaf.lines[-1]) + len(leaf.reply)

    def add(self, leaf: Leaf) -> None:
        """Add what is not there yet; the last line and the reply are one segment of their own."""
        node = -1
        for line, told in zip_longest(leaf.lines[:-1], leaf.told[: len(leaf.lines) - 1], fillvalue=False):
            if (node, line) not in self.children:
                self.children[node, line] = self._append(node, line, told=told)
            node = self.children[node, line]
        self._append(node, leaf.lines[-1] + leaf.reply, reply=len(leaf.reply))

    def _append(self, parent: int, segment: tuple[int, ...], *, reply: int = 0, told: bool = False) -> int:
        self.parents.append(parent)
        self.told.append(told)
        self.segments.append(segment)
        self.replies.append(reply)
        self.size += len(segment)
        return len(self.segments) - 1

    def packed(self, length: int) -> Packed:
        """The sequence, padded to `length`; padding sees itself only."""
        count = len(self.segments)
        ancestors = np.eye(count + 1, dtype=bool)
        ends = np.zeros(count, dtype=np.int64)
        tokens, targets, told = np.zeros(length, np.int64), np.full(length, IGNORED), np.full(length, IGNORED)
        positions, owners = np.zeros(length, np.int64), np.full(length, count, np.int64)
        at = 0
        for index, (parent, segment) in enumerate(zip(self.parents, self.segments, strict=True)):
            start = ends[parent] if parent >= 0 else 0
            if parent >= 0:
                ancestors[index] |= ancestors[parent]
            here = slice(at, at + len(segment))
            tokens[here], owners[here] = segment, index
            positions[here] = np.arange(start, start + len(segment))
            ends[index] = start + len(segment)
            if self.replies[index]:
                first = at + len(segment) - self.replies[index]
                targets[first - 1 : at + len(segment) - 1] = segment[-self.replies[index] :]
            elif self.told[index]:
                told[at : at + len(segment) - 1] = segment[1:]
            at += len(segment)
        mask = ancestors[owners][:, owners] & np.tri(length, dtype=bool)
        return Packed(tokens, targets, told, positions, mask)


def pack(groups: Iterable[Sequence[Leaf]], length: int) -> Iterator[Packed]:
    """Fill sequences of `length` tokens with groups of leaves.

    Where a leaf does not fit, the next sequence begins with it, so that long leaves are not left out more often than
    short ones. Only a leaf longer than a sequence is left out.
    """
    tree = _Tree()
    for group in groups:
        for leaf in group:
            if tree.size + tree.cost(leaf) > length:
                if tree.size:
                    yield tree.packed(length)
                tree = _Tree()
                if tree.cost(leaf) > length:
                    continue
            tree.add(leaf)
