"""A scene: which objects stand where at the start, and which places hold them; read from `volumes/*/scenes/NAME.md`.

Knows no robot and no physics beyond rest: an object lies on the floor, on a place, or on another object. Metres.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from llmos.documents.document import Document
from llmos.documents.frontmatter import read_document
from llmos.documents.keys import Number, Positive, Text, read
from llmos.errors import DocumentError

NOTHING = "nothing"
"""What an empty gripper holds, so no object may have this name."""

_ROUNDING_M = 1e-6


class Point(NamedTuple):
    """A position in metres; x right, y forward, z up."""

    x: Number
    y: Number
    z: Number


@dataclass(frozen=True, slots=True)
class Scene:
    """Objects are cubes of one size and positions are their centres; a place is where a centre may rest.

    A place carries an object whose centre is at most `place_reach_m` away from it, measured horizontally.
    """

    name: Text
    description: Text
    cube_edge_m: Positive
    place_reach_m: Positive
    objects: Mapping[str, Point]
    places: Mapping[str, Point]
    document: Document

    def rest_z(self, released: Point, others: Iterable[Point]) -> float:
        """The height at which a cube comes to rest that is let go of at `released`.

        It drops to the highest support below it (a support reaching into its lower half lifts it), and where another
        cube is in the way it ends on top of that.
        """
        edge, half = self.cube_edge_m, self.cube_edge_m / 2
        beside = [other for other in others if _within(edge - _ROUNDING_M, released, other)]
        carrying = [place.z for place in self.places.values() if _near(self.place_reach_m, released, place)]
        carrying += [other.z + edge for other in beside]
        z = max((each for each in carrying if half <= each <= released.z + half + _ROUNDING_M), default=half)
        for other in sorted(beside, key=lambda each: each.z):
            if abs(other.z - z) < edge - _ROUNDING_M:
                z = other.z + edge
        return z


def read_scene(path: Path) -> Scene:
    """The scene of a file; raises DocumentError naming path, line and what is wrong."""
    return scene_from(read_document(path))


def scene_from(document: Document) -> Scene:
    """The scene of a document that was read; refuses an object that nothing supports."""
    scene = read(Scene, document)
    if NOTHING in scene.objects:
        raise _wrong(document, NOTHING, "is what an empty gripper holds; give the object another name")
    for name, point in scene.objects.items():
        rest_z = scene.rest_z(point, (other for each, other in scene.objects.items() if each != name))
        if abs(rest_z - point.z) > _ROUNDING_M:
            raise _wrong(document, name, f"would not stay at z {point.z:g}: it comes to rest at z {rest_z:g}")
    return scene


def _wrong(document: Document, name: str, sentence: str) -> DocumentError:
    """The error of an object."""
    return document.wrong(f"objects.{name}", f"'objects.{name}' {sentence}")


def _within(reach_m: float, a: Point, b: Point) -> bool:
    """Whether two upright cubes overlap when seen from above."""
    return abs(a.x - b.x) < reach_m and abs(a.y - b.y) < reach_m


def _near(reach_m: float, a: Point, b: Point) -> bool:
    return (a.x - b.x) ** 2 + (a.y - b.y) ** 2 <= reach_m**2
