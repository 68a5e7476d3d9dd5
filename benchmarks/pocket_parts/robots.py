"""Whether robots end up where people asked them to be: scenes, scenarios, drives of a rover, and the demonstrations.

Everything goes through the real loop, the gate and the kinematic arm or rover; what counts is measured state. The
driver's scenarios have no floor: some take a way around crates that only a larger model can think of.
"""

import re
import subprocess
import sys
from dataclasses import dataclass, replace
from math import dist
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figures import Figure
from llmos.boot.bench import home_bench
from llmos.documents.scenario import read_scenario
from llmos.documents.scene import read_scene
from llmos.evolution.scenarios import mark
from llmos.robots.evidence.scene_check import check_scene
from llmos.settings import system_root
from llmos.traces.bus import Bus
from llmos.traces.events import Event, MotionMeasured
from tests.support.homes import Place, make_place
from training.measure.splits import Draw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmos.boot import LLMOS
    from llmos.robots.base import Measured, Pose

SHIPPED = system_root() / "volumes" / "system"
KINEMATIC = {"arm": "kinematic", "rover": "kinematic-rover"}
WITHIN_M, WITHIN_DEG = 0.02, 2.0


@dataclass(frozen=True, slots=True)
class Drive:
    """Where a rover at (0, 0) that looks along x must end; degrees where they matter, and what it must pass `by`.

    What `is_nothing` to it must end without any call.
    """

    x: float = 0.0
    y: float = 0.0
    theta_deg: float | None = None
    by: tuple[float, float] | None = None
    is_nothing: bool = False


DRIVES = {
    "Drive to (0.5, -0.8)": Drive(0.5, -0.8),
    "Go to x 0.8 y 0.6": Drive(0.8, 0.6),
    "Drive half a meter forward": Drive(0.5),
    "Back up 30 cm": Drive(-0.3),
    "Turn left by 90 degrees": Drive(theta_deg=90.0),
    "Turn a quarter turn clockwise": Drive(theta_deg=-90.0),
    "Drive 0.4 meters to the left": Drive(0.0, 0.4),
    "Drive forward 40 cm, then turn right 90 degrees": Drive(0.4, 0.0, -90.0),
    "Drive to (-0.5, 0.5) and then go home": Drive(by=(-0.5, 0.5)),
    "Where are you?": Drive(theta_deg=0.0),
    "Write me a poem about the sea": Drive(theta_deg=0.0, is_nothing=True),
    "Pick up the blue crate": Drive(theta_deg=0.0, is_nothing=True),
}
COCKPIT = "Move 20cm to the right\nWhat's the current position?\n"


class Watch:
    """A system on a kinematic robot, measured at the start and after each motion."""

    def __init__(self, place: Place, **options: str) -> None:
        bus = Bus()
        self.system: LLMOS = place.system(model="pocket", bus=bus, **options)
        self._eye = self.system.pilot("the benchmark")
        self.seen: list[Measured] = [self._eye.measure()]
        bus.subscribe(self._hear)

    def look(self) -> "Measured":
        """What is measured now."""
        self.seen.append(self._eye.measure())
        return self.seen[-1]

    def _hear(self, event: Event, _: str) -> None:
        if isinstance(event, MotionMeasured):
            self.look()


def kinematic(root: Path) -> Place:
    """A home whose robots have no mass, so that runs are quick and the same everywhere."""
    root.mkdir()
    place = make_place(root)
    for robot, driver in KINEMATIC.items():
        text = (SHIPPED / "robots" / f"{robot}.md").read_text("utf-8")
        place.write(f"user/robots/{robot}.md", re.sub(r"^driver: .*$", f"driver: {driver}", text, flags=re.MULTILINE))
    return place


