"""A model that sees is shown what the robot's camera sees, and the journal keeps the picture."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest

from llmos.messages import Reply, Text, ToolCall, Usage
from llmos.traces.events import ToolReturned
from llmos.traces.parts import ImagePart
from llmos.traces.reading import read_journal
from tests.support.drivers import require_physics
from tests.support.homes import make_place
from tests.support.messages_api import MessagesAPI

pytestmark = [pytest.mark.anyio, pytest.mark.system]
MODEL = "claude-opus-5-5"


async def test_claude_gets_the_picture_and_the_journal_keeps_it(
    tmp_path: Path, require_system: Callable[[str], None]
) -> None:
    """The tool's answer holds words and a PNG file; the journal has the same bytes."""
    require_physics(require_system)
    place = make_place(tmp_path)
    async with MessagesAPI() as api:
        api.say(
            Reply((ToolCall("toolu_1", "get_camera_feed", {"view": "camera"}),), "tools", Usage(900, 20), MODEL),
            Reply((Text("A cube stands on the pedestal."),), "end", Usage(2000, 20), MODEL),
        )
        async with place.system(api=api.url, robot="arm", scene="pick-and-place") as system:
            outcome = await system.execute("What do you see?", "operator")
        told = api.requests[1].json["messages"][-1]["content"][0]
    words, *pictures = told["content"]
    if not pictures:
        require_system(words["text"])
    assert words["text"].startswith("Camera of the gantry arm (simulated by MuJoCo), in words: cube at")
    png = base64.b64decode(pictures[0]["source"]["data"])
    assert png.startswith(b"\x89PNG")
    returned = [entry.event for entry in read_journal(outcome.journal) if isinstance(entry.event, ToolReturned)]
    [kept] = [part for part in returned[0].content if isinstance(part, ImagePart)]
    assert (kept.content or (outcome.journal.with_suffix(".d") / kept.file).read_bytes()) == png
