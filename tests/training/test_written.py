"""Laws of the exam that people wrote: what is right in it is legal, and nothing stands in it twice."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
import yaml

from llmos.clock import SimulatedClock
from llmos.documents.robot_profile import read_robot_profile
from llmos.messages import ToolSpec
from llmos.robots.gate import Gate
from llmos.robots.latch import StopLatch
from llmos.robots.pace import SimulatedPace
from llmos.robots.pilot import Pilot
from llmos.robots.simulators.kinematic import KinematicArm
from llmos.robots.simulators.kinematic_rover import KinematicRover
from llmos.tools.robot import robot_state, robot_tools
from tests.support.robots import OPERATOR, SYSTEM, shipped_scene
from training import written
from training.world import Call
from training.written import Robot, written_goals

DATA = Path(written.__file__).parent / "data"
SCENES: dict[Robot, str] = {"arm": "pick-and-place", "rover": "arena"}
Tools = Mapping[Robot, Mapping[str, ToolSpec]]


def pilot(robot: Robot, folder: Path) -> Pilot:
    """A shipped robot in a shipped scene."""
    profile, scene = read_robot_profile(SYSTEM / "robots" / f"{robot}.md"), shipped_scene(SCENES[robot])
    driver = KinematicRover(profile, scene) if robot == "rover" else KinematicArm(profile, scene)
    return Pilot(Gate(profile, driver, SimulatedPace(SimulatedClock()), StopLatch(folder / f"{robot}.json")), OPERATOR)


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Tools:
    """The tools of each robot, as it really offers them."""
    folder = tmp_path_factory.mktemp("robots")
    return {
        robot: {tool.spec.name: tool.spec for tool in robot_tools(pilot(robot, folder), shipped_scene(scene))}
        for robot, scene in SCENES.items()
    }


def is_legal(call: Call, offered: Mapping[str, ToolSpec]) -> bool:
    """Whether a tool of that list takes these arguments, of the right kinds."""
    schema = offered[call.name].input_schema
    kinds = {"number": float, "boolean": bool, "string": str}
    return set(schema["required"]) <= set(call.arguments) <= set(schema["properties"]) and all(
        type(value) is kinds[schema["properties"][name].get("type", "string")]
        and value in schema["properties"][name].get("enum", [value])
        for name, value in call.arguments.items()
    )


def twice(texts: Iterable[str]) -> list[str]:
    """Texts that differ from another in nothing but case and blanks."""
    return [text for text, count in Counter(" ".join(text.lower().split()) for text in texts).items() if count > 1]


def repeated_keys(node: yaml.Node) -> list[str]:
    """Keys that stand twice in one mapping, of which a YAML reader silently drops one."""
    if isinstance(node, yaml.SequenceNode):
        return [key for each in node.value for key in repeated_keys(each)]
    if not isinstance(node, yaml.MappingNode):
        return []
    inner = [key for _, value in node.value for key in repeated_keys(value)]
    return inner + [key for key, count in Counter(key.value for key, _ in node.value).items() if count > 1]


def test_states_are_those_that_robots_measure(tmp_path: Path) -> None:
    """Whoever answers finds in a state what the running robot would show it."""
    for robot, scene in SCENES.items():
        real = robot_state(pilot(robot, tmp_path).snapshot(), shipped_scene(scene))
        states = [goal.state for goal in written_goals() if goal.robot == robot]
        assert real in states
        assert all(
            {key: type(value) for key, value in state.items()} == {key: type(real[key]) for key in real}
            for state in states
        )


def test_right_calls_are_legal(tools: Tools) -> None:
    """A slip of the pen in the file would be counted as the model's."""
    for goal in written_goals():
        if goal.name == "finish":
            assert goal.arguments == {"status": "abstained"}
        else:
            assert is_legal(Call(goal.name, goal.arguments), tools[goal.robot]), goal


def test_goals_are_many_and_none_stands_twice() -> None:
    """At least 150 for the arm and 60 for the rover, each asked once, and most of them ask for a call."""
    goals = written_goals()
    counts = Counter(goal.robot for goal in goals if goal.name != "finish")
    assert counts["arm"] >= 150
    assert counts["rover"] >= 60
    assert twice(goal.goal for goal in goals) == []
    assert repeated_keys(yaml.compose((DATA / "written.yaml").read_text(encoding="utf-8"))) == []
