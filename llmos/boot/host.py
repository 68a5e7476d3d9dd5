"""`python -m llmos.boot.host --robot NAME [--scene NAME]`: the process that owns a robot on the real clock.

Knows no model and no agent. It says `ready` on stdout when clients may come; with `--owned` it ends when its stdin
does, which is how it outlives no program that started it.
"""

import argparse
import gc
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

import anyio

from llmos.boot.body import USUAL_SCENE
from llmos.boot.devices import drivers_of
from llmos.boot.drivers import Driver
from llmos.boot.gates import make_gate
from llmos.boot.hosting import LEAVE, READY
from llmos.boot.library import Library
from llmos.boot.preferences import with_preferences
from llmos.clock import Clock, RealClock
from llmos.documents.robot_profile import RobotProfile, read_robot_profile
from llmos.documents.scene import Scene, read_scene
from llmos.documents.scene_zones import profile_in
from llmos.errors import LLMosError, ungrouped
from llmos.robots.caution import Heed
from llmos.robots.host.doors import HostFiles
from llmos.robots.host.ownership import owning
from llmos.robots.host.priority import come_first
from llmos.robots.host.robot_host import RobotHost
from llmos.robots.host.stopping import book_stop, latch_of
from llmos.robots.latch import Stop, StopLatch
from llmos.robots.pace import SharedPace
from llmos.settings import current_folder, prepare_libraries, read_environment
from llmos.tools.names import usual_robot


class _Owner:
    """The program that started this one, as far as its end of stdin tells."""

    def __init__(self) -> None:
        self.state: Literal["here", "left", "lost"] = "here"

    def watch(self) -> None:
        """Begin to wait for its end."""
        threading.Thread(target=self._wait, name="owner", daemon=True).start()

    def _wait(self) -> None:
        said = sys.stdin.readline().strip()
        self.state = "left" if said == LEAVE else "lost"


def main(words: Sequence[str] | None = None) -> int:
    """Own the robot until told to end; returns the exit code, with one sentence on stderr if it is a mistake."""
    parser = argparse.ArgumentParser(prog="python -m llmos.boot.host", description=__doc__)
    parser.add_argument("--robot", default="")
    parser.add_argument("--scene", default="")
    parser.add_argument("--owned", action="store_true")
    asked = parser.parse_args(words)
    owner = _Owner()
    if asked.owned:
        owner.watch()
    prepare_libraries()
    come_first()
    try:
        home, profile, scene, drivers = _documents(asked.robot, asked.scene)
        _own(home, profile, scene, drivers, owner)
    except LLMosError as error:
        sys.stderr.write(f"llmos: {error}\n")  # what starts this reads it
        return error.exit_code
    return 0


def _documents(robot: str, scene: str) -> tuple[Path, RobotProfile, Scene, Mapping[str, Driver]]:
    here = with_preferences(read_environment())
    library = Library(here, RealClock(), current_folder())
    try:
        names = library.registry.snapshot()
        profile = read_robot_profile(names.robot(robot or here.robot or usual_robot()))
        where = read_scene(names.scene(scene or USUAL_SCENE))
        return here.home, profile_in(where, profile), where, drivers_of(names)
    finally:
        library.close()


def _own(home: Path, profile: RobotProfile, scene: Scene, drivers: Mapping[str, Driver], owner: _Owner) -> None:
    clock, files = RealClock(), HostFiles(home, profile.name)
    with owning(files, latch_of(profile.name, home), clock):
        pace = SharedPace(clock)
        heed = Heed()
        gate = make_gate(profile, scene, home, pace, heed, drivers)
        why = "the robot host failed"
        try:
            host = RobotHost(gate, scene, files, pace, heed)
            why = anyio.run(_serve, host, owner)
        finally:
            try:
                gate.close()
            finally:  # a robot that cannot be closed is stopped like any other
                if why:
                    _leave_stopped(home, gate.latch, why, clock)


def _leave_stopped(home: Path, latch: StopLatch, why: str, clock: Clock) -> None:
    """Latch the stop and write it down, the latter also where the latch cannot be kept; StorageError then."""
    stop = Stop(clock.now().isoformat(), "the robot host", why)
    latch.trip(stop)
    try:
        latch.save()
    finally:
        unbooked = book_stop(home, latch.path.stem, stop, clock)
        if unbooked:
            sys.stderr.write(f"llmos: The stop is in force, but {unbooked}.\n")


async def _serve(host: RobotHost, owner: _Owner) -> str:
    """Serve until a signal or the owner's end; why the robot must stay stopped, empty when it need not."""
    why = ""

    def look() -> None:
        nonlocal why
        if owner.state == "lost" and (host.is_driven or host.abandoned):
            why = "the program that drove it ended while it was moving"
        if owner.state != "here":
            group.cancel_scope.cancel()

    with ungrouped():
        async with anyio.create_task_group() as group:
            if sys.platform != "win32":
                group.start_soon(_cancel_at_signal, group.cancel_scope)
            await host.serve(_say_ready, look)
    return why


async def _cancel_at_signal(scope: anyio.CancelScope) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            scope.cancel()


def _say_ready() -> None:
    gc.collect()
    gc.freeze()  # what is here by now stays, and need not be looked at between two ticks
    with suppress(OSError):  # what starts this waits for it, or has ended by now, which stdin tells
        os.write(sys.stdout.fileno(), f"{READY}\n".encode())  # unbuffered: nothing is left to be written at the end


if __name__ == "__main__":
    sys.exit(main())
