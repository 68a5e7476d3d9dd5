"""The robot's tools answer with what was measured, and with the gate's own words where it refuses."""

from pathlib import Path
from typing import Any

import pytest

from llmos.errors import LLMosError
from llmos.messages import Effect, Image, Text
from llmos.robots.base import RobotError
from llmos.robots.latch import Stop
from llmos.tools.base import Tool, ToolOutcome
from llmos.tools.names import ROBOT_TOOLS
from llmos.tools.robot import robot_state, robot_tools
from tests.support.robots import Rig, rig

pytestmark = pytest.mark.anyio


def tools_of(arm: Rig) -> dict[str, Tool]:
    """The tools by name."""
    return {each.spec.name: each for each in robot_tools(arm.pilot, arm.scene)}


async def call(arm: Rig, name: str, **args: Any) -> tuple[str, bool]:
    """What the model reads, and whether it is an error."""
    tool = tools_of(arm)[name]
    output = await tool.call(tool.prepare(args))
    if isinstance(output, str):
        return output, False
    assert isinstance(output, ToolOutcome)
    return "".join(part.text for part in output.content), output.is_error  # type: ignore[union-attr]


def test_tools_are_the_documents_and_say_what_they_do_to_the_world(tmp_path: Path) -> None:
    """Names, arguments and effect classes are fixed: models are trained on them and replay depends on them."""
    shapes = {
        name: (list(tool.spec.input_schema["properties"]), tool.spec.input_schema["required"], tool.spec.effect)
        for name, tool in tools_of(rig(tmp_path)).items()
    }
    assert shapes == {
        "move_to": (["x", "y", "z", "theta_deg"], ["x", "y", "z"], Effect.IDEMPOTENT),
        "move_relative": (["dx", "dy", "dz", "dtheta_deg"], [], Effect.REVERSIBLE),
        "toggle_tool": (["activate"], ["activate"], Effect.REVERSIBLE),
        "go_home": ([], [], Effect.IDEMPOTENT),
        "emergency_stop": ([], [], Effect.IDEMPOTENT),
        "get_camera_feed": (["view"], [], Effect.PURE),
        "get_status": ([], [], Effect.PURE),
    }
    assert set(shapes) == ROBOT_TOOLS


async def test_demo_is_told_step_by_step_from_measurements(tmp_path: Path) -> None:
    """Each answer of pick and place is one sentence on the measured state."""
    arm = rig(tmp_path)
    told = [
        await call(arm, "move_to", x=1.5, y=1.0, z=0.5),
        await call(arm, "toggle_tool", activate=True),
        await call(arm, "move_to", x=-1, y=-1, z=0.7),
        await call(arm, "toggle_tool", activate=False),
        await call(arm, "move_relative", dz=0.3),
        await call(arm, "go_home"),
    ]
    assert told == [
        ("At (1.50, 1.00, 0.50) turned 0°, gripper open.", False),
        ("At (1.50, 1.00, 0.50) turned 0°, gripper holding 'cube'.", False),
        ("At (-1.00, -1.00, 0.70) turned 0°, gripper holding 'cube'.", False),
        ("At (-1.00, -1.00, 0.70) turned 0°, gripper open. 'cube' lies at (-1.00, -1.00, 0.70).", False),
        ("At (-1.00, -1.00, 1.00) turned 0°, gripper open.", False),
        ("At (0.00, 0.00, 1.00) turned 0°, gripper open.", False),
    ]


async def test_refusal_reaches_the_model_with_reason_and_suggestion(tmp_path: Path) -> None:
    """The model reads why, and what would be allowed."""
    assert await call(rig(tmp_path), "move_to", x=5, y=0, z=1) == (
        "X position 5.00m outside workspace [-2, 2]; choose x between -2 and 2.",
        True,
    )


async def test_gripping_nothing_is_an_error_that_names_the_nearest_object(tmp_path: Path) -> None:
    """The model learns that it holds nothing, and where it should have gone."""
    assert await call(rig(tmp_path), "toggle_tool", activate=True) == (
        (
            "The gripper closed on nothing. The nearest object to (0.00, 0.00, 1.00) is 'cube' at (1.50, 1.00, 0.50), "
            "1.87 m away; open it and go there first."
        ),
        True,
    )


async def test_emergency_stop_is_told_and_blocks_what_follows(tmp_path: Path) -> None:
    """After a stop the status says so, views still work, and motion is refused with the way out."""
    arm = rig(tmp_path)
    assert await call(arm, "emergency_stop") == (
        "Stopped. At (0.00, 0.00, 1.00) turned 0°, gripper open. Nothing moves until a person rearms the robot.",
        False,
    )
    refusal, is_error = await call(arm, "move_relative", dx=0.3)
    assert is_error
    assert refusal == (
        "The emergency stop is latched since 2026-01-01T00:00:00+00:00 by agent operator: stopped on request; "
        "a person must look at the robot and rearm it, no tool can."
    )
    assert await call(arm, "get_status") == (
        (
            "At (0.00, 0.00, 1.00) turned 0°, gripper open. In sight: cube (1.50, 1.00, 0.50). "
            "Places: pick pedestal (1.50, 1.00, 0.50), place pedestal (-1.00, -1.00, 0.70), shelf (-1.50, 1.00, 1.20). "
            "The emergency stop is latched: stopped on request."
        ),
        False,
    )
    assert "[EMERGENCY STOP]" in (await call(arm, "get_camera_feed"))[0]


