"""Laws of the shipped pocket model, through real llama.cpp and the real simulated arm."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from random import Random

import pytest

from llmos.messages import JSON, Message, Reply, Request, Text, ToolCall, ToolResult
from llmos.models.backend import installed_backends
from llmos.models.base import ignore_text
from llmos.models.gguf_header import read_header
from llmos.models.local import LocalModel
from llmos.robots.base import Measured
from llmos.tools.robot import robot_state, robot_tools
from tests.support.robots import rig
from training.measure.asking import Planner
from training.measure.judging import is_outside
from training.measure.splits import MISSING, SHUFFLED, Draw, lists
from training.prompt import template_source

POCKET = Path(str(files("llmos.models.pocket").joinpath("pocket.gguf")))
BACKENDS = installed_backends()
MOST_STEPS = 15


def move(x: float, y: float, z: float) -> tuple[str, dict[str, float]]:
    """A move_to as it is expected."""
    return "move_to", {"x": x, "y": y, "z": z}


def shift(**distances: float) -> tuple[str, dict[str, float]]:
    """A move_relative as it is expected."""
    return "move_relative", distances


def view(name: str) -> tuple[str, dict[str, str]]:
    """A look as it is expected."""
    return "get_camera_feed", {"view": name}


GRIP, RELEASE = ("toggle_tool", {"activate": True}), ("toggle_tool", {"activate": False})
EXAMPLES = [
    ("Show me the cockpit view", "empty", [view("cockpit")], "done"),
    ("Show me the operator view", "empty", [view("operator")], "done"),
    ("Move 0.5 meters to the right", "empty", [shift(dx=0.5)], "done"),
    ("Move 30cm to the right", "empty", [shift(dx=0.3)], "done"),
    ("Move the arm 30cm to the right", "empty", [shift(dx=0.3)], "done"),
    ("Move 20cm to the right", "empty", [shift(dx=0.2)], "done"),
    ("Go to position (1, 1, 1.5)", "empty", [move(1.0, 1.0, 1.5)], "done"),
    ("Move to position (1.5, 0.5, 1.0)", "empty", [move(1.5, 0.5, 1.0)], "done"),
    ("Move to (5, 0, 1)", "empty", [move(5.0, 0.0, 1.0)], "failed"),
    ("Activate the gripper", "empty", [GRIP], "failed"),
    ("Return home", "empty", [("go_home", {})], "done"),
    ("What's the current position?", "empty", [("get_status", {})], "done"),
    ("Move slightly left", "empty", [shift(dx=-0.05)], "done"),
    ("Draw a square", "empty", [shift(dx=0.2), shift(dy=0.2), shift(dx=-0.2), shift(dy=-0.2)], "done"),
    ("Pick up the object at (1, 1, 0.5)", "empty", [move(1.0, 1.0, 0.5), GRIP], "failed"),
    (
        "Inspect widget at position (1.2, 0.8, 0.6) and report defects",
        "empty",
        [move(1.2, 0.8, 0.6), view("camera")],
        "done",
    ),
    (
        "Pick up the object at (1.5, 1.0, 0.5) and place it at (-1.0, -1.0, 0.7)",
        "pick-and-place",
        [move(1.5, 1.0, 0.5), GRIP, move(-1.0, -1.0, 0.7), RELEASE],
        "done",
    ),
    (
        "Pick up object at (1.5, 1.0, 0.5) and place at (-1.0, -1.0, 0.7)",
        "pick-and-place",
        [move(1.5, 1.0, 0.5), GRIP, move(-1.0, -1.0, 0.7), RELEASE],
        "done",
    ),
    (
        "Pick up the object and place it on the shelf",
        "pick-and-place",
        [move(1.5, 1.0, 0.5), GRIP, move(-1.5, 1.0, 1.2), RELEASE],
        "done",
    ),
    (
        "Pick item from shelf A3 and place in bin B7",
        "shelves",
        [move(1.2, 1.5, 1.3), GRIP, move(-0.6, -1.2, 0.2), RELEASE],
        "done",
    ),
    (
        "Move sample to microscope stage at (0.5, 0.5, 1.0)",
        "microscope",
        [move(-0.8, 0.4, 0.6), GRIP, move(0.5, 0.5, 1.0), RELEASE],
        "done",
    ),
    (
        "Stack the blocks",
        "blocks",
        [
            move(-0.5, 0.6, 0.05),
            GRIP,
            move(0.5, 0.5, 0.15),
            RELEASE,
            move(0.2, -0.7, 0.05),
            GRIP,
            move(0.5, 0.5, 0.25),
            RELEASE,
        ],
        "done",
    ),
]


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a goal."""

    calls: list[tuple[str, dict[str, object]]]
    last: Reply
    measured: Measured


