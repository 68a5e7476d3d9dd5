"""A skill that says it has proved itself: its program runs only if it is sound, and does nothing it was not granted."""

from pathlib import Path

import pytest

from llmos.boot.crystals import suffix
from llmos.runtime.goals import parse_goal
from llmos.runtime.outcome import RunOutcome
from llmos.traces.events import ModelReplied, ToolCalled
from llmos.traces.reading import read_journal
from llmos.traces.usage import UsageLine, append, read_usage
from llmos.volumes.skill_hash import skill_hash
from tests.support.homes import Place, make_place
from tests.support.runs import CHECKOUT, events, hire, play, whole
from tests.support.tapes import Line, asks, says, tape

pytestmark = pytest.mark.anyio

GOAL = "note 2 things"
SKILL = """---
name: {name}
description: Notes things.
metadata:
  llmos-signature: {signature}
  llmos-agent: worker
  llmos-tools: {tools}
---

```program
{program}
```
"""
SOUND = """given number1: whole number in 1..9

repeat number1
  call Write(file_path="note", content="noted")
end
done "Noted."
"""
LOOKS = """given number1: whole number in 1..9

call get_status()
done "Noted."
"""
CALL = 'Write(file_path="note", content="noted")'


async def ask(place: Place, *lines: Line, goal: str = GOAL) -> RunOutcome:
    """Run the goal; a model says these lines where it is asked at all."""
    async with place.system(model=tape(place, *lines), approve=("Bash(touch *)",)) as system:
        outcome = await system.execute(goal, "worker")
    whole(outcome.journal)
    return outcome


def asked(outcome: RunOutcome) -> int:
    """How often a model was asked."""
    replies = events(read_journal(outcome.journal), ModelReplied)
    return sum(reply.model.startswith("cassette:") for reply in replies)


@pytest.fixture
async def versions(tmp_path: Path) -> dict[str, str]:
    """What the tools are known by, as a run of another home journals it."""
    (tmp_path / "elsewhere").mkdir()
    place = make_place(tmp_path / "elsewhere")
    hire(place)
    calls = asks(("Write", {"file_path": "x", "content": "x"}), ("Bash", {"command": "touch y"}))
    outcome = await ask(place, calls, says("Done."), goal="touch")
    return {call.tool: call.version for call in events(read_journal(outcome.journal), ToolCalled)}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A home with an agent that may use all tools."""
    place = make_place(tmp_path)
    hire(place)
    return place


def teach(
    place: Place, versions: dict[str, str], program: str, volume: str = "user", tools: str = "Write", world: str = ""
) -> None:
    """A skill in a volume, with uses that all succeeded, as whoever made it says."""
    signature = parse_goal(GOAL).signature
    name = f"note-things{suffix(signature, 'worker', world)}"
    named = " ".join(f"{tool}={versions[tool]}" for tool in tools.split())
    page = SKILL.format(name=name, signature=signature, tools=named, program=program)
    path = place.write(f"{volume}/skills/{name}/SKILL.md", page)
    line = UsageLine(what="skill", name=name, content_hash=skill_hash(path), run_id="", ok=True, slots_hash="", at="")
    uses = [UsageLine(**{**{f: getattr(line, f) for f in line.__struct_fields__}, "run_id": f"r{n}"}) for n in range(9)]
    append(place.home / volume, *uses)


async def test_a_sound_skill_needs_no_model(place: Place, versions: dict[str, str]) -> None:
    """Its program takes the values of the goal."""
    teach(place, versions, SOUND)
    outcome = await ask(place, goal="note 3 things")
    assert (outcome.mode, outcome.outcome, outcome.answer, asked(outcome)) == ("CRYSTALLIZED", "done", "Noted.", 0)
    assert [use.tool for use in outcome.tool_calls] == ["Write"] * 3


POISON = {
    "Bash": (SOUND.replace(CALL, 'Bash(command="touch bad")'), "a program may call Bash only where that is granted"),
    "a tool it does not name": (
        SOUND.replace(
            'Write(file_path="note", content="noted")', 'Edit(file_path="x", old_string="a", new_string="b")'
        ),
        "calls Edit, which it was not made with",
    ),
    "no such tool": (SOUND.replace("Write(", "Wipe("), "there is no tool 'Wipe' here"),
    "no bound": (
        SOUND.replace("given number1: whole number in 1..9", "given number1: whole number"),
        "how often this repeats",
    ),
    "a loop without end": (SOUND.replace("repeat number1", "while true"), "line 13:"),
    "a value out of range": (SOUND.replace("1..9", "5..9"), "number1"),
    "another parameter": (SOUND.replace("number1", "number2"), "number2"),
    "an empty program": ("", "the program may end without 'done' or 'stop'"),
}


@pytest.mark.parametrize(("program", "why"), POISON.values(), ids=POISON)
async def test_a_poisoned_skill_does_nothing(place: Place, versions: dict[str, str], program: str, why: str) -> None:
    """Whatever its sidecar claims: a program that is not sound, or goes beyond what it was made with, is not begun."""
    teach(place, versions, program, tools="Write Bash" if "Bash" in program else "Write")
    outcome = await ask(place, says("I look at it myself."))
    assert (outcome.mode, outcome.tool_calls, asked(outcome)) == ("LEARNER", (), 1)
    assert why in outcome.mode_reason
    assert list(place.workspace.iterdir()) == []


@pytest.mark.parametrize(("program", "proven"), [(LOOKS, 0), (LOOKS.replace("call get_status", "call go_home"), 1)])
async def test_a_skill_that_only_looked_at_the_robot_has_proved_nothing(
    tmp_path: Path, program: str, proven: int
) -> None:
    """That the goal is reached is a claim where nothing was moved, so it carries no climb."""
    place = make_place(tmp_path)
    hire(place, "---\nname: worker\ndescription: Goes.\ntools: go_home, get_status\n---\nGo.\n")
    arm = (CHECKOUT / "volumes/system/robots/arm.md").read_text("utf-8")
    place.write("user/robots/arm.md", arm.replace("[mujoco-arm, kinematic]", "kinematic"))
    known = await play(place, asks("go_home", "get_status"), says(), goal="look", robot="arm")
    called = {call.tool: call.version for call in events(read_journal(known.journal), ToolCalled)}
    teach(place, called, program, tools="go_home get_status", world="arm: kinematic arm (simulated) / empty")
    before = len(read_usage(place.home / "user"))
    outcome = await play(place, goal=GOAL, robot="arm")
    assert (outcome.mode, outcome.outcome) == ("CRYSTALLIZED", "done")
    assert len(read_usage(place.home / "user")) == before + proven


async def test_a_program_edited_by_hand_has_to_prove_itself(place: Place, versions: dict[str, str]) -> None:
    """The uses of another text are not its own."""
    teach(place, versions, SOUND)
    [page] = (place.home / "user/skills").glob("*/SKILL.md")
    page.write_text(page.read_text().replace('content="noted"', 'content="something else"'))
    outcome = await ask(place, says("I look at it myself."))
    assert (outcome.mode, outcome.tool_calls) == ("LEARNER", ())
    assert "has 0 uses of 5" in outcome.mode_reason


async def test_what_lies_in_the_workspace_is_not_asked(place: Place, versions: dict[str, str]) -> None:
    """A skill of a folder that nobody trusts leads nobody, nor do the uses that it brings."""
    for folder in ("../work/.claude", "../work/.agents", "../work"):
        teach(place, versions, SOUND, volume=folder)
    outcome = await ask(place, says("I look at it myself."))
    assert (outcome.mode, outcome.tool_calls, asked(outcome)) == ("LEARNER", (), 1)
