"""Cassettes: hand-written lines play in order, recordings refuse other requests, mistakes are sentences."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.errors import LLMosError, ModelError, RetryableError, StorageError
from llmos.messages import Message, Reply, Request, Text, Thinking, ToolCall, ToolResult, ToolSpec, Usage
from llmos.models.base import ignore_text
from llmos.models.cassette import CassetteModel, Recorder
from llmos.models.cassette_format import Exchange, Spoken
from tests.support.scripted import ScriptedModel

pytestmark = pytest.mark.anyio

MOVE = ToolSpec("move_to", "Move the arm.", {"type": "object", "properties": {"x": {"type": "number"}}})


def ask(text: str = "go", system: str = "You move an arm.", **changes: object) -> Request:
    """A request with one message."""
    return Request(system, (Message("user", (Text(text),)),), **changes)  # type: ignore[arg-type]


def cassette(folder: Path, *lines: str) -> Path:
    """A cassette that holds these lines."""
    path = folder / "tape.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


async def test_hand_written_lines_play_in_order(tmp_path: Path) -> None:
    """A line needs no more than what the model says; comments and empty lines are skipped."""
    model = CassetteModel(
        cassette(
            tmp_path,
            "# a comment",
            '{"reply": {"tool_calls": [{"name": "move_to", "args": {"x": 1.5}}, {"name": "look"}]}}',
            "",
            '{"reply": {"text": "Done.", "claim": "failed", "usage": {"input_tokens": 7, "output_tokens": 2}}}',
        )
    )
    first = await model.reply(ask(), ignore_text)
    second = await model.reply(ask("next"), ignore_text)
    assert first.tool_calls == (ToolCall("call_2_1", "move_to", {"x": 1.5}), ToolCall("call_2_2", "look", {}))
    assert (first.stop_reason, first.claim, first.model) == ("tools", "done", model.name)
    assert (second.text, second.stop_reason, second.claim) == ("Done.", "end", "failed")
    assert second.usage == Usage(7, 2)


async def test_pieces_of_text_join_to_the_text(tmp_path: Path) -> None:
    """Text streams word by word, and nothing is lost or added."""
    model = CassetteModel(cassette(tmp_path, '{"reply": {"text": "  one two\\n three  "}}'))
    pieces: list[str] = []
    reply = await model.reply(ask(), pieces.append)
    assert len(pieces) > 2
    assert "".join(pieces) == reply.text == "  one two\n three  "


async def test_an_ended_cassette_says_so(tmp_path: Path) -> None:
    """One call too many is a sentence."""
    path = cassette(tmp_path, '{"reply": {"text": "only"}}')
    model = CassetteModel(path)
    await model.reply(ask(), ignore_text)
    with pytest.raises(ModelError) as raised:
        await model.reply(ask(), ignore_text)
    assert str(raised.value) == f"{path} has ended: all of its 1 exchanges were played"


async def test_expect_looks_at_system_prompt_last_message_and_results(tmp_path: Path) -> None:
    """What a hand-written line expects must stand where the model could read it last."""
    line = '{"expect": "reached", "reply": {"text": "ok"}}'
    results = (Message("user", (ToolResult("call_1", (Text("pose reached"),)),)),)
    path = cassette(tmp_path, line, line, line)
    model = CassetteModel(path)
    assert (await model.reply(Request("", results), ignore_text)).text == "ok"
    assert (await model.reply(ask(system="when reached, stop"), ignore_text)).text == "ok"
    with pytest.raises(ModelError) as raised:
        await model.reply(ask(), ignore_text)
    sentence = f"{path}:3 expects 'reached', which stands neither in the system prompt nor in the last message"
    assert str(raised.value) == sentence


async def test_errors_play_as_errors(tmp_path: Path) -> None:
    """A fault has the class, the sentence and the advice it was written with."""
    path = cassette(
        tmp_path, '{"error": "retryable", "sentence": "Overloaded.", "retry_after_s": 2.0}', '{"error": "fatal"}'
    )
    model = CassetteModel(path)
    with pytest.raises(RetryableError, match=r"^Overloaded\.$") as raised:
        await model.reply(ask(), ignore_text)
    assert raised.value.retry_after_s == 2.0
    with pytest.raises(ModelError) as fatal:
        await model.reply(ask(), ignore_text)
    assert not isinstance(fatal.value, RetryableError)
    assert str(fatal.value) == f"{path}:2 holds an error in place of a reply"


RICH = Reply(
    (
        Thinking("hm", "sig=="),
        Thinking("", "blob", redacted=True),
        Text("Über\u2028x"),
        ToolCall("t1", "move_to", {"x": 1}),
    ),
    "tools",
    Usage(1, 2, 3, 4),
    "claude-x",
    probability=0.97,
)


async def test_a_recording_plays_back_what_was_said(tmp_path: Path) -> None:
    """Recorder and player agree on every part, id and signature, and on failures."""
    path = tmp_path / "tape.jsonl"
    failed = Reply((ToolCall("t2", "x", {}, malformed='{"x":'),), "length", Usage(), "m", "abstained", "full")
    scripted = ScriptedModel(RICH, RetryableError("Later.", 3.0), ModelError("Never."), failed)
    recorder = Recorder(scripted, path)
    assert (recorder.name, recorder.context_tokens) == ("scripted:one", 1000)
    assert await recorder.reply(ask(tools=(MOVE,)), ignore_text) == RICH
    for _ in range(2):
        with pytest.raises(ModelError):
            await recorder.reply(ask(), ignore_text)
    assert await recorder.reply(ask(), ignore_text) == failed
    await recorder.aclose()
    assert scripted.closed == 1

    model = CassetteModel(path)
    assert await model.reply(ask(tools=(MOVE,)), ignore_text) == RICH
    with pytest.raises(RetryableError, match=r"^Later\.$") as later:
        await model.reply(ask(), ignore_text)
    assert later.value.retry_after_s == 3.0
    with pytest.raises(ModelError, match=r"^Never\.$"):
        await model.reply(ask(), ignore_text)
    assert await model.reply(ask(), ignore_text) == failed


HELLO = Message("user", (Text("go"),))


@pytest.mark.parametrize(
    ("request_", "difference"),
    [
        (ask(system="Another."), "the system prompt differs"),
        (ask(tools=(MOVE,)), "the tools differ"),
        (ask(may_call_tools=False), "the tools differ"),
        (ask("stop"), "message 1 of 1 differs"),
        (Request("You move an arm.", (HELLO, HELLO)), "it had 1 messages, and now there are 2"),
        (ask(state={"x": 1.0}), "the robot's state differs"),
        (ask(response_schema={"type": "object"}), "the schema of the reply differs"),
    ],
)
async def test_a_recording_refuses_another_request(tmp_path: Path, request_: Request, difference: str) -> None:
    """The sentence names the part that diverged; without strictness the recording plays."""
    path = tmp_path / "tape.jsonl"
    await Recorder(ScriptedModel(RICH), path).reply(ask(), ignore_text)
    with pytest.raises(ModelError) as raised:
        await CassetteModel(path).reply(request_, ignore_text)
    assert str(raised.value) == f"{path}:1 was recorded for another request: {difference}"
    assert await CassetteModel(path, strict=False).reply(request_, ignore_text) == RICH


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("nonsense", "JSON is malformed: invalid character (byte 4)"),
        ('{"reply": {"txt": "x"}}', "Object contains unknown field `txt` - at `$.reply`"),
        ('{"expect": "x"}', "it needs either 'reply' or 'error'"),
        ('{"reply": {}, "error": "fatal"}', "it needs either 'reply' or 'error'"),
        (
            '{"reply": {"usage": {"tokens": 1}}}',
            "Invalid enum value 'tokens' - at `key` in `$.reply.usage`",
        ),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, line: str, problem: str) -> None:
    """A mistake in a cassette is found when it is opened, with its line."""
    path = cassette(tmp_path, '{"reply": {}}', line)
    with pytest.raises(LLMosError) as raised:
        CassetteModel(path)
    assert str(raised.value) == f"{path}:2 is no exchange: {problem}"


def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    """Missing files and binary files are the user's mistakes."""
    with pytest.raises(LLMosError) as missing:
        CassetteModel(tmp_path / "none")
    assert str(missing.value) == f"the cassette {tmp_path / 'none'} cannot be read: No such file or directory"
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(LLMosError) as binary:
        CassetteModel(tmp_path / "binary")
    assert str(binary.value) == f"the cassette {tmp_path / 'binary'} cannot be read: it is not UTF-8 text"


