"""The example that teaches the pocket model two verbs and a tool: its parts agree, and what it retrains is used."""

import re
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest

from llmos.boot.models import Models
from llmos.clock import SimulatedClock
from llmos.documents.agent import read_agent
from llmos.documents.kernel import load_kernel
from llmos.messages import Message, Reply, Request, Text, ToolCall, ToolResult
from llmos.models.base import ignore_text
from llmos.models.local import LocalModel
from llmos.settings import Environment
from llmos.tools.base import Tool
from llmos.tools.plugins import TOOLS, Plugins
from llmos.tools.robot import robot_state, robot_tools
from llmos.volumes.volume import open_volume
from tests.support.llama import need_backend
from tests.support.robots import rig
from training.own import PARTS, SLOTS, read_own

CHECKOUT = Path(__file__).parents[2]
EXAMPLE = CHECKOUT / "examples" / "own-pocket"
OWN = read_own(EXAMPLE / "own.yaml")
MOST_STEPS = 6

needs_torch = pytest.mark.skipif(
    find_spec("torch") is None or find_spec("tokenizers") is None, reason="torch and tokenizers serve training only"
)


def own_tools() -> list[Tool]:
    """The tools of the example, as a trusted volume brings them."""
    volume = open_volume(EXAMPLE, "added")
    assert volume.problems == ()
    tools, problems = Plugins(TOOLS).refresh(volume.folders["tools"])
    assert problems == ()
    return list(tools)


def train(out: Path, *options: str) -> str:
    """The one command of the README; what it printed."""
    command = [sys.executable, "-m", "training.train", "--own", str(EXAMPLE / "own.yaml"), "--out", str(out), *options]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout


async def run(path: Path, goal: str, folder: Path, *, without: Sequence[str] = ()) -> tuple[list[ToolCall], Reply]:
    """Ask, call, tell, on the simulated arm with the lamp of the example, until the model ends its turn."""
    robot = rig(folder, "pick-and-place")
    tools = {tool.spec.name: tool for tool in [*robot_tools(robot.pilot, robot.scene), *own_tools()]}
    specs = tuple(tools[name].spec for name in sorted(tools) if name not in without)
    model = LocalModel(path, backend="xllamacpp")
    messages: tuple[Message, ...] = (Message("user", (Text(goal),)),)
    calls: list[ToolCall] = []
    for _ in range(MOST_STEPS):
        state = robot_state(robot.gate.snapshot(), robot.scene)
        reply = await model.reply(Request("", messages, specs, max_output_tokens=128, state=state), ignore_text)
        if not reply.tool_calls:
            break
        [call] = reply.tool_calls
        calls.append(call)
        outcome = await tools[call.name].call(tools[call.name].prepare(call.args))
        content = (Text(outcome),) if isinstance(outcome, str) else outcome.content
        result = ToolResult(call.id, content, getattr(outcome, "is_error", False))
        messages += (reply.message, Message("user", (result,)))
    await model.aclose()
    return calls, reply


def test_the_parts_of_the_example_agree() -> None:
    """What the model learns to call is the tool that the volume brings and that the agent lists."""
    tools = {tool.spec.name: tool.spec for tool in own_tools()}
    assert set(OWN.tools) == set(tools)
    for name, learned in OWN.tools.items():
        parameters, schema = learned["function"]["parameters"], tools[name].input_schema
        assert parameters["required"] == list(schema["required"])
        assert {key: set(kind["enum"]) for key, kind in parameters["properties"].items()} == {
            key: set(kind["enum"]) for key, kind in schema["properties"].items()
        }
    agent = read_agent(EXAMPLE / "agents" / "greeter.md")
    assert agent.document.problems == ()
    assert set(OWN.tools) <= set(agent.tools or ())


def test_the_readme_tells_every_part_of_the_file() -> None:
    """Each part and each slot that may be used has its row."""
    text = (EXAMPLE / "README.md").read_text("utf-8")
    heads = " ".join(re.findall(r"^\| (.+?) \|", text, re.MULTILINE))
    assert {*PARTS, *SLOTS} <= set(re.findall(r"`\{?(\w+)\}?`", heads))


