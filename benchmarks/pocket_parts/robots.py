"""Whether robots end up where people asked them to be: scenes, scenarios, drives of a rover, and the demonstrations.

Everything goes through the real loop, the gate and the kinematic arm or rover; what counts is measured state. The
driver's scenarios have no floor: some take a way around crates that only a larger model can think of.
"""

import re
import subprocess
import sys
from dataclasses import replace
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
    from llmos.boot import LLMOS
    from llmos.robots.base import Measured

SHIPPED = system_root() / "volumes" / "system"
KINEMATIC = {"arm": "kinematic", "rover": "kinematic-rover"}
WITHIN_M, WITHIN_DEG = 0.02, 2.0
DRIVES: dict[str, tuple[float, float, float | None]] = {
    "Drive to (0.5, -0.8)": (0.5, -0.8, None),
    "Go to x 0.8 y 0.6": (0.8, 0.6, None),
    "Drive half a meter forward": (0.5, 0.0, None),
    "Back up 30 cm": (-0.3, 0.0, None),
    "Turn left by 90 degrees": (0.0, 0.0, 90.0),
    "Turn a quarter turn clockwise": (0.0, 0.0, -90.0),
    "Drive 0.4 meters to the left": (0.0, 0.4, None),
    "Drive forward 40 cm, then turn right 90 degrees": (0.4, 0.0, -90.0),
    "Drive to (-0.5, 0.5) and then go home": (0.0, 0.0, None),
    "Where are you?": (0.0, 0.0, 0.0),
    "Write me a poem about the sea": (0.0, 0.0, 0.0),
    "Pick up the blue crate": (0.0, 0.0, 0.0),
}
"""What a rover at (0, 0) that looks along x is asked for, and where it must be then; degrees where they matter."""
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
    for number, (goal, (x, y, theta)) in enumerate(chosen):
        watch = Watch(kinematic(root / f"drive-{number}"), scene="arena", robot="rover")
        async with watch.system as system:
            await system.execute(goal, "driver")
            pose = watch.look().pose
        is_there = dist((pose.x, pose.y), (x, y)) <= WITHIN_M
        is_turned = theta is None or abs((pose.theta_deg - theta + 180) % 360 - 180) <= WITHIN_DEG
        wrong += [] if is_there and is_turned else [goal]
    return _reached("drives of the rover", len(chosen), wrong)


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
