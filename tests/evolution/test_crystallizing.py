"""The step that makes skills of runs: what it tries, keeps, refuses and says, without a home and without a robot."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from llmos.documents.frontmatter import parse
from llmos.documents.skill import Skill, skill_from
from llmos.errors import ModelError, RefusedError
from llmos.evolution.crystal_page import Words, page
from llmos.evolution.crystallizer import Candidate
from llmos.evolution.crystallizing import PROGRAM, Known, Tried, held_out
from llmos.evolution.patterns import Pattern
from llmos.evolution.steps import Change
from llmos.traces.trace import Trace
from tests.support.crystals import RULES, Bench, Shelf, did, made, notes, picks, plain_words, reached, step_over

pytestmark = pytest.mark.anyio

FOUR = picks(4)
PICK = made(FOUR)


def skill_of(candidate: Candidate, old: str = "", new: str = "") -> Skill:
    """The skill as it was made, or with an edit."""
    text = page(candidate, plain_words(candidate)).replace(old, new)
    return skill_from(parse(text, Path(candidate.name) / "SKILL.md"))


async def changes(
    *groups: list[Trace], known: Known | None = None, bench: Bench | None = None, describe: object = None
) -> tuple[Sequence[Change], Shelf, Bench, list[str]]:
    """What the step does with these runs."""
    step, shelf, table = step_over(*groups, bench=bench, describe=describe)
    if known is not None:
        shelf.there[PICK.name] = known
    told: list[str] = []
    return await step.carry_out(told.append), shelf, table, told


async def test_a_skill_is_tried_and_kept_with_its_evidence() -> None:
    """One goal after the other is held out; then everything is moved; then there is one commit."""
    ((change,), shelf, bench, told) = await changes(FOUR)
    assert change.verdict == "kept"
    assert change.sentence == f"Make the skill {PICK.name} of 4 runs with 4 goals; 3 held-out runs done."
    assert [disturbed for *_, disturbed in bench.asked] == [False, False, False, True]
    for pattern, slots, disturbed in bench.asked:
        assert disturbed or all(dict(trace.slots) != dict(slots) for trace in pattern.traces)
    assert shelf.counted == ["held-out/1", "held-out/2", "held-out/3", "disturbed/1"]
    assert shelf.trailers == [
        {
            "": f"Make the skill {PICK.name} of 4 runs with 4 goals",
            "Skill": PICK.name,
            "Evidence": " ".join(trace.run_id for trace in FOUR),
            "Score": "3 of 3 held-out runs done",
            PROGRAM: PICK.crystal.program,
            "Words-by": "template",
        }
    ]
    assert told[-1] == f"{PICK.name}: with everything moved: failed."
    assert shelf.pages[PICK.name] == page(PICK, plain_words(PICK))


async def test_what_would_be_done_is_foretold_in_its_order() -> None:
    """The most frequent first; nothing is tried."""
    step, _, bench = step_over(FOUR, notes(("a.txt", "one"), ("b.txt", "two"), ("c.txt", "three")))
    told = await step.foretell()
    assert [each.partition(",")[0] for each in told] == [
        f"try out the skill {PICK.name}",
        f"try out the skill {made(notes(('a.txt', 'one'), ('b.txt', 'two'), ('c.txt', 'three'))).name}",
    ]
    assert bench.asked == []


async def test_too_few_runs_need_no_word() -> None:
    """There is nothing to say before more of them are there."""
    assert (await changes(FOUR[:2]))[0] == []


async def test_what_can_never_be_a_skill_is_said_with_its_reason() -> None:
    """Else a person wonders why nothing becomes of it."""
    bashed = [reached("log it", did("Bash", {"command": "date"}), number=n) for n in range(3)]
    greeted = [reached("greet", did("say", {"text": "a" * n}), number=n) for n in range(3)]
    found, _, bench, _ = await changes(bashed, greeted)
    assert [each.verdict for each in found] == ["refused", "refused"]
    assert found[0].sentence.endswith("was not made: what Bash did cannot be undone.")
    assert "was not made: call 1 of the program is not that of run" in found[1].sentence
    assert bench.asked == []


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        (Known(taken_back="c0ffee" * 7), "a person took back or removed this very program, of commit c0ffeec0ffee"),
        (Known(twin="carry-it-1234"), "the skill carry-it-1234 has the same program"),
        (Known(stale="the agent was edited"), "the agent was edited since its last run"),
        (Known(skill_of(PICK, "activate=true", "activate=false")), "a person has edited it, and it stays as it is"),
        (Known(skill_of(PICK, "Do it.", "Do it well.")), "a person has edited it, and it stays as it is"),
    ],
)
async def test_what_speaks_against_a_skill_is_heard_before_it_is_tried(known: Known, reason: str) -> None:
    """A person's word first of all."""
    ((change,), shelf, bench, _) = await changes(FOUR, known=known)
    assert change.sentence == f"The skill {PICK.name} was not made: {reason}."
    assert (change.verdict, shelf.pages, bench.asked) == ("refused", {}, [])
    step, shelf, _ = step_over(FOUR)
    shelf.there[PICK.name] = known
    assert known.skill is not None or await step.foretell() == []


