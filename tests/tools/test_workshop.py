"""The example volume `examples/workshop` does what it says."""

import json
from pathlib import Path

import pytest

from llmos.documents.agent import read_agent
from llmos.messages import Effect
from llmos.tools.plugins import TOOLS, Plugins
from llmos.volumes.volume import open_volume
from tests.support.tools import Bench, make_workspace

pytestmark = pytest.mark.anyio

WORKSHOP = Path(__file__).resolve().parents[2] / "examples" / "workshop"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """The tools of the example, as a trusted volume brings them."""
    volume = open_volume(WORKSHOP, "added")
    assert volume.problems == ()
    tools, problems = Plugins(TOOLS).refresh(volume.folders["tools"])
    assert problems == ()
    return Bench(make_workspace(tmp_path), tools)


async def test_the_agent_lists_tools_that_are_there(bench: Bench) -> None:
    """Its document and the Python files agree."""
    agent = read_agent(WORKSHOP / "agents" / "lab-assistant.md")
    assert agent.tools is not None
    assert agent.document.problems == ()
    assert bench.toolbox().warnings(agent.tools) == ()
    specs = bench.toolbox().specs(agent.tools)
    assert [spec.name for spec in specs] == ["calculate", "calibrate_sensors", "hello_world"]
    assert {spec.effect for spec in specs} == {Effect.PURE}


async def test_hello_world(bench: Bench) -> None:
    """A greeting."""
    assert (await bench.call("hello_world", name="Ada")).text == "Hello, Ada!"
    assert (await bench.call("hello_world")).text == "Hello, world!"


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("2 + 2", "4"),
        (" -(1 + 2) * 3 ** 2 ", "-27"),
        ("sqrt(16) / 3", "1.33333333333333"),
        ("7 // 2 + 7 % 2", "4"),
        ("round(2 * pi, 2)", "6.28"),
        ("2 ** 0.5", "1.4142135623731"),
    ],
)
async def test_calculate(bench: Bench, expression: str, result: str) -> None:
    """Sums come out right."""
    assert (await bench.call("calculate", expression=expression)).text == f"{expression} = {result}"


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("1 / 0", "'1 / 0' cannot be worked out: division by zero"),
        ("9 ** 9 ** 9", "'9 ** 9 ** 9' cannot be worked out: powers go up to 1000"),
        ("9.0 ** 999", "'9.0 ** 999' cannot be worked out: (34, 'Numerical result out of range')"),
        ("__import__('os')", "'__import__('os')' cannot be worked out: '__import__('os')' is no arithmetic"),
        ("x", "'x' cannot be worked out: 'x' is no arithmetic"),
        ("True", "'True' cannot be worked out: 'True' is no arithmetic"),
        ("'a' * 9", "''a' * 9' cannot be worked out: ''a'' is no arithmetic"),
        ("sqrt(1, 2)", "'sqrt(1, 2)' cannot be worked out: math.sqrt() takes exactly one argument (2 given)"),
        ("1 +", "'1 +' cannot be worked out: invalid syntax (<unknown>, line 1)"),
        ("1" * 201, "an expression has at most 200 letters; this one has 201"),
    ],
)
async def test_calculate_does_nothing_else(bench: Bench, expression: str, sentence: str) -> None:
    """Whatever is no arithmetic, or too much of it, is a sentence."""
    result = await bench.call("calculate", expression=expression)
    assert (result.is_error, result.text) == (True, sentence)


async def test_calibrate_sensors(bench: Bench) -> None:
    """Offset, scatter, and how sure the offset is."""
    result = await bench.call("calibrate_sensors", readings=[1.0, 1.2, 1.1, 1.1], reference=1.0)
    found = json.loads(result.text)
    assert found == pytest.approx({"offset": -0.1, "noise": 0.0816497, "offset_uncertainty": 0.0408248, "readings": 4})
    result = await bench.call("calibrate_sensors", readings=[1.0, 2.0], reference=1.0)
    assert (result.is_error, result.text) == (True, "a calibration needs at least 3 readings; there are 2")
