"""Robot hosts whose owners, clients or disks fail: the robot comes to rest, a sentence says why, and the stop works."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import anyio
import pytest

from llmos.boot.hosting import HostProcess
from llmos.clock import RealClock
from llmos.errors import LLMosError, StorageError
from llmos.robots.base import RobotError
from llmos.robots.controls import Principal
from llmos.robots.host.client import HostClient
from llmos.robots.host.doors import HostFiles
from llmos.robots.host.ownership import host_of
from llmos.robots.host.stopping import latch_of, stop_robot
from llmos.robots.host.wire import VERSION, Hello, State
from llmos.robots.latch import Stop
from llmos.robots.pilot import Pilot
from llmos.robots.safety_log import newest
from llmos.settings import package_folder, system_root
from llmos.volumes.locks import only_writer
from tests.support.command_line import CommandLine
from tests.support.disks import fill, remount_read_only, tmpfs
from tests.support.homes import Place, make_place
from tests.support.hosts import PATIENCE_S, Caller

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and Unix sockets")
NAME = "simple"
FAR = (-1.5, 1.0, 2.0)

DRIVE = f"""
import anyio
from pathlib import Path
from llmos.robots.host.client import HostClient
from llmos.robots.controls import Principal
from llmos.robots.host.doors import HostFiles
from llmos.robots.latch import Stop
from llmos.robots.pilot import Pilot
import sys
pilot = Pilot(HostClient(HostFiles(Path(sys.argv[1]), "{NAME}"), "a test"), Principal("person", "Ada"))
anyio.run(pilot.move_to, *{FAR})
"""

OWN = f"""
import anyio, sys
from pathlib import Path
from llmos.boot.options import Options
from llmos.boot.system import LLMOS
async def main():
    async with LLMOS(home=Path(sys.argv[1]), options=Options(robot="{NAME}", realtime=True)) as system:
        await system.pilot("Ada").move_to(*{FAR})
anyio.run(main)
"""


MOVE = f"""
import sys
from llmos.cli.__main__ import main
sys.argv = ["llmos", "robot", "move", "-1.5", "1", "2", "--robot", "{NAME}", "--realtime"]
sys.exit(main())
"""


def make_home(root: Path) -> Place:
    """A home with a kinematic arm."""
    place = make_place(root)
    add_arm(place)
    return place


def add_arm(place: Place) -> None:
    """An arm without physics, which starts quickly."""
    shipped = (system_root() / "volumes" / "system" / "robots" / "arm.md").read_text("utf-8")
    simple = shipped.replace("name: arm", f"name: {NAME}").replace("[mujoco-arm, kinematic]", "kinematic")
    place.write(f"user/robots/{NAME}.md", simple)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A home with a kinematic arm."""
    return make_home(tmp_path)


@contextmanager
def running(place: Place) -> Iterator[tuple[HostFiles, HostProcess]]:
    """A host, ended afterwards."""
    files = HostFiles(place.home, NAME)
    process = HostProcess(files, "empty", place.workspace)
    try:
        yield files, process
    finally:
        process.end()


@contextmanager
def watching(files: HostFiles) -> Iterator[Caller]:
    """A connection that hears every state."""
    address = files.read_address()
    assert address is not None
    with Caller(address.controls) as caller:
        caller.say(Hello(VERSION, address.key, "a test"))
        yield caller


