"""The tool Agent: give a part of the goal to another agent, which spends from the same purse.

Knows neither the loop nor the agents; whoever can run one is passed in.
"""

import math
from dataclasses import dataclass
from typing import Annotated, Protocol

from llmos.messages import Effect, Text
from llmos.tools.base import Access, Tool, ToolOutcome, tool


@dataclass(frozen=True, slots=True)
class Delegated:
    """What another agent's run came to; `outcome` is that of the run, e.g. `done` or `failed`."""

    run_id: str
    outcome: str
    answer: str
    reason: str = ""


class Delegate(Protocol):
    """Runs an agent to its end."""

    async def delegate(self, agent: str, goal: str) -> Delegated:
        """Run the agent on the goal, below the run that asks; raises LLMosError when it cannot start."""
        ...


def agent_tool(delegate: Delegate) -> Tool:
    """Agent, over whoever runs agents. Its time is that of the purse, not of a single tool."""

    @tool(effect=Effect.IRREVERSIBLE, timeout_s=math.inf, name="Agent")
    async def agent(
        subagent_type: Annotated[str, Access.DELEGATE],
        prompt: str,
        description: str | None = None,  # noqa: ARG001 - for whoever reads the journal
    ) -> ToolOutcome:
        """Hand a self-contained task to another agent and wait for its answer. It sees nothing but the prompt.

        Args:
            subagent_type: The agent's name, as it stands in the list of agents.
            prompt: The whole task: what to do, with which facts, and what to answer.
            description: The task in three to five words.

        """
        ended = await delegate.delegate(subagent_type, prompt)
        if ended.outcome == "done":
            return ToolOutcome((Text(ended.answer or "(done, without an answer)"),), child=ended.run_id)
        told = f"{subagent_type} ended with {ended.outcome}: {ended.reason or 'no reason given'} (run {ended.run_id})"
        return ToolOutcome((Text("\n".join(filter(None, (told, ended.answer)))),), is_error=True, child=ended.run_id)

    return agent
