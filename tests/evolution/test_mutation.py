"""From failed runs to one tested commit, or to a reason; and back again when real runs get worse."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from llmos.boot.library import Library
from llmos.documents.scenario import Case
from llmos.errors import DocumentError, LLMosError, RefusedError
from llmos.evolution.lineage import revert_by_hand
from llmos.evolution.proposer import Lens
from llmos.evolution.subject import scenarios
from llmos.settings import Environment
from tests.support.benches import RULES, DecidedBench
from tests.support.evolving import HELD_OUT, Says, World, repaired
from tests.support.porter import CURE, FAULT, PORTER, proposal

pytestmark = pytest.mark.anyio


@pytest.fixture
def make(tmp_path: Path, seed: Path) -> Callable[..., World]:
    """A world in a home as `llmos init` makes it."""
    shutil.copytree(seed, tmp_path / "home", symlinks=True)
    return lambda **more: World(tmp_path, **more)


@pytest.fixture
def world(make: Callable[..., World]) -> World:
    """The agent stands in the user volume and has failed twice."""
    made = make()
    made.ran("failed", "failed")
    return made


async def test_the_winner_is_one_commit_that_says_why(world: World) -> None:
    """Subject, reason, evidence by run id, the test with its figures, the proposer; one place of the text changes."""
    before = world.library.user.log()
    (change,) = await world.evolve(proposal())
    (commit, *older) = world.library.user.log()
    assert (change.verdict, change.commit) == ("kept", commit.id)
    assert tuple(older) == before
    assert world.agent() == PORTER.replace(FAULT, CURE)
    assert commit.subject == "Improve the agent porter: The gripper is never opened, so nothing is put down; the ed…"
    assert "It rests on 2 runs that failed or had to be corrected:" in commit.body
    assert "- r0: Pick up the object at (1.5, 1.0, 0.5) and place it at (-1.0, -1.0, 0.7): Still held." in commit.body
    assert (
        "It is better on held-out scenarios: 11 scenarios won, 0 lost, 0 alike in 12 cases; p = 0.00049" in commit.body
    )
    trailers = commit.body.rpartition("\n\n")[2].splitlines()
    assert trailers[:8] == [
        "Agent: porter", "Component: Placing", "Evidence: r0 r2", "Scenarios: 11 held-out, 12 cases", "Wins: 11",
        "Losses: 0", "P-value: 0.000488", "Proposer: a rule in run run-1",
    ]  # fmt: skip
    (tried,) = world.tries()
    assert tried.ended is not None
    assert (tried.ended.verdict, tried.ended.commit, tried.begun.number) == ("kept", commit.id, 1)


async def test_a_shipped_agent_is_shadowed_not_changed(make: Callable[..., World]) -> None:
    """The edit of an agent of another volume is a copy in the person's own."""
    world = make(volume="team")
    world.ran("failed")
    await world.evolve(proposal())
    assert (world.place.home / "team/agents/porter.md").read_text("utf-8") == PORTER
    assert world.agent() == PORTER.replace(FAULT, CURE)
    assert world.library.registry.snapshot().entry("agent", "porter").volume.name == "user"


async def test_a_loser_is_discarded_with_its_reason_and_tried_no_second_time(world: World) -> None:
    """The file stays, the record says why, and the proposer hears only that it was not better."""
    useless = proposal("# Placing\n\nMove to the second point and stay there calmly.")
    step = world.step(says := Says(useless, useless, proposal()))
    changes = await step.carry_out(world.said.append)
    assert [change.verdict for change in changes] == ["discarded", "refused", "kept"]
    assert changes[0].sentence.startswith("It cannot be shown to be better any more, with ")
    assert changes[1].sentence.startswith("The same edit was tried before, as ")
    assert says.asked[1].earlier == [
        (
            "An edit of 'Placing' was tried and not better. It said why: "
            "The gripper is never opened, so nothing is put down; the edit opens it at the end."
        )
    ]
    assert says.asked[2].earlier[1].startswith("An edit was refused: The same edit was tried before")
    assert [each.begun.number for each in world.tries()] == [1, 0, 2]


async def test_what_is_refused_is_recorded_and_never_run(world: World) -> None:
    """A poisoned proposal costs no case and spends no alpha."""
    changes = await world.evolve(
        proposal(tools="Bash"), proposal("# Safety\n\nBe quick.", "Safety"), proposal("x" * 1_000_000)
    )
    assert [change.verdict for change in changes] == ["refused"] * 3
    assert changes[1].sentence == "The edit takes words of safety out: 'Never go on after a refusal.'"
    assert world.bench.runs == []
    assert [each.begun.number for each in world.tries()] == [0, 0, 0]
    assert max(len(each.begun.text) for each in world.tries()) <= RULES.agent_text_bytes
    assert world.agent() == PORTER


