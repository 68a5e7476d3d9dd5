"""Models that answer nonsense, nothing, too much or for ever: a result they can react to, or a clear end of the run."""

from pathlib import Path

import pytest

from llmos.errors import LLMosError
from llmos.traces.events import MessageAdded, ModelReplied, ToolCalled, ToolReturned
from tests.support.homes import Place, make_place
from tests.support.runs import events, hire, play, whole
from tests.support.tapes import Line, asks, malformed, says

pytestmark = pytest.mark.anyio

SILENCE: dict[str, Line] = {
    "nothing": {"reply": {}},
    "blanks": says(" \n\t"),
    "thinking": {"reply": {"parts": [{"type": "thinking", "text": "Hm.", "signature": "s"}]}},
}
ASKED_AGAIN = "Your reply held no text and no tool call."
WRITE = ("Write", {"file_path": "made.txt", "content": "x"})


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A home and a workspace."""
    return make_place(tmp_path)


@pytest.mark.parametrize("silence", SILENCE.values(), ids=SILENCE)
async def test_a_model_that_says_nothing_is_asked_once_more(place: Place, silence: Line) -> None:
    """An empty reply is no answer; the one after it may be."""
    outcome = await play(place, silence, {"expect": ASKED_AGAIN, **says("four")})
    assert (outcome.outcome, outcome.answer, outcome.steps) == ("done", "four", 2)
    whole(outcome.journal)


@pytest.mark.parametrize("silence", SILENCE.values(), ids=SILENCE)
async def test_a_model_that_stays_silent_has_failed(place: Place, silence: Line) -> None:
    """Nothing said twice is never `done`; what was said before is kept."""
    outcome = await play(place, asks(WRITE, text="I write it."), silence, silence)
    assert (outcome.outcome, outcome.answer) == ("failed", "I write it.")
    assert outcome.reason == "The model ended its turn without an answer, twice."


async def test_silence_between_two_answers_is_forgotten(place: Place) -> None:
    """Only silence twice in a row ends a run."""
    silence = SILENCE["nothing"]
    outcome = await play(place, silence, asks(WRITE, text="So:"), silence, says("done"))
    assert (outcome.outcome, outcome.answer) == ("done", "done")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (asks(("Wirte", {})), "there is no tool named 'Wirte'; did you mean 'Write'?"),
        (asks(("Write\x1b[2J", {})), "there is no tool named 'Write\\x1b[2J'; did you mean 'Write'?"),
        (malformed("Write", '{"file_path": '), 'the arguments of Write must be one JSON object, not: {"file_path": '),
        (malformed("Write", "[" * 100_000), f"the arguments of Write must be one JSON object, not: {'[' * 200}"),
        (asks(("Write", {"file": "x"})), "Write has no argument 'file'; did you mean 'file_path'?"),
        (asks(("Read", {"file_path": 1})), "Read: argument 'file_path' must be text, not a whole number"),
    ],
)
async def test_nonsense_comes_back_as_a_sentence(place: Place, line: Line, sentence: str) -> None:
    """The model reads what was wrong, nothing was called, and it may do better."""
    outcome = await play(place, line, {"expect": sentence, **says("sorry")})
    assert outcome.outcome == "done"
    assert [use.error for use in outcome.tool_calls] == [sentence]
    assert list(events(whole(outcome.journal), ToolCalled)) == []


async def test_megabytes_of_arguments_are_carried_and_journaled(place: Place) -> None:
    """Five megabytes are written to the last byte, and stand in a journal that can be read."""
    content = "ä" * 2_500_000
    outcome = await play(place, asks(("Write", {"file_path": "big.txt", "content": content})), says())
    assert outcome.outcome == "done"
    assert (place.workspace / "big.txt").read_text("utf-8") == content
    assert [event.args["content"] == content for event in events(whole(outcome.journal), ToolCalled)] == [True]


@pytest.mark.parametrize("line", [asks(("W" * 5_000_000, {})), asks(("Write", {"f" * 5_000_000: 1}))])
async def test_megabytes_of_names_are_told_in_a_few_words(place: Place, line: Line) -> None:
    """What no tool and no argument can be called costs no minutes to compare, and no megabytes to say."""
    outcome = await play(place, line, says())
    (error,) = [use.error for use in outcome.tool_calls]
    assert error is not None
    assert len(error) < 500


@pytest.mark.parametrize("call", [("Read", {"file_path": "none"}), ("nope", {})])
async def test_ten_thousand_calls_in_one_reply_are_cut_at_the_limit(place: Place, call: tuple[str, object]) -> None:
    """Fifty are carried out, each of the others has its result, and the model gets its last turn for an answer."""
    outcome = await play(place, asks(*[call] * 10_000), says("that was too much"))  # type: ignore[list-item]
    assert (outcome.outcome, outcome.answer) == ("budget", "that was too much")
    assert outcome.reason == "The tool calls of this budget are used up; resume the run to go on."
    assert len(outcome.tool_calls) == 10_000
    spent = "The tool calls of this run are used up; this one was not made."
    assert [use.error == spent for use in outcome.tool_calls] == [False] * 50 + [True] * 9_950
    entries = whole(outcome.journal)
    assert len(list(events(entries, ToolReturned))) == 50
    assert max(len(event.parts) for event in events(entries, MessageAdded)) == 10_000


async def test_failures_side_by_side_are_one_chance_to_react(place: Place) -> None:
    """Four files that are not there, asked for at once, are one mistake, which the model may correct."""
    missing = [("Read", {"file_path": f"{number}.txt"}) for number in range(4)]
    assert (await play(place, asks(*missing), says("none is there"))).outcome == "done"


async def test_the_same_failure_in_reply_after_reply_ends_the_run(place: Place) -> None:
    """After three further tries the run has failed."""
    outcome = await play(place, *[asks(("Read", {"file_path": "none.txt"}))] * 9)
    missing = f"cannot read {place.workspace / 'none.txt'}: there is no such file"
    assert (outcome.outcome, outcome.steps) == ("failed", 4)
    assert outcome.reason == f"The tool Read failed 4 times in a row, last with: {missing}"


async def test_what_a_declined_reply_asks_for_is_not_done(place: Place) -> None:
    """A provider that stops a reply for safety has not meant its tool calls to be carried out."""
    outcome = await play(place, asks(WRITE, stop_reason="refusal", model="m-1"), says())
    assert (outcome.outcome, outcome.reason) == ("refused", "The model m-1 declined to go on.")
    assert list(place.workspace.iterdir()) == []
    assert list(events(whole(outcome.journal), ToolCalled)) == []


async def test_a_tool_call_that_was_cut_off_is_not_made(place: Place) -> None:
    """What came before it is; the model hears that its reply was too long."""
    cut_off = asks(WRITE, ("Glob", {}), stop_reason="length")
    outcome = await play(place, cut_off, {"expect": "Your reply was cut off at 0 tokens.", **says()})
    error = "the arguments of Glob must be one JSON object, not: nothing, for the reply was cut off"
    assert [use.error for use in outcome.tool_calls] == [None, error]


@pytest.mark.parametrize("stop_reason", ["length", "pause", "tools"])
async def test_a_model_that_never_ends_is_ended(place: Place, stop_reason: str) -> None:
    """Cut off, paused or calling tools for ever: fifteen replies, then the budget of steps is used up."""
    line = says("and", stop_reason=stop_reason) if stop_reason != "tools" else asks(("Glob", {"pattern": "*"}))
    outcome = await play(place, *[line] * 20)
    assert (outcome.outcome, outcome.steps) == ("budget", 15)
    assert outcome.reason == "The steps of this budget are used up; resume the run to go on."
    assert len(list(events(whole(outcome.journal), ModelReplied))) == 15


async def test_a_model_that_has_gone_is_a_failure_with_its_sentence(place: Place) -> None:
    """What was reached until then is kept."""
    outcome = await play(place, asks(WRITE, text="I write it."), {"error": "fatal", "sentence": "It is gone."})
    assert (outcome.outcome, outcome.answer, outcome.reason) == ("failed", "I write it.", "It is gone.")
    whole(outcome.journal)


async def test_a_cassette_that_nests_without_end_is_a_sentence(place: Place) -> None:
    """A hostile line is the file's fault, and said with its place."""
    path = place.root / "tape.jsonl"
    path.write_text('{"reply": {"tool_calls": [{"name": "x", "args": {"a": ' + "[" * 100_000 + "\n")
    hire(place)
    async with place.system(model=f"cassette:{path}") as system:
        with pytest.raises(LLMosError) as refused:
            await system.execute("go", "worker")
    assert str(refused.value) == f"{path}:1 is no exchange: it is nested too deeply"