def test_the_alias_of_the_readme_names_the_file(tmp_path: Path) -> None:
    """Put into a home as it stands there, it is a model of that path with that confidence."""
    [alias] = re.findall(r"```markdown\n(.*?)```", (EXAMPLE / "README.md").read_text("utf-8"), re.DOTALL)
    (tmp_path / "models.md").write_text(alias, "utf-8")
    rules = load_kernel(CHECKOUT / "kernel", tmp_path).models
    own = rules.aliases["own"]
    models = Models(rules, Environment(home=tmp_path), CHECKOUT, SimulatedClock(), None)
    assert models.files(own) == (Path("/absolute/path/own.gguf"), None)
    assert (own.provider, own.template, own.confidence) == ("local", "pocket", 0.9)


@needs_torch
@pytest.mark.anyio
async def test_a_file_that_was_trained_with_verbs_of_one_s_own_runs(tmp_path: Path) -> None:
    """From nothing and far too short: it knows nothing yet, but it loads, and calls nothing that is not offered."""
    need_backend("xllamacpp")
    path = tmp_path / "own.gguf"
    assert "its curve is" in train(path, "--preset", "smoke")
    calls, _ = await run(path, "Wave at the visitors", tmp_path, without=["set_light"])
    assert "set_light" not in {call.name for call in calls}


@pytest.fixture(scope="module")
def retrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command of the README makes, in a few CPU-minutes."""
    need_backend("xllamacpp")
    path = tmp_path_factory.mktemp("own") / "own.gguf"
    train(path)
    return path


LEFT, RIGHT = ("move_relative", {"dx": -0.1}), ("move_relative", {"dx": 0.1})
CUBE = ("move_to", {"x": 1.5, "y": 1.0, "z": 0.5})
ASKED = {
    "Wave at the visitors": [LEFT, RIGHT],
    "Please wave 20 cm wide": [("move_relative", {"dx": -0.2}), ("move_relative", {"dx": 0.2})],
    "Turn the light red": [("set_light", {"color": "red"})],
    "Mark the cube in green": [CUBE, ("set_light", {"color": "green"})],
    "Move 30cm to the right": [("move_relative", {"dx": 0.3})],
    "Go home": [("go_home", {})],
}
NO_GOALS = ("Who invented the light bulb?", "Do not wave", "What is the capital of France?")


async def assert_knows_what_it_was_taught(path: Path, folder: Path) -> None:
    """Two verbs and a tool, what it could do before, and what it must leave alone, by the path of every run."""
    for number, (goal, wanted) in enumerate(ASKED.items()):
        calls, last = await run(path, goal, folder / f"goal {number}")
        assert [(call.name, dict(call.args)) for call in calls] == wanted, goal
        assert last.claim == "done"
    for number, text in enumerate(NO_GOALS):
        calls, last = await run(path, text, folder / f"text {number}")
        assert (calls, last.claim) == ([], "abstained"), text
    calls, last = await run(path, "Turn the light red", folder / "without", without=["set_light"])
    assert (calls, last.claim) == ([], "abstained")


@needs_torch
@pytest.mark.timeout(3600)
@pytest.mark.anyio
async def test_the_retrained_model_waves_lights_and_marks(retrained: Path, tmp_path: Path) -> None:
    """Made here and now from the shipped model, by the command of the README."""
    await assert_knows_what_it_was_taught(retrained, tmp_path)


@needs_torch
@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_the_retrained_model_has_learned_and_forgotten_little(retrained: Path) -> None:
    """By the measure of the README: eight in ten of each verb; of before, five in a hundred or two of a dozen less."""
    need_backend("xllamacpp")
    from training.measure.asking import Planner
    from training.own_measure import old_rows, report
    from training.train import SHIPPED

    rows = report(Planner(retrained, scored=True), OWN, 60)
    assert [row for row in rows if "learned" in row[0] and row[1] < 0.8 * row[2]] == []
    before = {name: right for name, right, _ in old_rows(Planner(SHIPPED, scored=True), 150)}
    now = old_rows(Planner(retrained, scored=True), 150)
    assert [row for row in now if row[1] < before[row[0]] - max(0.05 * row[2], 2)] == []
