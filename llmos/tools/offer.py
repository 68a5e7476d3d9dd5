"""The tools that an agent is offered: all of them, or those that its document lists, narrowed by their scopes.

Knows no call and no journal. What a document says only ever takes away.
"""

from collections.abc import Iterable, Mapping, Sequence

from llmos.documents.tool_patterns import left_open
from llmos.errors import LLMosError, RefusedError, nearest
from llmos.messages import JSON, ToolSpec
from llmos.tools.base import Access, Tool
from llmos.tools.globs import bars, bars_below
from llmos.tools.patterns import (
    Pattern,
    command_matches,
    denials,
    leaves,
    legible_patterns,
    name_matches,
    read_pattern,
    scope_parts,
    simple_words,
)
from llmos.tools.permissions import Permissions, visible
from llmos.tools.workspace import Workspace, is_folder

_PATHS = frozenset({Access.READ, Access.WRITE})


class Offer:
    """Tools by name. `limits` are lists of patterns that narrow single tools: a call must be named by each of them.

    `denied` are patterns with a scope, of what no call may be: one of `Read` or `Edit` speaks of every tool that does
    the same, and of a folder with all that is in it.
    """

    def __init__(
        self, tools: Iterable[Tool], limits: Sequence[Sequence[Pattern]] = (), denied: Sequence[Pattern] = ()
    ) -> None:
        self._tools: dict[str, Tool] = {}
        for tool in tools:
            if tool.spec.name in self._tools:
                raise LLMosError(f"there are two tools named {tool.spec.name}; rename one of them")
            self._tools[tool.spec.name] = tool
        self._limits = tuple(limits)
        self._denied = tuple(denied)

    def only(self, names: Sequence[str] | None, disallowed: Sequence[str] = ()) -> "Offer":
        """What is left for an agent that lists these names (None: everything) and disallows those."""
        listed, denied = legible_patterns(names or ()), denials(disallowed)
        tools = [
            tool
            for name, tool in self._tools.items()
            if leaves(name, None if names is None and not tool.only_listed else listed, denied)
        ]
        whole = [tool.spec.name for tool in tools if any(p.names(tool.spec.name) and p.scope is None for p in listed)]
        narrowing = [each for each in listed if each.scope is not None and not any(map(each.names, whole))]
        return Offer(
            tools, (*self._limits, narrowing), (*self._denied, *(each for each in denied if each.scope is not None))
        )

    def specs(self) -> tuple[ToolSpec, ...]:
        """What a model is told of them, sorted by name."""
        return tuple(self._tools[name].spec for name in sorted(self._tools))

    def find(self, name: str) -> Tool:
        """The tool of this name; raises LLMosError with the nearest one."""
        if name not in self._tools:
            raise LLMosError(f"there is no tool named '{visible(name[:100])}'; {nearest(name, self._tools)}")
        return self._tools[name]

    def warnings(self, names: Sequence[str]) -> tuple[str, ...]:
        """One sentence for each name that no tool here answers to, or whose scope cannot be matched."""
        return tuple(filter(None, map(self._wrong_with, names)))

    def _wrong_with(self, text: str) -> str:
        if slip := left_open(text):
            return slip
        if not any(each.names(name) for each in denials((text,)) for name in self._tools):
            return f"there is no tool named '{text}' here; {nearest(text, self._tools)}"
        try:
            read_pattern(text)
        except LLMosError as error:
            return str(error)
        return ""

    def check(self, tool: Tool, args: Mapping[str, JSON], permissions: Permissions) -> None:
        """Raise RefusedError when the agent's own list does not go as far as this call."""
        name = tool.spec.name
        limits = [named for limit in self._limits if (named := [each for each in limit if each.names(name)])]
        for argument, access in tool.touches.items():
            denied = [each for each in self._denied if each.covers(tool, access)]
            target = args.get(argument, "." if access in _PATHS else None)
            if target is None or not (limits or denied):
                continue
            for limit in limits:
                if not any(_matches(each, access, target, permissions) for each in limit):
                    raise RefusedError(f"this agent may use {name} only as {', '.join(map(str, limit))}")
            for each in denied:
                if _is_denied(each, tool, access, target, permissions.workspace):
                    raise RefusedError(f"this agent may not use {name} as {each}")

    def narrowed(self, tool: Tool, workspace: Workspace) -> Tool:
        """The tool as it is called for this agent: a search passes over what the agent may not read."""
        touched = _PATHS.intersection(tool.touches.values())
        denied = [each for each in self._denied if any(each.covers(tool, access) for access in touched)]
        return tool.without([_glob(each, workspace) for each in denied]) if tool.without and denied else tool


def _matches(pattern: Pattern, access: Access, target: str, permissions: Permissions) -> bool:
    if access is Access.RUN:
        return command_matches(pattern.scope, target)
    if access is Access.DELEGATE:
        return name_matches(pattern.scope, target)
    return permissions.lies_within(pattern, permissions.workspace.resolve(target))


def _is_denied(pattern: Pattern, tool: Tool, access: Access, target: str, workspace: Workspace) -> bool:
    """Whether the pattern speaks of the target, or of a part of it that the tool would not leave out."""
    if access is Access.RUN:
        return simple_words(target) is None or command_matches(pattern.scope, target)
    if access is Access.DELEGATE:
        return name_matches(pattern.scope, target)
    path, glob = workspace.resolve(target), _glob(pattern, workspace)
    return bars(glob, path.parts) or (tool.without is None and is_folder(path) and bars_below(glob, path.parts))


def _glob(pattern: Pattern, workspace: Workspace) -> tuple[str, ...]:
    return scope_parts(pattern.scope or "", workspace.root, workspace.user_home)