@contextmanager
def another(script: str, home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A Python program of its own."""
    environment = {**os.environ, "PYTHONPATH": str(package_folder()), "LLMOS_HOME": str(home)}
    with subprocess.Popen([sys.executable, "-c", script, str(home)], env=environment, cwd=home) as process:
        yield process
        if process.poll() is None:
            process.kill()


def until(caller: Caller, *, moving: bool) -> State:
    """The first state in which the robot goes with some speed, or rests again."""
    while True:
        state = caller.hear(State)
        speed_mps = state.measured.velocity.speed_mps
        if (moving and speed_mps > 0.05) or (not moving and state.moving is None and speed_mps < 1e-3):
            return state


def test_a_client_that_is_killed_leaves_a_robot_at_rest(place: Place) -> None:
    """It decelerates without being told to, and stays armed: nothing was wrong with the robot."""
    with running(place) as (files, _), watching(files) as seen, another(DRIVE, place.home) as client:
        until(seen, moving=True)
        client.kill()
        rest = until(seen, moving=False)
    assert rest.stop is None
    assert rest.measured.pose.point != FAR


def test_a_host_that_is_killed_is_told_and_comes_back_disarmed(place: Place) -> None:
    """Its client says so in one sentence, and whoever drives the robot next needs a person first."""
    said: list[str] = []

    def move(client: HostClient) -> None:
        try:
            anyio.run(Pilot(client, Principal("person", "Ada")).move_to, *FAR)
        except RobotError as error:
            said.append(str(error))

    with running(place) as (files, process), watching(files) as seen:
        client = HostClient(files, "a test")
        mover = threading.Thread(target=move, args=(client,))
        mover.start()
        until(seen, moving=True)
        os.kill(process.process, signal.SIGKILL)
        mover.join(PATIENCE_S)
        client.close()
    ended = f"The robot host of {NAME} (process {process.process}) has ended; start again what it was driven with."
    assert said == [ended]
    assert host_of(files) is None
    with running(place) as (files, _), watching(files) as seen:
        stop = seen.hear(State).stop
    assert stop is not None
    assert stop.reason == "the last host ended while the robot was moving"
    assert booked_stops(place) == [stop.reason]


def booked_stops(place: Place) -> list[str]:
    """The reasons of the stops in the safety log of the home, oldest first."""
    return [line["detail"]["reason"] for line in newest(place.home / "safety.jsonl", 100) if line["kind"] == "stop"]


def test_a_robot_is_disarmed_also_where_the_next_one_is_simulated(place: Place) -> None:
    """The note of the killed host counts for a run in this process as well."""
    files = HostFiles(place.home, NAME)
    files.moving.parent.mkdir(exist_ok=True)
    files.moving.write_text("move_to of person Ada\n")

    async def look() -> str:
        async with place.system(robot=NAME) as system:
            stop = system.robot().pilot(Principal("person", "Ada")).snapshot().stop
            return stop.reason if stop else ""

    assert anyio.run(look) == "the last host ended while the robot was moving"
    assert not files.moving.exists()


def test_a_server_that_is_killed_in_the_middle_of_a_motion_disarms_the_robot(place: Place) -> None:
    """Its host brings the robot to rest, latches the stop, and ends."""
    files = HostFiles(place.home, NAME)
    with another(OWN, place.home) as owner:
        wait_for_host(files, owner)
        with watching(files) as seen:
            until(seen, moving=True)
            owner.kill()
            assert seen.is_hung_up()
    stop = wait_for_stop(files)
    assert stop == "the program that drove it ended while it was moving"
    with only_writer(files.lock):
        pass  # it has let go of the robot, and written everything down
    assert host_of(files) is None
    assert booked_stops(place) == [stop]


def test_a_program_that_ends_before_its_host_is_there_leaves_the_robot_armed(place: Place) -> None:
    """Nobody reads that the host is ready, and nothing has moved: it goes without a stop."""
    asked = ["-m", "llmos.boot.host", "--owned", "--robot", NAME]
    environment = {**os.environ, "PYTHONPATH": str(package_folder()), "LLMOS_HOME": str(place.home)}
    reads, ready = os.pipe()
    os.close(reads)
    done = subprocess.run(
        [sys.executable, *asked], stdin=subprocess.DEVNULL, stdout=ready, stderr=subprocess.PIPE, env=environment,
        check=False,
    )  # fmt: skip
    os.close(ready)
    assert (done.returncode, done.stderr) == (0, b"")
    assert latch_of(NAME, place.home).stop is None


def wait_for_host(files: HostFiles, owner: "subprocess.Popen[bytes]") -> None:
    """Until the host says where it is."""
    while files.read_address() is None:
        assert owner.poll() is None, "it ended before its host was there"


def wait_for_stop(files: HostFiles) -> str:
    """The reason, once a stop is on disk."""
    while (stop := latch_of(files.robot, files.home).stop) is None:
        pass
    return stop.reason


def test_a_second_owner_is_refused(place: Place) -> None:
    """In one sentence with the process that has the robot; whoever joins it instead is welcome."""
    with running(place) as (files, process):
        with pytest.raises(RobotError) as caught:
            HostProcess(files, "empty", place.workspace)
        assert str(caught.value) == (
            f"The robot {NAME} has a host for this home already (process {process.process}); "
            "use that one, or end it first."
        )
        client = HostClient(files, "a test")
        assert client.snapshot().robot_name == "kinematic arm (simulated)"
        client.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_move_that_is_interrupted_ends_in_order(place: Place, number: signal.Signals) -> None:
    """The robot comes to rest, no stop is latched, the host is gone, and the exit code says so."""
    files = HostFiles(place.home, NAME)
    with another(MOVE, place.home) as mover:
        wait_for_host(files, mover)
        with watching(files) as seen:
            until(seen, moving=True)
            mover.send_signal(number)
            assert seen.is_hung_up()
        assert mover.wait(60) == 130
    assert latch_of(NAME, place.home).stop is None
    assert host_of(files) is None


@pytest.mark.parametrize("moment", ["told", "hung up", "without an address"])
def test_whoever_comes_while_a_host_ends_gets_one_of_its_own(place: Place, moment: str) -> None:
    """The robot still brakes for the one before; the next waits for that instead of failing."""

    async def look() -> int | None:
        async with place.system(robot=NAME, realtime=True) as system:
            assert system.robot().is_hosted
            return host_of(files)

    with running(place) as (files, process), watching(files) as seen, another(DRIVE, place.home):
        until(seen, moving=True)
        os.kill(process.process, signal.SIGTERM)
        if moment != "told":
            assert seen.is_hung_up()
        while moment == "without an address" and files.read_address() is not None:
            pass
        assert anyio.run(look) not in (None, process.process)
    assert latch_of(NAME, place.home).stop is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_host_that_is_told_to_end_comes_to_rest_first(place: Place, number: signal.Signals) -> None:
    """No stop is latched, and nothing is left that looks like a host."""
    with running(place) as (files, process), watching(files) as seen, another(DRIVE, place.home):
        until(seen, moving=True)
        os.kill(process.process, number)
        assert seen.is_hung_up()
        process.end()
    assert latch_of(NAME, place.home).stop is None
    assert {path.suffix for path in files.lock.parent.iterdir()} <= {".lock", ".log"}


def test_what_a_killed_host_left_hides_no_robot(place: Place) -> None:
    """Its address and sockets are taken for nothing, and the next host replaces them."""
    with running(place) as (files, process):
        os.kill(process.process, signal.SIGKILL)
    assert files.address.exists()
    assert host_of(files) is None
    with running(place) as (files, process):
        assert host_of(files) == process.process


def test_a_home_that_is_read_only_has_no_host(tmp_path: Path) -> None:
    """The sentence says what could not be written."""
    with tmpfs(tmp_path / "disk", "size=16m") as disk:
        place = make_home(disk)
        remount_read_only(disk)
        with pytest.raises(StorageError, match=r"run.*: the file system is read-only; set LLMOS_HOME"):
            HostProcess(HostFiles(place.home, NAME), "empty", place.workspace)


def test_a_full_disk_stops_no_stop(tmp_path: Path) -> None:
    """No motion is begun that could not be noted; the stop is in force although it cannot be kept."""
    with tmpfs(tmp_path / "disk", "size=4m") as disk:
        place = make_home(disk)
        with running(place) as (files, _):
            client = HostClient(files, "a test")
            fill(disk)
            pilot = Pilot(client, Principal("person", "Ada"))
            with pytest.raises(StorageError, match="the disk is full"):
                anyio.run(pilot.move_to, *FAR)
            anyio.run(client.stop, "Ada", "smoke")
            assert client.snapshot().stop is not None
            client.close()


def test_a_disk_that_fills_up_under_way_stops_no_stop(tmp_path: Path) -> None:
    """The stop's own door is enough: the motion ends, nothing moves after it, and the caller hears what is missing."""
    with tmpfs(tmp_path / "disk", "size=4m") as disk:
        place = make_home(disk)
        with running(place) as (files, _):
            client, ended = HostClient(files, "a test"), list[str]()
            pilot = Pilot(client, Principal("person", "Ada"), on_motion=lambda each: ended.append(str(each.halted)))
            driving = threading.Thread(target=anyio.run, args=(pilot.move_to, *FAR))
            driving.start()
            while client.snapshot().measured.pose.x > -0.1:
                pass
            fill(disk)
            stopped = stop_robot(place.home, NAME, "Ada", "smoke", RealClock())
            assert (stopped.by_host, stopped.saved, stopped.stop.reason) == (True, False, "smoke")
            assert stopped.warning.startswith("the stop is in force, but could not be put on disk")
            driving.join(PATIENCE_S)
            assert "smoke" in ended[0]
            assert client.snapshot().measured.pose.x > FAR[0] + 0.3
            assert client.snapshot().stop == stopped.stop
            fill(disk)  # the note of the motion is gone, and has left room
            with pytest.raises(StorageError, match="the disk is full"):
                anyio.run(client.rearm, "Ada")
            assert client.snapshot().stop == stopped.stop
            client.close()


def test_a_path_too_long_for_sockets_has_a_host_all_the_same(tmp_path: Path) -> None:
    """It is reached through the loopback address, by whoever can read the home."""
    deep = tmp_path / ("deep" * 30)
    deep.mkdir()
    place = make_home(deep)
    with running(place) as (files, _):
        address = files.read_address()
        assert address is not None
        assert (address.controls.path, address.stop.path) == ("", "")
        client = HostClient(files, "a test")
        assert client.snapshot().stop is None
        client.close()


def test_busy_programs_beside_it_keep_no_robot_from_arriving_or_stopping(place: Place) -> None:
    """Four of them, on whatever cores there are."""
    hogs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(4)]
    try:
        with running(place) as (files, _):
            client = HostClient(files, "a test")
            pilot = Pilot(client, Principal("person", "Ada"))
            assert anyio.run(pilot.move_relative, 0.0, 0.1, 0.1).ok
            anyio.run(client.stop, "Ada", "smoke")
            assert client.snapshot().stop is not None
            client.close()
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


