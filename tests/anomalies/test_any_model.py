"""Whatever a model says, in whatever order: the run ends in one of five ways, and every law of the house holds."""

from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmos.errors import LowBatteryError
from llmos.messages import ToolResult
from llmos.traces.events import GateVerdict, MessageAdded, ModelReplied, PromptSet, ToolReturned
from llmos.traces.reading import messages_of, read_history
from tests.support.homes import Place, make_place
from tests.support.runs import events, fit_for_a_provider, hire, journals, whole
from tests.support.tapes import Line, tape

ALL = "---\nname: anybody\ndescription: Does anything.\n---\n\nDo.\n"
NUMBERS = st.sampled_from([0.0, 0.5, -1.0, 1.5, 5.0, 1e9]) | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.sampled_from(["a.txt", "../b", "/etc/passwd", "*", "", "\x00", "{{ x }}", "\x1b[2J", "x" * 5000]) | st.text()
JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=4,
)
PLAUSIBLE: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "Read": {"file_path": TEXTS},
    "Write": {"file_path": st.sampled_from(["a.txt", "b/c.txt", ".git/config"]), "content": TEXTS},
    "Edit": {"file_path": st.just("a.txt"), "old_string": TEXTS, "new_string": TEXTS},
    "Glob": {"pattern": TEXTS},
    "Bash": {"command": TEXTS},
    "Skill": {"skill": st.sampled_from(["pick-and-place", "none"]) | TEXTS},
    "Remember": {"text": TEXTS},
    "Recall": {"query": TEXTS},
    "Agent": {"subagent_type": st.sampled_from(["anybody", "nobody"]), "prompt": TEXTS},
    "move_to": {"x": NUMBERS, "y": NUMBERS, "z": NUMBERS},
    "move_relative": {"dx": NUMBERS, "dz": NUMBERS},
    "toggle_tool": {"activate": st.booleans()},
    "go_home": {},
    "get_status": {},
    "emergency_stop": {},
}
CALLS = st.sampled_from(sorted(PLAUSIBLE)).flatmap(
    lambda name: st.fixed_dictionaries({"name": st.just(name), "args": st.fixed_dictionaries(PLAUSIBLE[name])})
)
STRANGE = st.fixed_dictionaries(
    {
        "name": st.sampled_from(sorted(PLAUSIBLE)) | st.text(max_size=8),
        "args": st.dictionaries(TEXTS, JSONS, max_size=3),
    }
)
GARBLED = st.fixed_dictionaries({"name": st.sampled_from(["Read", "move_to"]), "malformed": st.text(max_size=40)})
USAGE = st.fixed_dictionaries({"input_tokens": st.integers(0, 400_000), "output_tokens": st.integers(0, 5_000)})
REPLIES = st.fixed_dictionaries(
    {},
    optional={
        "text": TEXTS,
        "tool_calls": st.lists(CALLS | CALLS | STRANGE | GARBLED, max_size=4),
        "stop_reason": st.sampled_from(["end", "tools", "length", "refusal", "stop_sequence", "pause"]),
        "claim": st.sampled_from(["done", "failed", "abstained"]),
        "usage": USAGE,
    },
)
LINES = st.lists(st.fixed_dictionaries({"reply": REPLIES}) | st.just({"error": "fatal"}), max_size=8)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A home with an agent that has every tool, and a workspace."""
    place = make_place(tmp_path_factory.mktemp("place"))
    hire(place, ALL, "anybody")
    return place


async def run(place: Place, lines: list[Line]) -> None:
    """Let a model say these lines, in a home whose robot was rearmed."""
    (place.home / "robots" / "arm.json").unlink(missing_ok=True)
    for path in journals(place):
        path.unlink()
    try:
        async with place.system(model=tape(place, *lines), robot="arm", scene="pick-and-place") as system:
            outcome = await system.execute("go", "anybody")
            assert outcome.outcome in ("done", "failed", "refused", "budget")
            assert outcome.reason
    except LowBatteryError:
        pass


def check(path: Path, place: Place) -> None:
    """The laws of one journal."""
    entries = whole(path)
    (prompt,) = events(entries, PromptSet)
    fit_for_a_provider(read_history(place.home, path.stem), prompt.tools)
    asked = [call.id for reply in events(entries, ModelReplied) for call in reply.tool_calls]
    answered = [
        part.call_id
        for message in messages_of([entry for entry in entries if isinstance(entry.event, MessageAdded)])
        for part in message.parts
        if isinstance(part, ToolResult)
    ]
    assert answered == asked[: len(answered)]
    assert {event.call_id for event in events(entries, ToolReturned)} <= set(asked)
    assert all(event.allowed or event.reason for event in events(entries, GateVerdict))


@settings(max_examples=40)
@given(lines=LINES)
def test_whatever_a_model_says_the_laws_hold(place: Place, lines: list[Line]) -> None:
    """It ends, its journals are whole, every call has its answer, and the history can be gone on with."""
    anyio.run(run, place, lines)
    assert journals(place)
    for path in journals(place):
        check(path, place)
    assert not (place.workspace / ".git").exists()
    assert sorted(each.name for each in place.root.iterdir()) == ["home", "tape.jsonl", "work"]
