"""Learning in a whole system: what was done once is done again without a model, and never where it is another case."""

import subprocess
from pathlib import Path

import pytest

from llmos.clock import RealClock
from llmos.errors import LLMosError
from llmos.messages import Usage
from llmos.runtime.outcome import RunOutcome
from llmos.settings import system_root
from llmos.traces.events import MessageAdded, PromptSet, RunStarted
from llmos.traces.parts import TextPart
from llmos.traces.usage import read_usage, slots_hash
from llmos.volumes.home import init_home
from tests.support.homes import Place
from tests.support.runs import hire, journaled, play
from tests.support.tapes import WORKER, asks, calls, says

pytestmark = pytest.mark.anyio

MADE = "Create hello.txt that says 'Hello'"
WRITES = (calls("Write", file_path="hello.txt", content="Hello"), says("hello.txt says Hello."))
PICK = "Pick up the object at (1.5, 1.0, 0.5) and place it at (-1.0, -1.0, 0.7)"
SENSITIVE = WORKER.replace("Works.\n", 'Works.\nmetadata:\n  llmos-sensitive: "true"\n')
SILENT = ()
"""What a model says that must not be asked."""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A home whose volumes are git repositories, with a worker, and a workspace."""
    place = Place(tmp_path)
    place.workspace.mkdir()
    init_home(place.home, system_root(), RealClock())
    hire(place)
    return place


def log(place: Place, form: str = "%s") -> list[str]:
    """The commits of the user volume, newest first."""
    command = ["git", "-C", str(place.home / "user"), "log", f"--format={form}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().splitlines()


def led(outcome: RunOutcome) -> bool:
    """Whether it was led to its end, and nothing was spent."""
    return outcome.mode == "FOLLOWER" and outcome.usage == Usage() and outcome.cost_usd == 0


async def test_what_was_done_once_is_done_again_without_a_model(place: Place) -> None:
    """The source document's case: a file is written, and the second time no token is spent."""
    first = await play(place, *WRITES, goal=MADE)
    (place.workspace / "hello.txt").unlink()
    second = await play(
        place, *SILENT, goal="  create   HELLO.TXT".replace("HELLO.TXT", "hello.txt") + " that says 'Hello'"
    )
    assert (first.mode, first.outcome, second.outcome) == ("LEARNER", "done", "done")
    assert led(second), second.mode_reason
    assert second.mode_reason == f"the same goal, as in run {first.run_id}"
    assert second.answer == "hello.txt says Hello."
    assert [(use.tool, use.ok) for use in second.tool_calls] == [("Write", True)]
    assert (place.workspace / "hello.txt").read_text() == "Hello"
    assert [event.system for event in journaled(second, PromptSet)] == [""]


async def test_a_sensitive_goal_tells_the_volume_nothing(place: Place) -> None:
    """Its uses are counted under the name of its encrypted file: a hash of what was done could be guessed."""
    pytest.importorskip("cryptography")
    hire(place, SENSITIVE)
    await play(place, *WRITES, goal=MADE)
    assert read_usage(place.home / "user") == ()
    words = "correct horse battery"
    first = await play(place, *WRITES, goal=MADE, passphrase=words)
    again = await play(place, *SILENT, goal=MADE, passphrase=words)
    anew = await play(place, *WRITES, goal=MADE, passphrase=words, mode="learner")
    (file,) = (place.home / "user/traces").iterdir()
    uses = read_usage(place.home / "user")
    assert [use.run_id for use in uses] == [first.run_id, again.run_id, anew.run_id]
    assert {(use.name, use.content_hash) for use in uses} == {(file.stem, file.stem)}
    assert {use.slots_hash for use in uses} == {slots_hash({})}
    assert f"Trace: {file.stem}" in log(place, "%B")


async def test_a_sensitive_trace_that_leads_no_further_is_put_aside(place: Place) -> None:
    """Its failures are found under the name of its file."""
    pytest.importorskip("cryptography")
    hire(place, SENSITIVE)
    words = "correct horse battery"
    await play(place, *WRITES, goal=MADE, passphrase=words)
    (place.workspace / "hello.txt").write_text("mine")
    modes = [(await play(place, says("no"), goal=MADE, passphrase=words)).mode for _ in range(3)]
    assert modes == ["FOLLOWER", "FOLLOWER", "LEARNER"]