def test_a_second_terminal_stops_the_robot(llmos: CommandLine) -> None:
    """`llmos robot stop` reaches the host at its own socket, in the middle of somebody else's motion."""
    add_arm(llmos.place)
    with running(llmos.place) as (files, _), watching(files) as seen, another(DRIVE, llmos.place.home):
        until(seen, moving=True)
        assert llmos("robot", "stop", NAME, "--reason", "smoke").code == 0
        rest = until(seen, moving=False)
        assert rest.stop is not None
        assert (rest.stop.by, rest.stop.reason) == ("a person at the command line", "smoke")
        [listed] = [each for each in llmos("robot", "list", "--json").json["robots"] if each["name"] == NAME]
        assert (listed["stopped"], listed["host"]) == (True, host_of(files))
        assert llmos("robot", "rearm", NAME, "--yes").out.endswith(f"{NAME} may move again; it is where it was.\n")
        assert latch_of(NAME, llmos.place.home).stop is None


def test_another_scene_than_the_hosts_is_told(llmos: CommandLine) -> None:
    """A world that goes on cannot be another one."""
    add_arm(llmos.place)
    with running(llmos.place):
        said = llmos("robot", "state", "--robot", NAME, "--scene", "blocks")
    assert (said.code, said.last) == (
        2,
        f"llmos: The robot host of {NAME} is in the scene 'empty'; end it to begin in 'blocks'.",
    )


