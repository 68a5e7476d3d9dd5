"""Tools that raise, hang or answer garbage: the model gets a sentence, the run goes on, its journal is whole."""

from pathlib import Path

import pytest

from llmos.traces.events import ToolReturned
from tests.support.homes import Place, make_place
from tests.support.overlays import overlay
from tests.support.runs import all_whole, events, play, whole
from tests.support.tapes import asks, says

pytestmark = pytest.mark.anyio

FILE = '''
import asyncio, threading
from llmos import tool

class Unspeakable(Exception):
    def __str__(self):
        raise ValueError("no words")

class Text(str):
    def encode(self, *args):
        raise ValueError("no bytes")

class Odd(BaseException):
    pass

@tool
{asynchronous}def broken() -> object:
    """Break."""
    {body}
'''
NESTED = "a = []\n    for _ in range(100_000): a = [a]\n    return a"

SENTENCES = {
    "raise ValueError('no')": "broken failed with ValueError: no",
    "raise SystemExit(3)": "broken failed with SystemExit: 3",
    "raise Odd('far out')": "broken failed with Odd: far out",
    "raise Unspeakable": "broken failed with Unspeakable: <exception str() failed>",
    "raise asyncio.CancelledError": "broken failed with CancelledError",
    "raise BaseExceptionGroup('all', [KeyboardInterrupt()])": "broken failed with KeyboardInterrupt",
    "raise MemoryError": "broken failed with MemoryError",
    "return Text('x')": "broken failed with ValueError: no bytes",
    "return object()": (
        "broken returned a object, which is neither text nor JSON: Encoding objects of type object is unsupported"
    ),
    NESTED: "broken failed with RecursionError: maximum recursion depth exceeded while serializing an object",
}


def plugin(place: Place, body: str, *, asynchronous: bool = False) -> None:
    """The tool `broken` in the user's volume, with this body."""
    place.write("user/tools/broken.py", FILE.format(asynchronous="async " if asynchronous else "", body=body))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A home and a workspace."""
    return make_place(tmp_path)


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("body", SENTENCES)
async def test_whatever_a_tool_raises_the_model_can_react(place: Place, body: str, asynchronous: bool) -> None:
    """Also what ends a program or a task everywhere else: here it is one sentence, and the run goes on."""
    plugin(place, body, asynchronous=asynchronous)
    outcome = await play(place, asks(("broken", {})), {"expect": SENTENCES[body], **says("I see")})
    assert (outcome.outcome, outcome.answer) == ("done", "I see"), outcome.reason
    assert [use.error for use in outcome.tool_calls] == [SENTENCES[body]]
    whole(outcome.journal)


async def test_a_thread_cannot_interrupt_the_program(place: Place) -> None:
    """Ctrl-C never reaches a tool's thread, so a KeyboardInterrupt there is the tool's own."""
    plugin(place, "raise KeyboardInterrupt")
    outcome = await play(place, asks(("broken", {})), says())
    assert [use.error for use in outcome.tool_calls] == ["broken failed with RuntimeError: it raised KeyboardInterrupt"]


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("return 'a\\udc80b'", "a?b"),
        ("return ''", "(empty)"),
        ("return None", "done"),
        ("return float('nan')", "null"),
        ("return 'x' * 5_000_000", f"{'x' * 15_000}\n[4970000 of 5000000 bytes cut here]\n{'x' * 15_000}"),
    ],
)
async def test_odd_answers_are_made_fit_for_a_model(place: Place, body: str, shown: str) -> None:
    """What UTF-8 cannot hold, nothing at all, no number, far too much: the model gets text that its provider takes."""
    plugin(place, body)
    outcome = await play(place, asks(("broken", {})), says())
    assert outcome.outcome == "done"
    assert [event.text for event in events(whole(outcome.journal), ToolReturned)] == [shown]


async def test_a_tool_that_hangs_is_left_behind(place: Place) -> None:
    """A thread that never ends costs its time and nothing else; the run goes on."""
    overlay(place.home, {"safety.tool_timeout_s": 0.05})
    plugin(place, "threading.Event().wait()")
    outcome = await play(place, asks(("broken", {})), says("never mind"))
    error = "broken had no answer within 0.05 s; whether it took effect is not known"
    assert (outcome.outcome, [use.error for use in outcome.tool_calls]) == ("done", [error])


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise SystemExit(1)", "the file cannot be loaded: SystemExit: 1"),
        ("def (", "the file cannot be loaded: SyntaxError: invalid syntax (broken.py, line 1)"),
        ("import no_such_module", "the file cannot be loaded: ModuleNotFoundError: No module named 'no_such_module'"),
        ("\0", "the file cannot be loaded: SyntaxError: source code string cannot contain null bytes"),
    ],
)
async def test_a_file_of_tools_that_cannot_be_loaded_is_said_and_left_out(
    place: Place, source: str, reason: str
) -> None:
    """The run goes on without it, and the journal says why."""
    place.write("user/tools/broken.py", source)
    outcome = await play(place, says())
    assert outcome.outcome == "done"
    (entries,) = all_whole(place)
    told = [getattr(entry.event, "sentence", "") for entry in entries]
    assert [each for each in told if each] == [reason]
