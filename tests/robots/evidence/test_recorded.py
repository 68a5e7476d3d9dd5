"""A recorded robot does what it does anyway, and the recording tells it."""

from collections.abc import Callable
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import anyio.lowlevel
import pytest

from llmos.errors import LLMosError, StorageError
from llmos.robots.base import RobotError
from llmos.robots.controls import Snapshot
from llmos.robots.evidence.recorded import RecordedControls
from llmos.robots.pilot import Pilot
from llmos.traces.recording import Recording
from tests.support.recordings import messages
from tests.support.robots import OPERATOR, Rig, rig

ALWAYS = {"/robot/state", "/robot/pose", "/robot/transform"}
pytestmark = [pytest.mark.anyio, pytest.mark.system]


@pytest.fixture(autouse=True)
def _mcap(require_system: Callable[[str], None]) -> None:
    if find_spec("mcap") is None:
        require_system("mcap")


async def a_tick(_: float) -> None:
    """Simulated time passes at each checkpoint."""
    await anyio.lowlevel.checkpoint()


def recorded(
    arm: Rig, path: Path, photograph: Callable[[Snapshot], bytes] | None = None, recording: Recording | None = None
) -> RecordedControls:
    """The arm's gate, recorded."""
    return RecordedControls(arm.gate, recording or Recording(path, "arm"), arm.clock.now, a_tick, photograph)


def topics(path: Path) -> list[tuple[str, dict[str, object], int]]:
    """Topic, content and time of each message."""
    return [(topic, content, at) for topic, _, content, at in messages(path)]


async def test_a_motion_is_recorded_from_its_order_to_its_end(tmp_path: Path) -> None:
    """States at thirty a second on the robot's clock, from start to target."""
    arm, path = rig(tmp_path, "empty"), tmp_path / "a.mcap"
    controls = recorded(arm, path, lambda _: b"picture")
    result = await Pilot(controls, OPERATOR).move_to(0.5, 0.0, 1.0)
    controls.close()
    found = topics(path)
    order = [topic for topic, _, _ in found if topic not in ALWAYS]
    assert order == ["/camera", "/robot/command", "/gate/verdict", "/gate/log", "/robot/motion", "/camera"]
    states = [(content, at) for topic, content, at in found if topic == "/robot/state"]
    assert result.ok
    assert states[-1][0]["x"] == pytest.approx(0.5, abs=0.002)
    apart_s = {round((after - before) / 1e9, 2) for (_, before), (_, after) in pairwise(states[:-1])}
    assert apart_s <= {0.03, 0.04}
    assert next(content for topic, content, _ in found if topic == "/robot/command")["principal"] == "agent operator"


async def test_a_refusal_and_a_stop_are_recorded_with_their_reasons(tmp_path: Path) -> None:
    """As values and as a line of the log; a preview is not."""
    arm, path = rig(tmp_path, "empty"), tmp_path / "a.mcap"
    controls = recorded(arm, path)
    pilot = Pilot(controls, OPERATOR)
    await pilot.preview("go_home", {})
    await pilot.move_to(5.0, 0.0, 1.0)
    await pilot.emergency_stop("a test")
    await controls.rearm("a person")
    controls.close()
    verdicts = [content for topic, content, _ in topics(path) if topic == "/gate/verdict"]
    assert [(each["allowed"], each.get("rule")) for each in verdicts] == [(False, "workspace"), (True, None)]
    said = [content["message"] for topic, content, _ in topics(path) if topic == "/gate/log"]
    assert said[0] == "X position 5.00m outside workspace [-2, 2]; choose x between -2 and 2."
    commands = [content["verb"] for topic, content, _ in topics(path) if topic == "/robot/command"]
    assert commands == ["move_to", "rearm"]


async def test_a_recording_that_breaks_stops_no_robot(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A full disk ends the recording, in a sentence; the motion reaches its end."""

    class Full(Recording):
        def verdict(self, *_: object) -> None:
            raise StorageError("cannot record to a.mcap: the disk is full")

    arm, path = rig(tmp_path, "empty"), tmp_path / "a.mcap"
    controls = recorded(arm, path, recording=Full(path, "arm"))
    assert (await Pilot(controls, OPERATOR).move_to(0.5, 0.0, 1.0)).ok
    controls.close()
    assert [each.message for each in caplog.records] == [
        "The recording ends here: cannot record to a.mcap: the disk is full"
    ]


@pytest.mark.parametrize("error", [RobotError("the cable is out"), StorageError("the disk is full")])
async def test_a_robot_that_fails_says_the_same_with_a_recording(tmp_path: Path, error: LLMosError) -> None:
    """What ends a motion comes out as it is: one sentence, in no group of exceptions; the recording is whole."""
    arm, path = rig(tmp_path, "empty"), tmp_path / "a.mcap"

    def fail(sent: int) -> None:
        if sent == 100:
            raise error

    arm.robot.on_command = fail
    controls = recorded(arm, path)
    with pytest.raises(LLMosError) as caught:
        await Pilot(controls, OPERATOR).move_to(0.5, 0.0, 1.0)
    assert caught.value is error
    controls.close()
    assert "/robot/state" in [topic for topic, _, _ in topics(path)]


async def test_a_slow_camera_lets_no_approval_grow_old(tmp_path: Path) -> None:
    """A picture takes longer than what the gate approved may wait; the motion begins all the same."""
    arm, path = rig(tmp_path, "empty"), tmp_path / "a.mcap"
    taken: list[float] = []

    def slow(known: Snapshot) -> bytes:
        arm.clock.advance(arm.profile.approval_expiry_s + 0.5)
        taken.append(known.measured.pose.x)
        return b"picture"

    controls = recorded(arm, path, slow)
    pilot = Pilot(controls, OPERATOR)
    result = await pilot.move_to(0.5, 0.0, 1.0)
    assert result.ok, result.refusal
    assert taken == [0.0, pytest.approx(0.5, abs=0.002)]
    assert (await pilot.move_to(5.0, 0.0, 1.0)).refusal is not None
    assert (await pilot.emergency_stop()).refusal is None
    controls.close()
    assert len(taken) == 2


async def test_a_camera_that_cannot_draw_leaves_the_rest(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is said once."""

    def blind(_: Snapshot) -> bytes:
        raise RobotError("nothing to draw with")

    arm, path = rig(tmp_path, "empty"), tmp_path / "a.mcap"
    controls = recorded(arm, path, blind)
    await Pilot(controls, OPERATOR).move_to(0.5, 0.0, 1.0)
    controls.close()
    assert "/robot/motion" in [topic for topic, _, _ in topics(path)]
    assert [each.message for each in caplog.records] == ["The recording has no pictures: nothing to draw with"]
