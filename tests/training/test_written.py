"""Laws of the two sheets that people wrote: what is right in them is legal, and nothing stands in them twice."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
import yaml

from llmos.clock import SimulatedClock
from llmos.documents.robot_profile import read_robot_profile
from llmos.messages import ToolSpec
from llmos.models.gbnf import CLAIMS, FINISH
from llmos.models.reading import read_goal
from llmos.robots.gate import Gate
from llmos.robots.latch import StopLatch
from llmos.robots.pace import SimulatedPace
from llmos.robots.pilot import Pilot
from llmos.robots.planner import Planner
from llmos.robots.simulators.kinematic import KinematicArm
from llmos.robots.simulators.kinematic_rover import KinematicRover
from llmos.tools.base import ToolOutcome
from llmos.tools.robot import robot_state, robot_tools
from tests.support.robots import OPERATOR, SYSTEM, shipped_scene
from training import written
from training.world import Call
from training.written import SHEETS, Conversation, Robot, Sheet, conversations, foreign_texts, written_goals

DATA = Path(written.__file__).parent / "data"
SCENES: dict[Robot, str] = {"arm": "pick-and-place", "rover": "arena"}
NUMBER = re.compile(r"(?<![\w.])(?:d?[xyz])?-?(\d+(?:\.\d+)?)")
DEFAULTS = {0.05, 0.2}
"""What *slightly* means, and the side of a square that nobody gave a size."""
WORDS = re.compile(r"[^\W\d_]+")
BOTH = [*conversations("validation"), *conversations("test")]
Tools = Mapping[Robot, Mapping[str, ToolSpec]]
on_each_sheet = pytest.mark.parametrize("sheet", SHEETS)


def pilot(profile_name: str, scene_name: str, folder: Path) -> Pilot:
    """A shipped robot in a shipped scene."""
    profile, scene = read_robot_profile(SYSTEM / "robots" / f"{profile_name}.md"), shipped_scene(scene_name)
    driver = KinematicRover(profile, scene) if profile.kind == "rover" else KinematicArm(profile, scene)
    gate = Gate(profile, driver, SimulatedPace(SimulatedClock()), StopLatch(folder / f"{profile_name}.json"))
    return Pilot(gate, OPERATOR, plan=Planner(scene))


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Tools:
    """The tools of each robot, as it really offers them."""
    folder = tmp_path_factory.mktemp("robots")
    return {
        robot: {tool.spec.name: tool.spec for tool in robot_tools(pilot(robot, scene, folder), shipped_scene(scene))}
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


def wording(text: str) -> tuple[str, ...]:
    """What is left of a text without its numbers and signs."""
    return tuple(WORDS.findall(text.lower()))


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
        real = robot_state(pilot(robot, scene, tmp_path).snapshot(), shipped_scene(scene))
        states = [goal.state for sheet in SHEETS for goal in written_goals(sheet) if goal.robot == robot]
        assert real in states
        assert all(
            {key: type(value) for key, value in state.items()} == {key: type(real[key]) for key in real}
            for state in states
        )


@on_each_sheet
def test_right_calls_are_legal(sheet: Sheet, tools: Tools) -> None:
    """A slip of the pen in the file would be counted as the model's."""
    for goal in written_goals(sheet):
        if goal.name == "finish":
            assert goal.arguments == {"status": "abstained"}
        else:
            assert is_legal(Call(goal.name, goal.arguments), tools[goal.robot]), goal


@on_each_sheet
def test_goals_are_many(sheet: Sheet) -> None:
    """At least 150 for the arm and 60 for the rover ask for a call, and one in twelve asks for none."""
    goals = written_goals(sheet)
    counts = Counter(goal.robot for goal in goals if goal.name != "finish")
    assert counts["arm"] >= 150
    assert counts["rover"] >= 60
    assert 12 * (len(goals) - counts.total()) >= len(goals)