async def test_a_skill_in_quarantine_is_not_renewed() -> None:
    """Only a person lifts it."""
    known = Known(skill_of(PICK, "metadata:\n", "metadata:\n  llmos-quarantine: it failed\n"))
    edited = [replace(each, agent_hash="sha256:edited") for each in FOUR]
    ((change,), shelf, *_) = await changes(edited, known=known)
    assert change.sentence == f"The skill {PICK.name} was not made: it is in quarantine: it failed."
    assert shelf.pages == {}


async def test_what_is_there_already_is_not_made_again() -> None:
    """Nor does it need a word."""
    assert (await changes(FOUR, known=Known(skill_of(PICK))))[0] == []


async def test_what_a_crash_left_uncommitted_is_made_whole() -> None:
    """Its page was written, and no commit holds it."""
    ((change,), *_) = await changes(FOUR, known=Known(skill_of(PICK), is_committed=False))
    assert change.verdict == "kept"


async def test_a_skill_of_another_time_is_renewed() -> None:
    """Its tools, or the documents it rests on, have changed, and runs since then show that it goes as before."""
    edited = [replace(each, agent_hash="sha256:edited") for each in FOUR]
    ((change,), shelf, *_) = await changes(edited, known=Known(skill_of(PICK)))
    assert change.sentence.startswith(f"Renew the skill {PICK.name} of 4 runs")
    assert "agent=sha256:edited" in shelf.pages[PICK.name]


async def test_a_name_that_a_person_uses_for_something_else_is_left_alone() -> None:
    """A skill without metadata of ours."""
    other = skill_of(PICK, "llmos-signature", "author")
    assert (await changes(FOUR, known=Known(other)))[0] == []


async def test_two_wordings_with_one_program_make_one_skill() -> None:
    """The second is followed by its traces as before, and no agent is offered the same thing twice."""
    again = [
        reached(trace.goal.replace("Pick up", "Please pick up"), *trace.steps, number=n, world=trace.world)
        for n, trace in enumerate(picks(3))
    ]
    found, shelf, *_ = await changes(FOUR, again)
    assert [each.verdict for each in found] == ["kept", "refused"]
    assert found[1].sentence.endswith(f"the skill {PICK.name} has the same program.")
    assert list(shelf.pages) == [PICK.name]


@pytest.mark.parametrize(
    ("bench", "reason"),
    [
        (
            Bench(held_out=Tried(reached=True, outcome="failed", reason="The cube lies elsewhere.", run_id="r")),
            "a goal that was held out ended as failed: The cube lies elsewhere",
        ),
        (
            Bench(held_out=Tried(reached=False, outcome="done", reason="", run_id="r")),
            "a goal that was held out ended as done: ",
        ),
        (
            Bench(disturbed=Tried(reached=True, outcome="failed", reason="Nothing is there.", run_id="r")),
            "with its objects elsewhere it said that it was done, and was not: Nothing is there",
        ),
        (
            Bench(held_out=Tried(reached=True, outcome="done", reason="", run_id="r", tools={"move_to": "sha256:2"})),
            "move_to changed since it was used",
        ),
    ],
)
async def test_what_does_not_hold_is_discarded(bench: Bench, reason: str) -> None:
    """With what spoke against it; nothing is written."""
    ((change,), shelf, *_) = await changes(FOUR, bench=bench)
    assert change.sentence == f"The skill {PICK.name} was not made: {reason}."
    assert (change.verdict, shelf.pages, shelf.counted) == ("discarded", {}, [])


