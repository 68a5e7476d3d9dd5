"""The stop is heard in a thread of its own: at once, by whoever has the key, beside callers of any kind."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.robots.base import RobotError
from llmos.robots.host.doors import Door, open_door
from llmos.robots.host.stop_listener import StopListener, call_stop
from llmos.robots.host.wire import Halt, Hello, framed
from llmos.robots.latch import Stop, StopLatch
from tests.support.disks import remount_read_only, tmpfs
from tests.support.hosts import PATIENCE_S, Caller

KEY = "k" * 64
NOW = datetime(2026, 1, 1, tzinfo=UTC)
STOP = Stop(NOW.isoformat(), "Ada", "smoke")


@dataclass
class Ear:
    """A listener, its latch and its door."""

    listener: StopListener
    latch: StopLatch
    door: Door

    def call(self, by: str = "Ada", reason: str = "smoke") -> Stop:
        """Stop through the door."""
        return call_stop(self.door, KEY, by, reason, PATIENCE_S).stop


def listening(folder: Path, stack: ExitStack) -> Ear:
    """A listener in this folder."""
    latch = StopLatch(folder / "robots" / "arm.json")
    socket, door = open_door(folder / "run" / "arm.stop")
    return Ear(stack.enter_context(StopListener(socket, KEY, latch, lambda: NOW)), latch, door)


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[Ear]:
    """A listener until the test is over."""
    with ExitStack() as stack:
        yield listening(tmp_path, stack)


def test_a_stop_is_in_force_and_on_disk_when_it_is_answered(ear: Ear) -> None:
    """Whoever gets the answer can rely on it, and the host is told of it."""
    assert ear.call() == STOP
    assert ear.latch.stop == StopLatch(ear.latch.path).stop == STOP
    assert list(ear.listener.heard) == [STOP]


def test_a_second_stop_is_answered_with_the_first(ear: Ear) -> None:
    """What happened first is what a person has to look at."""
    ear.call()
    assert ear.call("Bob", "me too") == STOP


def test_a_silent_caller_keeps_nobody_waiting(ear: Ear) -> None:
    """Nor do a hundred of them, nor one who says half a word."""
    with ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(Caller(ear.door))
        stack.enter_context(Caller(ear.door)).say(framed(Halt(0, "Ada", "smoke", KEY))[:-1])
        assert ear.call() == STOP


@pytest.mark.parametrize(
    "said",
    [
        Halt(0, "Eve", "for fun", "no key"),
        Hello(1, KEY, "Eve"),
        b"\xff" * 100,
        b"GET /emergency HTTP/1.1\r\n\r\n",
        (10**9).to_bytes(4, "big"),
    ],
)
def test_whatever_is_no_stop_is_hung_up_on(ear: Ear, said: Halt | Hello | bytes) -> None:
    """Without the key, without sense, or too long: nothing is stopped, and the next one is heard."""
    with Caller(ear.door) as caller:
        caller.say(said)
        assert caller.is_hung_up()
    assert ear.latch.stop is None
    assert ear.call() == STOP


@given(st.lists(st.binary(max_size=100), max_size=5))
def test_no_bytes_make_it_deaf(pieces: list[bytes]) -> None:
    """Whatever was said before, a stop is heard."""
    with Caller(_EAR[0].door) as caller:
        for piece in pieces:
            try:
                caller.say(piece)
            except OSError:
                break
        assert _EAR[0].call().by == "Ada"


_EAR: list[Ear] = []


@pytest.fixture(autouse=True, scope="module")
def _one_ear(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with ExitStack() as stack:
        _EAR.append(listening(tmp_path_factory.mktemp("ear"), stack))
        yield


def test_a_disk_that_takes_nothing_stops_no_stop(tmp_path: Path) -> None:
    """It holds in this process, and the answer says that it is not on disk."""
    with tmpfs(tmp_path / "home", "size=1m") as home, ExitStack() as stack:
        ear = listening(home, stack)
        remount_read_only(home)
        answer = call_stop(ear.door, KEY, "Ada", "smoke", PATIENCE_S)
        assert (answer.stop, answer.saved, ear.latch.stop) == (STOP, False, STOP)


def test_nobody_at_the_door_is_told(tmp_path: Path) -> None:
    """In one sentence, which lets the caller turn to the latch on disk."""
    with pytest.raises(RobotError, match=r"^The robot host does not answer at its stop socket: .*No such file"):
        call_stop(Door(path=str(tmp_path / "none")), KEY, "Ada", "smoke", PATIENCE_S)


def test_a_wrong_key_is_told(ear: Ear) -> None:
    """The listener says nothing to strangers."""
    with pytest.raises(RobotError) as caught:
        call_stop(ear.door, "wrong", "Eve", "for fun", PATIENCE_S)
    assert str(caught.value) in (
        "The robot host hung up at its stop socket.",
        "The robot host does not answer at its stop socket: [Errno 104] Connection reset by peer.",
    )


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files are counted where Linux lists them")
def test_nothing_is_left_open(tmp_path: Path) -> None:
    """Leaving closes every socket, also those of callers who said nothing."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    with ExitStack() as stack:
        ear = listening(tmp_path, stack)
        with Caller(ear.door):
            ear.call()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