async def test_the_proposer_hears_of_runs_and_never_of_scenarios(world: World) -> None:
    """Nothing of a page stands in what is asked, and a goal that is shown is held out no more."""
    world.ran("failed", goal="Carry the thing at (-0.8, 0.4, 0.6) to (0.5, 0.5, 1.0).")
    step = world.step(says := Says(proposal()))
    await step.carry_out(world.said.append)
    (asked,) = says.asked
    assert [part.name for part in asked.components] == ["description", "instructions", "Taking", "Placing", "Safety"]
    assert asked.tools == ("move_to", "toggle_tool", "get_status")
    assert [run.outcome for run in asked.faults] == ["failed"] * 3
    told = repr(asked)
    for word in ("carry-item", "holding: nothing", "within_m", "scenario", "held-out", "(0.1, 0.4, 0.05)"):
        assert word not in told
    assert "carry-sample-1#1" not in {name for _, name in world.bench.runs}
    assert "carry-sample-2#1" in {name for _, name in world.bench.runs}


async def test_lenses_come_in_turn_after_a_first_look_without(world: World) -> None:
    """A single one is looked through every time."""
    lenses = (Lens("circuits", "Think of current."), Lens("signals", "Think of noise."))
    texts = [proposal(f"# Placing\n\nMove to the second point and stay there, {word}.") for word in "abc"]
    step = world.step(says := Says(*texts), lenses=lenses)
    await step.carry_out(world.said.append)
    assert [asked.lens and asked.lens.name for asked in says.asked] == [None, "circuits", "signals"]
    assert [each.begun.lens for each in world.tries()] == ["", "circuits", "signals"]
    step = world.step(says := Says(*texts), lenses=lenses[:1])
    await step.carry_out(world.said.append)
    assert {asked.lens and asked.lens.name for asked in says.asked} == {"circuits"}


@pytest.mark.parametrize("dry", [True, False])
async def test_nothing_is_tried_where_nothing_can_be_learned(make: Callable[..., World], dry: bool) -> None:
    """No fault, a fixed agent, too few scenarios, no model: each is a sentence, and nobody is asked."""
    world = make()
    world.ran("done", "done")

    async def told(**more: Any) -> str:
        step = world.step(Says(), **more)
        if dry:
            return (await step.foretell())[0].partition(": nothing, for ")[2]
        (change,) = await step.carry_out(world.said.append)
        assert change.verdict == "nothing"
        return change.sentence.removeprefix("Nothing was tried, for ")

    assert await told() == "none of 2 runs of this version failed or had to be corrected."
    assert await told(only="safety-officer") == (
        "this agent is changed by a person only (`agents_fixed` in kernel/evolution.md)."
    )
    world.ran("failed")
    few = replace(RULES, agent_practice_share=0.0, agent_cases=5)
    assert await told(rules=few) == (
        "5 held-out scenarios are too few: at least 6 must be won, for this try may spend 0.025; "
        "add scenarios for it to a volume."
    )
    step = replace(world.step(Says()), why_not=lambda agent: f"no model can serve {agent}")
    assert await step.foretell() == ["porter: nothing, for no model can serve porter."]


async def test_a_foretelling_says_what_would_be_done_and_does_nothing(world: World) -> None:
    """One sentence an agent; without a name, all agents that have runs and may change."""
    step = world.step(Says(), only=None)
    assert await step.foretell() == [
        (
            "porter: ask for an edit, because 2 runs failed or had to be corrected, "
            "and try it on 12 held-out cases, 1 safety case and 0 for practice."
        )
    ]
    assert world.tries() == ()


async def test_runs_of_another_version_are_no_evidence(world: World) -> None:
    """What a person has mended since is not mended again."""
    world.place.write("user/agents/porter.md", PORTER.replace("Carries one", "Carries any one"))
    world.library.user.commit([Path("agents/porter.md")], "Mend it\nBy hand.")
    (change,) = await world.evolve()
    assert change.sentence == "Nothing was tried, for none of 0 runs of this version failed or had to be corrected."


async def test_an_edit_that_nobody_committed_is_not_built_upon(world: World) -> None:
    """A person's half-done work is neither tried nor committed in their place."""
    path = world.place.write("user/agents/porter.md", PORTER + "\nMore to come.\n")
    world.ran("failed")
    with pytest.raises(RefusedError) as caught:
        await world.evolve(proposal())
    assert str(caught.value) == f"{path} has edits that no commit holds; commit them, then evolve."
    [told] = await world.step(Says()).foretell()
    assert told == f"porter: nothing yet, for {path} has edits that no commit holds; commit them, then evolve."


async def test_what_a_person_changed_meanwhile_is_not_written_over(world: World) -> None:
    """The agent is saved while its cases run: the verdict was about another text, and nothing is committed."""

    def saved(text: str, case: Case) -> bool:
        world.place.write("user/agents/porter.md", PORTER + "\nOne more thing.\n")
        return repaired(text, case)

    world.bench = DecidedBench(saved)
    (change,) = await world.evolve(proposal())
    assert (change.verdict, change.sentence) == ("discarded", "Somebody changed the agent meanwhile.")
    assert world.agent() == PORTER + "\nOne more thing.\n"


