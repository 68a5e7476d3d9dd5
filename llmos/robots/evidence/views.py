"""What a person or a model sees of a robot, drawn in text: instruments, overhead map, and what the camera shows.

Knows no gate: it draws a measured state and never guesses one.
"""

from collections.abc import Mapping

from llmos.documents.robot_profile import Range, RobotProfile
from llmos.documents.scene import Point
from llmos.documents.zone import Zone
from llmos.robots.base import Measured
from llmos.robots.judgement.zones import clearance
from llmos.robots.latch import Stop

_WIDTH = 63
_COLUMNS, _ROWS = 41, 21
_SHADE = {"keepout": "▓", "human": "░"}


def cockpit(profile: RobotProfile, robot: str, measured: Measured, stop: Stop | None, mood: str = "") -> str:
    """The instrument panel: position beside the workspace, tool, distances to zones, mood and safety."""
    box, pose = profile.workspace, measured.pose
    lines = [f"  ROBOT: {profile.name}, {robot}", "  POSITION:"]
    for axis, value, allowed in (("X", pose.x, box.x_m), ("Y", pose.y, box.y_m), ("Z", pose.z, box.z_m)):
        lines.append(f"    {axis}: {_signed(value):6.2f} m  [{allowed.low:.1f} to {allowed.high:.1f}]")
    lines.append(f"    θ: {pose.theta_deg:6.1f}°   [0.0 to 360.0]")
    lines.append(f"  SPEED: {measured.velocity.speed_mps:.2f} m/s  [0.0 to {profile.max_tcp_speed_mps:g}]")
    if measured.has_gripper:
        lines.append(f"  TOOL STATUS: [{'ACTIVE' if measured.gripper_closed else 'INACTIVE'}]")
        lines.append(f"  HOLDING: {measured.holding or 'nothing'}")
    lines += [] if measured.battery is None else [f"  BATTERY: {measured.battery:.0%}"]
    lines += ["  RANGES:", *_ranges(measured)] if measured.ranges_m else []
    lines += ["  ZONES:", *_distances(profile, measured)] if profile.zones else []
    lines += [f"  VALENCE: {mood}"] if mood else []
    return _panel("LLMOS COCKPIT", [*lines, *_safety(stop)])


def _ranges(measured: Measured) -> list[str]:
    """What the range sensors read, three to a line."""
    read = [f"{name} {value:.2f} m" for name, value in measured.ranges_m.items()]
    return [f"    {', '.join(read[first : first + 3])}" for first in range(0, len(read), 3)]


def operator(
    profile: RobotProfile, robot: str, measured: Measured, places: Mapping[str, Point], stop: Stop | None
) -> str:
    """The workspace from above: forward is up, right is right; a legend gives heights and exact positions.

    Shaded is where a zone bars the tool at its present height; the legend says of a zone that it bars nothing there.
    """
    box = profile.workspace
    grid = [[_ground(profile, measured, row, column) for column in range(_COLUMNS)] for row in reversed(range(_ROWS))]
    objects = {str(number): name for number, name in enumerate(sorted(measured.objects), 1)}
    marked: list[tuple[str, Point]] = [("+", point) for point in places.values()]
    marked += [(mark[-1], measured.objects[name]) for mark, name in objects.items()]
    for mark, point in [*marked, ("R", measured.pose.point)]:  # the last one drawn covers the others
        row, column = _cell(point.y, box.y_m, _ROWS), _cell(point.x, box.x_m, _COLUMNS)
        grid[_ROWS - 1 - row][column] = mark
    lines = ["  " + "".join(row) for row in grid]
    lines.append(f"  x {box.x_m.low:g} to {box.x_m.high:g} m (right), y {box.y_m.low:g} to {box.y_m.high:g} m (up)")
    lines.append(f"  R  {robot} at {position(measured.pose.point)}")
    lines += [f"  {mark[-1]}  {name} at {position(measured.objects[name])}" for mark, name in objects.items()]
    lines += [f"  +  {name} at {position(point)}" for name, point in sorted(places.items())]
    lines += [
        f"  {_SHADE[zone.kind]}  {_zone_line(name, zone, profile, measured)}" for name, zone in profile.zones.items()
    ]
    return _panel("OPERATOR VIEW", [*lines, *_safety(stop)])


