"""`llmos evolve`: an agent with a fault is repaired by a tested, committed edit, in real simulated runs."""

import json

import anyio
import pytest

from llmos.boot.evolving import Asked, steps
from llmos.evolution.steps import Change
from llmos.traces.journal import journals
from llmos.traces.reading import read_start
from llmos.volumes.locks import sole_owner
from tests.support.command_line import CommandLine, Said
from tests.support.porter import CASSETTE, CURE, FAULT, GOAL, PORTER, LiteralModel, furnish, proposal, quick_arm
from tests.support.repositories import person
from tests.support.tapes import asks, says

LITERAL = "cassette:literal"


@pytest.fixture
def porter(at_home: CommandLine) -> CommandLine:
    """The agent `porter` and its scenarios, committed, and an arm that takes little time to simulate."""
    at_home.place.write("user/robots/arm.md", quick_arm())
    furnish(at_home.place)
    person(at_home.place.home / "user", "add", "--all")
    person(at_home.place.home / "user", "commit", "--quiet", "--message", "Begin")
    fail(at_home)
    return at_home


def fail(at_home: CommandLine, times: int = 2) -> None:
    """Real runs that fail by the scene's own check: what the model says is only said where the fault stands."""
    move = ("move_to", {"x": 1.5, "y": 1.0, "z": 0.5})
    away = ("move_to", {"x": -1.0, "y": -1.0, "z": 0.7})
    lines = [asks(move), asks(("toggle_tool", {"activate": True})), asks(away), says("There it is.")]
    for _ in range(times):
        tape = at_home.tape(*[{**line, "expect": FAULT} for line in lines[:1]], *lines[1:])
        said = at_home("agent", "run", "porter", GOAL, "--scene", "pick-and-place", "--model", tape, "--json")
        assert said.json["outcome"] == "failed"
        assert said.json["reason"] == "'cube' is still in the gripper."


def evolve(at_home: CommandLine, *words: str) -> Said:
    """The command on the cassette."""
    return at_home("evolve", "--agent", "porter", "--model", f"cassette:{CASSETTE}", "--no-stream", *words)


def agent(at_home: CommandLine) -> str:
    """The agent as it stands."""
    return (at_home.place.home / "user/agents/porter.md").read_text("utf-8")


def commits(at_home: CommandLine) -> list[str]:
    """The subjects of the user volume, newest first."""
    return person(at_home.place.home / "user", "log", "--format=%s").splitlines()


async def evolved(at_home: CommandLine, model: LiteralModel) -> list[Change]:
    """What comes of it when a model reads the prompts and does what they say."""
    async with at_home.place.system(model=LITERAL, mode="learner") as system:
        system.models.put(LITERAL, model)
        with steps(system, Asked(agent="porter", model=LITERAL)) as every:
            return [change for step in every for change in await step.carry_out(lambda _: None)]


@pytest.fixture
def repaired(porter: CommandLine) -> CommandLine:
    """The home after `llmos evolve`."""
    said = evolve(porter)
    assert said.code == 0, said.err
    assert said.out.startswith(
        "kept       agents porter: It is better on held-out scenarios: 8 scenarios won, 0 lost, "
    )
    return porter


