"""What every model adapter promises, tested alike on all of them (tests/support/model_adapters.py)."""

from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from llmos.messages import Effect, Image, Message, Reply, Request, Text, Thinking, ToolCall, ToolResult, ToolSpec, Usage
from llmos.models.base import broken_by, ignore_text
from tests.support.model_adapters import ADAPTERS, Stage

pytestmark = pytest.mark.anyio

MOVE = ToolSpec(
    "move_to",
    "Move the arm.",
    {
        "type": "object",
        "properties": {"x": {"type": "number"}, "fast": {"type": "boolean"}},
        "required": ["x"],
        "additionalProperties": False,
    },
    Effect.REVERSIBLE,
)
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)
BILLED = ["claude", "openai_compatible"]
SCRIPTED = [name for name, adapter in ADAPTERS.items() if adapter.scripted]
SEEING = [name for name, adapter in ADAPTERS.items() if adapter.sees]


@pytest.fixture(params=ADAPTERS)
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    """One adapter after the other; a test can name those it wants by indirect parameters."""
    async with ADAPTERS[request.param].open(tmp_path) as opened:
        yield opened


def said(*parts: Text | Thinking | ToolCall, stop: str = "end") -> Reply:
    """A reply with these parts."""
    return Reply(parts, stop, Usage(120, 34), "scripted-model")  # type: ignore[arg-type]


def asked(*parts: Text | Image, tools: tuple[ToolSpec, ...] = ()) -> Request:
    """A request with one message."""
    return Request("You move an arm.", (Message("user", parts or (Text("go to one"),)),), tools, max_output_tokens=64)


HELLO = said(Text("Hello there, arm."))


async def test_it_has_a_name_and_a_size(stage: Stage) -> None:
    """The name begins with the provider, and the context holds something."""
    provider, _, rest = stage.model.name.partition(":")
    assert provider.isidentifier()
    assert rest
    assert stage.model.context_tokens > 0


async def test_pieces_of_text_join_to_the_text(stage: Stage) -> None:
    """Whatever streams is the text of the reply, no more and no less."""
    pieces: list[str] = []
    stage.script(HELLO)
    reply = await stage.model.reply(asked(), pieces.append)
    assert "".join(pieces) == reply.text
    assert reply.model


@pytest.mark.parametrize("stage", SCRIPTED, indirect=True)
async def test_text_comes_as_it_was_said_in_more_than_one_piece(stage: Stage) -> None:
    """Text is streamed, not handed over at the end."""
    pieces: list[str] = []
    stage.script(said(Text("Ünïcödé, \n two lines 🙂")))
    reply = await stage.model.reply(asked(), pieces.append)
    assert reply.parts == (Text("Ünïcödé, \n two lines 🙂"),)
    assert reply.stop_reason == "end"
    assert len(pieces) > 1


async def test_tool_calls_name_a_tool_and_carry_an_object(stage: Stage) -> None:
    """What comes back as a call is well formed, or says that it is not."""
    stage.script(said(ToolCall("call_1", "move_to", {"x": 1.5, "fast": True}), stop="tools"))
    reply = await stage.model.reply(asked(tools=(MOVE,)), ignore_text)
    for call in reply.tool_calls:
        assert call.id
        assert call.name == "move_to" or call.malformed is not None
        assert isinstance(call.args, dict)
    assert (reply.stop_reason == "tools") == bool(reply.tool_calls)


async def test_a_last_turn_is_an_answer(stage: Stage) -> None:
    """Where no tool may be called, none is, although the tools stay listed."""
    stage.script(HELLO)
    reply = await stage.model.reply(replace(asked(tools=(MOVE,)), may_call_tools=False), ignore_text)
    assert reply.tool_calls == ()
    assert not stage.sent() or "move_to" in stage.sent()


@pytest.mark.parametrize("stage", SCRIPTED, indirect=True)
async def test_two_parallel_calls_keep_order_ids_and_arguments(stage: Stage) -> None:
    """Text and calls of one reply arrive as they were made."""
    first = ToolCall("call_1", "move_to", {"x": -0.25, "fast": False})
    second = ToolCall("call_2", "move_to", {"x": 2})
    stage.script(said(Text("Both."), first, second, stop="tools"))
    reply = await stage.model.reply(asked(tools=(MOVE,)), ignore_text)
    assert reply.parts == (Text("Both."), first, second)
    assert reply.stop_reason == "tools"