def test_a_robot_that_is_none_has_no_host(place: Place) -> None:
    """The host's own sentence is passed on."""
    with pytest.raises(LLMosError) as caught:
        HostProcess(HostFiles(place.home, "simpel"), "empty", place.workspace)
    assert str(caught.value).startswith("There is no robot 'simpel'; did you mean 'simple'?")


def test_a_host_that_hangs_is_told_and_can_be_stopped_on_disk(place: Place) -> None:
    """Nobody waits for it for ever; the stop is there when it wakes up again."""
    with running(place) as (files, process):
        client = HostClient(files, "a test")
        os.kill(process.process, signal.SIGSTOP)
        try:
            stopped = stop_robot(place.home, NAME, "Ada", "smoke", RealClock())
            with pytest.raises(RobotError, match=rf"^The robot host of {NAME} \(process \d+\) has said nothing for "):
                look_until_it_fails(client)
        finally:
            os.kill(process.process, signal.SIGCONT)
        assert (stopped.by_host, stopped.stop.reason) == (False, "smoke")
        while client_state_of(client) is None:
            pass
        client.close()


def look_until_it_fails(client: HostClient) -> None:
    """Look at the robot again and again."""
    while True:
        client.snapshot()


def client_state_of(client: HostClient) -> Stop | None:
    """The stop that the client sees; a host that has just woken up may not have told it yet."""
    with suppress(RobotError):
        return client.snapshot().stop
    return None