async def test_a_recorder_that_cannot_write_says_so(tmp_path: Path) -> None:
    """A reply that cannot be recorded is an error of the disk, not a silent gap."""
    with pytest.raises(StorageError) as raised:
        await Recorder(ScriptedModel(RICH), tmp_path).reply(ask(), ignore_text)
    assert str(raised.value) == f"{tmp_path} cannot be recorded to: Is a directory"


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS, lambda v: st.lists(v, max_size=3)
)
PARTS = st.one_of(
    st.builds(Text, TEXTS),
    st.builds(Thinking, TEXTS, TEXTS, st.booleans()),
    st.builds(ToolCall, TEXTS, TEXTS, st.dictionaries(TEXTS, VALUES, max_size=3), st.none() | TEXTS),
)


@given(st.lists(PARTS, max_size=4), st.sampled_from(["end", "tools", "length", "refusal", "pause"]))
def test_every_reply_survives_the_cassette(parts: list[Text | Thinking | ToolCall], stop: str) -> None:
    """Writing a reply and reading it back gives an equal reply."""
    reply = Reply(tuple(parts), stop, Usage(1, 0, 3), "m")  # type: ignore[arg-type]
    line = msgspec.json.encode(Exchange(reply=Spoken.of(reply)))
    read = msgspec.json.decode(line, type=Exchange).reply
    assert read is not None
    assert read.reply(1, "other") == reply
