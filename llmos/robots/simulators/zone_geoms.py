"""Zones as things that a picture shows: translucent, and without any effect on what moves.

Knows no gate: it draws what a profile and a scene say. Reddish is a keep-out zone, amber is where people are.
"""

from collections.abc import Mapping
from xml.etree import ElementTree as ET

from llmos.documents.zone import Box, Cylinder, Prism, Sphere, Zone, ZoneKind

_COLOURS: Mapping[ZoneKind, str] = {"keepout": "0.90 0.20 0.25 0.17", "human": "0.98 0.66 0.10 0.15"}


def zones_piece(zones: Mapping[str, Zone]) -> ET.Element:
    """The MJCF of all zones, to be merged into a world."""
    root = ET.Element("mujoco")
    asset, world = ET.SubElement(root, "asset"), ET.SubElement(root, "worldbody")
    for name, zone in sorted(zones.items()):
        title = f"zone {name}"
        if isinstance(zone, Prism):
            ET.SubElement(asset, "mesh", {"name": title, "vertex": _corners(zone)})
        rgba = _COLOURS[zone.kind]
        ET.SubElement(world, "geom", {"name": title, "class": "zone", "rgba": rgba, **_shape(title, zone)})
    return root


def _shape(title: str, zone: Zone) -> dict[str, str]:
    """Type, position and half lengths, as MuJoCo writes them."""
    match zone:
        case Sphere():
            return {"type": "sphere", "pos": _words(*zone.center_m), "size": _words(zone.radius_m)}
        case Box():
            ends = list(zip(zone.min_m, zone.max_m, strict=True))
            middle, half = ((a + b) / 2 for a, b in ends), ((b - a) / 2 for a, b in ends)
            return {"type": "box", "pos": _words(*middle), "size": _words(*half)}
        case Cylinder():
            low, high = zone.z_m
            x, y = zone.center_m
            size = _words(zone.radius_m, (high - low) / 2)
            return {"type": "cylinder", "pos": _words(x, y, (low + high) / 2), "size": size}
        case Prism():
            return {"type": "mesh", "mesh": title}


def _corners(zone: Prism) -> str:
    return " ".join(_words(x, y, z) for z in zone.z_m for x, y in zone.corners_m)


def _words(*values: float) -> str:
    return " ".join(f"{value:g}" for value in values)
