"""`--record` leaves a whole recording of what the robot did, and mends what a killed process left."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from llmos.boot.recorder import Recorder
from llmos.clock import SimulatedClock
from llmos.traces.recording import Recording
from llmos.traces.sealing import unsealed
from llmos.volumes.locks import sole_owner
from tests.support.command_line import CommandLine
from tests.support.recordings import topics
from tests.support.robots import rig
from tests.support.tapes import asks, says

pytestmark = pytest.mark.system


@pytest.fixture(autouse=True)
def _mcap(require_system: Callable[[str], None]) -> None:
    if find_spec("mcap") is None:
        require_system("mcap")


async def at_once(_: float) -> None:
    """No time passes."""


def test_a_run_is_recorded_on_request(llmos: CommandLine, caplog: pytest.LogCaptureFixture) -> None:
    """One whole file in the home, and a word about it on stderr."""
    model = llmos.tape(asks(("move_to", {"x": 0.5, "y": 0.0, "z": 1.0})), says("There."))
    done = llmos("agent", "run", "worker", "go", "--model", model, "--robot", "arm", "--record")
    (path,) = (llmos.place.home / "recordings").glob("*.mcap")
    assert done.code == 0
    assert f"Recording to {path}." in caplog.messages
    assert {"/robot/command", "/robot/state", "/robot/pose", "/robot/motion", "/gate/verdict"} <= topics(path)
    assert unsealed(path.parent) == []


def test_what_a_killed_process_left_is_sealed_by_the_next(tmp_path: Path) -> None:
    """But not what somebody is recording to just now."""
    left, live = Recording(tmp_path / "left.mcap", "arm"), Recording(tmp_path / "live.mcap", "arm")
    arm = rig(tmp_path, "empty")
    with sole_owner(live.path):
        recorder = Recorder(tmp_path, SimulatedClock())
        recorded = recorder.record(arm.gate, "arm", at_once, None)
        assert live.path in unsealed(tmp_path)
        assert left.path not in unsealed(tmp_path)
    recorded.close()
    recorder.release()
    for recording in (left, live):
        recording._file.close()


def test_two_recordings_of_one_second_are_two_files(tmp_path: Path) -> None:
    """None takes the other's place."""
    arm, clock = rig(tmp_path, "empty"), SimulatedClock()
    both = [Recorder(tmp_path, clock) for _ in range(2)]
    for recorded in [recorder.record(arm.gate, "arm", at_once, None) for recorder in both]:
        recorded.close()
    assert sorted(path.name for path in tmp_path.glob("*.mcap")) == [
        "20260101-000000-arm-1.mcap",
        "20260101-000000-arm.mcap",
    ]
    for recorder in both:
        recorder.release()
