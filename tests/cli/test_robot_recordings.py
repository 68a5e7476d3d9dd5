"""`llmos robot recordings`: what was recorded is listed, and what a killed process left gets its end."""

from collections.abc import Callable
from importlib.util import find_spec

import pytest

from llmos.traces.recording import Recording
from llmos.volumes.locks import sole_owner
from tests.support.command_line import CommandLine
from tests.support.recordings import topics

pytestmark = pytest.mark.system


@pytest.fixture(autouse=True)
def _mcap(require_system: Callable[[str], None]) -> None:
    if find_spec("mcap") is None:
        require_system("mcap")


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
