"""How soon a stop over HTTP reaches the robot while the service is loaded, and whether 50 listeners are told in time.

Everything is as in use: `llmos serve`, its front, a robot host in a process of its own. The service answers 100
requests a second and runs an agent on the pocket model without a pause, while a person moves the arm through the same
host. The host is started here so that each setpoint, and the moment at which its gate sees the stop, is written down on
the clock that all processes share.
"""

import asyncio
import json
import math
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import cycle, pairwise
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, report
from llmos.documents.robot_profile import read_robot_profile
from llmos.robots.controls import Principal
from llmos.robots.host.client import HostClient
from llmos.robots.host.doors import HostFiles
from llmos.robots.moving.motion import stopping
from llmos.robots.pilot import Pilot
from llmos.settings import system_root

_STOPS = 40
_REQUESTS_PER_S = 100
_LISTENERS, _HZ, _LISTEN_S = 50, 30, 10.0
_ROW = struct.Struct("<ddddd")  # when, what, x, y, z
_SETPOINT, _STOP_SEEN = 0.0, 1.0
_STEP_M, _PAUSE_S = 0.0005, 0.1
_LATE_S = 0.05  # what ticks that come late on a machine that is not ours alone may add to a braking that takes 0.7 s
_GOAL = b'{"command": "Show me the cockpit view"}'