async def test_a_goal_about_something_encrypted_is_counted_like_any_other(place: Place) -> None:
    """Its file's name begins as that of an encrypted trace does, and holds the trace's id."""
    hire(place)
    first = await play(place, *WRITES, goal="Encrypted backup: hello.txt that says 'Hello'")
    (file,) = (place.home / "user/traces").iterdir()
    (use,) = read_usage(place.home / "user")
    assert first.outcome == "done"
    assert file.name.startswith("encrypted-")
    assert file.stem.endswith(f"-{use.name}")


async def test_the_volume_tells_the_story(place: Place) -> None:
    """One commit keeps the trace, with the run that it comes from; the journal names the trace that was followed."""
    first = await play(place, *WRITES, goal=MADE)
    second = await play(place, *SILENT, goal=MADE)
    assert log(place)[0] == "Keep how worker reached: Create hello.txt that says 'Hello'"
    assert f"Run: {first.run_id}" in log(place, "%B")
    (started,) = journaled(second, RunStarted)
    (trace,) = [document for document in started.documents if document.kind == "trace"]
    assert Path(trace.path).parent == place.home / "user" / "traces"
    assert trace.commit == log(place, "%H")[0]
    assert [(use.run_id, use.ok) for use in read_usage(place.home / "user")] == [
        (first.run_id, True),
        (second.run_id, True),
    ]


async def test_other_values_are_bound_anew(place: Place) -> None:
    """What came from the goal comes from the new goal; the rest stays."""
    await play(place, *WRITES, goal=MADE)
    outcome = await play(place, *SILENT, goal="Create bye.txt that says 'Farewell'")
    assert led(outcome), outcome.mode_reason
    assert (place.workspace / "bye.txt").read_text() == "Farewell"
    assert not (place.workspace / "Hello").exists()


@pytest.mark.parametrize(
    "goal",
    [
        "Create hello.txt that does not say 'Hello'",
        "Do not create hello.txt that says 'Hello'",
        "Create hello.txt that says 'Hello' and delete bye.txt",
        "Delete hello.txt that says 'Hello'",
        "Create hello.txt that says 'Hello' twice",
    ],
)
async def test_another_goal_is_never_the_same(place: Place, goal: str) -> None:
    """However alike it is worded, a model is asked."""
    await play(place, *WRITES, goal=MADE)
    outcome = await play(place, says("I ask first."), goal=goal)
    assert outcome.mode in ("LEARNER", "MIXED")
    assert outcome.tool_calls == ()


async def test_a_file_that_somebody_changed_is_left_to_the_model(place: Place) -> None:
    """The replay stops before the step; the model is told why, and nothing was written over."""
    await play(place, *WRITES, goal=MADE)
    (place.workspace / "hello.txt").write_text("mine")
    outcome = await play(place, says("It holds something of yours."), goal=MADE)
    assert (outcome.mode, outcome.answer) == ("FOLLOWER", "It holds something of yours.")
    assert (place.workspace / "hello.txt").read_text() == "mine"
    told = [
        part.text for event in journaled(outcome, MessageAdded) for part in event.parts if isinstance(part, TextPart)
    ]
    assert "hello.txt holds something else than it did" in told[-1]
    assert [use.ok for use in read_usage(place.home / "user")] == [True, False]


async def test_what_a_file_said_decides_whether_the_answer_still_holds(place: Place) -> None:
    """A file is read again at every replay; where it reads otherwise, a model answers from what it reads now."""
    (place.workspace / "a.txt").write_text("four")
    reads = calls("Read", file_path="a.txt")
    await play(place, reads, says("It says four."), goal="What does a.txt say?")
    same = await play(place, *SILENT, goal="What does a.txt say?")
    assert (led(same), same.answer) == (True, "It says four.")
    (place.workspace / "a.txt").write_text("five")
    other = await play(place, {"expect": "five", **says("It says five.")}, goal="What does a.txt say?")
    assert (other.answer, len(other.tool_calls)) == ("It says five.", 1)