async def test_a_commit_that_nobody_could_write_down_is_remembered(world: World) -> None:
    """The process ended between the commit and the record: the next one finds the commit by its try."""
    (change,) = await world.evolve(proposal())
    tries = world.step(Says()).ground.tries
    first, _ = tries.path.read_bytes().splitlines(keepends=True)
    tries.path.write_bytes(first)
    world.library.registry.refresh()
    await world.step(Says()).foretell()
    (found,) = tries.all()
    assert found.ended is not None
    assert (found.ended.verdict, found.ended.commit) == ("kept", change.commit)


async def test_scenarios_of_added_volumes_examine_nobody(world: World) -> None:
    """Who writes the examination writes the agent; what somebody else wrote decides nothing."""
    page = world.place.home / "user/scenarios/carry-red.md"
    text = page.read_text("utf-8").replace("name: carry-red", "name: foreign").replace("[-0.5", "[-0.6")
    world.place.write("volumes/foreign/scenarios/foreign.md", text)
    library = Library(Environment(home=world.place.home), world.clock)
    library.trust.trust(world.place.home / "volumes/foreign", frozenset())
    trusted = Library(Environment(home=world.place.home), world.clock)
    entries = {entry.name for entry in trusted.registry.snapshot().scenarios()}
    ground = replace(world.step(Says()).ground, registry=trusted.registry)
    assert "foreign" in entries
    assert "foreign" not in {each.name for each in scenarios(ground)}


async def test_a_broken_scenario_stops_the_step(world: World) -> None:
    """To leave it out would change what is asked."""
    path = world.place.write("user/scenarios/carry-red.md", "---\nname: carry-red\n---\n")
    with pytest.raises(DocumentError) as caught:
        await world.evolve(proposal())
    assert str(caught.value) == f"{path}:1: 'description' is missing"


async def test_a_version_that_makes_real_runs_worse_is_taken_back_by_itself(world: World) -> None:
    """Watched on later real runs, against those of the version before; one commit says why."""
    world.ran(*["done"] * 20)
    await world.evolve(proposal())
    world.ran("failed", "failed")
    assert "reverted" not in [each.verdict for each in await world.evolve(*[proposal()] * 3)]  # two may be bad luck
    world.ran(*["failed"] * 6)
    assert (await world.step(Says()).foretell())[0].startswith("porter: take back commit ")
    (change,) = await world.evolve()
    assert change.verdict == "reverted"
    assert change.sentence.startswith(
        "Real runs became worse: 0 of 8 real runs went well since, 20 of 22 before; e-value "
    )
    assert world.agent() == PORTER
    head = world.library.user.log()[0]
    assert head.subject.startswith("Revert: Improve the agent porter: ")
    assert "Real runs became worse" in head.body
    ended = world.tries()[0].ended
    assert ended is not None
    assert (ended.verdict, ended.commit) == ("reverted", head.id)
    again = await world.evolve(*[proposal()] * 3)
    assert {change.verdict for change in again} == {"refused"}
    assert again[0].sentence.endswith(", and reverted.")


async def test_a_version_that_is_no_worse_stays(world: World) -> None:
    """Better runs, and runs that fail as often as before, take nothing back."""
    await world.evolve(proposal())
    world.ran("failed", "failed", "failed", "done")
    assert [change.verdict for change in await world.evolve(*[proposal()] * 3)] == ["refused"] * 3
    assert world.agent() == PORTER.replace(FAULT, CURE)


async def test_a_person_takes_an_edit_back_by_its_commit(world: World) -> None:
    """By a few letters of its id; what evolution did not make it does not take back."""
    (change,) = await world.evolve(proposal())
    assert change.commit is not None
    history, home = world.library.user, world.place.home
    other = history.log()[-1].id
    for commit in (other, "nonsense", change.commit[:3], ""):
        with pytest.raises(LLMosError) as caught:
            revert_by_hand(history, home, commit, "")
        expected = f"'{commit}' is no edit that `llmos evolve` kept; `llmos evolve log` shows those that are."
        assert str(caught.value) == expected
    revert_by_hand(history, home, change.commit[:10], "I liked it better before.")
    assert world.agent() == PORTER
    assert "I liked it better before." in history.log()[0].body
    ended = world.tries()[0].ended
    assert ended is not None
    assert (ended.verdict, ended.reason) == ("reverted", "I liked it better before.")


async def test_a_git_revert_by_hand_is_honoured(world: World) -> None:
    """The former version is in force again: its faults count again, and nothing is taken back a second time."""
    (change,) = await world.evolve(proposal())
    assert change.commit is not None
    world.library.user.revert(change.commit, "By hand.")
    world.ran("failed")
    (again,) = await world.evolve(proposal(), rules=replace(HELD_OUT, agent_proposals=1))
    assert again.verdict == "refused", again
    assert again.sentence.endswith(", and kept.")