def test_a_planted_fault_is_repaired_and_the_commit_shows_why(repaired: CommandLine) -> None:
    """An agent that never opens the gripper: two real runs failed; one edit is proposed, tried and committed."""
    home = repaired.place.home
    assert agent(repaired) == PORTER.replace(FAULT, CURE)
    shown = person(home / "user", "show", "HEAD")
    assert "Improve the agent porter: The gripper is never opened" in shown
    assert f"-{FAULT}" in shown
    assert f"+{CURE}" in shown
    assert "won carry-item-1#1: before, 'item' is still in the gripper." in shown
    runs = {path.stem: read_start(home, path.stem).agent for path in journals(home)}  # cases leave none among these
    (proposed,) = [run for run, name in runs.items() if name == "improver"]
    failed = [run for run, name in runs.items() if name != "improver"]
    (evidence,) = [line for line in shown.splitlines() if line.strip().startswith("Evidence: ")]
    assert sorted(evidence.split()[1:]) == sorted(failed)
    assert len(failed) == 2
    assert f"Proposer: improver on cassette:{CASSETTE} in run {proposed}" in shown

    # Every case left its journal with the try, so that a verdict can be checked.
    (kept,) = [path for path in (home / "evolution").iterdir() if path.is_dir()]
    cases = sorted(path.relative_to(kept).as_posix() for path in kept.glob("*/*"))
    assert len(cases) == 2 * (4 + 1 + 8)
    assert {"held-out/carry-item-1#1-candidate", "pinned/safety-station#1-current"} <= set(cases)
    assert all(len(list((kept / case).iterdir())) == 1 for case in cases)

    # The version in force has no failed run, so nobody is asked again.
    (change,) = evolve(repaired, "--json").json["changes"]
    assert change["verdict"] == "nothing"
    assert change["sentence"] == "Nothing was tried, for none of 0 runs of this version failed or had to be corrected."

    # The log has it with its figures, and a person can take it back by its commit.
    head = person(home / "user", "rev-parse", "HEAD")
    (logged,) = repaired("evolve", "log", "--json").json["tries"]
    assert (logged["verdict"], logged["won"], logged["lost"]) == ("kept", 8, 0)
    assert head.startswith(logged["commit"])
    lines = repaired("evolve", "log").out.splitlines()
    assert lines[0].split() == ["id", "agent", "component", "verdict", "won", "lost", "p", "cost", "commit", "reason"]
    said = repaired("evolve", "revert", head[:10], "--reason", "I liked it.")
    assert said.code == 0, said.err
    assert said.out.startswith("Reverted by ")
    assert agent(repaired) == PORTER
    assert commits(repaired)[0].startswith("Revert: Improve the agent porter")
    assert repaired("evolve", "log", "--json").json["tries"][0]["verdict"] == "reverted"


def test_a_model_that_follows_each_version_to_the_letter_fails_before_and_succeeds_after(porter: CommandLine) -> None:
    """Only the edit makes the difference; and what that model says is the cassette, line for line."""
    model = LiteralModel(proposal())
    changes = anyio.run(evolved, porter, model)
    assert [change.verdict for change in changes] == ["kept"]
    written = [json.loads(line) for line in CASSETTE.read_text("utf-8").splitlines()]
    assert written == json.loads(json.dumps(model.lines))
    assert {line["expect"] for line in written} == {"# Who you are: improver", FAULT, CURE}

    async def carry() -> str:
        async with porter.place.system(model=LITERAL, scene="pick-and-place", mode="learner") as system:
            system.models.put(LITERAL, LiteralModel())
            return (await system.execute(GOAL, "porter")).outcome

    assert anyio.run(carry) == "done"


def test_it_learns_wherever_one_stands(porter: CommandLine) -> None:
    """Also in the home folder, which no run may have as its workspace: what is tried has one of its own."""
    before = evolve(porter, "--dry-run", "--json").json
    porter.patch.chdir(porter.place.root)
    assert evolve(porter, "--dry-run", "--json").json == before


def test_a_dry_run_says_what_would_be_done(porter: CommandLine) -> None:
    """And does none of it: no model is asked, no commit is made, no try is written down."""
    before = commits(porter)
    said = evolve(porter, "--dry-run", "--json")
    (plan,) = [each for each in said.json["plan"] if each["step"] == "agents"]
    assert plan["would"] == (
        "porter: ask for an edit, because 2 runs failed or had to be corrected, "
        "and try it on 8 held-out cases, 1 safety case and 4 for practice."
    )
    assert commits(porter) == before
    assert not (porter.place.home / "evolution").exists()


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (
            proposal(tools="Bash"),
            "The proposal is not one edit of one component: Object contains unknown field `tools`.",
        ),
        (proposal("Bash", "tools"), "An edit of 'tools' is not possible, for it is no component; "),
        (
            proposal("# Safety\n\nBe quick.", "Safety"),
            "The edit takes words of safety out: 'Never go on after a refusal.'",
        ),
        (proposal(f"# Placing\n\n{CURE}\n\n# Safety\n\nBe quick."), "The edit changes a second component, 'Safety'; "),
        (proposal("x" * 1_000_000), "The proposal has 1000129 bytes; an answer with one edit has at most 20000."),
    ],
    ids=["adds a tool", "edits the tools", "removes safety", "edits two", "a megabyte"],
)
def test_a_poisoned_proposal_is_refused_with_a_sentence(porter: CommandLine, answer: str, sentence: str) -> None:
    """Nothing is run and nothing changes; `evolve log` has the reason."""
    tape = porter.tape(*[says(answer)] * 3)
    said = porter("evolve", "--agent", "porter", "--model", tape, "--no-stream", "--json")
    changes = said.json["changes"]
    assert [each["verdict"] for each in changes] == ["refused"] * 3
    assert changes[0]["sentence"].startswith(sentence)
    assert agent(porter) == PORTER
    logged = porter("evolve", "log", "--json").json["tries"]
    assert {each["reason"][: len(sentence)] for each in logged} == {sentence}
    assert {each["verdict"] for each in logged} == {"refused"}


