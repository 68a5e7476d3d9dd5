"""Reads and matches the patterns of Claude Code: `Bash(git:*)`, `Read(../data/**)`, `mcp__github`, `Agent(planner)`.

Decides nothing: a pattern only says whether a call is one of those it names. When in doubt it does not match.
"""

import os
import re
import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from glob import escape
from pathlib import Path

from llmos.documents.tool_patterns import speaks_of, tool_of
from llmos.errors import LLMosError
from llmos.tools.base import Access, Tool
from llmos.tools.globs import all_below_match, parts_match

_PATTERN = re.compile(r"(?P<tool>[A-Za-z0-9_*-]+)\s*(?:\((?P<scope>.*)\))?", re.DOTALL)
_GROUPS = {Access.READ: {"Read"}, Access.WRITE: {"Write", "Edit"}}  # one pattern speaks of all tools that do the same

_WILD = re.compile(r"[*?\[]")

# What bash takes as it stands, or quoted without expansion; everything else may hide a second command.
_PIECE = r"""(?:[A-Za-z0-9_@%+=:,./^~*?\[\]-]|'[^']*'|"[^"$`\\!]*")+"""
_SIMPLE = re.compile(rf" *{_PIECE}(?: +{_PIECE})* *")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A tool's name, or `*`, or a name that ends in `*`; and what the call is about. A scope of None is any call."""

    tool: str
    scope: str | None = None

    def __str__(self) -> str:
        return self.tool if self.scope is None else f"{self.tool}({self.scope})"

    def names(self, name: str) -> bool:
        """Say whether it speaks of this tool; `mcp__github` speaks of every tool of that server."""
        return speaks_of(self.tool, name)

    def covers(self, tool: Tool, access: Access) -> bool:
        """Say whether it speaks of what a tool does to an argument; `Read(..)` covers Grep, `Edit(..)` covers Write."""
        return self.names(tool.spec.name) or self.tool in _GROUPS.get(access, ())


def read_pattern(text: str) -> Pattern:
    """The pattern that stands in the text; raises LLMosError when none does.

    >>> read_pattern("Bash(git status:*)")
    Pattern(tool='Bash', scope='git status:*')
    """
    found = _PATTERN.fullmatch(text.strip())
    if found is None:
        known = "Read, Bash(git status), Bash(git:*), Read(../data/**)"
        raise LLMosError(f"'{text}' is no tool pattern; they look like {known}")
    pattern = Pattern(tool_of(found["tool"]), found["scope"])
    words = _prefix(pattern.scope) if pattern.tool == "Bash" and pattern.scope else None
    if words is not None and simple_words(words) is None:
        raise LLMosError(f"'{text}' cannot be matched; only plain words, without ; & | < > $ ( ) or `, begin a command")
    return pattern


def legible_patterns(texts: Iterable[str]) -> tuple[Pattern, ...]:
    """The patterns that can be read; in a document, what cannot be is warned of and does nothing."""
    patterns = []
    for text in texts:
        try:
            patterns.append(read_pattern(text))
        except LLMosError:
            continue
    return tuple(patterns)


def denials(texts: Iterable[str]) -> tuple[Pattern, ...]:
    """What a document takes away; where a scope cannot be matched that is the whole tool, for no limit may be lost."""
    denied: list[Pattern] = []
    for text in texts:
        denied += legible_patterns((text,)) or legible_patterns((text.partition("(")[0],))
    return tuple(denied)


def leaves(name: str, listed: Sequence[Pattern] | None, denied: Sequence[Pattern]) -> bool:
    """Say whether an agent has the tool of this name: it is listed (None: all are), and not denied as a whole."""
    return (listed is None or any(each.names(name) for each in listed)) and not any(
        each.names(name) and each.scope is None for each in denied
    )


def given(name: str, tools: Iterable[str] | None, disallowed: Iterable[str]) -> bool:
    """Say whether a document whose keys list these tools (None: all of them) and deny those has the one of this name.

    >>> given("move_to", ["move_*"], []), given("move_to", None, ["move_to"])
    (True, False)
    """
    return leaves(name, None if tools is None else legible_patterns(tools), denials(disallowed))


def simple_words(command: str) -> list[str] | None:
    """The words of a command that is certainly one program with its arguments; None for anything else.

    Refused are operators, expansions, redirections, comments, braces, backslashes and whatever does not print.

    >>> simple_words("git commit -m 'a; b'")
    ['git', 'commit', '-m', 'a; b']
    >>> simple_words("git status; rm -rf .") is None
    True
    """
    if not command.isprintable() or not _SIMPLE.fullmatch(command):
        return None
    return shlex.split(command)


def command_matches(scope: str | None, command: str) -> bool:
    """Say whether the scope names this command: exactly, or by its first words where the scope ends in `:*`."""
    if scope is None or scope.strip() == "*":
        return True
    prefix = _prefix(scope)
    if prefix is None:
        return command.strip() == scope.strip()
    words, first = simple_words(command), simple_words(prefix)
    return words is not None and first is not None and words[: len(first)] == first


def name_matches(scope: str | None, name: str) -> bool:
    """Say whether the name is one of those that the scope lists, as in `Agent(planner, critic)`."""
    return scope is None or name in {each.strip() for each in scope.split(",")} or scope.strip() == "*"


def path_matches(
    scope: str | None,
    path: Path,
    workspace: Path,
    user_home: Path | None,
    guarded: Callable[[str], bool],
    *,
    folder: bool = False,
) -> bool:
    """Say whether the scope, seen from the workspace, names this absolute path without symbolic links.

    A wildcard never stands for a guarded folder: that must be named. A `folder` stands for all that is in it: a scope
    with wildcards names it where it names all of that, one without names it as it stands.
    """
    if scope is None:
        return not any(guarded(name) for name in path.parts[1:])
    match = all_below_match if folder and _WILD.search(scope) else parts_match
    return match(scope_parts(scope, workspace, user_home), path.parts, guarded)


def scope_parts(scope: str, workspace: Path, user_home: Path | None) -> tuple[str, ...]:
    """The scope as a glob, name by name from the root of the disk on."""
    text = scope.strip()
    if text.startswith("~/") and user_home is not None:
        text = f"{user_home}{text[1:]}"
    while text.startswith("//"):
        text = text[1:]
    return _anchored(workspace, text)


def _prefix(scope: str) -> str | None:
    """What stands before a closing `:*` or ` *`; None when the scope names one exact command."""
    text = scope.strip()
    for ending in (":*", " *"):
        if text.endswith(ending):
            return text.removesuffix(ending)
    return None


def _anchored(workspace: Path, text: str) -> tuple[str, ...]:
    """The scope's parts from the root on; what stands before its first wildcard is freed of links and `..`."""
    parts = Path(text).parts
    first_wild = next((at for at, part in enumerate(parts) if _WILD.search(part)), len(parts))
    plain = os.path.realpath(workspace.joinpath(*parts[:first_wild]))
    return (*map(escape, Path(plain).parts), *parts[first_wild:])