@on_each_sheet
def test_every_number_of_a_right_call_is_said_or_seen(sheet: Sheet) -> None:
    """It stands in the goal as the host reads it, in the state, or is a default; one typed badly is rare."""
    goals = written_goals(sheet)
    unread = []
    for goal in goals:
        things = [point for group in ("objects", "places") for point in goal.state[group].values()]
        seen = {abs(value) for point in things for value in point}
        seen |= {abs(goal.state[name]) for name in ("x", "y", "z", "theta_deg")}
        said = {float(number) for number in NUMBER.findall(read_goal(goal.goal))}
        asked = {abs(value) for value in goal.arguments.values() if type(value) is float}
        unread += [] if asked <= said | seen | DEFAULTS else [goal.goal]
    assert 200 * len(unread) <= len(goals), unread


@on_each_sheet
def test_foreign_texts_are_many(sheet: Sheet) -> None:
    """At least 560, of which a rover hears at least 90, and some are long."""
    texts = foreign_texts(sheet)
    assert len(texts) >= 560
    assert min(Counter(foreign.robot for foreign in texts).values()) >= 90
    assert 300 < max(len(foreign.text) for foreign in texts) <= 400


def test_the_sheets_have_the_same_kinds_of_foreign_texts_and_conversations() -> None:
    """Nothing is said of a kind that only chose a threshold, and none is chosen without a kind that is measured."""
    for ask in (foreign_texts, conversations):
        assert {one.kind for one in ask("validation")} == {one.kind for one in ask("test")}


def test_no_text_stands_twice() -> None:
    """Neither on one sheet nor on both, nor as a goal and as none; blanks differ in nothing but length."""
    goals = [goal.goal for sheet in SHEETS for goal in written_goals(sheet)]
    texts = [foreign.text for sheet in SHEETS for foreign in foreign_texts(sheet)]
    assert len(set(texts)) == len(texts)
    assert twice(text for text in (*goals, *texts, *(each.goal for each in BOTH)) if text.strip()) == []
    for path in DATA.glob("*.yaml"):
        assert repeated_keys(yaml.compose(path.read_text(encoding="utf-8"))) == [], path.name


def test_no_text_of_the_test_is_one_of_validation_with_other_numbers() -> None:
    """Whoever tuned by the first sheet has not seen the second."""
    for asked in (
        {sheet: [goal.goal for goal in written_goals(sheet)] for sheet in SHEETS},
        {sheet: [foreign.text for foreign in foreign_texts(sheet)] for sheet in SHEETS},
        {sheet: [each.goal for each in conversations(sheet)] for sheet in SHEETS},
    ):
        known = {wording(text) for text in asked["validation"]} - {()}
        assert [text for text in asked["test"] if wording(text) in known] == []


@on_each_sheet
def test_conversations_end_in_a_legal_reply(sheet: Sheet, tools: Tools) -> None:
    """At least 40; what ends them is a call of that robot, or a claim with its quote."""
    found = conversations(sheet)
    assert len(found) >= 40
    for each in found:
        if each.reply.name == FINISH:
            assert tuple(each.reply.arguments.values()) in CLAIMS
        else:
            assert is_legal(each.reply, tools[each.robot]), each


def test_a_refusal_ends_in_a_failure_that_quotes_it() -> None:
    """Whatever the last step was, an error is never passed over, and none stands before it."""
    for each in BOTH:
        *before, last = (result.is_error for _, result in each.steps)
        claim = tuple(each.reply.arguments.values()) if each.reply.name == FINISH else ()
        assert not any(before)
        assert last == (claim == ("failed", "refusal"))


@pytest.mark.anyio
@pytest.mark.parametrize("conversation", BOTH, ids=lambda each: each.goal[:30])
async def test_conversations_are_what_the_robots_say(conversation: Conversation, tmp_path: Path) -> None:
    """The same calls in the same scene are answered in the same words and leave the robot in the same state."""
    scene = shipped_scene(conversation.scene)
    robot = pilot(conversation.profile, conversation.scene, tmp_path)
    offered = {tool.spec.name: tool for tool in robot_tools(robot, scene)}
    for call, result in conversation.steps:
        output = await offered[call.name].call(offered[call.name].prepare(call.arguments))
        assert result.text == (output if isinstance(output, str) else "".join(part.text for part in output.content))
        is_error = isinstance(output, ToolOutcome) and output.is_error
        assert result.is_error == (is_error and "does not call an error" not in conversation.kind)
    assert conversation.state == robot_state(robot.snapshot(), scene)