async def test_halted_motion_is_an_error_with_where_it_ended(tmp_path: Path) -> None:
    """A motion that was stopped on its way says where the arm now is, and why."""
    arm = rig(tmp_path)
    arm.robot.on_command = lambda sent: arm.latch.trip(Stop("", "Ada", "smoke")) if sent == 100 else None
    told, is_error = await call(arm, "move_to", x=2, y=0, z=1)
    assert is_error
    assert told.startswith("Halted. At (0.14, 0.00, 1.00) turned 0°, gripper open. The emergency stop is latched")
    assert told.endswith(
        "The emergency stop is latched by Ada: smoke; a person must look at the robot and rearm it, no tool can."
    )


async def test_views_can_be_chosen(tmp_path: Path) -> None:
    """Cockpit unless another is asked for; an unknown view is refused before anything is drawn."""
    arm = rig(tmp_path)
    assert "LLMOS COCKPIT" in (await call(arm, "get_camera_feed"))[0]
    assert "OPERATOR VIEW" in (await call(arm, "get_camera_feed", view="operator"))[0]
    assert (await call(arm, "get_camera_feed", view="camera"))[0] == (
        "Camera of the kinematic arm (simulated), in words: cube at (1.50, 1.00, 0.50)."
    )
    with pytest.raises(LLMosError, match="view"):
        await call(arm, "get_camera_feed", view="x-ray")


async def test_camera_view_has_a_picture_where_there_is_a_camera(tmp_path: Path) -> None:
    """The words stay, and the picture stands beside them; the other views are words alone."""
    arm = rig(tmp_path)

    async def look() -> bytes:
        return b"a picture"

    feed = robot_tools(arm.pilot, arm.scene, look)[-2]
    assert await feed.call({"view": "camera"}) == (
        Text("Camera of the kinematic arm (simulated), in words: cube at (1.50, 1.00, 0.50)."),
        Image(b"a picture"),
    )
    assert isinstance(await feed.call({"view": "cockpit"}), str)


async def test_camera_that_cannot_draw_leaves_the_words(tmp_path: Path) -> None:
    """And says why there is no picture."""
    arm = rig(tmp_path)

    async def look() -> bytes:
        raise RobotError("No picture: the lens is dirty.")

    assert await robot_tools(arm.pilot, arm.scene, look)[-2].call({"view": "camera"}) == (
        "Camera of the kinematic arm (simulated), in words: cube at (1.50, 1.00, 0.50). No picture: the lens is dirty."
    )


async def test_reading_tools_leave_no_verdict_and_no_motion(tmp_path: Path) -> None:
    """Looking is free."""
    arm = rig(tmp_path)
    for view in ("cockpit", "operator", "camera"):
        await call(arm, "get_camera_feed", view=view)
    await call(arm, "get_status")
    assert (arm.verdicts, arm.robot.sent) == ([], [])


async def test_state_is_measured_and_rounded(tmp_path: Path) -> None:
    """The state that models are given has the keys they were trained on, to the millimetre."""
    arm = rig(tmp_path)
    await arm.pilot.move_to(1.5, 1.0, 0.5)
    await arm.pilot.toggle_tool(True)
    await arm.pilot.move_relative(dx=-0.30004, dtheta_deg=-90)
    assert robot_state(arm.gate.snapshot(), arm.scene) == {
        "x": 1.2, "y": 1.0, "z": 0.5, "theta_deg": 270.0,
        "gripper": "closed", "holding": "cube",
        "objects": {"cube": [1.2, 1.0, 0.5]},
        "places": {
            "pick pedestal": [1.5, 1.0, 0.5], "place pedestal": [-1.0, -1.0, 0.7], "shelf": [-1.5, 1.0, 1.2],
        },
        "stopped": False,
    }  # fmt: skip


async def test_state_of_an_empty_gripper_and_a_stopped_robot(tmp_path: Path) -> None:
    """An empty gripper holds `nothing`, and a latched stop is part of the state."""
    arm = rig(tmp_path, "empty")
    await arm.pilot.emergency_stop()
    state = robot_state(arm.gate.snapshot(), arm.scene)
    assert (state["gripper"], state["holding"], state["stopped"]) == ("open", "nothing", True)
    assert (state["objects"], state["places"]) == ({}, {})


@pytest.mark.parametrize(
    ("scene", "thing", "place"),
    [
        ("pick-and-place", "cube", "place pedestal"),
        ("pick-and-place", "cube", "shelf"),
        ("shelves", "item", "B7"),
        ("microscope", "sample", "microscope stage"),
    ],
)
async def test_object_can_be_brought_to_a_named_place(tmp_path: Path, scene: str, thing: str, place: str) -> None:
    """Each shipped scene's goal can be reached with the tools, and the object is measured there."""
    arm = rig(tmp_path, scene)
    for x, y, z, close in ((*arm.scene.objects[thing], True), (*arm.scene.places[place], False)):
        assert not (await call(arm, "move_to", x=x, y=y, z=z))[1]
        assert not (await call(arm, "toggle_tool", activate=close))[1]
    assert arm.pilot.measure().objects[thing] == pytest.approx(arm.scene.places[place])


async def test_blocks_can_be_stacked(tmp_path: Path) -> None:
    """The first in name order stays, the others go on top, one edge higher each."""
    arm = rig(tmp_path, "blocks")
    base, *others = sorted(arm.scene.objects)
    x, y, z = arm.scene.objects[base]
    for level, name in enumerate(others, 1):
        at = arm.scene.objects[name]
        assert not (await call(arm, "move_to", x=at.x, y=at.y, z=at.z))[1]
        assert not (await call(arm, "toggle_tool", activate=True))[1]
        assert not (await call(arm, "move_to", x=x, y=y, z=z + 0.1 * level))[1]
        assert not (await call(arm, "toggle_tool", activate=False))[1]
    heights = [arm.pilot.measure().objects[name].z for name in (base, *others)]
    assert heights == pytest.approx([0.05, 0.15, 0.25])
