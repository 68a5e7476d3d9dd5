"""Puts the MJCF of a scene together: room, arm, what stands under each place, and every object as a free body.

Knows no MuJoCo: text in, text out. The pieces are the XML files in `mjcf/`; in them `$name` is filled in from a scene.
"""

import math
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from string import Template
from xml.etree import ElementTree as ET

from llmos.documents.robot_profile import Home
from llmos.documents.scene import Pedestal, Scene
from llmos.documents.zone import Zones
from llmos.robots.simulators.zone_geoms import zones_piece

_COLOURS: Mapping[str, str] = {
    "red": "0.83 0.18 0.17 1",
    "green": "0.20 0.62 0.32 1",
    "blue": "0.15 0.40 0.82 1",
    "yellow": "0.95 0.77 0.15 1",
    "white": "0.95 0.95 0.95 1",
    "black": "0.12 0.12 0.13 1",
}
_USUAL_COLOURS = ("0.86 0.24 0.20 1", "0.15 0.40 0.82 1", "0.20 0.62 0.32 1", "0.95 0.77 0.15 1")
_SLAB_M = 0.03


def object_name(name: str) -> str:
    """What an object's body and geom are called in the physics."""
    return f"object {name}"


def place_name(name: str) -> str:
    """What the stand under a place is called in the physics."""
    return f"place {name}"


def world_xml(scene: Scene, zones: Zones | None = None) -> str:
    """The MJCF of a scene; `zones` are to be seen only, and come last so that all else keeps its number."""
    root = _piece("arena")
    for piece in (_piece("gantry"), *_stands(scene), *_objects(scene), zones_piece(zones or {})):
        _merge(root, piece)
    return ET.tostring(root, encoding="unicode")


def rover_world_xml(scene: Scene, home: Home, zones: Zones | None = None) -> str:
    """The MJCF of a scene with a rover at its home instead of an arm, and low walls around."""
    root = _piece("arena")
    rover = _piece("rover", x=home.x_m, y=home.y_m, theta=math.radians(home.theta_deg))
    for piece in (rover, *_stands(scene), *_objects(scene), zones_piece(zones or {})):
        _merge(root, piece)
    return ET.tostring(root, encoding="unicode")


def _stands(scene: Scene) -> Iterator[ET.Element]:
    for name, pedestal in sorted(scene.pedestals.items()):
        yield _piece(scene.stands.get(name, "pedestal"), name=place_name(name), **_stand_sizes(pedestal))


def _stand_sizes(pedestal: Pedestal) -> dict[str, float]:
    """The measures that the pieces need; MuJoCo's boxes are given by half their lengths."""
    slab = min(_SLAB_M, pedestal.top_m / 2)
    return {
        "x": pedestal.x,
        "y": pedestal.y,
        "half": pedestal.half_width_m,
        "slab_half": slab / 2,
        "slab_z": pedestal.top_m - slab / 2,
        "column": pedestal.half_width_m * 0.8,
        "column_half": (pedestal.top_m - slab) / 2,
        "wall": pedestal.half_width_m + 0.02,
        "rim_z": pedestal.top_m + 0.01,
    }


def _objects(scene: Scene) -> Iterator[ET.Element]:
    for number, (name, point) in enumerate(sorted(scene.objects.items())):
        colour = next((rgba for word, rgba in _COLOURS.items() if word in name.lower().split()), None)
        yield _piece(
            "cube",
            name=object_name(name),
            x=point.x,
            y=point.y,
            z=point.z,
            half=scene.cube_edge_m / 2,
            rgba=colour or _USUAL_COLOURS[number % len(_USUAL_COLOURS)],
        )


def _piece(kind: str, /, **values: float | str) -> ET.Element:
    """A file of `mjcf/` with its `$names` filled in; the values go into attributes, never into markup."""
    root = ET.fromstring(_text(kind))  # noqa: S314 - the files are our own
    for element in root.iter():
        for key, text in element.attrib.items():
            if "$" in text:
                element.set(key, Template(text).substitute(values))
    return root


@cache
def _text(name: str) -> str:
    return (files("llmos.robots.simulators") / "mjcf" / f"{name}.xml").read_text(encoding="utf-8")


def _merge(root: ET.Element, piece: ET.Element) -> None:
    """Add all parts of a piece to those of the whole."""
    for part in piece:
        _part(root, part.tag).extend(part)


def _part(root: ET.Element, tag: str) -> ET.Element:
    found = root.find(tag)
    return ET.SubElement(root, tag) if found is None else found
