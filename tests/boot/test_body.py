"""The robot of a process: what those who see get of its camera, and what those who do not."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from llmos.boot.body import Body
from llmos.messages import Image, Text
from llmos.robots.base import RobotError
from llmos.robots.controls import Principal
from llmos.settings import system_root
from tests.support.drivers import require_physics
from tests.support.homes import make_place

pytestmark = pytest.mark.anyio
PERSON = Principal("person", "the one who tests")
WORDS = "Camera of the gantry arm (simulated by MuJoCo), in words: cube at (1.50, 1.00, 0.50)."


@pytest.fixture
async def body(tmp_path: Path, require_system: Callable[[str], None]) -> AsyncIterator[Body]:
    """The shipped arm beside a cube."""
    require_physics(require_system)
    async with make_place(tmp_path).system(robot="arm", scene="pick-and-place") as system:
        yield system.robot()


async def camera_feed(body: Body, *, sees: bool) -> object:
    """What the tool answers."""
    tools = {each.spec.name: each for each in body.tools(PERSON, sees=sees)}
    return await tools["get_camera_feed"].call({"view": "camera"})


@pytest.mark.system
async def test_who_sees_gets_a_picture_beside_the_words(body: Body, require_system: Callable[[str], None]) -> None:
    """From a thread of its own, while the loop goes on."""
    seen = await camera_feed(body, sees=True)
    if isinstance(seen, str):
        require_system(seen)
    words, picture = seen
    assert words == Text(WORDS)
    assert isinstance(picture, Image)
    assert picture.content.startswith(b"\x89PNG")


@pytest.mark.system
async def test_who_does_not_see_gets_the_words(body: Body) -> None:
    """And no time is spent on drawing."""
    assert await camera_feed(body, sees=False) == WORDS


async def test_arm_without_physics_speaks_words_to_everyone(tmp_path: Path) -> None:
    """There is nothing to draw."""
    place = make_place(tmp_path)
    shipped = (system_root() / "volumes" / "system" / "robots" / "arm.md").read_text("utf-8")
    place.write("user/robots/simple.md", shipped.replace("name: arm", "name: simple").replace("mujoco-arm, ", ""))
    told = "Camera of the kinematic arm (simulated), in words: cube at (1.50, 1.00, 0.50)."
    async with place.system(robot="simple", scene="pick-and-place") as system:
        assert await camera_feed(system.robot(), sees=True) == told
        with pytest.raises(RobotError) as error:
            await system.robot().picture()
    assert str(error.value) == (
        "No picture: the kinematic arm (simulated) has no physics to draw; its camera speaks words."
    )


@pytest.mark.system
async def test_what_is_let_go_of_in_the_air_has_fallen_when_it_is_judged(body: Body) -> None:
    """Opening ends when the cube lies still, and is no success."""
    pilot = body.pilot(PERSON)
    await pilot.move_to(1.5, 1.0, 0.5)
    assert (await pilot.toggle_tool(True)).ok
    await pilot.move_to(0.0, 1.0, 1.0)
    result = await pilot.toggle_tool(False)
    assert not result.ok
    assert result.measured.moving_objects == ()
    assert result.measured.objects["cube"].z == pytest.approx(0.05, abs=0.01)
