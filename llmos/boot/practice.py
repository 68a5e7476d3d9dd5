"""An emergency stop drill on the robot of a session: every way to stop it from here, and the page that is kept of it.

Knows no terminal; a person's hand comes in as `rearm`.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Final

import anyio
import anyio.lowlevel
import anyio.to_thread

from llmos.boot.body import Body
from llmos.clock import RealClock
from llmos.disk import write_whole
from llmos.robots.drill import Drill, Report, Trial
from llmos.robots.host.doors import HostFiles
from llmos.robots.host.stop_listener import call_stop
from llmos.robots.host.stopping import latch_of
from llmos.robots.latch import Stop

REASON: Final = "an emergency stop drill"
_SLACK_S: Final = 0.1
_NOISE: Final = 0.01
"""On a real clock: states come two ticks apart, and a jerk-limited stop needs 45 ms to take 1 % of the arm's speed."""
_BREATH_S: Final = 0.002


def make_drill(body: Body, home: Path, person: str, rearm: Callable[[], Awaitable[object]]) -> Drill:
    """A drill by every way to stop this robot; a hosted one has its stop socket besides."""
    robot = body.profile.name
    ways: dict[str, Callable[[], Awaitable[object]]] = {"the gate": lambda: body.stop(person, REASON)}
    if body.is_hosted:
        ways["the stop socket"] = lambda: _in_thread(lambda: _by_socket(home, robot, person))
        ways["the latch on disk"] = lambda: _in_thread(lambda: _by_file(home, robot, person))
    else:
        ways["the latch on disk"] = lambda: _at_once(lambda: _by_file(home, robot, person))
    if body.is_hosted:
        return body.drill(person, ways, rearm, _breathe_real, _SLACK_S, _NOISE)
    return body.drill(person, ways, rearm, _breathe, 0.0, 1e-6)


def keep_report(report: Report, name: str, home: Path, at: datetime) -> Path:
    """The page of a drill, in `robots/drills/` of the home; StorageError."""
    path = home / "robots" / "drills" / f"{report.robot}-{at:%Y%m%d-%H%M%S}.md"
    write_whole(path, page(report, name, at).encode(), doing="write the report of the drill to")
    return path


def page(report: Report, name: str, at: datetime) -> str:
    """What was found, for a person."""
    rows = "".join(_row(trial) for trial in report.trials)
    faults = [f"- {trial.way}: {fault}\n" for trial in report.trials for fault in trial.faults]
    return (
        f"# Emergency stop drill: {name}\n\n"
        f"{at:%Y-%m-%d %H:%M:%S} UTC: **{'passed' if report.passed else 'FAILED'}**. "
        f"Setpoints had to become slower within {report.brake_within_s * 1000:.0f} ms "
        f"and to rest within {report.still_within_s:.2f} s, which is computed from the limits of the profile.\n\n"
        "| stopped by | speed | slower after | at rest after | refused while latched, still after the rearm |\n"
        "|---|---|---|---|---|\n" + "".join([rows, *(["\n"] if faults else []), *faults])
    )


def _row(trial: Trial) -> str:
    figures = f"{trial.speed_mps:.2f} m/s | {trial.braking_after_s * 1000:.0f} ms | {trial.still_after_s:.2f} s"
    return f"| {trial.way} | {figures} | {'no, see below' if trial.faults else 'yes'} |\n"


def _by_socket(home: Path, robot: str, person: str) -> None:
    address = HostFiles(home, robot).read_address()
    if address is not None:
        call_stop(address.stop, address.key, person, REASON, 1.0)


def _by_file(home: Path, robot: str, person: str) -> None:
    latch = latch_of(robot, home)
    latch.trip(Stop(RealClock().now().isoformat(), person, REASON))
    latch.save()


async def _at_once(work: Callable[[], None]) -> None:
    """Simulated time stands still meanwhile, as it does for whoever stops the robot from another process."""
    work()


async def _in_thread(work: Callable[[], None]) -> None:
    await anyio.to_thread.run_sync(work, limiter=anyio.CapacityLimiter(1))


async def _breathe() -> None:
    await anyio.lowlevel.checkpoint()


async def _breathe_real() -> None:
    await anyio.sleep(_BREATH_S)
