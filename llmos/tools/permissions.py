"""Decides what a tool may do: free inside the workspace, by a person's yes or an `--approve` pattern elsewhere.

Knows tools only by what they say they touch. No document can change what is decided here: agents and skills narrow
what they use (see `Toolbox.only`), and never widen it.
"""

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

import anyio

from llmos.documents.kernel import SafetyRules
from llmos.errors import LLMosError, RefusedError
from llmos.messages import JSON
from llmos.tools.base import Access, Tool
from llmos.tools.patterns import Pattern, command_matches, path_matches, read_pattern
from llmos.tools.workspace import Workspace, is_folder, lies_in, never_read, never_written, plain_name

Verdict = Literal["free", "ask", "never"]


class Approver(Protocol):
    """A person who can be asked."""

    async def approve(self, question: str) -> bool:
        """Whether the answer is yes."""
        ...


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, and by whom: person, pattern or policy; `rule` is the pattern, if it was one."""

    tool: str
    question: str
    allowed: bool
    by: str
    rule: str = ""


OnDecision: TypeAlias = Callable[[Decision], None]


class Permissions:
    """What the agents of one session may do.

    `approver` is None where nobody can be asked. `patterns` are the `--approve` options: patterns, `ask` (the default)
    and `never` (nobody is asked; what no pattern allows is refused). `guarded` may never be written (see
    `guarded_paths`); `readable` are folders outside the workspace that may be read freely, such as those of skills.
    """

    def __init__(
        self,
        workspace: Workspace,
        rules: SafetyRules,
        approver: Approver | None = None,
        patterns: Sequence[str] = (),
        *,
        guarded: Sequence[Path] = (),
        readable: Sequence[Path] = (),
    ) -> None:
        self.workspace = workspace
        never = "never" in patterns
        self._approver = None if never else approver
        self._nobody = "--approve never forbids to ask" if never else "nobody can be asked here"
        self._patterns = tuple(read_pattern(each) for each in patterns if each not in {"ask", "never"})
        self._protected = frozenset(map(plain_name, rules.protected_folders))
        self._guarded = tuple(guarded)
        self._readable = tuple(readable)
        self._one_question = anyio.Lock()

    def protects(self, name: str) -> bool:
        """Say whether what lies under a folder of this name needs a yes even inside the workspace."""
        return plain_name(name) in self._protected

    async def check(self, tool: Tool, args: Mapping[str, JSON], tell: OnDecision) -> dict[str, JSON]:
        """The arguments to call the tool with: every path absolute, free of links, and permitted.

        `tell` hears of each decision that was not free. Raises RefusedError with what would allow it.
        """
        allowed = dict(args)
        for argument, access in tool.touches.items():
            value = args.get(argument)
            if value is None:
                continue
            if access is Access.RUN:
                await self._settle(tool, access, value, "ask", tell)
            elif access in {Access.READ, Access.WRITE}:
                path = self.workspace.resolve(value)
                await self._settle(tool, access, path, self.verdict(access, path), tell)
                allowed[argument] = str(path)
        return allowed

    def approves(self, tool: Tool, args: Mapping[str, JSON]) -> bool:
        """Whether all that the call does was permitted beforehand, by a pattern that a person gave."""
        if not tool.touches:
            return any(pattern.names(tool.spec.name) and pattern.scope is None for pattern in self._patterns)
        targets = [(access, args[argument]) for argument, access in tool.touches.items() if argument in args]
        return bool(targets) and all(self._names(tool, access, str(target)) for access, target in targets)

    def _names(self, tool: Tool, access: Access, value: str) -> bool:
        target = self.workspace.resolve(value) if access in {Access.READ, Access.WRITE} else value
        return access is not Access.DELEGATE and any(
            self.covers(pattern, tool, access, target) for pattern in self._patterns
        )

    async def confirm(self, name: str, what: str, tell: OnDecision) -> None:
        """Have a person say yes to one thing that no pattern can allow; raises RefusedError where nobody does."""
        question, denied = f"{name} wants to {visible(what)}", f"{name} may not {visible(what)}"
        await self._ask(name, question, denied, f"this needs a person's yes, and {self._nobody}", tell)

    def verdict(self, access: Access, path: Path) -> Verdict:
        """What holds for a resolved path before anybody is asked."""
        if access is Access.WRITE:
            if never_written(path, self.workspace.home, self._guarded):
                return "never"
        elif never_read(path, self.workspace.home):
            return "never"
        elif lies_in(path, *self._readable):
            return "free"
        inside = self.workspace.contains(path)
        below = path.relative_to(self.workspace.root).parts if inside else ()
        return "free" if inside and not any(map(self.protects, below)) else "ask"

    def covers(self, pattern: Pattern, tool: Tool, access: Access, target: str | Path) -> bool:
        """Say whether the pattern names what the tool wants to do."""
        if not pattern.covers(tool, access):
            return False
        if isinstance(target, Path):
            return self.lies_within(pattern, target)
        return command_matches(pattern.scope, target)

    def lies_within(self, pattern: Pattern, path: Path) -> bool:
        """Say whether the pattern names a resolved path: of a folder, which may be searched, all that is in it."""
        root, user_home = self.workspace.root, self.workspace.user_home
        return path_matches(pattern.scope, path, root, user_home, self.protects, folder=is_folder(path))

    async def _settle(self, tool: Tool, access: Access, target: str | Path, verdict: Verdict, tell: OnDecision) -> None:
        """Return where the target is permitted, raise RefusedError where it is not."""
        name, shown = tool.spec.name, self.workspace.shown(target) if isinstance(target, Path) else target
        question, denied = f"{name} wants to {access}: {visible(shown)}", f"{name} may not {access} {visible(shown)}"
        if verdict == "never":
            tell(Decision(name, question, allowed=False, by="policy"))
            reason = "no agent may; a person can, outside of LLMos"
            raise RefusedError(f"{denied}: {reason}")
        if verdict == "free":
            return
        fitting = next((each for each in self._patterns if self.covers(each, tool, access, target)), None)
        if fitting is not None:
            tell(Decision(name, question, allowed=True, by="pattern", rule=str(fitting)))
            return
        option = f"--approve {shlex.quote(f'{_GROUP.get(access, name)}({shown})')}"
        await self._ask(name, question, denied, f"{self._nobody}; {visible(option)} allows it", tell)

    async def _ask(self, name: str, question: str, denied: str, without: str, tell: OnDecision) -> None:
        """Return at a yes; `denied` begins the sentence for a no, and `without` ends it where nobody can be asked."""
        if self._approver is None:
            tell(Decision(name, question, allowed=False, by="policy"))
            raise RefusedError(f"{denied}: {without}")
        async with self._one_question:
            yes = await self._approver.approve(question)
        tell(Decision(name, question, allowed=yes, by="person"))
        if not yes:
            raise RefusedError(f"{denied}: the person said no")


_GROUP = {Access.READ: "Read", Access.WRITE: "Edit"}


def visible(text: str) -> str:
    r"""The text with whatever does not print escaped, so that it cannot disguise itself on a terminal.

    >>> visible("ls\x1b[2K; rm")
    'ls\\x1b[2K; rm'
    """
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def read_approvals(options: Sequence[str]) -> None:
    """Check `--approve` options before anything runs; raises LLMosError for one that is no pattern."""
    for option in options:
        if option not in {"ask", "never"}:
            read_pattern(option)
    if {"ask", "never"} <= set(options):
        raise LLMosError("--approve ask and --approve never contradict each other; give one of them")
