"""What a provider caches: the bytes of system prompt and tools never change where nothing of theirs has changed."""

import json
import sys
from itertools import pairwise
from pathlib import Path

import anyio
import pytest

from llmos.messages import Reply, Text, ToolCall, Usage
from tests.support.homes import Place, make_place
from tests.support.messages_api import MessagesAPI
from tests.support.runs import CHECKOUT, hire

pytestmark = pytest.mark.anyio

TOOLS = '''
from typing import Literal, TypedDict
from llmos import tool

class Place(TypedDict):
    x: float
    y: float

@tool
def zeta(where: Place, how: Literal["fast", "slow"] = "slow", tags: dict[str, int] = {}) -> str:
    """Go there."""
    return "there"

@tool
def alpha(names: set[str]) -> str:
    """Name them."""
    return "named"
'''
MODEL = "claude-opus-5-5"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A home with an agent on a paid model, skills and tools of its own; and a workspace."""
    place = make_place(tmp_path)
    hire(place, "---\nname: worker\ndescription: Works.\nmodel: dev\n---\n\nWork.\n")
    place.write("user/tools/odd.py", TOOLS)
    for name in ("zebra", "apple", "mango"):
        place.write(f"user/skills/{name}/SKILL.md", f"---\nname: {name}\ndescription: About {name}.\n---\n\nDo.\n")
    return place


def run_of(steps: int) -> list[Reply]:
    """So many steps, then an answer."""
    usage = Usage(100, 10)
    calls = [Reply((ToolCall(f"toolu_{n}", "Glob", {"pattern": "*"}),), "tools", usage, MODEL) for n in range(steps)]
    return [*calls, Reply((Text("Done."),), "end", usage, MODEL)]


def prefixes(api: MessagesAPI) -> list[str]:
    """Model, tools and system prompt of each request, in the order of their bytes."""
    found = [request.json for request in api.requests]
    return [json.dumps([body[key] for key in ("model", "tools", "system")], ensure_ascii=False) for body in found]


async def test_the_prefix_is_the_same_in_every_step_run_and_process(place: Place) -> None:
    """Whatever the goal, the hash seed and the order in which the disk lists its files."""
    command = [sys.executable, "-m", "llmos.cli", "agent", "run", "worker"]
    async with MessagesAPI() as api:
        surroundings = {
            "LLMOS_HOME": str(place.home),
            "HOME": str(place.root),
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(CHECKOUT),
            "ANTHROPIC_API_KEY": "k",
            "ANTHROPIC_BASE_URL": api.url,
        }
        for seed in ("0", "4242"):
            api.say(*run_of(2))
            env = {**surroundings, "PYTHONHASHSEED": seed}
            await anyio.run_process([*command, f"goal {seed}"], cwd=place.workspace, env=env)
        api.say(*run_of(1), *run_of(1))
        async with place.system(api=api.url) as system:
            await system.execute("another goal", "worker")
            for name in ("zebra", "apple"):
                path = place.home / f"user/skills/{name}/SKILL.md"
                path.write_text(path.read_text())
            await system.execute("and another", "worker")
        found = prefixes(api)
    assert len(found) == 10
    assert len(set(found)) == 1
    assert "Work." in found[0]
    assert found[0].index("apple") < found[0].index("mango") < found[0].index("zebra")


async def test_a_conversation_only_ever_grows_at_its_end(place: Place) -> None:
    """Each request begins with all messages of the one before it, mark of the cache aside."""
    async with MessagesAPI() as api:
        api.say(*run_of(3), *run_of(1))
        async with place.system(api=api.url) as system:
            talk = system.conversation("worker")
            await system.say(talk, "first")
            await system.say(talk, "second")
        sent = [_unmarked(request.json["messages"]) for request in api.requests]
    for before, after in pairwise(sent):
        assert after[: len(before)] == before
    assert len(sent[-1]) > len(sent[0])


async def test_a_moving_robot_leaves_the_prefix_as_it_is(place: Place) -> None:
    """Positions, time and run ids stand nowhere in it."""
    move = ToolCall("toolu_1", "move_to", {"x": 1.0, "y": 0.0, "z": 1.0})
    async with MessagesAPI() as api:
        for _ in range(2):
            api.say(Reply((move,), "tools", Usage(100, 10), MODEL), *run_of(0))
        async with place.system(api=api.url, model="dev", scene="pick-and-place") as system:
            await system.execute("go", "operator")
            await system.execute("go on", "operator")
        assert len(prefixes(api)) == 4
        assert len(set(prefixes(api))) == 1


def _unmarked(messages: list[dict[str, object]]) -> list[object]:
    plain = json.loads(json.dumps(messages))
    for message in plain:
        for block in message["content"]:
            block.pop("cache_control", None)
    return list(plain)