async def everywhere(root: Path, draw: Draw) -> list[Figure]:
    """All of it; of a sample a fourth, and no demonstrations, for they are whole processes."""
    some = Draw(None if draw.count is None else max(1, draw.count // 4), draw.sheet)
    figures = [await scenes(root, some), await drives(root, some)]
    figures += [await scenarios(root, some, "operator"), replace(await scenarios(root, some, "driver"), target=None)]
    return figures if draw.count else [*figures, demonstrations(root)]


async def scenes(root: Path, draw: Draw) -> Figure:
    """The goal of every shipped scene, given to the operator."""
    wrong = []
    found = (read_scene(path) for path in sorted((SHIPPED / "scenes").glob("*.md")))
    chosen = draw.some([scene for scene in found if scene.goal])
    for scene in chosen:
        watch = Watch(kinematic(root / scene.name), scene=scene.name)
        async with watch.system as system:
            ran = await system.execute(scene.goal, "operator")
            watch.look()
        if ran.outcome != "done" or not all(finding.holds for finding in check_scene(scene, watch.seen)):
            wrong.append(scene.goal)
    return _reached("goals of the shipped scenes", len(chosen), wrong)


async def scenarios(root: Path, draw: Draw, agent: str) -> Figure:
    """Every case of the shipped scenarios that examine an agent, in the house's own test bench."""
    wrong = []
    pages = map(read_scenario, sorted((SHIPPED / "scenarios").glob("*.md")))
    chosen = draw.some([case for page in pages if page.agents == (agent,) for case in page.cases()])
    text = (system_root() / "agents" / f"{agent}.md").read_text("utf-8")
    place = kinematic(root / f"scenarios-{agent}")
    async with place.system(model="pocket") as system:
        with home_bench(system, lambda _: "pocket", lambda: 1.0) as bench:
            for case in chosen:
                ended = await bench.run(agent, text, case, place.root / "keep" / case.name)
                wrong += [case.name] if mark(case, ended).missing else []
    return _reached(f"cases of the shipped scenarios, {agent}", len(chosen), wrong)


async def drives(root: Path, draw: Draw) -> Figure:
    """A rover in its arena, driven by the driver."""
    wrong = []
    chosen = draw.some(list(DRIVES.items()))
    for number, (goal, drive) in enumerate(chosen):
        watch = Watch(kinematic(root / f"drive-{number}"), scene="arena", robot="rover")
        async with watch.system as system:
            ran = await system.execute(goal, "driver")
            watch.look()
        is_ended = not ran.tool_calls if drive.is_nothing else ran.outcome == "done"
        wrong += [] if is_ended and is_driven(drive, [seen.pose for seen in watch.seen]) else [goal]
    return _reached("drives of the rover", len(chosen), wrong)


def is_driven(drive: Drive, poses: "Sequence[Pose]") -> bool:
    """Whether the measured poses, in their order, are those of the drive."""
    last = poses[-1]
    is_there = dist((last.x, last.y), (drive.x, drive.y)) <= WITHIN_M
    was_there = drive.by is None or any(dist((pose.x, pose.y), drive.by) <= WITHIN_M for pose in poses)
    turned = 0.0 if drive.theta_deg is None else abs((last.theta_deg - drive.theta_deg + 180) % 360 - 180)
    return is_there and was_there and turned <= WITHIN_DEG


def demonstrations(root: Path) -> Figure:
    """`llmos demo 1` to `5`, each of which judges itself; of the fifth what it was asked for."""
    wrong = []
    for number in range(1, 6):
        place = kinematic(root / f"demo-{number}")
        command = [sys.executable, "-m", "llmos.cli", "demo", str(number), "--model", "pocket"]
        variables = {
            "LLMOS_HOME": str(place.home),
            "HOME": str(root),
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(Path.cwd()),
        }
        streams = {"input": COCKPIT if number == 5 else "", "capture_output": True, "text": True}
        said = subprocess.run(command, check=False, cwd=place.workspace, env=variables, **streams)
        if said.returncode != 0 or (number == 5 and "At (0.20, 0.00, 1.00)" not in said.stdout):
            wrong.append(f"demo {number}")
    return _reached("demonstrations", 5, wrong)


def _reached(what: str, count: int, wrong: list[str]) -> Figure:
    """All of them must; what did not is told beside the figure."""
    for each in wrong:
        print(f"  {what}, not reached: {each}")
    return Figure(f"{what}, reached", count - len(wrong), f"of {count}", float(count), ">=")