async def run(goal: str, scene: str, folder: Path, backend: str = BACKENDS[0], random: Random | None = None) -> Ran:
    """Ask, call, tell, until the model ends its turn: the loop without its purse and its journal.

    With `random`, what the model is told of the state is up to 2 mm beside the truth, as it is on a physical arm.
    """
    robot = rig(folder, scene)
    tools = {tool.spec.name: tool for tool in robot_tools(robot.pilot, robot.scene)}
    model = LocalModel(POCKET, backend=backend)
    messages: tuple[Message, ...] = (Message("user", (Text(goal),)),)
    calls: list[ToolCall] = []
    for _ in range(MOST_STEPS):
        specs = tuple(tools[name].spec for name in sorted(tools))
        state = robot_state(robot.gate.snapshot(), robot.scene)
        if random:
            state = _measured(state, random)
        reply = await model.reply(Request("", messages, specs, max_output_tokens=128, state=state), ignore_text)
        if not reply.tool_calls:
            break
        (call,) = reply.tool_calls
        calls.append(call)
        outcome = await tools[call.name].call(tools[call.name].prepare(call.args))
        result = ToolResult(call.id, outcome if isinstance(outcome, tuple) else _content(outcome), _failed(outcome))
        messages += (reply.message, Message("user", (result,)))
    await model.aclose()
    return Ran([(call.name, dict(call.args)) for call in calls], reply, robot.pilot.measure())


def _measured(state: Mapping[str, JSON], random: Random) -> dict[str, JSON]:
    def near(value: float) -> float:
        return round(value + random.uniform(-0.002, 0.002), 3)

    objects = {name: [near(x), near(y), z] for name, (x, y, z) in state["objects"].items()}
    return {**state, **{axis: near(state[axis]) for axis in "xyz"}, "objects": objects}


def _content(outcome) -> tuple[Text, ...]:
    return (Text(outcome),) if isinstance(outcome, str) else outcome.content


def _failed(outcome) -> bool:
    return getattr(outcome, "is_error", False)


@pytest.mark.anyio
@pytest.mark.parametrize(("goal", "scene", "calls", "claim"), EXAMPLES, ids=[goal for goal, *_ in EXAMPLES])
async def test_the_source_documents_examples_come_out_right(goal, scene, calls, claim, tmp_path: Path) -> None:
    """Every example command for the arm makes exactly these calls and claims this."""
    ran = await run(goal, scene, tmp_path)
    assert ran.calls == calls
    assert ran.last.claim == claim


@pytest.mark.anyio
@pytest.mark.parametrize("backend", BACKENDS)
async def test_the_demo_ends_with_the_object_at_its_place(backend: str, tmp_path: Path) -> None:
    """By measured state, through each package that carries llama.cpp."""
    goal = "Pick up the object at (1.5, 1.0, 0.5) and place it at (-1.0, -1.0, 0.7)"
    ran = await run(goal, "pick-and-place", tmp_path, backend)
    assert ran.measured.objects["cube"] == pytest.approx((-1.0, -1.0, 0.7), abs=1e-6)
    assert ran.last.claim == "done"


TOWER = {"blue block": (0.5, 0.5, 0.05), "green block": (0.5, 0.5, 0.15), "red block": (0.5, 0.5, 0.25)}


@pytest.mark.anyio
async def test_stacked_blocks_stand_on_each_other(tmp_path: Path) -> None:
    """By measured state, an edge apart."""
    ran = await run("Stack the blocks", "blocks", tmp_path)
    for name, point in ran.measured.objects.items():
        assert tuple(point) == pytest.approx(TOWER[name], abs=1e-6)


@pytest.mark.anyio
@pytest.mark.parametrize("seed", range(3))
async def test_a_tower_is_built_from_what_was_measured(seed: int, tmp_path: Path) -> None:
    """No arm and no camera is exact: with states up to 2 mm beside the truth the blocks still stand on each other."""
    ran = await run("Stack the blocks", "blocks", tmp_path, random=Random(seed))
    assert ran.last.claim == "done"
    for name, point in ran.measured.objects.items():
        assert tuple(point) == pytest.approx(TOWER[name], abs=0.005)


@pytest.mark.anyio
async def test_a_refused_motion_is_not_tried_again(tmp_path: Path) -> None:
    """The gate's sentence becomes the answer."""
    ran = await run("Move to (5, 0, 1)", "empty", tmp_path)
    assert len(ran.calls) == 1
    assert ran.last.text.startswith("X position 5.00m outside workspace [-2, 2]")


@pytest.mark.anyio
@pytest.mark.parametrize(
    "text",
    [
        "What is the capital of France?",
        "Write a poem about the sea",
        "Do not move to the left",
        "Please don't close the gripper",
        "Turn off the kitchen lights",
        "How would you pick up the cube?",
        "Refactor main.py",
        "Hello",
    ],
)
async def test_what_is_no_goal_moves_nothing(text: str, tmp_path: Path) -> None:
    """Chat, questions, negations and other people's work are not understood, and it says so."""
    ran = await run(text, "pick-and-place", tmp_path)
    assert ran.calls == []
    assert ran.last.claim == "abstained"


def test_no_tool_outside_the_list_is_called() -> None:
    """With a list that lacks what the goal needs; without a grammar tests/training/test_evaluate.py counts them."""
    episodes = lists(Draw(60))
    runs = Planner(POCKET).begin([*episodes[MISSING], *episodes[SHUFFLED]])
    assert [run.decisions[0].text for run in runs if is_outside(run.decisions[0])] == []


def test_the_file_is_small_and_carries_the_template_that_training_used() -> None:
    """Both sides render the same prompt because there is one template."""
    assert POCKET.stat().st_size <= 4_000_000
    header = read_header(POCKET)
    assert header.architecture == "qwen3vl"
    assert header.chat_template == template_source()
