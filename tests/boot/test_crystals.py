"""Whether the program of a skill that was made of runs may run here and now, and what counts for it."""

from dataclasses import replace
from pathlib import Path

import pytest

from llmos.documents.crystal import Crystal, name_for
from llmos.documents.emit import lines_of
from llmos.programs.parser import parse
from llmos.programs.printer import program_hash
from llmos.runtime.goals import parse_goal
from llmos.runtime.outcome import RunOutcome
from llmos.traces.events import ToolCalled
from llmos.traces.usage import UsageLine, append, read_usage
from llmos.volumes.skill_hash import skill_hash
from tests.support.homes import Place, make_place
from tests.support.runs import hire, journaled, play
from tests.support.tapes import calls, says

pytestmark = pytest.mark.anyio

GOAL = "Nudge it by 10 cm"
WORLD = "arm: gantry arm (simulated by MuJoCo) / empty"
PROGRAM = """given length1: length in 0 m..0.2 m

let step1 = call move_relative(dx=length1)
done step1.text
"""
OPERATOR = "---\nname: worker\ndescription: Works.\ntools: [move_relative, move_to, Write]\n---\n\nWork.\n"


@pytest.fixture
async def place(tmp_path: Path) -> Place:
    """A home with an agent that may move the arm."""
    place = make_place(tmp_path)
    (place.home / "user").mkdir()
    hire(place, OPERATOR)
    return place


async def teach(
    place: Place, goal: str = GOAL, program: str = PROGRAM, world: str = WORLD, uses: int = 10, **said: object
) -> Path:
    """A skill with so many uses that all succeeded, which says this of itself."""
    found, tools = parse_goal(goal), said.pop("tools", None) or await versions(place)
    crystal = Crystal(found.signature, "worker", tools, world, goal=goal, program=program_hash(parse(program)))
    name = name_for("nudge it", found.signature, "worker", world)
    text = "\n".join(
        [
            "---",
            f"name: {name}",
            "description: Nudges it.",
            *lines_of("metadata", replace(crystal, **said).metadata),  # type: ignore[arg-type]
            f"---\n\nNudge it.\n\n```program\n{program}```\n",
        ]
    )
    page = place.write(f"user/skills/{name}/SKILL.md", text)
    for number in range(uses):
        slots = f"s{number}"
        use = UsageLine(
            what="skill",
            name=name,
            content_hash=skill_hash(page),
            run_id=f"r{number}",
            ok=True,
            slots_hash=slots,
            at="2026-01-01",
        )
        append(place.home / "user", use)
    return page


async def versions(place: Place) -> dict[str, str]:
    """What the tools are known by, as a run journals it."""
    nudges, writes = calls("move_relative", dx=0.01), calls("Write", file_path="v.txt", content="v")
    outcome = await play(place, nudges, writes, says(), goal="learn", scene="empty")
    (place.workspace / "v.txt").unlink()
    return {call.tool: call.version for call in journaled(outcome, ToolCalled)}


async def ask(place: Place, goal: str = GOAL) -> RunOutcome:
    """Reach the goal; a model that is asked gives up."""
    return await play(place, says("no", claim="failed"), goal=goal, scene="empty")


async def test_a_skill_that_fits_leads(place: Place) -> None:
    """Its reason names it, with what it has shown."""
    page = await teach(place)
    outcome = await ask(place)
    assert outcome.mode == "CRYSTALLIZED", outcome.mode_reason
    assert outcome.mode_reason == f"the skill {page.parent.name} was made for such goals: 10 uses, 100% done"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"made_with": {"agent": "sha256:other"}}, "was made before the agent was edited"),
        ({"made_with": {"skill/pick": "sha256:other"}}, "was made before the skill pick was edited"),
        ({"start": {"same": {"holding": "cube"}}}, "does not begin here: the robot's holding is nothing, and was cube"),
        (
            {"start": {"pose": {"x": 1.0, "y": 0.0, "z": 1.0}}},
            "does not begin here: the robot stands elsewhere than where this was learned: x 1, y 0, z 1",
        ),
        ({"digits": {"length1": 0}}, "knows length1 with at most 0 decimals"),
        ({"tools": {"move_relative": "sha256:other"}}, "was made with another version of the tool move_relative"),
        ({"tools": {"Bash": "sha256:other"}}, "needs the tool Bash, which the agent has not"),
    ],
)
async def test_a_skill_that_does_not_fit_is_passed_over(place: Place, said: dict[str, object], reason: str) -> None:
    """And it is said why."""
    page = await teach(place, **said)
    outcome = await ask(place)
    assert outcome.mode == "LEARNER"
    assert f"the skill {page.parent.name} {reason}" in outcome.mode_reason


async def test_values_beyond_the_range_are_a_models(place: Place) -> None:
    """With the sentence of the parameter."""
    await teach(place)
    outcome = await ask(place, "Nudge it by 30 cm")
    assert "does not take this: the parameter 'length1' must be from 0 m to 0.2 m" in outcome.mode_reason


async def test_another_world_is_another_skill(place: Place) -> None:
    """It is not even looked at."""
    await teach(place, world="arm: gantry arm (simulated by MuJoCo) / blocks")
    assert (await ask(place)).mode_reason == "the model plans each step"


async def test_a_word_that_a_program_writes_counts_as_it_is_spelled(place: Place) -> None:
    """Also where no trace is there to compare with."""
    program = 'let step1 = call Write(file_path="a.txt", content="Hello")\ndone step1.text\n'
    await teach(place, "Write Hello down", program)
    assert (await ask(place, "Write Hello  down")).mode == "CRYSTALLIZED"
    reason = (await ask(place, "write hello down")).mode_reason
    assert "it wrote 'Hello' as its goal spells it, and this goal spells it otherwise" in reason


COPY = "given path1: path\ngiven text1: text\n\nlet step1 = call Write(file_path=path1, content={})\ndone step1.text\n"


@pytest.mark.parametrize(("content", "mode"), [("text1", "CRYSTALLIZED"), ('"anything"', "FOLLOWER")])
async def test_uses_of_traces_count_only_for_a_program_that_makes_their_calls(
    place: Place, content: str, mode: str
) -> None:
    """Whoever writes the ids of good traces into a page gains nothing by it."""
    goal = "Create {}.txt that says '{}'"
    hire(place, "---\nname: worker\ndescription: Works.\ntools: [Write]\n---\n\nWork.\n")
    writes = calls("Write", file_path="a.txt", content="first")
    first = await play(place, writes, says(), goal=goal.format("a", "first"))
    for name in "bcde":
        assert (await play(place, goal=goal.format(name, f"text {name}"))).mode == "FOLLOWER"
    ids = {use.name for use in read_usage(place.home / "user") if use.what == "trace"}
    tools = {call.tool: call.version for call in journaled(first, ToolCalled)}
    page = await teach(place, goal.format("a", "first"), COPY.format(content), "", 0, traces=tuple(ids), tools=tools)
    outcome = await play(place, says("no"), goal=goal.format("f", "text f"))
    assert outcome.mode == mode, outcome.mode_reason
    assert mode == "CRYSTALLIZED" or f"the skill {page.parent.name} has 0 uses of 5" in outcome.mode_reason