async def test_an_agent_that_was_edited_plans_anew(place: Place) -> None:
    """Its document is part of what a trace rests on."""
    await play(place, *WRITES, goal=MADE)
    hire(place, "---\nname: worker\ndescription: Works.\n---\n\nWork, and never write files.\n")
    outcome = await play(place, says("I never write files."), goal=MADE)
    assert (
        outcome.mode_reason == "the model plans each step; a trace is there, but the agent worker has been edited since"
    )
    assert outcome.tool_calls == ()


PLUGIN = '''
from pathlib import Path
from llmos import Effect, tool

@tool(effect=Effect.IDEMPOTENT)
def ring(times: int) -> str:
    """Ring the bell."""
    with Path("{log}").open("a") as log:
        log.write("{sound}" * times)
    return "rung"
'''


async def test_a_tool_that_was_changed_is_not_called_from_memory(place: Place) -> None:
    """Its schema may be the same; its code is not."""
    rung = place.root / "rung.txt"
    place.write("user/tools/bell.py", PLUGIN.format(log=rung, sound="ding"))
    goal = "Ring the bell 2 times"
    await play(place, calls("ring", times=2), says("rung"), goal=goal)
    assert led(await play(place, *SILENT, goal=goal))
    place.write("user/tools/bell.py", PLUGIN.format(log=rung, sound="BOOM"))
    outcome = await play(place, says("no"), goal=goal)
    assert "the tool ring has changed since" in outcome.mode_reason
    assert rung.read_text() == "ding" * 4


async def test_what_cannot_be_undone_is_done_again_only_where_a_person_said_so(place: Place) -> None:
    """Bash replays where its pattern is approved, and else a model is asked, and then a person."""
    runs = calls("Bash", command="echo one >> log.txt")
    goal = "Log one line"
    await play(place, runs, says("logged"), goal=goal, approve=("Bash(echo one >> log.txt)",))
    refused = await play(place, says("no"), goal=goal)
    assert "Bash cannot be undone, and no --approve permits it beforehand" in refused.mode_reason
    again = await play(place, *SILENT, goal=goal, approve=("Bash(echo one >> log.txt)",))
    assert led(again), again.mode_reason
    assert (place.workspace / "log.txt").read_text() == "one\none\n"


async def test_a_goal_within_a_conversation_is_the_models(place: Place) -> None:
    """What was said before belongs to it."""
    await play(place, *WRITES, goal=MADE)
    from tests.support.tapes import tape

    async with place.system(model=tape(place, says("hello"), says("as you said"))) as system:
        talk = system.conversation("worker")
        await system.say(talk, "From now on write German")
        outcome = await system.say(talk, MADE)
    assert outcome.mode_reason == "the model plans each step: what was said before belongs to the goal"


async def test_a_similar_goal_shows_the_model_what_was_done(place: Place) -> None:
    """As an example that it is told to be none of its orders."""
    await play(place, *WRITES, goal=MADE)
    told = {
        "expect": "An earlier run reached a goal that resembles this one. Its goal was: Create hello.txt",
        **says("ok"),
    }
    outcome = await play(place, told, goal="Please create bye.txt that says 'Bye'")
    assert outcome.mode == "MIXED"


async def test_the_robot_is_moved_again_by_the_same_gate(place: Place) -> None:
    """The pocket model plans once; the second run asks nobody, and is judged by what was measured."""
    async with place.system(model="pocket", robot="arm", scene="pick-and-place") as system:
        first = await system.execute(PICK, "operator")
    async with place.system(model="pocket", robot="arm", scene="pick-and-place") as system:
        second = await system.execute(PICK, "operator")
    assert (first.mode, first.outcome) == ("LEARNER", "done")
    assert led(second), second.mode_reason
    assert second.outcome == "done"
    assert [use.tool for use in second.tool_calls] == ["move_to", "toggle_tool", "move_to", "toggle_tool"]


async def test_an_object_that_is_not_there_any_more_stops_the_replay(place: Place) -> None:
    """In one world the cube is carried away by the first run; the second grips nothing and goes no step further."""
    async with place.system(model="pocket", robot="arm", scene="pick-and-place") as system:
        await system.execute(PICK, "operator")
        second = await system.execute(PICK, "operator")
    assert second.outcome == "failed"
    assert (second.mode, [use.tool for use in second.tool_calls]) == ("FOLLOWER", ["move_to", "toggle_tool"])


