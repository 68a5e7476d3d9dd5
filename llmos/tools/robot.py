"""The robot as tools: each asks its pilot and answers with what was measured.

Knows no driver and no limit, and has no way to rearm; what the gate refuses goes back to the model as a sentence.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal, TypeAlias

from llmos.documents.scene import NOTHING, Point, Scene
from llmos.messages import JSON, Effect, Image, Text
from llmos.robots.base import Measured, RobotError
from llmos.robots.controls import Snapshot
from llmos.robots.evidence import views
from llmos.robots.evidence.report import result_sentence, state_sentence
from llmos.robots.pilot import Pilot
from llmos.robots.verdict import Result
from llmos.tools.base import Tool, ToolOutcome, ToolOutput, tool
from llmos.tools.rover import rover_tools

Look: TypeAlias = Callable[[], Awaitable[bytes]]
"""Makes a picture of the robot as it is now, as a PNG file; may raise RobotError."""


def robot_tools(pilot: Pilot, scene: Scene, look: Look | None = None, mood: Callable[[], str] = str) -> list[Tool]:
    """The tools of a robot, for one pilot: seven of an arm, six of a rover.

    `scene` is where its named places are, `look` its camera.

    `mood` is what the Sentience Layer says of itself on the panel of instruments; empty where there is none.
    """
    moving = rover_tools(pilot, _outcome) if pilot.profile.kind == "rover" else _arm_tools(pilot)
    return [*moving, *_common_tools(pilot), *_reading_tools(pilot, scene, look, mood)]


def robot_state(snapshot: Snapshot, scene: Scene) -> dict[str, JSON]:
    """The measured state as plain values: metres, degrees, and names of objects and places with their positions."""
    measured = snapshot.measured
    pose = measured.pose
    return {
        "x": _short(pose.x),
        "y": _short(pose.y),
        "z": _short(pose.z),
        "theta_deg": _short(pose.theta_deg),
        "gripper": _gripper(measured),
        "holding": measured.holding or NOTHING,
        "objects": _positions(measured.objects),
        "places": _positions(scene.places),
        "stopped": snapshot.stop is not None,
    }


def _arm_tools(pilot: Pilot) -> list[Tool]:
    @tool(effect=Effect.IDEMPOTENT)
    async def move_to(x: float, y: float, z: float, theta_deg: float | None = None) -> ToolOutcome:
        """Move the tool straight to a position in the workspace, in metres: x right, y forward, z up.

        Args:
            x: metres to the right of the origin
            y: metres forward of the origin
            z: metres above the ground
            theta_deg: heading to turn the tool to, 0 to 360 degrees; left out, the heading stays

        """
        return _outcome(await pilot.move_to(x, y, z, theta_deg))

    @tool(effect=Effect.REVERSIBLE)
    async def move_relative(dx: float = 0.0, dy: float = 0.0, dz: float = 0.0, dtheta_deg: float = 0.0) -> ToolOutcome:
        """Move the tool by so many metres from where it is now: dx right, dy forward, dz up.

        Args:
            dx: metres to the right; negative is left
            dy: metres forward; negative is back
            dz: metres up; negative is down
            dtheta_deg: degrees to turn the tool, counter-clockwise positive

        """
        return _outcome(await pilot.move_relative(dx, dy, dz, dtheta_deg))

    @tool(effect=Effect.REVERSIBLE)
    async def toggle_tool(activate: bool) -> ToolOutcome:  # noqa: FBT001 - what a model writes: {"activate": true}
        """Close the gripper on the object at the tool (true), or open it and let go (false).

        Args:
            activate: true closes, false opens

        """
        return _outcome(await pilot.toggle_tool(activate))

    return [move_to, move_relative, toggle_tool]


def _common_tools(pilot: Pilot) -> list[Tool]:
    @tool(effect=Effect.IDEMPOTENT)
    async def go_home() -> ToolOutcome:
        """Move the tool to its home position."""
        return _outcome(await pilot.go_home())

    @tool(effect=Effect.IDEMPOTENT)
    async def emergency_stop() -> ToolOutcome:
        """Stop the robot at once and keep it stopped until a person rearms it."""
        return _outcome(await pilot.emergency_stop())

    return [go_home, emergency_stop]


def _reading_tools(pilot: Pilot, scene: Scene, look: Look | None, mood: Callable[[], str]) -> list[Tool]:
    @tool(effect=Effect.PURE)
    async def get_camera_feed(view: Literal["cockpit", "operator", "camera"] = "cockpit") -> ToolOutput:
        """Look at the robot: instruments (cockpit), map from above (operator), or the objects seen (camera).

        Args:
            view: cockpit, operator or camera

        """
        now = pilot.snapshot()
        if view == "operator":
            return views.operator(now.profile, now.robot_name, now.measured, scene.places, now.stop)
        if view == "camera":
            return await _seen(views.camera(now.robot_name, now.measured), look)
        return views.cockpit(now.profile, now.robot_name, now.measured, now.stop, mood())

    @tool(effect=Effect.PURE)
    async def get_status() -> str:
        """Say where the tool is, what the gripper holds, what is in sight, and whether the robot is stopped."""
        now = pilot.snapshot()
        stopped = f" The emergency stop is latched: {now.stop.reason}." if now.stop else ""
        seen = _listed("In sight", now.measured.objects) + _listed("Places", scene.places)
        return f"{state_sentence(now.measured)}{seen}{stopped}"

    return [get_camera_feed, get_status]


async def _seen(words: str, look: Look | None) -> ToolOutput:
    """The words, and the picture beside them where there is a camera that works."""
    if look is None:
        return words
    try:
        return Text(words), Image(await look())
    except RobotError as error:
        return f"{words} {error}"


def _outcome(result: Result) -> ToolOutcome:
    said = result_sentence(result)
    warned = f" {result.warning}." if result.warning else ""
    return ToolOutcome((Text(f"{said}{warned}"),), is_error=not result.ok)


def _gripper(measured: Measured) -> str:
    if not measured.has_gripper:
        return "none"
    return "closed" if measured.gripper_closed else "open"


def _listed(what: str, points: Mapping[str, Point]) -> str:
    """A sentence that names things with their positions; none where there are none."""
    named = ", ".join(f"{name} {views.position(point)}" for name, point in sorted(points.items()))
    return f" {what}: {named}." if named else ""


def _positions(points: Mapping[str, tuple[float, ...]]) -> dict[str, JSON]:
    return {name: [_short(value) for value in point] for name, point in sorted(points.items())}


def _short(value: float) -> float:
    """To the millimetre, without a minus before zero."""
    return round(value, 3) + 0.0
