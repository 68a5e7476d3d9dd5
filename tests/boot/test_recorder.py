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
from tests.support.robots import rig
from tests.support.tapes import asks, says

pytestmark = pytest.mark.system


@pytest.fixture(autouse=True)
def _mcap(require_system: Callable[[str], None]) -> None:
    if find_spec("mcap") is None:
        require_system("mcap")


async def at_once(_: float) -> None:
    """No time passes."""


def topics(path: Path) -> set[str]:
    """What the recording is about."""
    from mcap.reader import make_reader

    with path.open("rb") as file:
        return {channel.topic for _, channel, _ in make_reader(file).iter_messages()}


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


def test_a_person_lists_recordings_and_gets_a_killed_one_whole(llmos: CommandLine) -> None:
    """Nothing needs to be recorded for it; what is being written just now is told apart and left alone."""
    assert "There is no recording in this home" in llmos("robot", "recordings").err
    folder = llmos.place.home / "recordings"
    folder.mkdir(exist_ok=True)
    left, live = Recording(folder / "left.mcap", "arm"), Recording(folder / "live.mcap", "arm")
    before = live.path.read_bytes()
    with sole_owner(live.path):
        told = llmos("robot", "recordings", "--json").json["recordings"]
    assert [(each["recording"], each["state"]) for each in told] == [
        ("left", "whole"),
        ("live", "without an end yet"),
    ]
    assert topics(left.path) == set()
    assert live.path.read_bytes() == before
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