def host_main(setpoints: str) -> None:
    """A robot host that writes every setpoint down."""
    from llmos.boot import gates, host
    from llmos.boot.drivers import make_robot
    from llmos.robots.latch import StopLatch

    out = os.open(setpoints, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(kind: float, *place: float) -> None:
        os.write(out, _ROW.pack(time.monotonic(), kind, *place))

    class Watched:
        def __init__(self, robot: Any) -> None:
            self.robot = robot

        def __getattr__(self, name: str) -> Any:
            return getattr(self.robot, name)

        def command(self, setpoint: Any) -> None:
            pose = setpoint.pose
            note(_SETPOINT, pose.x, pose.y, pose.z)
            self.robot.command(setpoint)

    class Seen(StopLatch):
        """The gate's latch, which it looks at before each setpoint: notes when it finds the stop."""

        told = False

        @property
        def stop(self) -> Any:
            found = super().stop
            if found is None:
                self.told = False
            elif not self.told:
                self.told = True
                note(_STOP_SEEN, 0.0, 0.0, 0.0)
            return found

    gates.latch_of = lambda robot, home: Seen(home / "robots" / f"{robot}.json")
    gates.make_robot = lambda *given, **more: Watched(make_robot(*given, **more))
    sys.exit(host.main(["--owned", "--robot", "arm"]))


async def load_main(port: int) -> None:
    """So many requests a second until stdin ends; prints how many there were, how many failed, and the p99."""
    times: list[float] = []
    wrong = 0

    async def ask() -> None:
        nonlocal wrong
        began_s, answer = time.perf_counter(), b""
        with suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /state HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = await reader.read()
            writer.close()
        wrong += not answer.startswith(b"HTTP/1.1 200")
        times.append(time.perf_counter() - began_s)

    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    due_s, tasks = time.monotonic(), set()
    while not ended.done():
        tasks.add(task := asyncio.create_task(ask()))
        task.add_done_callback(tasks.discard)
        due_s += 1 / _REQUESTS_PER_S
        await asyncio.sleep(max(0.0, due_s - time.monotonic()))
    await asyncio.gather(*tasks)
    print(json.dumps({"asked": len(times), "wrong": wrong, "p99_s": quantile(times, 0.99)}))


async def listen_main(port: int) -> None:
    """So many listeners for so long; prints the messages a second that each got, and the gaps between them."""
    from websockets.asyncio.client import connect

    async def one() -> tuple[float, list[float]]:
        at: list[float] = []
        async with connect(f"ws://127.0.0.1:{port}/ws?hz={_HZ}", compression=None) as socket:
            async for _ in socket:
                at.append(time.monotonic())
                if at[-1] - at[0] >= _LISTEN_S:
                    break
        return (len(at) - 1) / (at[-1] - at[0]), [b - a for a, b in pairwise(at)]

    found = await asyncio.gather(*[one() for _ in range(_LISTENERS)])
    gaps = [gap for _, each in found for gap in each]
    print(json.dumps({"rates": [rate for rate, _ in found], "p99_s": quantile(gaps, 0.99), "longest_s": max(gaps)}))


def quantile(values: list[float], share: float) -> float:
    """The value that so large a share does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Setpoints:
    """What the host wrote down, read as it grows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: list[tuple[float, ...]] = []

    def newer(self) -> None:
        """Read what has come."""
        whole = self.path.read_bytes()[len(self.rows) * _ROW.size :]
        self.rows += _ROW.iter_unpack(whole[: len(whole) // _ROW.size * _ROW.size])

    def moving(self) -> bool:
        """Whether it has gone on with each of the last twenty setpoints, and is nowhere near either end."""
        self.newer()
        newest = [row for row in self.rows[-21:] if row[1] == _SETPOINT]
        steps = [math.dist(a[2:], b[2:]) for a, b in pairwise(newest)]
        return len(steps) == 20 and min(steps) > _STEP_M and abs(newest[-1][2]) < 1.0

    def after(self, sent_s: float) -> tuple[float, float]:
        """When the first setpoint was sent by a gate that had seen the stop, and when the last that still moved."""
        self.newer()
        rows = [row for row in self.rows if row[0] > sent_s]
        seen_s = next(row[0] for row in rows if row[1] == _STOP_SEEN)
        slower = [row for row in rows if row[1] == _SETPOINT and row[0] >= seen_s]
        return slower[0][0], next((b[0] for a, b in pairwise(slower[::-1]) if a[2:] != b[2:]), slower[-1][0])


async def ask(port: int, method: str, path: str, body: bytes = b"{}") -> bytes:
    """The answer to a request."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    answer = await reader.read()
    writer.close()
    return answer


async def agent_main(port: int) -> None:
    """An agent that never rests, on the pocket model, until stdin ends; prints how many goals it reached."""
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    reached = 0
    while not ended.done():
        with suppress(OSError):
            reached += b" 200 " in (await ask(port, "POST", "/command", _GOAL))[:20]
        await asyncio.sleep(_PAUSE_S)  # all of it comes from one address, which may command so often and no more
    print(json.dumps({"reached": reached}))


async def stop_often(port: int, home: Path, setpoints: Setpoints, period_s: float) -> list[tuple[float, ...]]:
    """For each stop: until the first slower setpoint, until its answer, and from there until standstill, in seconds."""
    client = HostClient(HostFiles(home, "arm"), "a benchmark")
    pilot = Pilot(client, Principal("person", "a benchmark"))
    try:
        return [await stop_once(port, pilot, setpoints, number, period_s) for number in range(_STOPS)]
    finally:
        client.close()


async def stop_once(port: int, pilot: Pilot, setpoints: Setpoints, number: int, period_s: float) -> tuple[float, ...]:
    """Stop the robot while it goes from one end to the other; on a busy machine it may get there unseen."""
    ends = cycle((1.5, -1.5) if number % 2 else (-1.5, 1.5))
    moving = asyncio.create_task(pilot.move_to(next(ends), 1.0, 1.2))
    while not setpoints.moving():
        if moving.done():
            refusal = moving.result().refusal
            if refusal is not None and refusal.rule not in ("lease", "fresh-observation"):
                raise RuntimeError(f"it does not move: {refusal}")
            moving = asyncio.create_task(pilot.move_to(next(ends), 1.0, 1.2))
        await asyncio.sleep(0.005)
    await asyncio.sleep(number % 7 * period_s / 7)
    sent_s = time.monotonic()
    answer = await ask(port, "POST", "/emergency?reason=benchmark")
    answered_s = time.monotonic() - sent_s
    assert b" 200 " in answer[:20], answer
    await moving
    slower_s, last_s = setpoints.after(sent_s)
    answer = await ask(port, "POST", "/reset")
    assert b'"rearmed":true' in answer, answer
    return slower_s - sent_s, answered_s, last_s - slower_s


@contextmanager
def running(words: list[str], env: dict[str, str], folder: Path, ready: str) -> Iterator[tuple[Any, str]]:
    """A process from when it has said so, and the line in which it did; its stdin stays open until the end."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, *words], env=env, cwd=folder, text=True, **pipes) as process:
        try:
            line = next(line for line in process.stdout if ready in line)
            yield process, line
        finally:
            process.terminate()


def main() -> int:
    """Measure and print."""
    profile = read_robot_profile(system_root() / "volumes" / "system" / "robots" / "arm.md")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "work").mkdir()
        path = root / "setpoints"
        path.touch()
        env = {**os.environ, "LLMOS_HOME": str(root / "home"), "HOME": str(root), "PYTHONPATH": str(Path.cwd())}
        env.pop("LLMOS_ROBOT", None)
        subprocess.run([sys.executable, "-m", "llmos.cli", "init"], env=env, check=True, stdout=subprocess.DEVNULL)
        me = ["-m", "benchmarks.service"]
        serve = ["-m", "llmos.cli", "serve", "--port", "0", "--model", "pocket"]
        with (
            running([*me, "host", str(path)], env, root / "work", "ready"),
            running(serve, env, root / "work", " at http") as (_, line),
        ):
            port = int(line.partition(" at http://127.0.0.1:")[2].partition(" ")[0])
            listened = json.loads(subprocess.check_output([sys.executable, *me, "listen", str(port)], env=env))
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            loads = [
                subprocess.Popen([sys.executable, *me, kind, str(port)], env=env, text=True, **pipes)
                for kind in ("load", "agent")
            ]
            began_s = time.monotonic()
            stops = asyncio.run(stop_often(port, root / "home", Setpoints(path), profile.control_period_s))
            seconds = time.monotonic() - began_s
            loaded, agent = [json.loads(each.communicate()[0]) for each in loads]
            loaded |= {"seconds": seconds, **agent}
    return report("service", figures(profile, listened, loaded, stops))


def figures(profile: Any, listened: Any, loaded: Any, stops: list[tuple[float, ...]]) -> list[Figure]:
    """What came out, beside what should."""
    slower, answered, still = (list(each) for each in zip(*stops, strict=True))
    brake_s = stopping(profile).time_s + _LATE_S
    return [
        Figure(f"{_LISTENERS} listeners at {_HZ} Hz: the slowest is told", min(listened["rates"]), "Hz", 29.0, ">="),
        Figure("time between two states, p99", 1000 * listened["p99_s"], "ms"),
        Figure("requests a second beside the stops", loaded["asked"] / loaded["seconds"], "1/s"),
        Figure("goals a second that the agent reached beside them", loaded["reached"] / loaded["seconds"], "1/s"),
        Figure("requests not answered with 200", loaded["wrong"], "", 0),
        Figure("their answer, p99", 1000 * loaded["p99_s"], "ms"),
        Figure("STOP to first slower setpoint, median", 1000 * statistics.median(slower), "ms"),
        Figure(f"STOP to first slower setpoint, p99 of {len(stops)}", 1000 * quantile(slower, 0.99), "ms", 50.0),
        Figure("STOP to its answer, p99", 1000 * quantile(answered, 0.99), "ms"),
        Figure("first slower setpoint to standstill, longest", max(still), "s", round(brake_s, 3)),
    ]


if __name__ == "__main__":
    if sys.argv[1:2] == ["host"]:
        host_main(sys.argv[2])
    elif sys.argv[1:2] == ["load"]:
        asyncio.run(load_main(int(sys.argv[2])))
    elif sys.argv[1:2] == ["agent"]:
        asyncio.run(agent_main(int(sys.argv[2])))
    elif sys.argv[1:2] == ["listen"]:
        asyncio.run(listen_main(int(sys.argv[2])))
    else:
        sys.exit(main())
