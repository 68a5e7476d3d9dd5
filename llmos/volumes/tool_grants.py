"""The tools that an agent's document grants, each with what the same document denies of it.

Knows no tool, only how their names and patterns are written; where a denial may bear on a grant, it counts.
"""

import re
from collections.abc import Iterator

from llmos.documents.agent import Agent
from llmos.documents.tool_patterns import speaks_of, tool_of

EVERY = "every tool"

_SPOKEN_FOR = frozenset({"Read", "Edit", "Write"})
"""With a scope, a denial of one of these speaks of every tool that does the same to a file."""
_WITHOUT_FILES = frozenset({"Bash", "Agent"})
_ENDING = re.compile(r"(?::| )\*$")


def grants(agent: Agent) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each tool that may be used, as it is listed, and what of it is denied, in one order and spelling."""
    denied = sorted({_spelled(each) for each in agent.disallowed_tools})
    if agent.tools is None:
        yield EVERY, tuple(denied)
        return
    for tool in sorted({_spelled(each) for each in agent.tools}):
        name = tool_of(tool)
        if not any("(" not in each and speaks_of(each, name) for each in denied):
            yield tool, tuple(each for each in denied if _bears_on(each, name))


def _bears_on(denial: str, name: str) -> bool:
    barred = tool_of(denial)
    if speaks_of(barred, name) or speaks_of(name, barred):
        return True
    return "(" in denial and barred in _SPOKEN_FOR and name not in _WITHOUT_FILES


def _spelled(tool: str) -> str:
    """A tool or pattern in the one spelling of those that mean the same."""
    name, (_, bracket, scope) = tool_of(tool), (part.strip() for part in tool.partition("("))
    if not bracket or not scope.endswith(")"):
        return f"{name}{bracket}{scope}"
    scope = scope[:-1].strip()
    return f"{name}({_ENDING.sub(':*', scope) if name == 'Bash' else scope})"
