"""What tests of tools share: rules, a workspace, a person who always says the same."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from llmos.documents.kernel import SafetyRules
from llmos.messages import ToolCall, ToolResult
from llmos.tools.base import Tool
from llmos.tools.permissions import Permissions
from llmos.tools.toolbox import Toolbox
from llmos.tools.workspace import Workspace, open_workspace
from tests.support.journals import MemoryJournal

RULES = SafetyRules(
    tool_timeout_s=60.0,
    bash_timeout_s=60.0,
    max_output_bytes=10_000,
    max_read_bytes=100_000,
    protected_folders=(".git", ".claude", ".agents"),
    bash_environment=("PATH", "HOME", "LANG"),
)


def rules(**changes: Any) -> SafetyRules:
    """The rules of these tests, with some of them changed."""
    return replace(RULES, **changes)


@dataclass
class Person:
    """Somebody at the terminal who always gives the same answer."""

    yes: bool
    questions: list[str] = field(default_factory=list)

    async def approve(self, question: str) -> bool:
        self.questions.append(question)
        return self.yes


def make_workspace(folder: Path) -> Workspace:
    """`folder/work` as the workspace, beside a home and a person's folder."""
    for name in ("work", "home/.llmos/user", "home/.llmos/secrets", "data"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    return open_workspace(folder / "work", folder / "home" / ".llmos", folder / "home")


@dataclass
class Bench:
    """A toolbox over some tools, with a journal that tests can read."""

    workspace: Workspace
    tools: Sequence[Tool]
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    person: Person | None = None
    approve: Sequence[str] = ()
    rules: SafetyRules = RULES
    guarded: Sequence[Path] = ()
    readable: Sequence[Path] = ()

    def toolbox(self) -> Toolbox:
        permissions = Permissions(
            self.workspace, self.rules, self.person, self.approve, guarded=self.guarded, readable=self.readable
        )
        return Toolbox(self.tools, permissions, self.rules, self.journal)

    async def call(self, tool: str, /, **args: Any) -> ToolResult:
        """Call a tool as a model does: with arguments that came out of JSON."""
        return await self.toolbox().call(ToolCall("call-1", tool, json.loads(json.dumps(args))))
