"""The words with which documents speak of tools: names, names that end in `*`, and scopes in parentheses behind them.

Knows no tool. What a scope lets through, the toolbox says.
"""

from collections.abc import Mapping

OLDER_TOOL_NAMES: Mapping[str, str] = {"Task": "Agent"}
"""What Claude Code called a tool before, and documents still do."""

MCP = "mcp__"
"""What the tools of MCP servers begin with; `mcp__SERVER` means all of that server's."""


def tool_of(pattern: str) -> str:
    """The name that stands before the scope, as the tool is called today.

    >>> tool_of("Bash(git:*)"), tool_of("Task")
    ('Bash', 'Agent')
    """
    name = pattern.partition("(")[0].strip()
    return OLDER_TOOL_NAMES.get(name, name)


def speaks_of(named: str, name: str) -> bool:
    """Whether a tool's name, one that ends in `*`, or that of an MCP server means the tool of this name.

    >>> speaks_of("mcp__db", "mcp__db__drop"), speaks_of("move_*", "go_home")
    (True, False)
    """
    if named.endswith("*"):
        return name.startswith(named[:-1])
    return name == named or (named.startswith(MCP) and name.startswith(f"{named}__"))


def left_open(pattern: str) -> str:
    """What is wrong with a pattern whose parenthesis is never closed; empty where it is.

    >>> left_open("Bash(git:*"), left_open("Read")
    ("'Bash(git:*' lacks ')'", '')
    """
    _, opened, scope = pattern.partition("(")
    return f"'{pattern}' lacks ')'" if opened and ")" not in scope else ""
