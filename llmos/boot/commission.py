"""A program that a person has run: verified for the tools of the agent in whose hands it is, and leading its run alone.

Knows no command line; the run is one like any other, with permissions, gate, budget and journal.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import anyio.to_thread

from llmos.boot.crystals import sleep_in
from llmos.boot.ground import Conversation, Ground, Settled, Way, settle
from llmos.documents.frontmatter import read_document
from llmos.documents.verbs import RobotKind
from llmos.errors import DocumentError, LLMosError
from llmos.messages import JSON, ToolSpec
from llmos.programs.blocks import program_of
from llmos.programs.form import Program, ProgramError, Type, calls
from llmos.programs.literals import typed
from llmos.programs.parser import parse
from llmos.programs.printer import show
from llmos.programs.verified import Verified
from llmos.programs.verifier import BY_NAME, problems, verify
from llmos.runtime.dispatcher import Decision
from llmos.runtime.program_lead import ProgramLead
from llmos.tools.delegation import Delegated
from llmos.tools.names import ROBOT_TOOLS, USUAL_AGENT
from llmos.tools.patterns import read_pattern
from llmos.tools.program import Inside
from llmos.tools.toolbox import Toolbox

_CODER: Final = "coder"


class MisreadError(DocumentError):
    """A program that cannot be read or run, with its file."""

    def __init__(self, path: Path, error: ProgramError) -> None:
        super().__init__(f"{path}:{error.line}: {error.sentence}" if error.line else f"{path}: {error.sentence}")
        self.error = error


@dataclass(frozen=True, slots=True)
class Commission:
    """A program from a file, what is given to it, and the tools that a person granted by name."""

    path: Path
    program: Program
    values: Mapping[str, JSON] = field(default_factory=dict)
    by_name: frozenset[str] = frozenset()

    @property
    def goal(self) -> str:
        """What the run is to do, for whoever reads its journal: the program with what is given to it."""
        given = "".join(f"{name} = {value}\n" for name, value in self.values.items())
        return f"Run the program {self.path.name}:\n\n{given}\n{show(self.program)}"

    def agent(self, kind: Callable[[], RobotKind]) -> str:
        """In whose hands it is when nobody is named; `kind` tells which robot there is, where it calls one."""
        called = {call.tool for call in calls(self.program.body)}
        return USUAL_AGENT[kind()] if called & ROBOT_TOOLS else _CODER

    def verify(self, specs: Mapping[str, ToolSpec]) -> Verified:
        """The program for these tools; LLMosError with file and line."""
        try:
            return verify(self.program, specs, by_name=self.by_name)
        except ProgramError as error:
            raise self.placed(error) from None

    def placed(self, error: ProgramError) -> LLMosError:
        """The error with the file before its line."""
        return MisreadError(self.path, error)

    def judged(self, specs: Mapping[str, ToolSpec]) -> Verified | tuple[ProgramError, ...]:
        """The program for these tools, or everything that is wrong with it."""
        wrong = problems(self.program, specs, by_name=self.by_name)
        return wrong or verify(self.program, specs, by_name=self.by_name)

    def way(self, _: Ground, run: Settled, toolbox: Toolbox) -> Way:
        """The way of its run: the program and nothing else."""
        verified = self.verify({spec.name: spec for spec in toolbox.specs()})
        try:
            lead = ProgramLead(f"program:{self.path.name}", verified, self.values, sleep_in(run), alone=True)
        except ProgramError as error:
            raise self.placed(error) from None
        return Way(Decision("CRYSTALLIZED", f"a person runs the program {self.path.name}", lead), toolbox)


async def specs_of(ground: Ground, agent: str) -> dict[str, ToolSpec]:
    """The tools that a run of this agent would have; nothing is begun."""
    run = settle(ground, "Say what there is.", Conversation(agent))
    robot = []
    if run.body is not None:
        from llmos.robots.controls import Principal

        robot = run.body.tools(Principal("program", "the verifier"), sees=False)
    whole, _ = await anyio.to_thread.run_sync(
        ground.kit.toolbox, run.permissions, run.snapshot, robot, _Nobody(), "", ground.commit, Inside(lambda: False)
    )
    return {spec.name: spec for spec in whole.only(run.agent.tools, run.agent.disallowed_tools).specs()}


class _Nobody:
    """Runs no agent."""

    async def delegate(self, agent: str, goal: str) -> Delegated:
        """Refuse."""
        raise LLMosError(f"nobody runs {agent} on '{goal[:40]}' here")


def read_commission(path: Path, given: Mapping[str, str], approve: tuple[str, ...] = ()) -> Commission:
    """The program of a Markdown file or of one of its own, with what a person typed for its parameters.

    Raises LLMosError with file and line. `approve` are patterns; one that permits a tool of BY_NAME grants it.
    """
    try:
        program = _read(path)
        types = {each.name: each.type for each in program.parameters}
        values = {name: _typed(name, text, types[name]) if name in types else text for name, text in given.items()}
    except ProgramError as error:
        raise MisreadError(path, error) from None
    patterns = [read_pattern(each) for each in approve if each not in ("ask", "never")]
    named = frozenset(name for name in BY_NAME if any(pattern.names(name) for pattern in patterns))
    return Commission(path, program, values, named)


def _typed(name: str, text: str, of: Type) -> JSON:
    """What a person typed for this parameter; what is wrong with it stands in no line of the program."""
    try:
        return typed(text, of)
    except ProgramError as error:
        raise ProgramError(f"the parameter '{name}' cannot be '{text[:60]}': {error.sentence}") from None


def _read(path: Path) -> Program:
    document = read_document(path)
    if path.suffix != ".md":
        return parse(document.body, document.body_line)
    program = program_of(document)
    if program is None:
        raise DocumentError(f"{path}: there is no program in it; one stands in a block that begins with ```program")
    return program
