"""The laws of the tool Agent."""

import math
from pathlib import Path

import anyio
import pytest

from llmos.errors import LLMosError
from llmos.tools.delegation import Delegated, agent_tool
from llmos.traces.events import ToolReturned
from tests.support.tools import Bench, make_workspace, rules

pytestmark = pytest.mark.anyio


class Scripted:
    """Somebody who runs agents, and always ends in the same way."""

    def __init__(self, ending: Delegated | LLMosError) -> None:
        self.ending = ending
        self.asked: list[tuple[str, str]] = []
        self.deadline_s = 0.0

    async def delegate(self, agent: str, goal: str) -> Delegated:
        self.asked.append((agent, goal))
        self.deadline_s = anyio.current_effective_deadline()
        if isinstance(self.ending, LLMosError):
            raise self.ending
        return self.ending


def bench(tmp_path: Path, ending: Delegated | LLMosError) -> tuple[Bench, Scripted]:
    """A toolbox in which every tool but this one has hardly any time."""
    scripted = Scripted(ending)
    return Bench(make_workspace(tmp_path), [agent_tool(scripted)], rules=rules(tool_timeout_s=0.001)), scripted


async def test_the_answer_comes_back(tmp_path: Path) -> None:
    """The other agent gets the prompt, and its time is not that of a tool."""
    tools, scripted = bench(tmp_path, Delegated("run-1", "done", "four"))
    result = await tools.call("Agent", subagent_type="planner", prompt="Count", description="Counting")
    assert (result.is_error, result.text) == (False, "four")
    assert scripted.asked == [("planner", "Count")]
    assert scripted.deadline_s == math.inf
    assert [each.child for each in tools.journal.named(ToolReturned)] == ["run-1"]


@pytest.mark.parametrize(
    ("ending", "text"),
    [
        (Delegated("run-1", "failed", "half", "it slipped"), "planner ended with failed: it slipped (run run-1)\nhalf"),
        (Delegated("run-1", "budget", ""), "planner ended with budget: no reason given (run run-1)"),
        (LLMosError("there is no agent 'planner'"), "there is no agent 'planner'"),
    ],
)
async def test_an_ending_that_is_not_done_is_an_error(
    tmp_path: Path, ending: Delegated | LLMosError, text: str
) -> None:
    """With what came of it, and the run in which it can be read."""
    tools, _ = bench(tmp_path, ending)
    result = await tools.call("Agent", subagent_type="planner", prompt="Count")
    assert (result.is_error, result.text) == (True, text)


async def test_silence_is_said(tmp_path: Path) -> None:
    """An agent may be done without a word."""
    tools, _ = bench(tmp_path, Delegated("run-1", "done", ""))
    assert (await tools.call("Agent", subagent_type="planner", prompt="x")).text == "(done, without an answer)"
