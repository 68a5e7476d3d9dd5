"""The checks of `llmos model check` pass for a model that keeps its promises and fail for each one that it breaks."""

from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec
import pytest

from llmos.errors import ModelError, RetryableError
from llmos.messages import Image, Reply, Request, Text, ToolCall, Usage
from llmos.models.base import OnText
from llmos.models.conformance import Check, check
from llmos.models.local import LocalModel
from tests.support.llama import BACKENDS, need_backend
from tests.support.tiny_gguf import write_tiny

pytestmark = pytest.mark.anyio

FORM = '{"mood":"calm","height_m":1}'


class Keeper:
    """Keeps every promise but those that `broken` names, with what it does instead."""

    name = "fake:keeper"

    def __init__(self, context_tokens: int = 500, **broken: Any) -> None:
        self.context_tokens = context_tokens
        self.broken = broken

    async def reply(self, request: Request, on_text: OnText) -> Reply:
        """Look at what is asked, and do it or break it."""
        parts = request.messages[-1].parts
        size = sum(len(part.text.split()) for part in parts if isinstance(part, Text))
        usage = Usage(size, min(self.broken.get("written", 12), max(request.max_output_tokens, 20)))
        if size > self.context_tokens:
            if "context" not in self.broken:
                raise ModelError("too long")
            return Reply((Text("7"),), "end", Usage(self.broken["context"], 1), self.name)
        if request.tools:
            call = self.broken.get("call", ToolCall("call_1", "move_to", {"x": 0.4, "y": 0.5, "z": 0.6}))
            return Reply((call,), "tools" if isinstance(call, ToolCall) else "end", usage, self.name)
        if request.response_schema is not None:
            return Reply((Text(self.broken.get("form", FORM)),), "end", usage, self.name)
        if isinstance(parts[0], Image):
            if "eyes" in self.broken:
                raise ModelError("this model cannot see")
            seen = self.broken.get("seen", f"colour {crc32(parts[0].content)}")
            return Reply((Text(seen),), "end", usage, self.name)
        return Reply((Text(self.broken.get("verse", "The sea, the sea.")),), "end", usage, self.name)

    async def aclose(self) -> None:
        """Nothing is open."""


class Dead(Keeper):
    """Cannot be reached."""

    async def reply(self, request: Request, on_text: OnText) -> Reply:
        """Nobody is there."""
        raise RetryableError("http://h cannot be reached: refused")


async def result(name: str, **broken: Any) -> Check:
    """The check of that name."""
    return {one.name: one for one in await check(Keeper(**broken))}[name]


async def test_a_model_that_keeps_its_promises_passes_every_check() -> None:
    """In the order in which they are listed."""
    checks = await check(Keeper())
    assert [one.name for one in checks] == ["tool call", "schema", "grammar", "image", "stop", "context"]
    assert {one.status for one in checks} == {"passed"}
    assert checks[0].sentence == 'it called move_to with {"x":0.4,"y":0.5,"z":0.6}'
    assert checks[1].sentence == f"it answered {FORM}"
    assert checks[2].sentence == "asked for verse, it wrote JSON of the schema 5 of 5 times"
    assert checks[3].sentence.startswith("of a red picture it says '")
    assert checks[4].sentence == "with room for 16 tokens it wrote 12 and stopped for 'end'"
    assert checks[5].sentence == "too long a request is refused: too long"


@pytest.mark.parametrize(
    ("name", "broken", "sentence"),
    [
        ("tool call", {"call": Text("I would move.")}, "asked to move, it said: 'I would move.'"),
        ("tool call", {"call": ToolCall("1", "fly", {})}, "it called 'fly', which was not offered"),
        ("tool call", {"call": ToolCall("1", "?", {}, malformed="{x")}, "its call cannot be read: '{x'"),
        (
            "tool call",
            {"call": ToolCall("1", "move_to", {"x": "far"})},
            'its arguments depart from the schema: "$.y" is missing',
        ),
        ("schema", {"form": "[1]"}, 'its answer departs from the schema: "$" is [1], not object'),
        ("schema", {"form": "Hi"}, "its answer departs from the schema: 'Hi' is not JSON"),
        ("grammar", {"form": "Hi"}, "asked for verse in the form of JSON, it left the form: 'Hi' is not JSON"),
        ("image", {"seen": "a picture"}, "it says the same of a red and of a blue picture: 'a picture'"),
        ("stop", {"written": 17}, "with room for 16 tokens it wrote 17"),
        ("context", {"context": 501}, "it took 502 tokens, more than the 500 of its context"),
    ],
)
async def test_a_broken_promise_fails_its_check(name: str, broken: dict[str, Any], sentence: str) -> None:
    """And says what was seen."""
    assert await result(name, **broken) == Check(name, "failed", sentence)


@pytest.mark.parametrize(
    ("name", "broken", "sentence"),
    [
        ("image", {"eyes": None}, "this model cannot see"),
        ("grammar", {"verse": FORM}, "it writes this JSON unasked, so that no constraint shows"),
        ("context", {"context_tokens": 1_000_000}, "its context holds 1000000 tokens, too many to be tried"),
    ],
)
async def test_what_shows_nothing_is_skipped(name: str, broken: dict[str, Any], sentence: str) -> None:
    """A check that could not fail is not counted as passed."""
    assert await result(name, **broken) == Check(name, "skipped", sentence)


async def test_a_context_that_the_template_keeps_is_a_promise_kept() -> None:
    """Pocket's template shortens a goal by itself."""
    sentence = "too long a request is cut by its template to 101 of 500 tokens"
    assert await result("context", context=100) == Check("context", "passed", sentence)


async def test_a_model_that_cannot_be_reached_keeps_no_promise() -> None:
    """What nobody answers is not refused; a picture is skipped, as for a server that breaks at the sight of one."""
    checks = await check(Dead())
    assert {one.sentence for one in checks} == {"http://h cannot be reached: refused"}
    assert {one.name: one.status for one in checks} == {one.name: "failed" for one in checks} | {"image": "skipped"}


@pytest.mark.parametrize("backend", BACKENDS)
async def test_random_weights_keep_form_sight_and_limits(backend: str, tmp_path: Path) -> None:
    """All that does not need understanding, through real llama.cpp."""
    files = write_tiny(tmp_path)
    model = LocalModel(files.text, mmproj=files.mmproj, speaks="hermes", backend=need_backend(backend))
    passed = {one.name for one in await check(model) if one.status == "passed"}
    assert passed >= {"schema", "grammar", "image", "stop", "context"}
    await model.aclose()


def test_the_form_that_is_asked_for_is_what_the_checks_hold_it_to() -> None:
    """The fake's answer is of the schema."""
    assert list(msgspec.json.decode(FORM)) == ["mood", "height_m"]
