"""The tool Bash: one shell command in the workspace, without keyboard, keys or time without end.

Knows no permission: the toolbox asks before it calls. A command that was permitted runs with the person's own rights;
nothing here is a sandbox.
"""

import shutil
from typing import Annotated

from llmos.documents.kernel import SafetyRules
from llmos.errors import LLMosError
from llmos.messages import Effect
from llmos.settings import child_environment
from llmos.tools.base import Access, Tool, ToolOutcome, failure, tool
from llmos.tools.output import REMARKS
from llmos.tools.processes import run_process
from llmos.tools.workspace import Workspace

_SLACK_S = 10.0  # Bash ends its command itself and says what came out; the toolbox waits a little longer


def shell_tool(workspace: Workspace, rules: SafetyRules) -> Tool:
    """Bash, for this workspace, within the kernel's limits; a person's `bash` is used, else `sh`."""

    @tool(effect=Effect.IRREVERSIBLE, timeout_s=rules.bash_timeout_s + _SLACK_S, name="Bash")
    async def bash(
        command: Annotated[str, Access.RUN],
        timeout: float | None = None,
        description: str | None = None,  # noqa: ARG001 - for the person who is asked and for the journal
    ) -> str | ToolOutcome:
        """Run one bash command in the workspace and return its output, errors included.

        Args:
            command: The command. It gets no input, and nothing it leaves in the background survives it.
            timeout: Milliseconds after which it is ended; the limit of the kernel if that is less.
            description: What it does, in five to ten words.

        """
        limit_s = rules.bash_timeout_s if timeout is None else min(timeout / 1000, rules.bash_timeout_s)
        environment = child_environment(tuple(rules.bash_environment))
        finished = await run_process(
            (*_shell(environment.get("PATH")), command),
            folder=workspace.root,
            environment=environment,
            timeout_s=limit_s,
            max_output_bytes=rules.max_output_bytes - REMARKS,
        )
        if finished.code is None:
            return failure(f"{finished.output}\n(ended after {limit_s:g} s: its time was up)".lstrip())
        if finished.code:
            return f"{finished.output}\n(exit code {finished.code})".lstrip()
        return finished.output or "(no output)"

    return bash


def _shell(path: str | None) -> tuple[str, ...]:
    """The shell's command line; no start-up file is read."""
    if found := shutil.which("bash", path=path):
        return (found, "--noprofile", "--norc", "-c")
    if found := shutil.which("sh", path=path):
        return (found, "-c")
    raise LLMosError("there is no bash and no sh on PATH; install one (on Windows: Git for Windows) to use Bash")
