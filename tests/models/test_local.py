"""A GGUF file as a Model: real llama.cpp, random weights; the common laws stand in tests/contracts/."""

import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest

from llmos.errors import ModelError
from llmos.messages import Image, Message, Reply, Request, Text, ToolCall, ToolResult, ToolSpec, Usage
from llmos.models.base import ignore_text
from llmos.models.dialect_pocket import LONGEST_GOAL
from llmos.models.local import LocalModel
from llmos.models.schema import mismatch
from tests.support.llama import BACKENDS, need_backend, picture
from tests.support.tiny_gguf import TinyFiles, write_mmproj, write_text_model, write_tiny
from training.prompt import template_source

pytestmark = pytest.mark.anyio

MOVE = ToolSpec(
    "move_to",
    "Move the arm.",
    {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"], "additionalProperties": False},
)
NOTHING: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}
TEMPLATE = "{% for message in messages %}{{ message.role }}:{{ message.content }}\n{% endfor %}"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> TinyFiles:
    """A text model whose template reads the state, and its projector."""
    return write_tiny(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module", params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """One installed package after the other."""
    return need_backend(request.param)


@pytest.fixture
async def pocket(files: TinyFiles, backend: str) -> AsyncIterator[LocalModel]:
    """Random weights that speak pocket."""
    model = LocalModel(files.text, backend=backend, temperature=1.0)
    yield model
    await model.aclose()


@pytest.fixture
async def hermes(files: TinyFiles, backend: str) -> AsyncIterator[LocalModel]:
    """Random weights that see and speak Hermes."""
    model = LocalModel(files.text, mmproj=files.mmproj, speaks="hermes", backend=backend)
    yield model
    await model.aclose()


def asked(*parts: Text | Image, **changes: Any) -> Request:
    """A request with one message and one tool."""
    request = Request("", (Message("user", parts or (Text("go to one"),)),), (MOVE,), max_output_tokens=48)
    return replace(request, **changes)


async def test_a_name_is_the_files_and_the_context_fits_the_model(files: TinyFiles, tmp_path: Path) -> None:
    """Asked for more than was trained: what was trained; for an odd length: the next lower multiple of 256."""
    assert LocalModel(files.text).name == "local:tiny.gguf"
    assert LocalModel(files.text).context_tokens == 2048
    assert LocalModel(files.text, context_tokens=1000).context_tokens == 768
    assert LocalModel(files.text, context_tokens=10).context_tokens == 256
    large = tmp_path / "large.gguf"
    write_text_model(large, context=262_144)
    assert LocalModel(large).context_tokens == 8192


async def test_files_that_cannot_serve_are_one_sentence_before_anything_is_loaded(
    files: TinyFiles, tmp_path: Path
) -> None:
    """Missing, no GGUF, half a file, the two kinds taken for each other."""
    page, half = tmp_path / "page.gguf", tmp_path / "half.gguf"
    page.write_text("<html>")
    half.write_bytes(files.text.read_bytes()[:200_000])
    for path, sentence in (
        (tmp_path / "no.gguf", "does not exist; give the path of a GGUF model file"),
        (page, "is not a GGUF model file: it does not begin with the letters GGUF"),
        (files.mmproj, "is an image projector, not a language model; give it as the model's mmproj file"),
    ):
        with pytest.raises(ModelError) as caught:
            LocalModel(path)
        assert str(caught.value) == f"{path} {sentence}"
    with pytest.raises(ModelError, match="is incomplete: tensor"):
        LocalModel(half)
    with pytest.raises(ModelError) as caught:
        LocalModel(files.text, mmproj=files.text)
    assert str(caught.value) == (f"{files.text} is no image projector (mmproj file): its architecture is 'qwen3vl'")


async def test_what_llama_cpp_refuses_is_said_at_the_first_request(backend: str, tmp_path: Path) -> None:
    """The same sentence every time; nothing is left half loaded."""
    path = tmp_path / "odd.gguf"
    write_text_model(path, arch="nonsense")
    model = LocalModel(path, backend=backend)
    for _ in range(2):
        with pytest.raises(ModelError) as caught:
            await model.reply(asked(), ignore_text)
        assert str(caught.value) == f"llama.cpp cannot load {path}: unknown model architecture: 'nonsense'"


async def test_a_call_that_is_less_likely_than_asked_for_is_not_made(files: TinyFiles, backend: str) -> None:
    """The same reply passes, is held back, or is a stop; its probability is told when somebody asks."""
    tools = tuple(replace(MOVE, name=name, input_schema=NOTHING) for name in ("hop", "up", "ask", "ring"))
    stops = tuple(replace(tool, name="emergency_stop") for tool in tools[:1])
    told, shown = {}, {}
    for confidence in (None, 0.0, 1.0):
        model = LocalModel(files.text, backend=backend, confidence=confidence)
        pieces: list[str] = []
        told[confidence] = await model.reply(asked(Text("go"), tools=tools), pieces.append)
        stop = await model.reply(asked(Text("go"), tools=stops), ignore_text)
        shown[confidence] = "".join(pieces)
        assert all(call.name == "emergency_stop" for call in stop.tool_calls)
        assert (stop.probability is None) == (confidence is None)
        assert bool(stop.tool_calls) or stop.claim != "abstained" or "sure enough" not in stop.text
        await model.aclose()
    assert told[None].probability is None
    assert told[None].parts == told[0.0].parts
    (call,) = told[0.0].tool_calls
    assert told[0.0].probability == pytest.approx(told[1.0].probability)
    assert told[1.0].probability is not None
    assert 0 < told[1.0].probability < 1
    assert (told[1.0].tool_calls, told[1.0].claim, told[1.0].stop_reason) == ((), "abstained", "end")
    assert told[1.0].text.startswith(f"The model was not sure enough that {call.name} is meant (0.")
    assert shown == {None: "", 0.0: "", 1.0: told[1.0].text}


async def test_what_is_no_call_of_pocket_is_not_scored(files: TinyFiles, backend: str) -> None:
    """Free text has no probability that says anything, and neither has JSON of a schema."""
    model = LocalModel(files.text, speaks="hermes", backend=backend, confidence=1.0)
    said = await model.reply(asked(max_output_tokens=8), ignore_text)
    await model.aclose()
    pocket = LocalModel(files.text, backend=backend, confidence=1.0)
    form = await pocket.reply(asked(response_schema={"type": "boolean"}), ignore_text)
    await pocket.aclose()
    assert (said.probability, form.probability) == (None, None)
    assert form.text in ("true", "false")


async def test_pocket_answers_with_one_call_or_a_closing_sentence(pocket: LocalModel) -> None:
    """Whatever the weights: a tool of the list with arguments of its schema, or `finish` in words."""
    seen = set()
    for number in range(12):
        pieces: list[str] = []
        reply = await pocket.reply(asked(Text(f"goal {number}")), pieces.append)
        assert "".join(pieces) == reply.text
        seen.add(reply.stop_reason)
        if reply.stop_reason == "tools":
            (call,) = reply.tool_calls
            assert call.name == "move_to"
            assert call.malformed is None
            assert mismatch(call.args, MOVE.input_schema) is None
        else:
            assert reply.text
            assert reply.claim in ("done", "failed", "abstained")
    assert seen


async def test_pocket_that_must_answer_finishes(pocket: LocalModel) -> None:
    """The last turn of a budget calls nothing."""
    reply = await pocket.reply(asked(may_call_tools=False), ignore_text)
    assert reply.stop_reason == "end"
    assert not reply.tool_calls


async def test_pocket_without_room_fails_in_words(pocket: LocalModel) -> None:
    """Half a call is no call."""
    reply = await pocket.reply(asked(max_output_tokens=5), ignore_text)
    assert reply.text == "The model's reply is no call of a tool that it was offered: '{\"nam'"
    assert reply.claim == "failed"


ORDER = "Move the arm half a meter to the left and then, slowly, all the way to the shelf. "
TAIL = "No wait, do not move at all."


def order(letters: int) -> str:
    """A long order whose end takes it back; as it is read it has so many letters."""
    filled = (ORDER * 9).replace("half a meter", "0.5 m")[: letters - len(TAIL) - 1].rstrip()
    return f"{filled}{'.' * (letters - len(filled) - len(TAIL) - 1)} {TAIL}"


LONG, FITS = order(LONGEST_GOAL + 51), order(LONGEST_GOAL)
SAID = (Message("assistant", (Text("Which shelf?"),)),)


@pytest.mark.parametrize(
    ("before", "goal", "letters"),
    [
        ((), LONG, LONGEST_GOAL + 51),
        ((), order(LONGEST_GOAL + 1), LONGEST_GOAL + 1),
        ((Message("user", (Text("go on"),)), *SAID), LONG, LONGEST_GOAL + 51),
        ((), FITS, None),
        ((), FITS.replace("0.5 m", "half   a\nmeter"), None),
        ((Message("user", (Text(LONG),)), *SAID), "go on", None),
    ],
    ids=["long", "one too many", "an answer", "it fits", "it fits as it is read", "the old one was long"],
)
async def test_pocket_begins_no_goal_that_its_template_would_cut(
    before: tuple[Message, ...], goal: str, letters: int | None, tmp_path: Path
) -> None:
    """What it cannot see may take back what it sees: the newest goal counts, and the model is not even loaded."""
    path = tmp_path / "pocket.gguf"
    write_text_model(path, template=template_source())

    def never(*_: object) -> None:
        raise ModelError("it is loaded")

    model, shown = LocalModel(path, rehearse=never), list[str]()
    request = asked(messages=(*before, Message("user", (Text(goal),))))
    if letters is None:
        with pytest.raises(ModelError, match=r"^it is loaded$"):
            await model.reply(request, shown.append)
        return
    reply = await model.reply(request, shown.append)
    told = f"The goal has {letters} letters, and pocket reads {LONGEST_GOAL}; say it in fewer words."
    assert (reply.text, reply.claim, reply.stop_reason, reply.tool_calls) == (told, "abstained", "end", ())
    assert shown == [told]
    assert (reply.usage, reply.probability) == (Usage(), None)


async def test_the_next_step_of_a_run_reads_only_what_is_new(hermes: LocalModel) -> None:
    """Input tokens are what was computed, cached ones what was kept; together they are the prompt."""
    first = await hermes.reply(asked(), ignore_text)
    call = ToolCall("call_1", "move_to", {"x": 1})
    history = (
        *asked().messages,
        Message("assistant", (call,)),
        Message("user", (ToolResult("call_1", (Text("ok"),)),)),
    )
    second = await hermes.reply(asked(messages=history), ignore_text)
    prompt = first.usage.input_tokens + first.usage.cache_read_tokens
    assert first.usage.cache_read_tokens == 0
    assert second.usage.cache_read_tokens >= prompt - 20
    assert second.usage.input_tokens < second.usage.cache_read_tokens + 60


async def test_a_schema_binds_the_whole_answer(hermes: LocalModel) -> None:
    """The text is JSON of the schema; a range that the grammar cannot hold is told by the claim."""
    schema = {
        "type": "object",
        "properties": {"side": {"enum": ["left", "right"]}, "n": {"type": "integer"}},
        "required": ["side", "n"],
    }
    reply = await hermes.reply(asked(response_schema=schema), ignore_text)
    assert mismatch(msgspec.json.decode(reply.text), schema) is None
    assert reply.claim == "done"
    never = {**schema, "properties": {**schema["properties"], "n": {"type": "integer", "maximum": -(10**18)}}}
    reply = await hermes.reply(asked(response_schema=never), ignore_text)
    assert reply.claim == "failed"


async def test_an_image_changes_the_answer(hermes: LocalModel) -> None:
    """The pixels reach the model, in a message and in a tool's result."""
    replies: list[Reply] = []
    for red in (0, 255):
        shown = Message("user", (ToolResult("call_1", (Text("seen"), Image(picture(red)))),))
        history = (*asked().messages, Message("assistant", (ToolCall("call_1", "look", {}),)), shown)
        replies.append(await hermes.reply(asked(messages=history), ignore_text))
        replies.append(await hermes.reply(asked(Text("?"), Image(picture(red, "JPEG"))), ignore_text))
    assert replies[0].text != replies[2].text
    assert replies[1].text != replies[3].text


async def test_a_request_that_is_too_long_names_tokens_and_limit(pocket: LocalModel) -> None:
    """Nothing is generated, and the next request is served."""
    with pytest.raises(ModelError) as caught:
        await pocket.reply(asked(Text("x" * 3000)), ignore_text)
    words = str(caught.value).split()
    assert str(caught.value) == (
        f"the request has {words[3]} tokens, and the context of local:tiny.gguf holds 2048; "
        "shorten it, or give the model a longer context"
    )
    assert int(words[3]) > 3000
    assert (await pocket.reply(asked(), ignore_text)).usage.output_tokens > 0


async def test_a_cancelled_reply_stops_the_thread_that_writes_it(hermes: LocalModel) -> None:
    """When the call comes back, nothing is computed any more and the lock is free."""
    await hermes.reply(asked(max_output_tokens=1), ignore_text)
    pieces: list[str] = []

    def listen(piece: str) -> None:
        pieces.append(piece)
        if len(pieces) == 3:
            scope.cancel()

    with anyio.CancelScope() as scope:
        await hermes.reply(asked(max_output_tokens=1500), listen)
    assert scope.cancelled_caught
    assert len(pieces) == 3
    assert (await hermes.reply(asked(max_output_tokens=2), ignore_text)).usage.output_tokens == 2


async def test_requests_at_the_same_time_wait_for_each_other(hermes: LocalModel) -> None:
    """One context, one reply at a time, each whole."""
    replies: dict[int, Reply] = {}

    async def ask(number: int) -> None:
        replies[number] = await hermes.reply(asked(Text(f"goal {number}")), ignore_text)

    async with anyio.create_task_group() as group:
        for number in range(4):
            group.start_soon(ask, number)
    alone = await hermes.reply(asked(Text("goal 2")), ignore_text)
    assert replies[2].text == alone.text


async def test_text_streams_from_the_event_loops_own_thread(hermes: LocalModel) -> None:
    """A listener needs no lock."""
    threads = set()
    await hermes.reply(asked(), lambda _: threads.add(threading.get_ident()))
    assert threads == {threading.get_ident()}


async def test_a_file_without_a_template_is_asked_in_chatml(backend: str, tmp_path: Path) -> None:
    """Every letter of the turns and each control token is one token of the prompt."""
    path = tmp_path / "plain.gguf"
    write_text_model(path, template=None)
    model = LocalModel(path, backend=backend)
    usage = (await model.reply(asked(tools=()), ignore_text)).usage
    turns = ("S", "user\n", "go to one", "E", "\n", "S", "assistant\n")
    assert usage.input_tokens == sum(map(len, turns))
    await model.aclose()


async def test_a_template_that_fails_is_told_and_the_model_stays(backend: str, tmp_path: Path) -> None:
    """A file's own mistake."""
    path = tmp_path / "strict.gguf"
    write_text_model(path, template="{{ raise_exception('no system role') }}")
    model = LocalModel(path, backend=backend)
    with pytest.raises(ModelError, match=r"^the model's chat template fails: no system role$"):
        await model.reply(asked(tools=()), ignore_text)
    await model.aclose()


async def test_the_dialect_follows_the_template_unless_it_is_named(backend: str, tmp_path: Path) -> None:
    """A template with the tag writes text; the same file told to speak pocket writes calls."""
    path = tmp_path / "chat.gguf"
    write_text_model(path, template=TEMPLATE + "{# <tool_call> #}")
    for speaks, is_text in ((None, True), ("pocket", False)):
        model = LocalModel(path, speaks=speaks, backend=backend)  # type: ignore[arg-type]
        reply = await model.reply(asked(max_output_tokens=30), ignore_text)
        assert (reply.stop_reason == "length") == is_text
        await model.aclose()


async def test_a_model_with_another_form_of_calls_is_not_offered_tools(backend: str, tmp_path: Path) -> None:
    """Its calls would pass for text and nothing would be done; without tools it can talk."""
    path = tmp_path / "other.gguf"
    write_text_model(path, template=TEMPLATE)
    model = LocalModel(path, backend=backend)
    with pytest.raises(ModelError) as caught:
        await model.reply(asked(), ignore_text)
    assert str(caught.value) == (
        "local:other.gguf writes tool calls in a form that LLMos does not read: its chat template has no <tool_call>; "
        "models of the Qwen and Hermes families have it"
    )
    assert (await model.reply(asked(tools=()), ignore_text)).usage.output_tokens > 0
    await model.aclose()


async def test_a_closed_model_loads_again(hermes: LocalModel) -> None:
    """Closing gives memory back; it is no end."""
    before = await hermes.reply(asked(), ignore_text)
    await hermes.aclose()
    await hermes.aclose()
    after = await hermes.reply(asked(), ignore_text)
    assert after.text == before.text


async def test_a_projector_of_another_width_is_refused(files: TinyFiles, backend: str, tmp_path: Path) -> None:
    """Images of another model are not guessed at."""
    other = tmp_path / "mmproj.gguf"
    write_mmproj(other, projection=32)
    with pytest.raises(ModelError, match=r"mismatch between text model \(n_embd = 64\) and mmproj \(n_embd = 32\)$"):
        await LocalModel(files.text, mmproj=other, backend=backend).reply(asked(), ignore_text)
