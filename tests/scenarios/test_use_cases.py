"""The use cases of a robot that is talked to, as scenes: what the goal asks for is checked on what was measured."""

from pathlib import Path

import pytest

from llmos.boot import LLMOS
from llmos.documents.scene import Scene, read_scene
from llmos.robots.base import Measured
from llmos.robots.evidence.scene_check import check_scene
from llmos.runtime.outcome import RunOutcome
from llmos.settings import system_root
from llmos.traces.bus import Bus
from llmos.traces.events import Event, MotionMeasured
from tests.support.homes import Place, make_place
from tests.support.llama import need_backend
from tests.support.tapes import Line, asks, calls, says, tape

pytestmark = pytest.mark.anyio

SCENES = system_root() / "volumes" / "system" / "scenes"
CASES = ("pick-and-place", "shelves", "microscope", "drawing", "blocks", "teleoperation", "inspection")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A home and a workspace."""
    return make_place(tmp_path)


class Watch:
    """Measures the robot at the start and after each motion, beside the run."""

    def __init__(self, place: Place, model: str, scene: str) -> None:
        self.bus = Bus()
        self.system: LLMOS = place.system(model=model, scene=scene, bus=self.bus)
        self.eye = self.system.pilot("a test")
        self.seen: list[Measured] = [self.eye.measure()]
        self.bus.subscribe(self._hear)

    def _hear(self, event: Event, _: str) -> None:
        if isinstance(event, MotionMeasured):
            self.seen.append(self.eye.measure())


async def carried_out(place: Place, name: str, model: str) -> tuple[RunOutcome, list[str]]:
    """The goal of a scene, given to the operator: how the run ended, and what of the scene's check does not hold."""
    scene: Scene = read_scene(SCENES / f"{name}.md")
    watch = Watch(place, model, name)
    async with watch.system as system:
        ran = await system.execute(scene.goal, "operator")
        watch.seen.append(watch.eye.measure())
    return ran, [finding.sentence for finding in check_scene(scene, watch.seen) if not finding.holds]


def test_every_scene_with_a_goal_is_a_case() -> None:
    """No scene promises something that nothing here looks at."""
    scenes = [read_scene(path) for path in SCENES.glob("*.md")]
    assert {scene.name for scene in scenes if scene.goal} == set(CASES)


@pytest.mark.system
@pytest.mark.parametrize("name", CASES)
async def test_the_pocket_model_carries_it_out(place: Place, name: str) -> None:
    """Done by its own measurements, and everything that the scene asks for holds."""
    need_backend("xllamacpp")
    ran, missing = await carried_out(place, name, "pocket")
    assert missing == []
    assert ran.outcome == "done", ran.reason


def moves(*positions: tuple[float, float, float]) -> list[Line]:
    """A line for each motion."""
    return [calls("move_to", x=x, y=y, z=z) for x, y, z in positions]


async def test_an_inspection_ends_with_a_report(place: Place) -> None:
    """A model that can see looks at the widget from near by, leaves it alone, and tells what it saw."""
    look = asks(("get_camera_feed", {"view": "camera"}))
    ran, missing = await carried_out(
        place, "inspection", tape(place, *moves((1.2, 0.8, 0.7)), look, says("No defects: the widget is where it was."))
    )
    assert (ran.outcome, missing) == ("done", []), ran.reason
    assert "No defects" in ran.answer


def carry(start: tuple[float, float, float], end: tuple[float, float, float]) -> list[Line]:
    """Lines that take something from one place to another."""
    grip, release = calls("toggle_tool", activate=True), calls("toggle_tool", activate=False)
    return [*moves(start), grip, *moves(end), release]


async def test_three_blocks_become_a_tower(place: Place) -> None:
    """Whoever plans it, the house can carry it out: each block comes to rest on the one below."""
    first = carry((-0.5, 0.6, 0.05), (0.5, 0.5, 0.15))
    second = carry((0.2, -0.7, 0.05), (0.5, 0.5, 0.25))
    ran, missing = await carried_out(place, "blocks", tape(place, *first, *second, says("All three.")))
    assert (ran.outcome, missing) == ("done", []), ran.reason


async def test_a_model_that_stops_half_way_has_failed_by_the_scenes_own_check(place: Place) -> None:
    """Every motion of it was fine, and the tower is not there: the run says so."""
    first = carry((-0.5, 0.6, 0.05), (0.5, 0.5, 0.15))
    ran, missing = await carried_out(place, "blocks", tape(place, *first, says("All three.")))
    assert (ran.outcome, ran.exit_code) == ("failed", 1)
    assert [ran.reason] == missing


async def test_a_check_is_of_the_world_and_not_of_the_words(place: Place) -> None:
    """A model that says that all is done, and moved nothing, leaves a scene whose check does not hold."""
    ran, missing = await carried_out(place, "shelves", tape(place, says("The item is in bin B7.")))
    assert ran.outcome == "failed"
    assert [ran.reason] == missing
    assert ran.reason.startswith("'item' lies ")
