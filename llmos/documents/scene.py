"""A scene: which objects stand where at the start, and which places hold them; read from `volumes/*/scenes/NAME.md`.

Knows no robot and no physics beyond rest: an object lies on the floor, on a place, or on another object. Metres.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from llmos.documents.document import Document
from llmos.documents.frontmatter import read_document
from llmos.documents.keys import Positive, Text, read
from llmos.documents.scene_check import Point, SceneCheck
from llmos.documents.zone import Zone, check_zones
from llmos.errors import DocumentError, nearest

__all__ = ["NOTHING", "Pedestal", "Point", "Scene", "Stand", "read_scene", "scene_from"]

NOTHING = "nothing"
"""What an empty gripper holds, so no object may have this name."""

_ROUNDING_M = 1e-6


Stand: TypeAlias = Literal["pedestal", "shelf", "bin"]


class Pedestal(NamedTuple):
    """An upright square column from the floor, of which nothing but a cube's underside touches the top. Metres."""

    x: float
    y: float
    half_width_m: float
    top_m: float


@dataclass(frozen=True, slots=True)
class Scene:
    """Objects are cubes of one size and positions are their centres; a place is where a centre may rest.

    A place carries an object whose centre is at most `place_reach_m` away from it, measured horizontally. `goal` is
    what a person may ask for here, word for word, and `check` is what must then hold by measurement.
    `stands` says what a place looks like where that is no pedestal. `zones` are added to those of whatever robot stands
    here.
    """

    name: Text
    description: Text
    cube_edge_m: Positive
    place_reach_m: Positive
    objects: Mapping[str, Point]
    places: Mapping[str, Point]
    document: Document
    goal: Text = ""
    check: SceneCheck = field(default_factory=SceneCheck)
    stands: Mapping[str, Stand] = field(default_factory=dict)
    zones: Mapping[str, Zone] = field(default_factory=dict)

    @property
    def pedestals(self) -> Mapping[str, Pedestal]:
        """What stands under each place that is above the floor."""
        half = self.cube_edge_m / 2
        return {
            name: Pedestal(place.x, place.y, self.place_reach_m, place.z - half)
            for name, place in self.places.items()
            if place.z > half + _ROUNDING_M
        }

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
    check_zones(scene.zones, document)
    if NOTHING in scene.objects:
        raise _wrong(document, NOTHING, "is what an empty gripper holds; give the object another name")
    for name, point in scene.objects.items():
        rest_z = scene.rest_z(point, (other for each, other in scene.objects.items() if each != name))
        if abs(rest_z - point.z) > _ROUNDING_M:
            raise _wrong(document, name, f"would not stay at z {point.z:g}: it comes to rest at z {rest_z:g}")
    for name in scene.stands:
        if name not in scene.places:
            sentence = f"'stands.{name}' is no place of this scene; {nearest(name, scene.places)}"
            raise document.wrong(f"stands.{name}", sentence)
    for key, name in scene.check.objects:
        if name not in scene.objects:
            raise document.wrong(key, f"'{key}' asks about '{name}', which is not here; {nearest(name, scene.objects)}")
    return scene


def _wrong(document: Document, name: str, sentence: str) -> DocumentError:
    """The error of an object."""
    return document.wrong(f"objects.{name}", f"'objects.{name}' {sentence}")


def _within(reach_m: float, a: Point, b: Point) -> bool:
    """Whether two upright cubes overlap when seen from above."""
    return abs(a.x - b.x) < reach_m and abs(a.y - b.y) < reach_m


def _near(reach_m: float, a: Point, b: Point) -> bool:
    return (a.x - b.x) ** 2 + (a.y - b.y) ** 2 <= reach_m**2
