"""Whether an agent moves a robot is decided by the rule that gives it its tools, however its document spells them."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.boot.ground import may_drive, may_move
from llmos.documents.agent import Agent, agent_from
from llmos.documents.frontmatter import parse
from llmos.tools.base import Tool, tool
from llmos.tools.names import DRIVING_TOOLS, ROBOT_TOOLS
from llmos.tools.offer import Offer

AGENT = agent_from(parse("---\nname: mover\ndescription: Moves.\n---\n\nMove.\n", Path("mover.md")))
SPELLINGS = (
    "*",
    "move_*",
    "move_to",
    "move_to(x)",
    "go_home",
    "get_status",
    "get_*",
    "Read",
    "mcp__arm",
    "move_to ",
    "(",
)


def given_tools(tools: tuple[str, ...] | None, disallowed: tuple[str, ...] = ()) -> Agent:
    """An agent with these lists."""
    return replace(AGENT, tools=tools, disallowed_tools=disallowed)


@pytest.mark.parametrize(
    ("tools", "disallowed", "drives", "moves"),
    [
        (None, (), True, True),
        ((), (), False, False),
        (("move_to",), (), True, True),
        (("move_*",), (), True, True),
        (("move_to(x)",), (), True, True),
        (("*", "get_status"), (), True, True),
        (("Read", "get_status"), (), False, True),
        (("get_*",), (), False, True),
        (("Read",), (), False, False),
        (("move_to",), ("move_to",), False, False),
        (("move_to",), ("move_*",), False, False),
        (("move_to",), ("move_to(x)",), True, True),
        (("*", "Read"), ("move_*", "toggle_tool", "go_home"), False, True),
        (None, ("*",), False, False),
        (("no pattern!",), (), False, False),
    ],
)
def test_an_agent_drives_what_its_patterns_name(
    tools: tuple[str, ...] | None, disallowed: tuple[str, ...], *, drives: bool, moves: bool
) -> None:
    """A wildcard and a scope give a tool as its bare name does; only a bare name or wildcard takes one away."""
    agent = given_tools(tools, disallowed)
    assert (may_drive(agent), may_move(agent)) == (drives, moves)


def robot_tool(name: str) -> Tool:
    """A tool of this name."""

    @tool(name=name)
    def move() -> str:
        """Move."""
        return ""

    return move


ALL = Offer(map(robot_tool, ROBOT_TOOLS))
LISTS = st.lists(st.sampled_from(SPELLINGS), max_size=4).map(tuple)


@given(tools=st.none() | LISTS, disallowed=LISTS)
def test_who_is_offered_a_tool_that_moves_is_overseen(
    tools: tuple[str, ...] | None, disallowed: tuple[str, ...]
) -> None:
    """What the toolbox offers and what oversight goes by never differ."""
    offered = {spec.name for spec in ALL.only(tools, disallowed).specs()}
    agent = given_tools(tools, disallowed)
    assert (may_drive(agent), may_move(agent)) == (bool(offered & DRIVING_TOOLS), bool(offered))
