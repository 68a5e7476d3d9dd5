"""Robot hosts for tests: one in a thread of this process on a quick arm, and callers that speak the wire by hand."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import Any, Self, TypeVar

import anyio
import anyio.from_thread
import anyio.lowlevel
import anyio.to_thread

from llmos.clock import RealClock, SimulatedClock
from llmos.documents.robot_profile import RobotProfile
from llmos.robots.caution import CALM, Caution, Heed
from llmos.robots.gate import Gate
from llmos.robots.host.client import HostClient
from llmos.robots.host.doors import Door, HostFiles, knock
from llmos.robots.host.robot_host import RobotHost
from llmos.robots.host.stopping import latch_of
from llmos.robots.host.wire import VERSION, Frames, Hello, Reply, Request, framed, read_reply
from llmos.robots.latch import Stop, StopLatch
from llmos.robots.pace import SharedPace
from llmos.robots.simulators.kinematic import KinematicArm
from llmos.robots.verdict import Result
from tests.support.robots import WatchedRobot, arm_profile, shipped_scene

PATIENCE_S = 20.0
R = TypeVar("R", bound=Reply)


def quick_profile() -> RobotProfile:
    """The shipped arm ten times as fast, for tests that run on the real clock."""
    arm = arm_profile()
    return replace(
        arm,
        max_tcp_speed_mps=5.0,
        max_tcp_acceleration_mps2=50.0,
        max_tcp_jerk_mps3=1000.0,
        max_rotation_dps=450,
        max_rotation_acceleration_dps2=4500,
        max_rotation_jerk_dps3=90_000,
        max_command_rate_hz=1000,
        settle_time_s=0.4,
        grip_time_s=0.05,
    )


class QuickArm(KinematicArm):
    """The kinematic arm with drives that keep up with that profile, so that a busy machine makes it no slipping one."""

    drive_speed_mps = 20.0
    drive_rotation_radps = 60.0


class Time:
    """Simulated time that stands still until it is told to run, and then runs as fast as the machine can."""

    def __init__(self) -> None:
        self.clock = SimulatedClock()
        self._running = threading.Event()

    def run(self) -> None:
        """From now on it passes."""
        self._running.set()

    def hold(self) -> None:
        """From now on it stands still again."""
        self._running.clear()

    async def sleep(self, seconds: float) -> None:
        """Let so much of it pass."""
        if not self._running.is_set():
            await anyio.to_thread.run_sync(self._running.wait)
        await anyio.lowlevel.checkpoint()
        self.clock.advance(seconds)


class BookedGate(Gate):
    """Keeps who stopped it and why, in the order in which it was told."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.booked: list[tuple[str, str]] = []

    async def stop(self, by: str, reason: str) -> Result:
        self.booked.append((by, reason))
        return await super().stop(by, reason)

    async def book(self, stop: Stop) -> None:
        self.booked.append((stop.by, stop.reason))
        await super().book(stop)


@dataclass
class HostRig:
    """A host that serves, its robot, and what it has done; `end` ends it as a signal would."""

    files: HostFiles
    latch: StopLatch
    robot: WatchedRobot
    gate: BookedGate
    host: RobotHost
    profile: RobotProfile
    end: Callable[[], None]
    thread: threading.Thread
    time: Time | None
    clients: list[HostClient] = field(default_factory=list)

    def client(self, who: str = "a test", heed: Callable[[], Caution] = lambda: CALM) -> HostClient:
        """A client that hangs up when the host ends."""
        self.clients.append(HostClient(self.files, who, heed=heed))
        return self.clients[-1]

    def caller(self) -> "Caller":
        """A connection that says what it is told to, greeting first."""
        address = self.files.read_address()
        assert address is not None
        caller = Caller(address.controls)
        caller.say(Hello(VERSION, address.key, "a test"))
        return caller


@contextmanager
def serving(
    home: Path,
    profile: RobotProfile | None = None,
    time: Time | None = None,
) -> Iterator[HostRig]:
    """A host in a thread of its own, until this is left; in real time, unless it is given another."""
    profile, scene = profile or quick_profile(), shipped_scene("pick-and-place")
    clock, sleep = (time.clock, time.sleep) if time else (RealClock(), anyio.sleep)
    files, latch = HostFiles(home, profile.name), latch_of(profile.name, home)
    ready, scopes, failures = threading.Event(), [], []

    robot = WatchedRobot(QuickArm(profile, scene), clock)
    pace = SharedPace(clock, sleep)
    heed = Heed()
    gate = BookedGate(profile, robot, pace, latch, zones=scene.zones, caution=heed)
    host = RobotHost(gate, scene, files, pace, heed)

    async def serve() -> None:
        token = anyio.lowlevel.current_token()
        with anyio.CancelScope() as scope:
            scopes.append((token, scope))
            await host.serve(ready.set)

    def run() -> None:
        try:
            anyio.run(serve)
        except BaseException as error:  # noqa: BLE001 - raised again where the test waits
            failures.append(error)
            ready.set()

    thread = threading.Thread(target=run, name="host of a test")
    thread.start()
    assert ready.wait(PATIENCE_S)

    def end() -> None:
        token, scope = scopes[0]
        anyio.from_thread.run_sync(scope.cancel, token=token)

    rig = HostRig(files, latch, robot, gate, host, profile, end, thread, time)
    try:
        if not failures:
            yield rig
    finally:
        for client in rig.clients:
            client.close()
        if time:
            time.run()
        with suppress(anyio.RunFinishedError, RuntimeError):
            end()
        thread.join(PATIENCE_S)
        gate.close()
    if failures:
        raise failures[0]


class Caller:
    """A raw connection to a door: says messages or mere bytes, and reads what comes."""

    def __init__(self, door: Door) -> None:
        self.socket = knock(door, PATIENCE_S)
        self._frames = Frames()
        self._unread: list[Reply] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self.socket.close()

    def say(self, *messages: Request | bytes) -> None:
        """Send these."""
        for message in messages:
            self.socket.sendall(message if isinstance(message, bytes) else framed(message))

    def hear(self, kind: type[R]) -> R:
        """The next message of this kind; fails when the host hangs up, stays silent or speaks of other things only."""
        until_s = monotonic() + PATIENCE_S
        while monotonic() < until_s:
            reply = self.hear_next()
            if isinstance(reply, kind):
                return reply
        raise AssertionError(f"no {kind.__name__} has come")

    def hear_next(self) -> Reply:
        """The next message, whatever it is."""
        while not self._unread:
            piece = self.socket.recv(65536)
            assert piece, "the host has hung up"
            self._unread += [read_reply(message) for message in self._frames.feed(piece)]
        return self._unread.pop(0)

    def is_hung_up(self) -> bool:
        """Whether the host has closed the connection; waits for that."""
        try:
            while self.socket.recv(65536):
                pass
        except ConnectionError:
            pass
        except TimeoutError:
            return False
        return True