def camera(robot: str, measured: Measured) -> str:
    """What the camera shows, in words: every object that is seen and where."""
    seen = [f"{name} at {position(point)}{_held(name, measured)}" for name, point in sorted(measured.objects.items())]
    return f"Camera of the {robot}, in words: {'; '.join(seen) or 'no objects in sight'}."


def position(point: Point) -> str:
    """Coordinates to the centimetre."""
    return f"({', '.join(f'{_signed(value):.2f}' for value in point)})"


def _distances(profile: RobotProfile, measured: Measured) -> list[str]:
    """How far the tool is from each zone, and in one word what that means."""
    at, loaded = measured.pose.point, measured.holding is not None
    found = {name: clearance(zone, at, at, profile.tool, loaded=loaded) for name, zone in profile.zones.items()}
    words = {name: _word(metres, profile.zones[name].kind, profile) for name, metres in found.items()}
    return [f"    {name[:36]}: {_signed(metres):.2f} m  [{words[name]}]" for name, metres in found.items()]


def _word(metres: float, kind: str, profile: RobotProfile) -> str:
    """Inside, or so near that the robot is slower, or clear."""
    if metres <= 0.0:
        return "INSIDE"
    return "SLOWER" if kind == "human" and metres < profile.human.slow_m else "CLEAR"


def _ground(profile: RobotProfile, measured: Measured, row: int, column: int) -> str:
    """What stands at a cell of the map before anything is drawn on it."""
    box, z = profile.workspace, measured.pose.z
    x, y = _middle(column, box.x_m, _COLUMNS), _middle(row, box.y_m, _ROWS)
    gap_m, high = profile.tool.radius_m, z + profile.tool.length_m
    return next((_SHADE[zone.kind] for zone in profile.zones.values() if zone.distance_m(x, y, z, high) < gap_m), "·")


def _zone_line(name: str, zone: Zone, profile: RobotProfile, measured: Measured) -> str:
    """A zone, and that the tool is wholly above or below it where that is why nothing is shaded."""
    (*_, lowest), (*_, highest) = zone.box
    z, tool = measured.pose.z, profile.tool
    beyond = max(lowest - (z + tool.length_m), z - highest) >= tool.radius_m
    return f"zone {name} ({zone.kind}){', not at this height' if beyond else ''}"


def _middle(index: int, extent: Range, count: int) -> float:
    """Where a row or column lies."""
    return extent.low + (extent.high - extent.low) * index / (count - 1)


def _held(name: str, measured: Measured) -> str:
    return " (in the gripper)" if name == measured.holding else ""


def _safety(stop: Stop | None) -> list[str]:
    if stop is None:
        return ["  SAFETY STATUS: [OK]"]
    return ["  SAFETY STATUS: [EMERGENCY STOP]", f"    {stop.reason}"]


def _panel(title: str, lines: list[str]) -> str:
    bar = "═" * _WIDTH
    rows = [f"║{line[:_WIDTH]:<{_WIDTH}}║" for line in lines]
    return "\n".join((f"╔{bar}╗", f"║{title:^{_WIDTH}}║", f"╠{bar}╣", *rows, f"╚{bar}╝"))


def _cell(value: float, extent: Range, count: int) -> int:
    """The row or column of a value; what lies outside is drawn at the edge."""
    share = (value - extent.low) / (extent.high - extent.low)
    return max(0, min(count - 1, round(share * (count - 1))))


def _signed(value: float) -> float:
    """The value to the centimetre, without a minus before zero."""
    return round(value, 2) + 0.0
