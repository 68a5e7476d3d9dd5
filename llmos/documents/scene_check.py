"""What a scene asks of the world once its goal is carried out: the typed `check` block of a scene document.

Knows no robot; `llmos/robots/evidence/scene_check.py` holds these words against what was measured. Metres.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from llmos.documents.keys import Number, Positive, Text


class Point(NamedTuple):
    """A position in metres; x right, y forward, z up."""

    x: Number
    y: Number
    z: Number


@dataclass(frozen=True, slots=True)
class ObjectAt:
    """An object lies still, in nobody's gripper, within `within_m` of a point."""

    point: Point
    within_m: Positive


@dataclass(frozen=True, slots=True)
class Visit:
    """The tool was measured within `within_m` of each of these points, in this order.

    With `relative` the points count from where the tool was measured first.
    """

    points: tuple[Point, ...]
    within_m: Positive
    relative: bool = False


@dataclass(frozen=True, slots=True)
class Displacement:
    """The tool ends by so much from where it was measured first, within `within_m`."""

    by_m: Point
    within_m: Positive


@dataclass(frozen=True, slots=True)
class Stack:
    """These objects stand on each other in any order, each within `within_m` of the one below, seen from above."""

    objects: tuple[Text, ...]
    within_m: Positive


@dataclass(frozen=True, slots=True)
class Untouched:
    """An object lies within `within_m` of where it was measured first."""

    within_m: Positive


Item: TypeAlias = ObjectAt | Visit | Displacement | Stack | Untouched


@dataclass(frozen=True, slots=True)
class SceneCheck:
    """Everything that must hold; objects stand under their names, the rest under names that a reader understands."""

    object_at: Mapping[str, ObjectAt] = field(default_factory=dict)
    untouched: Mapping[str, Untouched] = field(default_factory=dict)
    visited: Mapping[str, Visit] = field(default_factory=dict)
    displaced: Mapping[str, Displacement] = field(default_factory=dict)
    stacked: Mapping[str, Stack] = field(default_factory=dict)

    @property
    def objects(self) -> tuple[tuple[str, str], ...]:
        """The objects that are asked about, each with the key that names it."""
        named = [(f"check.object_at.{name}", name) for name in self.object_at]
        named += [(f"check.untouched.{name}", name) for name in self.untouched]
        named += [(f"check.stacked.{name}", each) for name, stack in self.stacked.items() for each in stack.objects]
        return tuple(named)
