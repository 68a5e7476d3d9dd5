"""The robot host beside busy programs: its control loop's rate and jitter, and how soon and how long a stop takes.

The arm of the shipped profile without physics, driven by a client in this process, beside a program with two busy
threads and another busy one. The host is the real one; its setpoints are watched from inside, on the same clock.
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio

from benchmarks.figures import Figure, report
from llmos.clock import RealClock
from llmos.documents.robot_profile import RobotProfile, read_robot_profile
from llmos.documents.scene import read_scene
from llmos.robots.base import Commanded, Measured
from llmos.robots.controls import Order, Principal
from llmos.robots.gate import Gate
from llmos.robots.host.client import HostClient
from llmos.robots.host.doors import HostFiles
from llmos.robots.host.priority import come_first
from llmos.robots.host.robot_host import RobotHost
from llmos.robots.host.stop_listener import call_stop
from llmos.robots.host.stopping import latch_of
from llmos.robots.moving import execution
from llmos.robots.moving.motion import PathMotion, stopping
from llmos.robots.pace import SharedPace
from llmos.robots.simulators.kinematic import KinematicArm
from llmos.settings import system_root

_SYSTEM = system_root() / "volumes" / "system"
_LISTEN_S = 10.0
_STOPS = 40
_ADA = Principal("person", "Ada")
_BY_SOCKET_MS = 50.0
_LEAST_HZ = 100.0


def profile() -> RobotProfile:
    """The shipped arm, without people near it, who would slow it down."""
    return replace(read_robot_profile(_SYSTEM / "robots" / "arm.md"), zones={})


class Watched(KinematicArm):
    """An arm that notes when its setpoints last moved."""

    moved_s = 0.0

    def command(self, setpoint: Commanded) -> None:
        """Note the time if this setpoint is another."""
        if setpoint.pose != self._setpoint.pose:
            self.moved_s = time.monotonic()
        super().command(setpoint)

    def tick(self, now_s: float) -> Measured:
        """As the arm does."""
        return super().tick(now_s)


def be_host(home: Path) -> None:
    """Run a host that writes down when a motion first brakes, and when it rested before the next began."""
    come_first()
    arm, scene, clock = profile(), read_scene(_SYSTEM / "scenes" / "empty.md"), RealClock()
    driver = Watched(arm, scene)
    events = (home / "events.jsonl").open("a", buffering=1)

    class Told(PathMotion):
        """A motion that tells of its first braking setpoint."""

        brakes = False

        def __init__(self, *args: Any) -> None:
            events.write(json.dumps(["rested", driver.moved_s]) + "\n")
            super().__init__(*args)

        def step(self, period_s: float, throttle: float = 1.0) -> Any:
            """As the motion does."""
            setpoint = super().step(period_s, throttle)
            if throttle == 0.0 and not self.brakes:
                self.brakes = True
                events.write(json.dumps(["brakes", time.monotonic()]) + "\n")
            return setpoint

    execution.PathMotion = Told  # type: ignore[misc]
    latch, files, pace = latch_of(arm.name, home), HostFiles(home, arm.name), SharedPace(clock)
    host = RobotHost(Gate(arm, driver, pace, latch), scene, files, pace)

    async def serve() -> None:
        with anyio.CancelScope() as scope:
            waiting = threading.Thread(target=sys.stdin.read, daemon=True)
            waiting.start()
            await host.serve(lambda: print("ready", flush=True), lambda: None if waiting.is_alive() else scope.cancel())

    anyio.run(serve)


@contextmanager
def hosted(home: Path) -> Iterator[HostClient]:
    """A client of a host in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.host", "--host", str(home)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        client = HostClient(HostFiles(home, profile().name), "the benchmark")
        try:
            yield client
        finally:
            client.close()
            process.stdin.close()


_HOG = """
import threading
for _ in range(2):
    threading.Thread(target=lambda: [sum(range(1000)) for _ in iter(int, 1)], daemon=True).start()
input()
"""


@contextmanager
def busy() -> Iterator[None]:
    """A Python program with two busy threads, and another one that computes all the time."""
    threads = subprocess.Popen([sys.executable, "-c", _HOG], stdin=subprocess.PIPE)
    alone = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        for hog in (threads, alone):
            hog.kill()
            hog.wait()


def ticks(client: HostClient) -> list[float]:
    """The periods of the control loop over a while."""
    time.sleep(_LISTEN_S)
    return sorted(client.snapshot().period_s)


async def stop_once(client: HostClient, home: Path, number: int) -> float:
    """Stop a motion at full speed through the stop door; when it was called."""
    away = {"dx": 1.5 if number % 2 == 0 else -1.5}
    address = HostFiles(home, profile().name).read_address()
    assert address is not None
    called: list[float] = []

    def press() -> None:
        while client.snapshot().measured.velocity.speed_mps < 0.4:
            time.sleep(0.001)
        called.append(time.monotonic())
        call_stop(address.stop, address.key, "the benchmark", "a measurement", 5.0)

    async with anyio.create_task_group() as group:
        group.start_soon(anyio.to_thread.run_sync, press)
        await client.dispatch(await client.judge(Order("move_relative", away, _ADA)))
    await client.rearm("the benchmark")
    return called[0]


async def stop_often(client: HostClient, home: Path) -> list[float]:
    """Many stops, one after the other."""
    called = [await stop_once(client, home, number) for number in range(_STOPS)]
    await client.dispatch(await client.judge(Order("move_relative", {"dz": 0.05}, _ADA)))
    return called


def share(values: list[float], part: float) -> float:
    """The value below which such a part of the sorted values lies."""
    return values[min(len(values) - 1, int(part * len(values)))]


def figures(home: Path) -> list[Figure]:
    """Everything that is measured."""
    with hosted(home) as client, busy():
        periods = ticks(client)
        called = anyio.run(stop_often, client, home)
    told = [json.loads(line) for line in (home / "events.jsonl").read_text().splitlines()]
    braked = [at for kind, at in told if kind == "brakes"]
    rested = [at for kind, at in told if kind == "rested"][1:]
    reaction = sorted((at - call) * 1000 for call, at in zip(called, braked, strict=True))
    still = sorted(at - since for since, at in zip(braked, rested, strict=True))
    nominal, limit_s = profile().control_period_s, stopping(profile()).time_s
    jitter = sorted(abs(period - nominal) * 1000 for period in periods)
    return [
        Figure("control loop", len(periods) / sum(periods), "Hz", _LEAST_HZ, ">="),
        Figure("jitter p50", share(jitter, 0.5), "ms"),
        Figure("jitter p99", share(jitter, 0.99), "ms"),
        Figure("STOP to first decelerating setpoint p50", share(reaction, 0.5), "ms"),
        Figure(f"STOP to first decelerating setpoint p99 of {_STOPS}", share(reaction, 0.99), "ms", _BY_SOCKET_MS),
        Figure("from there to standstill p50", share(still, 0.5), "s"),
        Figure("from there to standstill, longest", still[-1], "s", limit_s + 2 * nominal),
    ]


def main() -> int:
    """Be the host, or measure one."""
    if sys.argv[1:2] == ["--host"]:
        be_host(Path(sys.argv[2]))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return report("host", figures(Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
