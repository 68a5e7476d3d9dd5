"""A stop from any process takes effect where no host answers, and says what cannot be relied on."""

import sys
from pathlib import Path

import pytest

from llmos.clock import SimulatedClock
from llmos.disk import make_folder
from llmos.robots import latch
from llmos.robots.host.doors import Address, Door, HostFiles
from llmos.robots.host.stopping import book_stop, latch_of, stop_robot
from llmos.robots.latch import Stop
from llmos.robots.safety_log import newest
from llmos.volumes.locks import sole_owner
from tests.support.hosts import serving


def test_a_stop_without_a_host_is_on_disk(tmp_path: Path) -> None:
    """Every gate of the home finds it there, and there is nothing to warn of."""
    stopped = stop_robot(tmp_path, "arm", "Ada", "smoke", SimulatedClock())
    assert (stopped.by_host, stopped.saved, stopped.warning) == (False, True, "")
    assert latch_of("arm", tmp_path).stop == stopped.stop


def test_a_reason_that_is_no_text_stops_through_the_host_too(tmp_path: Path) -> None:
    """What no message can carry is replaced, in the host and on disk: the stop is in force, and the host goes on."""
    with serving(tmp_path) as rig:
        stopped = stop_robot(tmp_path, "arm", "Ada", "sm\udcffke", SimulatedClock())
        assert (stopped.by_host, stopped.stop.reason) == (True, "sm\N{REPLACEMENT CHARACTER}ke")
        assert rig.client().snapshot().stop == stopped.stop
    latch_of("arm", tmp_path).path.write_text('{"stopped": true, "since": "", "by": "Ada", "reason": "sm\\udcffke"}')
    assert latch_of("arm", tmp_path).stop == Stop("", "Ada", stopped.stop.reason)


def test_a_stop_that_a_rearm_may_undo_is_in_force_and_warns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process keeps the latch's lock; whoever pressed is told to look."""
    monkeypatch.setattr(latch, "_LOOKS", 1)  # nobody waits here
    make_folder(tmp_path / "robots")
    with sole_owner(tmp_path / "robots" / "arm.lock"):
        stopped = stop_robot(tmp_path, "arm", "Ada", "smoke", SimulatedClock())
        assert latch_of("arm", tmp_path).stop == stopped.stop
    assert (stopped.saved, stopped.warning) == (False, latch.UNSURE)


def test_the_first_of_two_stops_is_told(tmp_path: Path) -> None:
    """Whoever presses second hears why the robot stands already."""
    first = stop_robot(tmp_path, "arm", "Ada", "smoke", SimulatedClock())
    assert stop_robot(tmp_path, "arm", "Bob", "too late", SimulatedClock()).stop == first.stop


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no Unix sockets")
def test_a_host_that_has_died_since_stops_no_stop(tmp_path: Path) -> None:
    """Its address is still there and nobody behind it: the next one finds the stop on disk."""
    nobody = Door(path=str(tmp_path / "gone"))
    files = HostFiles(tmp_path, "arm")
    make_folder(files.address.parent)
    files.write_address(Address(1, "key", nobody, nobody))
    stopped = stop_robot(tmp_path, "arm", "Ada", "smoke", SimulatedClock())
    assert (stopped.by_host, stopped.saved, latch_of("arm", tmp_path).stop) == (False, True, stopped.stop)


def test_a_stop_is_booked_in_a_few_words(tmp_path: Path) -> None:
    """The log has a line for whoever stopped it, and of a long reason its beginning."""
    book_stop(tmp_path, "arm", Stop("now", "Ada", "x" * 1_000_000), SimulatedClock())
    (line,) = newest(tmp_path / "safety.jsonl", 10)
    assert (line["kind"], line["robot"], line["detail"]) == ("stop", "arm", {"by": "Ada", "reason": "x" * 200})


def test_a_log_that_takes_nothing_stops_no_stop(tmp_path: Path) -> None:
    """The stop holds already when it is booked; what kept its line out is told, and raises nothing."""
    (tmp_path / "safety.jsonl").mkdir()
    said = book_stop(tmp_path, "arm", Stop("now", "Ada", "smoke"), SimulatedClock())
    assert said.startswith(f"not in the safety log: cannot write the safety log to {tmp_path / 'safety.jsonl'}: ")