@pytest.mark.parametrize("mode", ["follower", "mixed", "crystallized"])
async def test_a_way_that_is_not_there_is_said_before_anything_begins(place: Place, mode: str) -> None:
    """In one sentence, and no journal is left behind."""
    with pytest.raises(LLMosError, match=f"--mode {mode} has nothing to go by"):
        await play(place, *SILENT, goal=MADE, mode=mode)
    assert list(place.home.glob("journals/*/*/*.jsonl")) == []


async def test_a_replay_needs_no_model_at_all(place: Place) -> None:
    """Where none is configured, what is known can still be done."""
    await play(place, *WRITES, goal=MADE)
    async with place.system() as system:
        outcome = await system.execute(MADE, "worker")
        with pytest.raises(LLMosError, match="No model can serve the agent worker"):
            await system.execute("Something else", "worker")
    assert led(outcome)
    assert outcome.model == "none"


async def test_a_home_may_forbid_to_learn(place: Place) -> None:
    """Then nothing is kept."""
    place.write("kernel/dispatch.md", "---\nlearn: false\n---\n")
    await play(place, *WRITES, goal=MADE)
    assert not (place.home / "user/traces").exists()


async def test_a_trace_that_fails_twice_is_left_alone(place: Place) -> None:
    """And a model plans again."""
    await play(place, *WRITES, goal=MADE)
    for _ in range(2):
        (place.workspace / "hello.txt").write_text("mine")
        await play(place, says("no"), goal=MADE)
    outcome = await play(place, says("no"), goal=MADE)
    assert "in quarantine: it led no further 2 times in a row" in outcome.mode_reason


async def test_a_forbidden_goal_blames_no_trace(place: Place) -> None:
    """Whoever asks for a point where a person works is refused, however often, and what was learned still counts."""
    there = {"robot": "arm", "agent": "operator"}
    await play(place, calls("move_to", x=0.5, y=0.8, z=0.6), says("There."), goal="Move to (0.5, 0.8, 0.6)", **there)
    for height in (0.9, 1.0, 1.1):
        refused = await play(place, says("Refused."), goal=f"Move to (1.0, -1.0, {height})", **there)
        assert (refused.mode, refused.outcome) == ("FOLLOWER", "refused")
    again = await play(place, *SILENT, goal="Move to (-0.5, 0.3, 0.6)", **there)
    assert led(again), again.mode_reason
    assert all(use.ok for use in read_usage(place.home / "user"))


