"""What a planner has to look at: the zones of a profile and the things of a scene, as obstacles for the tool's tip.

Knows no way and no gate. An obstacle's clearance is that of `zones.clearance`, less what the gate keeps.
"""

from collections.abc import Iterable, Iterator

from llmos.documents.robot_profile import RobotProfile, Tool
from llmos.documents.scene import Point, Scene
from llmos.documents.zone import Box, Zone
from llmos.robots.base import Measured
from llmos.robots.judgement.zones import PRECISION_M, clearance, keep_m
from llmos.robots.path import Surroundings
from llmos.robots.route import Obstacle

THING_M = 0.02
"""How far the tool is wished to keep from pedestals and objects: the jaws are a little wider than its capsule."""


def surroundings(profile: RobotProfile, scene: Scene, measured: Measured, extra_m: float = 0.0) -> Surroundings:
    """The world as it is measured now; `extra_m` widens every zone, and what is held counts as part of the tool.

    A rover stays at its height and has nothing to lift, so for it nothing but zones stands about.
    """
    box = profile.workspace
    low, high = Point(box.x_m.low, box.y_m.low, box.z_m.low), Point(box.x_m.high, box.y_m.high, box.z_m.high)
    loaded = measured.holding is not None or measured.gripper_closed
    zones = [
        obstacle
        for name, zone in profile.zones.items()
        for obstacle in _obstacles(name, zone, profile.tool, keep_m(zone, profile, extra_m), loaded=loaded)
    ]
    if profile.kind == "rover":
        z = measured.pose.z
        return Surroundings(low._replace(z=z), high._replace(z=z), tuple(zones))
    things = (
        obstacle
        for name, zone in _things(scene, measured)
        for obstacle in _obstacles(name, zone, profile.tool, THING_M, loaded=loaded)
    )
    return Surroundings(low, high, tuple(zones), tuple(things))


def _things(scene: Scene, measured: Measured) -> Iterator[tuple[str, Zone]]:
    """Pedestals, and objects where they are seen; not what is held."""
    for name, pedestal in scene.pedestals.items():
        x, y, half = pedestal.x, pedestal.y, pedestal.half_width_m
        yield name, Box(Point(x - half, y - half, 0.0), Point(x + half, y + half, pedestal.top_m))
    half = scene.cube_edge_m / 2
    for name, (x, y, z) in measured.objects.items():
        if name != measured.holding:
            yield name, Box(Point(x - half, y - half, z - half), Point(x + half, y + half, z + half))


def _obstacles(name: str, zone: Zone, tool: Tool, keep: float, *, loaded: bool) -> Iterable[Obstacle]:
    """One for the tool, and one for what it holds: each by itself is convex."""
    bodies = [tool]
    if loaded:
        bodies.append(Tool(tool.payload_radius_m, 0.0, tool.payload_radius_m))
    for body in bodies:
        around_m = body.radius_m + keep + PRECISION_M
        low, high = zone.box

        def gap(start: Point, end: Point, body: Tool = body) -> float:
            return clearance(zone, start, end, body) - keep

        yield Obstacle(
            name,
            Point(low.x - around_m, low.y - around_m, low.z - around_m - body.length_m),
            Point(high.x + around_m, high.y + around_m, high.z + around_m),
            gap,
        )