def test_an_edit_cannot_give_a_tool_of_a_volume(porter: CommandLine) -> None:
    """Nor one that a plugin file declares, whose name the house does not know."""
    porter.place.write(
        "user/tools/glue.py", 'from llmos import tool\n\n\n@tool\ndef mix_glue() -> str:\n    """Mix."""\n'
    )
    tape = porter.tape(*[says(proposal(f"# Placing\n\n{CURE} Use mix_glue first."))] * 3)
    said = porter("evolve", "--agent", "porter", "--model", tape, "--no-stream", "--json")
    refused = "The new text names the tool mix_glue, which porter is not given; an edit cannot give tools."
    assert {each["sentence"] for each in said.json["changes"]} == {refused}
    assert agent(porter) == PORTER


def test_without_a_model_what_needs_none_is_done_and_the_rest_says_why(porter: CommandLine) -> None:
    """No key, no model: a sentence and exit code 0, for the other steps went their way."""
    said = porter("evolve", "--agent", "porter", "--no-stream")
    assert said.code == 0, said.err
    assert said.out == (
        "nothing    agents porter: Nothing was tried, for the model 'pocket' is given no prose of agents, so no edit "
        "of theirs can change what it does; set ANTHROPIC_API_KEY, run `llmos model pull runtime`, or name another "
        "with --model.\n"
    )


def test_the_pocket_model_cannot_be_steered_by_an_edit(porter: CommandLine) -> None:
    """It is given no prose, so no trial could show a difference."""
    said = porter("evolve", "--agent", "porter", "--model", "pocket", "--no-stream")
    assert "the model 'pocket' is given no prose of agents, so no edit of theirs can change what it does" in said.out


def test_a_model_that_is_not_there_is_said_before_anything_happens(porter: CommandLine) -> None:
    """The steps that need no model do nothing either: not even what was counted is committed."""
    before = commits(porter)
    porter.patch.setenv("OPENAI_API_KEY", "k")
    for model, sentence in {
        "nope": "There is no model 'nope'; known are: ",
        "cassette:nowhere": "the cassette nowhere cannot be read: ",
        "anthropic:nobodys": "nobodys needs a key: set ANTHROPIC_API_KEY",
        "openai:nobodys": "kernel/models.md has no price for 'nobodys', so no budget could hold it; ",
    }.items():
        for words in ((), ("--dry-run",)):
            said = porter("evolve", "--model", model, "--no-stream", *words)
            assert (said.code, said.out) == (2, "")
            assert said.last.startswith(f"llmos: {sentence}")
    assert commits(porter) == before


def test_two_at_once_do_not_learn_the_same_twice(porter: CommandLine) -> None:
    """The second says that the first is at work."""
    with sole_owner(porter.place.home / "run" / "evolve.lock"):
        said = evolve(porter)
    assert (said.code, said.last) == (2, "llmos: Another `llmos evolve` is at work in this home; let it end first.")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("evolve", "--agent", "portre"), "There is no agent 'portre'; did you mean 'porter'?"),
        (("evolve", "--lens", "circuit", "--agent", "porter"), "There is no lens 'circuit'; did you mean 'circuits'?"),
        (("evolve", "logs"), "There is no command 'logs'; did you mean 'log'? See `llmos evolve --help`."),
        (("evolve", "revert", "abcd1234"),
         "'abcd1234' is no edit that `llmos evolve` kept; `llmos evolve log` shows those that are."),
    ],
)  # fmt: skip
def test_what_a_person_got_wrong_is_one_sentence(porter: CommandLine, words: tuple[str, ...], sentence: str) -> None:
    """With the nearest right one."""
    said = porter(*words)
    assert said.code == 2
    assert said.last == f"llmos: {sentence}"


def test_a_model_that_fails_in_the_midst_keeps_nothing(porter: CommandLine) -> None:
    """A provider that is away is no win for either version."""
    lines = [json.loads(line) for line in CASSETTE.read_text("utf-8").splitlines()]
    tape = porter.tape(*lines[:40], {"error": "fatal", "sentence": "The provider is gone."})
    said = porter("evolve", "--agent", "porter", "--model", tape, "--no-stream", "--json")
    (change,) = said.json["changes"]
    assert change["verdict"] == "discarded"
    assert change["sentence"].startswith("The model failed in the case ")
    assert change["sentence"].endswith(": The provider is gone.")
    assert agent(porter) == PORTER
