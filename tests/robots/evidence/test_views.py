"""The views in text: instruments, map, camera; looked at as a whole."""

from dataclasses import replace

import pytest

from llmos.documents.scene import Point
from llmos.robots.base import Measured, Pose, Velocity
from llmos.robots.evidence import views
from llmos.robots.evidence.report import state_sentence
from llmos.robots.latch import Stop
from tests.support.robots import arm_profile

ARM = arm_profile()
ROBOT = "kinematic arm (simulated)"
OBJECTS = {"red block": Point(-2.0, 2.0, 0.05), "blue block": Point(2.0, -2.0, 0.05)}


def measured(x: float = 0.0, theta_rad: float = 0.0, holding: str | None = None) -> Measured:
    """The arm over two blocks."""
    return Measured(0.0, Pose(x, 0.0, 1.0, theta_rad), Velocity(), holding is not None, holding, OBJECTS)


def test_cockpit_shows_position_beside_the_workspace_tool_and_safety() -> None:
    """The panel of the source document, with what is held and what moves added."""
    assert views.cockpit(ARM, ROBOT, measured(), None) == (
        "╔═══════════════════════════════════════════════════════════════╗\n"
        "║                         LLMOS COCKPIT                         ║\n"
        "╠═══════════════════════════════════════════════════════════════╣\n"
        "║  ROBOT: arm, kinematic arm (simulated)                        ║\n"
        "║  POSITION:                                                    ║\n"
        "║    X:   0.00 m  [-2.0 to 2.0]                                 ║\n"
        "║    Y:   0.00 m  [-2.0 to 2.0]                                 ║\n"
        "║    Z:   1.00 m  [0.0 to 3.0]                                  ║\n"
        "║    θ:    0.0°   [0.0 to 360.0]                                ║\n"
        "║  SPEED: 0.00 m/s  [0.0 to 0.5]                                ║\n"
        "║  TOOL STATUS: [INACTIVE]                                      ║\n"
        "║  HOLDING: nothing                                             ║\n"
        "║  ZONES:                                                       ║\n"
        "║    operator station: 0.82 m  [SLOWER]                         ║\n"
        "║  SAFETY STATUS: [OK]                                          ║\n"
        "╚═══════════════════════════════════════════════════════════════╝"
    )


def test_cockpit_shows_a_stop_with_its_reason_and_an_active_tool() -> None:
    """Green and red are words too."""
    shown = views.cockpit(ARM, ROBOT, measured(-1.234, 1.5707963, "red block"), Stop("", "Ada", "smoke"))
    for line in ("X:  -1.23 m", "θ:   90.0°", "[ACTIVE]", "HOLDING: red block", "[EMERGENCY STOP]", "    smoke"):
        assert line in shown


def test_cockpit_shows_battery_and_mood_where_there_are_any() -> None:
    """What a robot does not have or feel takes no line."""
    shown = views.cockpit(ARM, ROBOT, replace(measured(), battery=0.5), None, "PRECISION: safety 0.80")
    assert "  BATTERY: 50% " in shown
    assert "  VALENCE: PRECISION: safety 0.80 " in shown
    assert "BATTERY" not in views.cockpit(ARM, ROBOT, measured(), None)


def test_cockpit_says_what_a_distance_means() -> None:
    """Near people the robot is slower, and inside a zone it says so."""
    for x, y, word in ((-2.0, 2.0, "CLEAR"), (0.0, 0.0, "SLOWER"), (1.0, -1.0, "INSIDE")):
        at = replace(measured(), pose=Pose(x, y, 1.0, 0.0))
        assert f"m  [{word}]" in views.cockpit(ARM, ROBOT, at, None)


def test_operator_view_shades_where_a_zone_bars_the_tool_at_its_height() -> None:
    """Above a zone its shade is gone, for the way over it is open."""
    low, high = (views.operator(ARM, ROBOT, replace(measured(), pose=Pose(0, 0, z, 0)), {}, None) for z in (1.0, 2.5))
    rows = low.splitlines()
    assert rows[3 + 15][3:44][30] == "░"
    assert low.count("░") > high.count("░") == 1
    assert "░  zone operator station (human)  " in low
    assert "░  zone operator station (human), not at this height  " in high


def test_operator_view_is_a_map_with_a_legend() -> None:
    """Forward is up, right is right; corners are corners, and each mark is explained."""
    rows = views.operator(ARM, ROBOT, measured(), {"shelf": Point(2.0, 2.0, 1.0)}, None).splitlines()
    width = {len(row) for row in rows}
    assert len(width) == 1
    grid = [row[3:44] for row in rows[3:24]]
    assert grid[0] == "2" + "·" * 39 + "+"
    assert grid[10] == "·" * 20 + "R" + "·" * 20
    assert grid[20] == "·" * 40 + "1"
    assert [row[1:-1].strip() for row in rows[24:-1]] == [
        "x -2 to 2 m (right), y -2 to 2 m (up)",
        "R  kinematic arm (simulated) at (0.00, 0.00, 1.00)",
        "1  blue block at (2.00, -2.00, 0.05)",
        "2  red block at (-2.00, 2.00, 0.05)",
        "+  shelf at (2.00, 2.00, 1.00)",
        "░  zone operator station (human)",
        "SAFETY STATUS: [OK]",
    ]


def test_what_stands_outside_is_drawn_at_the_edge() -> None:
    """A map never loses the robot."""
    rows = views.operator(ARM, ROBOT, measured(99.0), {}, None).splitlines()
    assert rows[13][3:44] == "·" * 40 + "R"


def test_camera_says_what_it_sees_and_that_it_is_words() -> None:
    """Objects with their positions, the held one marked."""
    assert views.camera(ROBOT, measured(holding="red block")) == (
        "Camera of the kinematic arm (simulated), in words: blue block at (2.00, -2.00, 0.05); "
        "red block at (-2.00, 2.00, 0.05) (in the gripper)."
    )
    empty = Measured(0.0, Pose(0, 0, 1, 0), Velocity(), gripper_closed=False, holding=None, objects={})
    assert views.camera(ROBOT, empty) == "Camera of the kinematic arm (simulated), in words: no objects in sight."


@pytest.mark.parametrize(
    ("point", "text"), [((-0.001, 0.0, 1.005), "(0.00, 0.00, 1.00)"), ((1.5, -1, 3), "(1.50, -1.00, 3.00)")]
)
def test_positions_are_written_to_the_centimetre(point: tuple[float, float, float], text: str) -> None:
    """No minus stands before zero."""
    assert views.position(Point(*point)) == text


def test_a_robot_without_a_gripper_shows_its_sensors_instead() -> None:
    """Ranges and battery; no tool, and no word of one."""
    ranges = {"front": 0.98, "front left": 2.4, "front right": 2.4, "left": 2.08, "right": 2.08, "back": 2.1}
    rover = Measured(
        0.0,
        Pose(0, 0, 0.05, 0),
        Velocity(),
        gripper_closed=False,
        holding=None,
        objects={},
        ranges_m=ranges,
        battery=0.5,
        has_gripper=False,
    )
    panel = views.cockpit(arm_profile(), "rover", rover, None)
    assert "TOOL STATUS" not in panel
    assert "BATTERY: 50%" in panel
    assert "    front 0.98 m, front left 2.40 m, front right 2.40 m" in panel
    assert "    left 2.08 m, right 2.08 m, back 2.10 m" in panel
    assert state_sentence(rover) == "At (0.00, 0.00, 0.05) turned 0°."
