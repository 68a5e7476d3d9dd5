"""The tools of a run: the built-in ones, those of trusted volumes, and those of the robot, behind one toolbox.

The only place that names concrete tools; knows no goal and no model.
"""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from llmos.boot.embeddings import meaning_of
from llmos.clock import Clock
from llmos.documents.document import Problem
from llmos.documents.kernel import KernelRules
from llmos.documents.memory_rules import MemoryRules
from llmos.memory.notes import Commit, Notes
from llmos.memory.recall import Recency
from llmos.settings import Environment, system_root
from llmos.tools.assess import assess_tool
from llmos.tools.base import Tool
from llmos.tools.declared import declared_tools
from llmos.tools.delegation import Delegate, agent_tool
from llmos.tools.files import file_tools
from llmos.tools.memory import looks_secret, memory_tools
from llmos.tools.names import DEVICE_TOOLS, ROBOT_TOOLS
from llmos.tools.permissions import Approver, Permissions
from llmos.tools.plugins import TOOLS, Plugins
from llmos.tools.program import Inside, program_tool
from llmos.tools.search import search_tools
from llmos.tools.shell import shell_tool
from llmos.tools.skills import skill_tool
from llmos.tools.toolbox import Toolbox
from llmos.tools.workspace import Workspace, guarded_paths, open_workspace
from llmos.traces.usage import FILE as USAGE
from llmos.volumes.lookups import Lookups
from llmos.volumes.volume import DESCRIPTION

if TYPE_CHECKING:
    from llmos.boot.devices import DeviceFinder

BUILT_IN = (
    "Read", "Write", "Edit", "Glob", "Grep", "Bash", "Skill", "Agent", "Remember", "Recall", "RunProgram", "assess",
)  # fmt: skip

_LIMITS = ("robots", "scenarios", "tools", "drivers")
"""Folders of a volume that hold robot profiles, programs, and what agents are examined by."""

_KEPT = ("hooks", "traces", USAGE, DESCRIPTION)
"""What else of a volume no agent writes: programs of git, what runs are replayed and judged by, and the page that says
where the folders of programs lie: whoever writes it makes any folder one of them."""


def notes_of(environment: Environment, clock: Clock, commit: Commit, rules: MemoryRules) -> Notes:
    """What agents remember: the notes of the user volume."""
    most, most_bytes = rules.max_notes, rules.max_note_bytes
    return Notes(environment.home / "user" / "memory", clock, commit, looks_secret, most, most_bytes)


def recency_of(rules: MemoryRules, clock: Clock) -> Recency:
    """How much newer notes come first, today."""
    return Recency(clock.now(), rules.note_half_life_days, rules.note_recency)


def tool_names(folders: Iterable[Path] = ()) -> frozenset[str]:
    """The names of all tools that LLMos itself has, and of those that the plugin files in `folders` declare."""
    return ROBOT_TOOLS.union(BUILT_IN, DEVICE_TOOLS, *map(declared_tools, folders))


def tool_problems(documents: Lookups) -> tuple[Problem, ...]:
    """What is wrong with the tool files of trusted volumes, which are loaded."""
    return Plugins(TOOLS).refresh(documents.code_folders("tools"), tool_names())[1]


class Kit:
    """Makes toolboxes; plugin files stay loaded between runs and are loaded again when they change."""

    def __init__(
        self,
        rules: KernelRules,
        environment: Environment,
        clock: Clock,
        approver: Approver | None,
        patterns: tuple[str, ...],
    ) -> None:
        self._rules = rules
        self._environment = environment
        self._clock = clock
        self._approver = approver
        self._patterns = patterns
        self._plugins = Plugins(TOOLS)
        self._finder: DeviceFinder | None = None

    def workspace(self, folder: Path) -> Workspace:
        """The folder as a workspace; RefusedError where no agent may be let loose."""
        return open_workspace(folder, self._environment.home, self._environment.user_home)

    def permissions(self, workspace: Workspace, documents: Lookups) -> Permissions:
        """What tools may do in this workspace."""
        limits = [place for each in documents.volumes for kind in _LIMITS for place in each.folders.get(kind, ())]
        roots = [each.root for each in documents.volumes if each.tier != "workspace"]
        kept = [root / name for root in roots for name in _KEPT]
        skills = [place for each in documents.volumes if each.trusted for place in each.folders.get("skills", ())]
        return Permissions(
            workspace,
            self._rules.safety,
            self._approver,
            self._patterns,
            guarded=guarded_paths(system_root(), (*limits, *kept)),
            readable=skills,
        )

    def toolbox(
        self,
        permissions: Permissions,
        documents: Lookups,
        robot: list[Tool],
        delegate: Delegate,
        run_id: str,
        commit: Commit,
        inside: Inside,
    ) -> tuple[Toolbox, tuple[Problem, ...]]:
        """Every tool there is for one run, not yet narrowed to an agent's list, and what is wrong with plugin files."""
        workspace, safety = permissions.workspace, self._rules.safety
        memory = self._rules.memory
        notes = notes_of(self._environment, self._clock, commit, memory)
        devices, broken = self._devices(documents)
        built_in = [
            *file_tools(workspace, safety),
            *search_tools(workspace, safety),
            shell_tool(workspace, safety),
            skill_tool(documents),
            agent_tool(delegate),
            program_tool(inside),
            *memory_tools(
                notes,
                run_id,
                partial(recency_of, memory, self._clock),
                partial(meaning_of, self._environment, self._rules, notes),
            ),
            *robot,
            *([assess_tool()] if robot else []),
            *devices,
        ]
        names = [tool.spec.name for tool in built_in]
        plugins, problems = self._plugins.refresh(documents.code_folders("tools"), names)
        return Toolbox([*built_in, *plugins], permissions, safety), (*problems, *broken)

    def _devices(self, documents: Lookups) -> tuple[list[Tool], tuple[Problem, ...]]:
        """The tools of attached devices; where no volume brings a driver, nothing is loaded that could look."""
        if not documents.code_folders("drivers"):
            return [], ()
        from llmos.boot.devices import DeviceFinder
        from llmos.tools.devices import device_tools

        self._finder = self._finder or DeviceFinder()
        found = self._finder.find(documents)
        return device_tools(found.devices), found.problems
