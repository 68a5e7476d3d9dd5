"""An independent judge of executed motion: MuJoCo's own geometry between tool and zones, along what was measured.

Shares no code with the gate or its zones: a profile's shapes become MJCF geoms here, and `mj_geomDistance` decides.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

Place = tuple[float, float, float]

_FAR_M = 10.0
_STEP_M = 2e-3
_SLACK_M = 1e-3
"""Less than this is neither proof of safety nor of harm: the iterative distances of meshes are no better."""


class Moment(NamedTuple):
    """What was measured at one moment of a track."""

    at_s: float
    place: Place
    held: bool
    theta_rad: float = 0.0


@dataclass(frozen=True, slots=True)
class People:
    """What people are owed in speed: the ramp of a profile, and what its robot needs to stop in front of a walker.

    `off_m` is what its place may be off, and `sway_mps` how fast one with mass may be while it finds its rest.
    """

    slow_m: float
    stop_m: float
    period_s: float
    braking_mps2: float
    jerk_mps3: float
    off_m: float
    sway_mps: float = 0.0

    @property
    def reaction_s(self) -> float:
        """A tick, the tick after it, and the time in which the greatest acceleration is taken back."""
        return 2 * self.period_s + self.braking_mps2 / self.jerk_mps3

    def permit(self, speed_mps: float, distance_m: float, top_mps: float) -> bool:
        """S = vh (Tr + Ts) + vr Tr + Ss + C + Zr is no more than there is, and the ramp is kept; or it creeps."""
        a, turn_s, late_s = self.braking_mps2, self.braking_mps2 / self.jerk_mps3, 2 * self.period_s
        stop_s, stop_m = speed_mps / a + turn_s, speed_mps**2 / (2 * a) + speed_mps * turn_s / 2
        needed_m = 1.6 * (late_s + stop_s) + speed_mps * late_s + stop_m + self.stop_m + self.off_m
        ramp = (distance_m - self.stop_m) / (self.slow_m - self.stop_m)
        return speed_mps <= max(0.05 * top_mps, self.sway_mps) or (
            needed_m <= distance_m and speed_mps <= ramp * top_mps
        )


@dataclass(frozen=True, slots=True)
class Fault:
    """Where the tool was and what is wrong with that."""

    at: Place
    sentence: str


@dataclass
class Oracle:
    """The zones of one profile, as plain values of its document, with a tool to put among them.

    `tool` is (radius, length, payload radius), `workspace` the lower and upper corner, `keep` the distance that people
    are owed, and `people` the speed. Where `sideways_m` is given, the robot has wheels and goes no further sideways
    within one step. `swing` is by what factor a robot with mass may be faster for a moment. A tool that is too near a
    zone when it is first seen may only gain distance.
    """

    zones: Mapping[str, Mapping[str, Any]]
    tool: tuple[float, float, float] = (0.05, 0.3, 0.09)
    workspace: tuple[Place, Place] = ((-2.0, -2.0, 0.0), (2.0, 2.0, 3.0))
    keep: float = 0.1
    top_speed_mps: float = 0.5
    top_turn_dps: float = math.inf
    people: People | None = None
    sideways_m: float | None = None
    swing: float = 1.001
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

    def judge(self, track: Sequence[Moment], since_s: float = -math.inf) -> list[Fault]:
        """What is wrong with a track from a moment on, in between its moments as well.

        What was before is looked at where a robot needed time to react to it, and is not judged.
        """
        counts = [each for each in track if each.at_s >= since_s]
        faults = [fault for each in counts if (fault := self._outside(each.place))]
        faults += self._too_fast(counts)
        if self.people is not None:
            faults += self._too_fast_beside_people(track, self.people, len(track) - len(counts))
        for body in ("the tool", "the payload"):
            held = [(each.place, each.held or body == "the tool") for each in counts]
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

    def _too_fast(self, track: Sequence[Moment]) -> Iterable[Fault]:
        for a, b in pairwise(track):
            way_m, elapsed_s = math.dist(a.place, b.place), b.at_s - a.at_s
            if way_m > 1e-9 and way_m > self.top_speed_mps * self.swing * elapsed_s:
                yield Fault(b.place, f"{way_m:.4f} m in {elapsed_s:.4f} s")
            turn_deg = math.degrees(abs(math.remainder(b.theta_rad - a.theta_rad, math.tau)))
            if turn_deg > 1e-6 and turn_deg > self.top_turn_dps * self.swing * elapsed_s:
                yield Fault(b.place, f"{turn_deg:.2f} degrees in {elapsed_s:.4f} s")
            if self.sideways_m is not None:
                along = a.theta_rad + math.remainder(b.theta_rad - a.theta_rad, math.tau) / 2
                x, y = b.place[0] - a.place[0], b.place[1] - a.place[1]
                if (beside_m := abs(y * math.cos(along) - x * math.sin(along))) > self.sideways_m:
                    yield Fault(b.place, f"{beside_m:.4f} m sideways")

    def _too_fast_beside_people(self, track: Sequence[Moment], people: People, first: int) -> Iterable[Fault]:
        """Each step after the first that counts, against the distances of the time that it takes to react to them."""
        zones = [name for name, zone in self.zones.items() if zone.get("kind") == "human"]
        for number in range(first + 1, len(track) if zones else 0):
            (earlier, a, _, _), (later, b, held, _) = track[number - 1 : number + 1]
            speed_mps = math.dist(a, b) / (later - earlier)
            if not any(
                people.permit(
                    speed_mps / self.swing, self._from_people(each.place, zones, held=held), self.top_speed_mps
                )
                for each in _back(track, number, earlier - people.reaction_s)
            ):
                distance_m = self._from_people(b, zones, held=held)
                yield Fault(b, f"{speed_mps:.4f} m/s at {distance_m:.4f} m from people")

    def _from_people(self, at: Place, zones: Sequence[str], *, held: bool) -> float:
        bodies = ("the tool", "the payload") if held else ("the tool",)
        return min(self.distance(zone, body, at) for zone in zones for body in bodies)

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


def _back(track: Sequence[Moment], number: int, since_s: float) -> Iterable[Moment]:
    """The moments from one backwards, and the last one before a time."""
    for each in reversed(track[: number + 1]):
        yield each
        if each.at_s < since_s:
            return


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
