"""Documents edited while a process lives: the next run has them, the one under way has not; broken saves do no harm."""

import json
from pathlib import Path

import pytest

from llmos.errors import DocumentError
from llmos.models.cassette import CassetteModel
from llmos.traces.events import DocumentBroken, PromptSet, ToolReturned
from tests.support.homes import Place, make_place
from tests.support.overlays import overlay
from tests.support.runs import events, hire, play, whole
from tests.support.tapes import Line, asks, says, tape

pytestmark = pytest.mark.anyio

AGENT = "---\nname: worker\ndescription: Works.\n---\n\n{}\n"
SKILL = "---\nname: knots\ndescription: Ties knots.\n---\n\n{}\n"
SAVE = '''
from pathlib import Path
from llmos import tool

@tool
def save(path: str, text: str) -> str:
    """Save, as a person does in an editor."""
    Path(path).write_text(text, "utf-8")
    return "saved"
'''
BROKEN: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "the file is empty; the last good version stays in use"),
    "cut off": (
        b"---\nname: worker\n",
        "the frontmatter is never closed with '---'; the last good version stays in use",
    ),
    "no text": (b"\xff\xfeW", "the file is UTF-16; save it as UTF-8; the last good version stays in use"),
}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A home and a workspace."""
    return make_place(tmp_path)


def system_prompt(journal: Path) -> str:
    """What the model of a run was told at its beginning."""
    (prompt,) = events(whole(journal), PromptSet)
    return str(prompt.system)


async def test_a_saved_agent_counts_from_the_next_run_on(place: Place) -> None:
    """One process, two runs, one sentence changed between them; a new agent and a deleted one are noticed as well."""
    path = hire(place, AGENT.format("Be brief."))
    async with place.system(model=tape(place, *[says()] * 3)) as system:
        first = await system.execute("go", "worker")
        path.write_text(AGENT.format("Be thorough."))
        second = await system.execute("go", "worker")
        hire(place, AGENT.format("New.").replace("worker", "newcomer"), "newcomer")
        third = await system.execute("go", "newcomer")
        path.unlink()
        with pytest.raises(DocumentError) as gone:
            await system.execute("go", "worker")
    assert "Be brief." in system_prompt(first.journal)
    assert "Be thorough." in system_prompt(second.journal)
    assert "Be brief." not in system_prompt(second.journal)
    assert "New." in system_prompt(third.journal)
    assert str(gone.value).startswith("There is no agent 'worker'; ")


async def test_what_is_saved_during_a_run_waits_for_the_next(place: Place) -> None:
    """The run goes on with the agent, the skill and the skills' list it began with; the next has the new ones."""
    path = hire(place, AGENT.format("Old body."))
    skill = place.write("user/skills/knots/SKILL.md", SKILL.format("Old knot."))
    place.write("user/tools/save.py", SAVE)
    saves = [
        asks(("save", {"path": str(path), "text": AGENT.format("New body.")})),
        asks(("save", {"path": str(skill), "text": SKILL.format("New knot.")})),
    ]
    rest: list[Line] = [asks(("Skill", {"skill": "knots"})), {"expect": "Old body.", **says("ready")}]
    again: list[Line] = [asks(("Skill", {"skill": "knots"})), {"expect": "New body.", **says("ready")}]
    async with place.system(model=tape(place, *saves, *rest, *again)) as system:
        first = await system.execute("go", "worker")
        second = await system.execute("go", "worker")
    assert (first.outcome, second.outcome) == ("done", "done"), (first.reason, second.reason)
    opened = [[event.text for event in events(whole(each.journal), ToolReturned)][-1] for each in (first, second)]
    assert "Old knot." in opened[0]
    assert "New knot." in opened[1]


@pytest.mark.parametrize(("content", "sentence"), BROKEN.values(), ids=BROKEN)
async def test_a_broken_save_keeps_the_last_good_version_and_says_so(
    place: Place, content: bytes, sentence: str
) -> None:
    """In this process and in the next one; the good save after it counts again."""
    path = hire(place, AGENT.format("Good."))
    model = tape(place, says(), says(), says())
    async with place.system(model=model) as system:
        await system.execute("go", "worker")
        path.write_bytes(content)
        broken = await system.execute("go", "worker")
    later = await play(place, says())
    path.write_text(AGENT.format("Better."))
    mended = await play(place, says())
    for outcome in (broken, later):
        assert "Good." in system_prompt(outcome.journal)
        assert [event.sentence for event in events(whole(outcome.journal), DocumentBroken)] == [sentence]
    assert "Better." in system_prompt(mended.journal)
    assert list(events(whole(mended.journal), DocumentBroken)) == []


async def test_rules_hold_as_they_were_when_the_process_began(place: Place) -> None:
    """No agent and no editor changes the limits of a process that runs; the next process has them."""
    hire(place, AGENT.format("Work."))
    look = asks(("Glob", {"pattern": "*"}))
    async with place.system(model=tape(place, look, says(), look, says()), mode="learner") as system:
        await system.execute("go", "worker")
        overlay(place.home, {"orchestration.max_iterations": 1})
        second = await system.execute("go", "worker")
    assert (second.outcome, second.steps) == ("done", 2)
    assert (await play(place, says(), mode="learner")).outcome == "budget"


async def test_a_broken_rule_stops_the_next_process_only(place: Place) -> None:
    """The one that runs goes on; the next says file, line and key."""
    hire(place, AGENT.format("Work."))
    async with place.system(model=tape(place, says(), says())) as system:
        await system.execute("go", "worker")
        page = place.write("kernel/budget.md", "---\nbudget_usd: a lot\n---\n")
        assert (await system.execute("go", "worker")).outcome == "done"
    with pytest.raises(DocumentError) as refused:
        await play(place, says())
    assert str(refused.value).startswith(f"{page}:2: ")


async def test_a_template_in_a_document_reaches_the_model_as_it_stands(place: Place) -> None:
    """Bodies, descriptions and goals are values; nothing in them is rendered, in any process."""
    attacks = ("{{ 7 * 7 }}", "{% for x in ().__class__.__mro__ %}{% endfor %}", "{{ rules }}", "{# gone #}", "${HOME}")
    text = " ".join(attacks)
    hire(place, AGENT.format(text).replace("Works.", json.dumps(text)))
    place.write("user/skills/s/SKILL.md", f"---\nname: s\ndescription: {json.dumps(text)}\n---\n\n{text}\n")
    path = Path(tape(place, asks(("Skill", {"skill": "s"})), says()).removeprefix("cassette:"))
    async with place.system(model="dev", api="http://127.0.0.1:1") as system:
        system.models.put("dev", CassetteModel(path))
        outcome = await system.execute(text, "worker")
    prompt = system_prompt(outcome.journal)
    (opened,) = events(whole(outcome.journal), ToolReturned)
    for attack in attacks:
        assert prompt.count(attack) == 2
        assert attack in opened.text
        assert attack in outcome.goal
