"""A run that ended in any way is gone on with: its history keeps the provider's rules, and nothing in it is lost."""

from pathlib import Path

import pytest

from llmos.messages import Reply, Text, Thinking, ToolCall, Usage
from llmos.traces.reading import read_history
from tests.support.homes import Place, make_place
from tests.support.loopback import json_answer
from tests.support.messages_api import MessagesAPI, error_body
from tests.support.overlays import overlay
from tests.support.runs import fit_for_a_provider, hire, whole

pytestmark = pytest.mark.anyio

MODEL = "claude-opus-5-5"
THOUGHT = Thinking("Hm.", "signed")


def said(*parts: Text | Thinking | ToolCall, stop: str = "end") -> Reply:
    """A reply of the vendor's model."""
    return Reply(parts, stop, Usage(100, 10), MODEL)  # type: ignore[arg-type]


def look(number: int = 1, pattern: str = "*") -> ToolCall:
    """A call that looks around."""
    return ToolCall(f"toolu_{number}", "Glob", {"pattern": pattern})


BROKEN = ToolCall("toolu_9", "Glob", {}, malformed='{"pattern": "*')
MISSING = ToolCall("toolu_8", "Read", {"file_path": "none"})

ENDINGS: dict[str, tuple[list[Reply], str]] = {
    "done": ([said(THOUGHT, look(), stop="tools"), said(THOUGHT, Text("Done."))], "done"),
    "two calls at once": ([said(look(1), look(2), stop="tools"), said(Text("Done."))], "done"),
    "failed again and again": ([said(MISSING, stop="tools")] * 4, "failed"),
    "declined": ([said(look(), stop="tools"), said(Text("No."), look(2), stop="refusal")], "refused"),
    "declined without a word": ([said(stop="refusal")], "refused"),
    "cut off in a call": ([said(Text("So:"), BROKEN, stop="length"), said(Text("Done."))], "done"),
    "cut off in a text": ([said(Text("So"), stop="length"), said(Text("me."))], "done"),
    "cut off in a thought": ([said(THOUGHT, stop="length"), said(Text("Done."))], "done"),
    "paused": ([said(Text("Wait. "), stop="pause"), said(Text("Done."))], "done"),
    "silent": ([said(THOUGHT), said()], "failed"),
    "out of steps": ([said(look(number), stop="tools") for number in range(5)], "budget"),
    "out of steps, calling to the last": (
        [*(said(look(number), stop="tools") for number in range(4)), said(Text("Half."), look(7), stop="tools")],
        "budget",
    ),
}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A home with an agent on a paid model, and a workspace."""
    place = make_place(tmp_path)
    hire(place, "---\nname: worker\ndescription: Works.\nmodel: dev\n---\n\nWork.\n")
    overlay(place.home, {"orchestration.max_iterations": 5, "models.max_attempts": 1})
    return place


@pytest.mark.parametrize(("replies", "ending"), ENDINGS.values(), ids=ENDINGS)
async def test_whatever_the_end_the_next_run_goes_on(place: Place, replies: list[Reply], ending: str) -> None:
    """The provider checks what it is sent, and takes it; the second run begins with all that the first one knew."""
    async with MessagesAPI() as api:
        api.say(*replies, said(Text("Gone on.")))
        async with place.system(api=api.url) as system:
            first = await system.execute("my goal", "worker")
            assert first.outcome == ending, first.reason
            second = await system.execute("go on", "worker", resume=first.run_id)
        bodies = [request.json for request in api.requests]
    assert (second.outcome, second.answer) == ("done", "Gone on."), second.reason
    assert len(bodies) == len(replies) + 1
    sent = bodies[-1]["messages"]
    assert sent[0]["content"][0]["text"] == "my goal"
    assert sent[-1]["content"][-1]["text"] == "go on"
    for body in bodies:
        roles = [message["role"] for message in body["messages"]]
        assert roles == (["user", "assistant"] * len(roles))[: len(roles)]
    history = read_history(place.home, second.run_id)
    assert history[: len(read_history(place.home, first.run_id))] == read_history(place.home, first.run_id)
    entries = whole(second.journal)
    assert entries[0].event.continues == first.run_id  # type: ignore[attr-defined]


@pytest.mark.parametrize(("replies", "ending"), ENDINGS.values(), ids=ENDINGS)
async def test_whatever_the_end_the_conversation_goes_on(place: Place, replies: list[Reply], ending: str) -> None:
    """The same within one process, where no journal is read for it."""
    async with MessagesAPI() as api:
        api.say(*replies, said(Text("Gone on.")))
        async with place.system(api=api.url) as system:
            talk = system.conversation("worker")
            first = await system.say(talk, "my goal")
            second = await system.say(talk, "go on")
    assert (first.outcome, second.outcome, second.answer) == (ending, "done", "Gone on."), second.reason
    assert tuple(talk.history) == read_history(place.home, second.run_id)


async def test_a_run_that_its_provider_ended_is_gone_on_with(place: Place) -> None:
    """An error in place of a reply leaves an open question, which the next run asks again."""
    async with MessagesAPI() as api:
        api.answer(json_answer(400, error_body("invalid_request_error", "your credit balance is too low")))
        api.say(said(Text("Gone on.")))
        async with place.system(api=api.url) as system:
            first = await system.execute("my goal", "worker")
            second = await system.execute("go on", "worker", resume=first.run_id)
    assert (first.outcome, second.outcome) == ("failed", "done")
    assert first.reason.endswith("your credit balance is too low")
    fit_for_a_provider(read_history(place.home, second.run_id), ())


async def test_a_journal_cut_off_anywhere_is_gone_on_with(place: Place) -> None:
    """A crash leaves any number of whole lines and a piece of one more; whatever is left can be gone on with."""
    async with MessagesAPI() as api:
        api.say(said(look(1), look(2), stop="tools"), said(look(3), stop="tools"), said(Text("Done.")))
        async with place.system(api=api.url) as system:
            first = await system.execute("my goal", "worker")
    content = first.journal.read_bytes()
    lines, resumable = content.splitlines(keepends=True), 0
    for kept in range(1, len(lines)):
        first.journal.write_bytes(b"".join(lines[:kept]) + lines[kept][: len(lines[kept]) // 2])
        history = read_history(place.home, first.run_id)
        if history:
            fit_for_a_provider(history, ())
            resumable += 1
    assert resumable > len(lines) / 2
