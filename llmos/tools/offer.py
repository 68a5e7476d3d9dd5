"""The tools that an agent is offered: all of them, or those that its document lists, narrowed by their scopes.

Knows no call and no journal. What a document says only ever takes away.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from llmos.errors import LLMosError, RefusedError, nearest
from llmos.messages import JSON, ToolSpec
from llmos.tools.base import Access, Tool
from llmos.tools.patterns import (
    Pattern,
    command_matches,
    leaves,
    legible_patterns,
    name_matches,
    simple_words,
)
from llmos.tools.permissions import Permissions, visible


class Offer:
    """Tools by name. `limits` are lists of patterns that narrow single tools: a call must be named by each of them.

    `denied` are patterns of what no call may be.
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
        listed, denied = legible_patterns(names or ()), legible_patterns(disallowed)
        tools = [
            tool
            for name, tool in self._tools.items()
            if leaves(name, None if names is None and not tool.only_listed else listed, denied)
        ]
        whole = [tool.spec.name for tool in tools if any(p.names(tool.spec.name) and p.scope is None for p in listed)]
        narrowing = [each for each in listed if each.scope is not None and not any(map(each.names, whole))]
        return Offer(tools, (*self._limits, narrowing), (*self._denied, *denied))

    def specs(self) -> tuple[ToolSpec, ...]:
        """What a model is told of them, sorted by name."""
        return tuple(self._tools[name].spec for name in sorted(self._tools))

    def find(self, name: str) -> Tool:
        """The tool of this name; raises LLMosError with the nearest one."""
        if name not in self._tools:
            raise LLMosError(f"there is no tool named '{visible(name[:100])}'; {nearest(name, self._tools)}")
        return self._tools[name]

    def warnings(self, names: Sequence[str]) -> tuple[str, ...]:
        """One sentence for each name that no tool here answers to."""
        return tuple(
            f"there is no tool named '{text}' here; {nearest(text, self._tools)}"
            for text in names
            if not any(each.names(name) for each in legible_patterns((text,)) for name in self._tools)
        )

    def check(self, tool: Tool, args: Mapping[str, JSON], permissions: Permissions) -> None:
        """Raise RefusedError when the agent's own list does not go as far as this call."""
        name = tool.spec.name
        limits = [named for limit in self._limits if (named := [each for each in limit if each.names(name)])]
        denied = [each for each in self._denied if each.names(name)]
        for argument, access in tool.touches.items() if limits or denied else ():
            target = args.get(argument, "." if access in {Access.READ, Access.WRITE} else None)
            if target is None:
                continue
            for limit in limits:
                if not any(_matches(each, access, target, permissions, permissions.protects) for each in limit):
                    raise RefusedError(f"this agent may use {name} only as {', '.join(map(str, limit))}")
            for each in denied:
                unclear = access is Access.RUN and simple_words(target) is None
                if unclear or _matches(each, access, target, permissions, _nothing):
                    raise RefusedError(f"this agent may not use {name} as {each}")


def _matches(
    pattern: Pattern, access: Access, target: str, permissions: Permissions, guarded: Callable[[str], bool]
) -> bool:
    if access is Access.RUN:
        return command_matches(pattern.scope, target)
    if access is Access.DELEGATE:
        return name_matches(pattern.scope, target)
    return permissions.lies_within(pattern, permissions.workspace.resolve(target), guarded)


def _nothing(_: str) -> bool:
    return False
