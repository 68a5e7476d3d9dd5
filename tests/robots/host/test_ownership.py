"""One owner for each robot of a home; who comes after one that was killed amid a motion finds the robot stopped."""

from collections.abc import Callable
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from llmos.clock import SimulatedClock
from llmos.disk import make_folder
from llmos.robots.base import RobotError
from llmos.robots.host.doors import Address, Door, HostFiles
from llmos.robots.host.ownership import disarm_if_cut_short, has_ended, host_of, owning
from llmos.robots.host.stopping import latch_of
from llmos.robots.latch import StopLatch
from llmos.robots.safety_log import newest
from llmos.volumes.locks import sole_owner

REASON = "the last host ended while the robot was moving"


class LookedAt(SimulatedClock):
    """A clock on which a second passes, and something may happen, whenever somebody looks at it."""

    def __init__(self, happens: Callable[[], object] = lambda: None) -> None:
        super().__init__()
        self._happens = happens

    def monotonic_s(self) -> float:
        """A second later than at the last look."""
        self.advance(1)
        self._happens()
        return super().monotonic_s()


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HostFiles:
    """What the host of the arm keeps, in a home without one; nobody waits between two looks at it."""
    monkeypatch.setattr("llmos.robots.host.ownership._LOOK_S", 0.0)
    found = HostFiles(tmp_path, "arm")
    make_folder(found.lock.parent)
    return found


def latch(files: HostFiles) -> StopLatch:
    """The arm's latch, as a process sees it that has just begun."""
    return latch_of(files.robot, files.home)


def say_where(files: HostFiles) -> None:
    """Leave the address of a host of process 7."""
    files.write_address(Address(7, "key", Door(port=1), Door(port=2)))


def booked(files: HostFiles) -> list[str]:
    """The reasons of the stops in the safety log."""
    return [line["detail"]["reason"] for line in newest(files.home / "safety.jsonl", 10) if line["kind"] == "stop"]


def test_whoever_owns_the_robot_next_finds_it_stopped(files: HostFiles) -> None:
    """The stop is on disk and in the log before anything may be driven, and the note is gone."""
    files.moving.write_text("move_to of person Ada\n")
    own = latch(files)
    with owning(files, own, SimulatedClock()):
        assert own.stop == latch(files).stop
        assert own.stop is not None
        assert (own.stop.by, own.stop.reason, own.is_unsaved) == ("the robot host", REASON, False)
        assert booked(files) == [REASON]
        assert not files.moving.exists()


def test_an_owner_that_ended_at_rest_leaves_nothing_to_do(files: HostFiles) -> None:
    """No stop where no motion was cut short, in a process of its own or in this one."""
    with owning(files, latch(files), SimulatedClock()):
        pass
    disarm_if_cut_short(files, latch(files), SimulatedClock())
    assert latch(files).stop is None
    assert booked(files) == []


def test_who_drives_without_a_host_learns_of_the_one_before(files: HostFiles) -> None:
    """The same stop, written down once."""
    files.moving.write_text("move_to of person Ada\n")
    for _ in range(2):
        disarm_if_cut_short(files, latch(files), SimulatedClock())
    assert booked(files) == [REASON]
    assert latch(files).stop is not None


def test_a_motion_that_goes_on_is_not_cut_short(files: HostFiles) -> None:
    """The note of a host that is there belongs to it."""
    files.moving.write_text("move_to of person Ada\n")
    with sole_owner(files.lock):
        disarm_if_cut_short(files, latch(files), SimulatedClock())
    assert files.moving.exists()
    assert latch(files).stop is None


def test_an_address_without_an_owner_is_no_host(files: HostFiles) -> None:
    """A killed host leaves its address, and the system takes its lock away."""
    assert host_of(files) is None
    say_where(files)
    assert host_of(files) is None
    with sole_owner(files.lock):
        assert host_of(files) == 7


def test_the_second_owner_is_refused_and_changes_nothing(files: HostFiles) -> None:
    """Also the note stays: the first one may be in the midst of a motion."""
    say_where(files)
    files.moving.write_text("move_to of person Ada\n")
    with sole_owner(files.lock):
        with pytest.raises(RobotError) as caught, owning(files, latch(files), LookedAt()):
            pass
        assert str(caught.value) == (
            "The robot arm has a host for this home already (process 7); use that one, or end it first."
        )
    assert files.moving.exists()
    assert latch(files).stop is None


def test_an_owner_that_is_closing_is_waited_for(files: HostFiles) -> None:
    """It has taken its address away and still holds the robot, which it brings to rest."""
    with ExitStack() as closing:
        closing.enter_context(sole_owner(files.lock))
        with owning(files, latch(files), LookedAt(closing.close)):
            assert host_of(files) is None


def test_an_owner_that_does_not_close_is_not_waited_for_without_end(files: HostFiles) -> None:
    """Nobody knows its process then."""
    with (
        sole_owner(files.lock),
        pytest.raises(RobotError, match=r"^The robot arm has a host for this home already; use that one"),
        owning(files, latch(files), LookedAt()),
    ):
        pass


@pytest.mark.parametrize("ends", [True, False])
def test_a_host_that_is_just_ending_is_given_time_to_brake(files: HostFiles, ends: bool) -> None:
    """Some seconds, and no more."""
    say_where(files)
    with ExitStack() as ending:
        ending.enter_context(sole_owner(files.lock))
        looks = count()
        clock = LookedAt(lambda: next(looks) == 7 and ends and ending.close())
        assert has_ended(files, clock) is ends