class Broken(Bench):
    """A bench on which nothing can be tried."""

    async def run(self, candidate: Candidate, trace: Trace, *, disturbed: bool) -> Tried:
        """Refuse."""
        raise RefusedError("the robot lab is not simulated; programs are tried out on simulated ones only")


async def test_what_cannot_be_tried_is_discarded() -> None:
    """And the next pattern has its turn."""
    found, *_ = await changes(FOUR, notes(("a.txt", "one"), ("b.txt", "two"), ("c.txt", "three")), bench=Broken())
    assert [each.verdict for each in found] == ["discarded", "discarded"]
    assert found[0].sentence == (
        f"The skill {PICK.name} was not made: it could not be tried out: "
        "the robot lab is not simulated; programs are tried out on simulated ones only."
    )


async def test_a_model_writes_the_words_where_there_is_one() -> None:
    """The program stays as it is, and the commit says who wrote."""

    async def describe(_: Candidate) -> Words:
        return Words("Carries a thing.", "# Carry\n\nCarry it.", "skill-writer on dev")

    (_, shelf, _, _) = await changes(FOUR, describe=describe)
    assert "description: Carries a thing." in shelf.pages[PICK.name]
    assert shelf.trailers[0]["Words-by"] == "skill-writer on dev"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (None, "no words were written"),
        (
            Words("X.", "```program\ndone 1\n```", "m"),
            "the words of m are not taken: instructions bring no block of code",
        ),
        (Words("", "", "m"), "the words of m are not taken: a description and instructions are needed"),
    ],
)
async def test_words_that_are_none_are_replaced_by_the_template(words: Words | None, told: str) -> None:
    """A model that fails, or smuggles, costs no skill."""

    async def describe(_: Candidate) -> Words:
        if words is None:
            raise ModelError("no words were written")
        return words

    ((change,), shelf, _, said) = await changes(FOUR, describe=describe)
    assert change.verdict == "kept"
    assert any(told in each for each in said)
    assert shelf.trailers[0]["Words-by"] == "template"


async def test_words_that_would_break_the_page_are_refused() -> None:
    """A goal that holds what looks like a secret makes no skill."""
    secret = [replace(each, goal=f"{each.goal} AKIAABCDEFGHIJKLMNOP") for each in FOUR]
    ((change,), shelf, *_) = await changes(secret)
    assert change.verdict == "refused"
    assert change.sentence.endswith("is not written: it holds what looks like a secret.")
    assert shelf.pages == {}


def test_goals_are_held_out_one_by_one() -> None:
    """The newest first; the only one that a model planned stays in."""
    found = list(held_out(Pattern(tuple(picks(4, planned=1))), 9))
    assert [trace.run_id for _, trace in found] == [trace.run_id for trace in reversed(FOUR[1:])]
    assert len(list(held_out(Pattern(tuple(FOUR)), 2))) == 2


def test_without_values_the_goal_itself_is_tried() -> None:
    """There is nothing to hold out."""
    runs = tuple(reached("go home", did("go_home", {}), number=n) for n in range(3))
    assert list(held_out(Pattern(runs), 3)) == [(Pattern(runs), runs[-1])]


async def test_the_rules_say_how_many_runs_and_trials() -> None:
    """As `kernel/evolution.md` has them."""
    step, *_ = step_over(FOUR, rules=replace(RULES, crystallize_runs=5))
    assert await step.carry_out(lambda _: None) == []
    step, _, bench = step_over(FOUR, rules=replace(RULES, crystallize_cases=1))
    await step.carry_out(lambda _: None)
    assert len(bench.asked) == 2