@pytest.mark.parametrize("stage", SCRIPTED, indirect=True)
@pytest.mark.parametrize("written", ['{"x": 1.', "[1]", '"text"', "x = 1"])
async def test_nonsense_arguments_are_data(stage: Stage, written: str) -> None:
    """Arguments that are no JSON object do not raise: the call says what was written."""
    stage.script(said(ToolCall("call_1", "move_to", {}, malformed=written), stop="tools"))
    reply = await stage.model.reply(asked(tools=(MOVE,)), ignore_text)
    assert reply.tool_calls == (ToolCall("call_1", "move_to", {}, malformed=written),)


async def test_results_go_back(stage: Stage) -> None:
    """A conversation with a call, a result and an error goes on."""
    history = (
        Message("user", (Text("go to one, then to nowhere"),)),
        Message(
            "assistant", (Text("Going."), ToolCall("call_1", "move_to", {"x": 1}), ToolCall("call_2", "nowhere", {}))
        ),
        Message(
            "user",
            (
                ToolResult("call_1", (Text("reached marker-7"),)),
                ToolResult("call_2", (Text("there is no tool marker-8"),), is_error=True),
            ),
        ),
    )
    stage.script(HELLO)
    await stage.model.reply(Request("You move an arm.", history, (MOVE,), max_output_tokens=64), ignore_text)
    if stage.sent():
        assert "marker-7" in stage.sent()
        assert "marker-8" in stage.sent()


@pytest.mark.parametrize("stage", SEEING, indirect=True)
async def test_images_go_in(stage: Stage) -> None:
    """A picture of the person and a picture from a tool reach the model."""
    request = asked(Text("what is this?"), Image(PNG))
    shown = Message("user", (ToolResult("call_1", (Text("here"), Image(PNG))),))
    history = (*request.messages, Message("assistant", (ToolCall("call_1", "look", {}),)), shown)
    stage.script(HELLO)
    await stage.model.reply(replace(request, messages=history), ignore_text)
    if stage.sent():
        assert stage.sent().count(b64encode(PNG).decode()) == 2


async def test_usage_is_counted(stage: Stage) -> None:
    """A reply says what it took."""
    stage.script(HELLO)
    usage = (await stage.model.reply(asked(), ignore_text)).usage
    assert usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens > 0
    assert usage.output_tokens > 0


@pytest.mark.parametrize("stage", BILLED, indirect=True)
async def test_a_cancelled_reply_says_what_is_billed(stage: Stage) -> None:
    """What had been counted when it was cut off is the cause of the cancellation; it is paid for."""
    stage.script(said(Text("one two three four five six")), then="hang")
    broken = None
    with anyio.CancelScope() as scope:
        try:
            await stage.model.reply(asked(), lambda _: scope.cancel())
        except anyio.get_cancelled_exc_class() as error:
            broken = broken_by(error)
            raise
    assert broken is not None
    assert str(broken).endswith(" was cut off by an interruption")


@pytest.mark.parametrize("stage", SCRIPTED, indirect=True)
@pytest.mark.parametrize("stop", ["end", "length", "refusal"])
async def test_the_reason_to_stop_is_told(stage: Stage, stop: str) -> None:
    """Why a reply ended is never guessed."""
    stage.script(said(Text("That is"), stop=stop))
    assert (await stage.model.reply(asked(), ignore_text)).stop_reason == stop


async def test_a_cancelled_reply_leaves_nothing_open_and_the_model_usable(stage: Stage) -> None:
    """Cancelling while text streams in closes the connection; the next reply is whole."""
    stage.script(said(Text("one two three four five six")), then="hang")
    stage.script(HELLO)
    with anyio.move_on_after(30) as scope:
        await stage.model.reply(asked(), lambda _: scope.cancel())
    assert scope.cancelled_caught
    await stage.wait_until_disconnected()
    pieces: list[str] = []
    reply = await stage.model.reply(asked(), pieces.append)
    assert "".join(pieces) == reply.text


async def test_closing_twice_is_harmless(stage: Stage) -> None:
    """A model that was closed, used or not, can be closed again."""
    stage.script(HELLO)
    assert (await stage.model.reply(asked(), ignore_text)).usage.output_tokens > 0
    await stage.model.aclose()
    await stage.model.aclose()
    await stage.wait_until_disconnected()