async def test_a_full_disk_takes_nothing_from_a_run_that_is_over(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    """It is warned of, and the run is as done as before."""
    (place.home / "user/traces").write_text("in the way")
    outcome = await play(place, *WRITES, goal=MADE)
    assert outcome.outcome == "done"
    assert f"Nothing was learned of run {outcome.run_id}" in caplog.text


async def test_a_failed_run_teaches_nothing(place: Place) -> None:
    """Neither does one that called no tool."""
    await play(place, calls("Write", file_path="a.txt", content="x"), says("no", claim="failed"), goal="Write a")
    await play(place, says("It is four."), goal="What is two and two?")
    assert not (place.home / "user/traces").exists()


async def test_several_calls_in_one_reply_are_kept_in_order(place: Place) -> None:
    """One after the other."""
    writes = asks(("Write", {"file_path": "a.txt", "content": "1"}), ("Write", {"file_path": "b.txt", "content": "2"}))
    await play(place, writes, says("both"), goal="Write both")
    outcome = await play(place, *SILENT, goal="Write both")
    assert led(outcome)
    assert [use.args["file_path"] for use in outcome.tool_calls] == ["a.txt", "b.txt"]


TWO = (
    asks(("Write", {"file_path": "a.txt", "content": "one"}), ("Write", {"file_path": "b.txt", "content": "two"})),
    says("both"),
)


async def test_a_replay_that_nobody_can_go_on_with_is_taken_back(place: Place) -> None:
    """The first file was written anew before the second turned out to be somebody's; without a model it goes back."""
    await play(place, *TWO, goal="Write both")
    (place.workspace / "a.txt").unlink()
    (place.workspace / "b.txt").write_text("mine")
    async with place.system() as system:
        outcome = await system.execute("Write both", "worker")
    assert outcome.outcome == "failed"
    assert f"led no further: before step 2 (Write), {place.workspace}/b.txt holds something else" in outcome.reason
    assert ". No model can serve the agent worker" in outcome.reason
    assert outcome.reason.endswith("; 1 step was taken back.")
    assert not (place.workspace / "a.txt").exists()
    assert (place.workspace / "b.txt").read_text() == "mine"


async def test_what_a_model_can_go_on_with_is_not_taken_back(place: Place) -> None:
    """It finds the prefix done, and ends as it decides."""
    await play(place, *TWO, goal="Write both")
    (place.workspace / "b.txt").write_text("mine")
    outcome = await play(place, says("I gave up.", claim="failed"), goal="Write both")
    assert (outcome.outcome, outcome.answer) == ("failed", "I gave up.")
    assert (place.workspace / "a.txt").read_text() == "one"


INVERSE = '''
from pathlib import Path
from llmos import Effect, tool

LOG = Path("{log}")

def lowered(args):
    return "raise_flag", {{"by": -args["by"]}}

@tool(effect=Effect.REVERSIBLE, inverse=lowered)
def raise_flag(by: int) -> str:
    """Raise the flag."""
    with LOG.open("a") as log:
        log.write("%+d" % by)
    return "raised"

@tool(effect=Effect.{effect})
def salute() -> str:
    """Salute."""
    return LOG.with_name("mood").read_text()
'''


@pytest.mark.parametrize(
    ("effect", "raised", "said"),
    [
        ("PURE", "+2+1-1-2", "; 2 steps were taken back."),
        ("REVERSIBLE", "+2+1", "; 0 steps were taken back; step 3, salute, was not: nothing takes it back."),
    ],
)
async def test_a_tool_that_declares_its_inverse_is_taken_back_by_it(
    place: Place, effect: str, raised: str, said: str
) -> None:
    """From the last step backwards, as far as that goes; the next step was never made."""
    log, mood = place.root / "log", place.root / "mood"
    place.write("user/tools/flag.py", INVERSE.format(log=log, effect=effect))
    mood.write_text("proud")
    steps = asks(("raise_flag", {"by": 2}), ("raise_flag", {"by": 1}), "salute", ("raise_flag", {"by": 5}))
    await play(place, steps, says("saluted"), goal="Salute")
    log.write_text("")
    mood.write_text("sad")
    async with place.system() as system:
        outcome = await system.execute("Salute", "worker")
    assert log.read_text() == raised
    assert outcome.reason.endswith(said)


@pytest.mark.parametrize("name", ["traces/forged.md", "usage.jsonl", "hooks/post-commit"])
async def test_no_agent_writes_what_runs_are_replayed_and_judged_by(place: Place, name: str) -> None:
    """Not even one that works in the volume with a person's yes."""
    writes = calls("Write", file_path=str(place.home / "user" / name), content="x")
    outcome = await play(place, writes, says("no"), goal="Forge", approve=("Edit(/**)",))
    (use,) = outcome.tool_calls
    assert not use.ok
    assert "no agent may" in str(use.error)


async def test_what_is_known_already_is_counted_and_not_committed_again(place: Place) -> None:
    """Planning the same once more shows nothing new; doing it by an edited agent does."""
    await play(place, *WRITES, goal=MADE)
    before = log(place)
    await play(place, *WRITES, goal=MADE, mode="learner")
    assert log(place) == before
    assert [use.ok for use in read_usage(place.home / "user")] == [True, True]
    hire(place, "---\nname: worker\ndescription: Works.\n---\n\nWork well.\n")
    await play(place, *WRITES, goal=MADE)
    assert sum(each.startswith("Keep how") for each in log(place)) == 2
    assert led(await play(place, *SILENT, goal=MADE))


async def test_a_replay_remembers_nothing_twice(place: Place) -> None:
    """What is remembered in the same words is the same note, so the replay goes on to its end."""
    keeps = (calls("Remember", text="Ada works in metric units"), says("I shall."))
    await play(place, *keeps, goal="Remember that I work in metric units")
    outcome = await play(place, *SILENT, goal="Remember that I work in metric units")
    assert led(outcome), outcome.mode_reason
    assert len(list((place.home / "user/memory").glob("*.md"))) == 1
