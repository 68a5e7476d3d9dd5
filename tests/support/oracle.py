"""An independent judge of executed motion: MuJoCo's own geometry between tool and zones, along what was measured.

Shares no code with the gate or its zones: a profile's shapes become MJCF geoms here, and `mj_geomDistance` decides.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

Place = tuple[float, float, float]

_FAR_M = 10.0
_STEP_M = 2e-3
_SLACK_M = 1e-3
"""Less than this is neither proof of safety nor of harm: the iterative distances of meshes are no better."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Where the tool was and what is wrong with that."""

    at: Place
    sentence: str


@dataclass
class Oracle:
    """The zones of one profile, as plain values of its document, with a tool to put among them.

    `tool` is (radius, length, payload radius), `workspace` the lower and upper corner, and `keep` the distance that
    people are owed. A tool that is too near a zone when it is first seen may only gain distance.
    """

    zones: Mapping[str, Mapping[str, Any]]
    tool: tuple[float, float, float] = (0.05, 0.3, 0.09)
    workspace: tuple[Place, Place] = ((-2.0, -2.0, 0.0), (2.0, 2.0, 3.0))
    keep: float = 0.1
    top_speed_mps: float = 0.5
    _allowed: dict[tuple[str, str], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Compile the model."""
        import mujoco

        self._mujoco = mujoco
        self._model = mujoco.MjModel.from_xml_string(_mjcf(self.zones, self.tool))
        self._data = mujoco.MjData(self._model)
        mujoco.mj_kinematics(self._model, self._data)
        self._ids = {name: self._model.geom(name).id for name in (*self.zones, "the tool", "the payload")}
        self._limits = {name: self.keep if zone.get("kind") == "human" else 0.0 for name, zone in self.zones.items()}
        self._lift = {"the tool": self.tool[1] / 2, "the payload": 0.0}

    def forget(self) -> "Oracle":
        """Itself, with no memory of what a tool that was inside a zone may still do."""
        self._allowed.clear()
        return self

    def judge(self, track: Sequence[tuple[float, Place, bool]]) -> list[Fault]:
        """What is wrong with a track of (time, tool centre point, whether something is held), in between as well."""
        faults = [fault for (_, at, _) in track if (fault := self._outside(at))]
        faults += self._too_fast(track)
        for body in ("the tool", "the payload"):
            held = [(at, loaded or body == "the tool") for _, at, loaded in track]
            for zone in self.zones:
                faults += self._too_near(zone, body, held)
        return faults

    def distance(self, zone: str, body: str, at: Place) -> float:
        """Metres between a body whose tip is at a place and a zone; negative where they overlap."""
        index = self._ids[body]
        self._data.geom_xpos[index] = (at[0], at[1], at[2] + self._lift[body])
        return float(self._mujoco.mj_geomDistance(self._model, self._data, index, self._ids[zone], _FAR_M, None))

    def _outside(self, at: Place) -> Fault | None:
        low, high = self.workspace
        if all(a - 1e-6 <= value <= b + 1e-6 for a, value, b in zip(low, at, high, strict=True)):
            return None
        return Fault(at, "outside the workspace")

    def _too_fast(self, track: Sequence[tuple[float, Place, bool]]) -> Iterable[Fault]:
        for (earlier, a, _), (later, b, _) in pairwise(track):
            way_m = math.dist(a, b)
            if way_m > 1e-9 and way_m > self.top_speed_mps * 1.001 * (later - earlier):
                yield Fault(b, f"{way_m:.4f} m in {later - earlier:.4f} s")

    def _too_near(self, zone: str, body: str, track: Sequence[tuple[Place, bool]]) -> Iterable[Fault]:
        """Walk along; where there is distance to spare, that much of the way needs no look."""
        limit, key, spare = self._limits[zone], (zone, body), 0.0
        last: Place | None = None
        for at, counts in track:
            if not counts:
                last, spare = None, 0.0
                self._allowed.pop(key, None)
                continue
            way = 0.0 if last is None else math.dist(last, at)
            if last is not None and spare > way:
                spare, last = spare - way, at
                continue
            for point in _between(last or at, at):
                distance = self.distance(zone, body, point)
                allowed = self._allowed.setdefault(key, min(limit, distance))
                if distance < allowed - _SLACK_M:
                    yield Fault(point, f"{body} is {distance:.4f} m from '{zone}', {allowed:.4f} m allowed")
                    return
                self._allowed[key] = max(allowed, min(limit, distance))
            spare, last = distance - limit, at


def _between(a: Place, b: Place) -> Iterable[Place]:
    """Points no further apart than a step, the last one being b itself."""
    count = max(1, math.ceil(math.dist(a, b) / _STEP_M))
    for number in range(1, count):
        share = number / count
        yield (a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]), a[2] + share * (b[2] - a[2]))
    yield b


def _mjcf(zones: Mapping[str, Mapping[str, Any]], tool: tuple[float, float, float]) -> str:
    root = ET.Element("mujoco")
    assets, world = ET.SubElement(root, "asset"), ET.SubElement(root, "worldbody")
    for number, (name, zone) in enumerate(zones.items()):
        if zone["shape"] == "prism":
            corners = [(x, y, z) for z in zone["z_m"] for x, y in zone["corners_m"]]
            ET.SubElement(assets, "mesh", name=f"mesh {number}", vertex=_words(*(each for c in corners for each in c)))
        ET.SubElement(world, "geom", name=name, **_geom(zone, f"mesh {number}"))
    radius, length, payload = tool
    ET.SubElement(world, "geom", name="the tool", type="capsule", size=_words(radius, length / 2))
    ET.SubElement(world, "geom", name="the payload", type="sphere", size=_words(payload))
    return ET.tostring(root, encoding="unicode")


def _geom(zone: Mapping[str, Any], mesh: str) -> dict[str, str]:
    match zone["shape"]:
        case "sphere":
            return {"type": "sphere", "size": _words(zone["radius_m"]), "pos": _words(*zone["center_m"])}
        case "box":
            low, high = zone["min_m"], zone["max_m"]
            sides = [(b - a) / 2 for a, b in zip(low, high, strict=True)]
            middle = [(a + b) / 2 for a, b in zip(low, high, strict=True)]
            return {"type": "box", "size": _words(*sides), "pos": _words(*middle)}
        case "cylinder":
            (low, high), (x, y) = zone["z_m"], zone["center_m"]
            size = _words(zone["radius_m"], (high - low) / 2)
            return {"type": "cylinder", "size": size, "pos": _words(x, y, (low + high) / 2)}
        case "prism":
            return {"type": "mesh", "mesh": mesh}
        case other:
            raise ValueError(other)


def _words(*numbers: float) -> str:
    return " ".join(repr(float(each)) for each in numbers)
