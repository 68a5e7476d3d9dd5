"""What stands in an agent, skill or command and has no effect in LLMos; a person should know.

Knows the keys of the formats. Nothing of this keeps a document from working.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from llmos.documents.agent import LIMITS as AGENT_LIMITS
from llmos.documents.crystal import KEYS as CRYSTAL_KEYS
from llmos.documents.document import Document, Problem
from llmos.documents.skill import LENS, QUARANTINE
from llmos.documents.tool_patterns import MCP, left_open, tool_of
from llmos.errors import nearest

Named: TypeAlias = Mapping[str, tuple[str, ...] | None]
"""The tools and skills that a document names, by the key that names them."""


@dataclass(frozen=True, slots=True)
class Known:
    """The names of the tools and skills that there are; any other does nothing in a document.

    A skill has its name and `VOLUME:NAME`.
    """

    tools: frozenset[str]
    skills: frozenset[str]


_READ: Mapping[str, frozenset[str]] = {
    "agent": frozenset(
        {"name", "description", "tools", "disallowed_tools", "model", "max_turns", "skills", "metadata"}
    ),
    "skill": frozenset({"name", "description", "when_to_use", "allowed_tools", "disable_model_invocation", "metadata"}),
    "command": frozenset({"description", "argument_hint", "allowed_tools", "model", "metadata"}),
}
_FOR_PEOPLE = frozenset({"license", "compatibility", "version", "author", "color", "tags", "keywords", "category"})
_WITHOUT_EFFECT: Mapping[str, str] = {
    "permission_mode": "no document can change what is permitted",
    "hooks": "a document cannot run commands",
    "mcp_servers": "a document cannot start servers",
    "shell": "a document cannot run commands",
}
_METADATA: Mapping[str, frozenset[str]] = {
    "agent": frozenset({"llmos-budget-usd", "llmos-fallback", "llmos-sensitive"}),
    "skill": frozenset({"llmos-robot", LENS, QUARANTINE}) | CRYSTAL_KEYS,
    "command": frozenset(),
}
_INSTEAD: Mapping[str, Mapping[str, str]] = {"agent": AGENT_LIMITS.instead, "skill": {}, "command": {}}
_NEAR = "did you mean"
_COMMAND = re.compile(r"(?<![\w`])!`([^`\n]+)`|^```!([^\n]*\n.*?)(?:^```|\Z)", re.MULTILINE | re.DOTALL)


def unread_keys(kind: str, document: Document) -> Iterator[Problem]:
    """Keys that no code reads: a slip of the pen, or one that only other programs understand."""
    for place, key, reason in _unread(kind, document):
        yield document.warning(place, f"'{key}' is not read: {reason}")


def misspelt_keys(kind: str, document: Document) -> Iterator[Problem]:
    """Of the keys that no code reads, those that are near to one that is read."""
    for place, key, reason in _unread(kind, document):
        if reason.startswith(_NEAR):
            yield document.warning(place, f"'{key}' is not read: {reason}")


def _unread(kind: str, document: Document) -> Iterator[tuple[str, str, str]]:
    """Each key that no code reads: under which name its line is known, the key itself, and why."""
    for key in document.keys:
        if key in _READ[kind] or key in _FOR_PEOPLE:
            continue
        close = nearest(_INSTEAD[kind].get(key, key), _READ[kind])
        other = close if close.startswith(_NEAR) else "it stays in the file and has no effect"
        yield key, key, _WITHOUT_EFFECT.get(key, other)
    metadata = document.keys.get("metadata")
    for key in metadata if isinstance(metadata, Mapping) else ():
        if key.startswith("llmos-") and key not in _METADATA[kind]:
            reason = nearest(key, _METADATA[kind]) if _METADATA[kind] else f"a {kind} has no keys of LLMos"
            yield f"metadata.{key}", key, reason


def commands_in(text: str) -> Iterator["re.Match[str]"]:
    """The shell commands that Claude Code would run while it opens the text: group 1 on a line, group 2 in a block."""
    return _COMMAND.finditer(text)


def unread_commands(document: Document) -> Iterator[Problem]:
    """Shell commands in a body, which stay text here."""
    for found in commands_in(document.body):
        line = document.body_line + document.body.count("\n", 0, found.start())
        shown = f"'{found[1]}'" if found[1] else "a block of commands"
        yield Problem(str(document.path), line, "warning", f"{shown} is not run: a document cannot run commands")


def unknown_names(document: Document, named: Named, known: Known) -> Iterator[Problem]:
    """Tools that nobody offers, and skills that are not there."""
    for key, names in named.items():
        for name in names or ():
            if key == "skills":
                wrong = [unknown_skill(name, known.skills)]
            else:
                wrong = [_unknown_tool(name, known.tools), left_open(name)]
            yield from (document.warning(key, sentence) for sentence in filter(None, wrong))


def unknown_skill(name: str, known: Collection[str]) -> str:
    """What is wrong with the name of a skill, or with its `VOLUME:NAME`; empty when there is one."""
    alike = [each for each in known if (":" in each) == (":" in name)]
    return "" if name in known else f"there is no skill '{name}'; {nearest(name, alike)}"


def _unknown_tool(pattern: str, known: frozenset[str]) -> str:
    """What is wrong with the name in a pattern; tools of MCP servers are left alone, because servers come and go."""
    name = tool_of(pattern)
    if name in known or name.startswith(MCP) or name == "*":
        return ""
    return f"there is no tool '{name}'; {nearest(name, known)}"
