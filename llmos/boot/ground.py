"""What a run stands on, and what is settled before it begins, so that no person's mistake can show later.

Knows neither journal nor loop; `runs` goes on from here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import anyio

from llmos.boot.deeds import Deeds
from llmos.boot.kit import Kit
from llmos.boot.models import Models
from llmos.budget import Purse
from llmos.clock import Clock
from llmos.documents.agent import Agent
from llmos.documents.kernel import KernelRules
from llmos.documents.skill import Skill
from llmos.errors import LLMosError
from llmos.messages import Message
from llmos.models.base import NO_MODEL, ModelChoice
from llmos.runtime.goals import check_goal
from llmos.runtime.prompt import Prompts
from llmos.settings import Environment
from llmos.tools.names import DRIVING_TOOLS, ROBOT_TOOLS
from llmos.tools.patterns import given
from llmos.tools.permissions import Permissions
from llmos.traces.bus import Bus
from llmos.volumes.registry import Registry, Snapshot

if TYPE_CHECKING:
    from llmos.autonomy.valence import Valence
    from llmos.boot.body import Body
    from llmos.runtime.dispatcher import Decision
    from llmos.tools.toolbox import Toolbox


class Commit(Protocol):
    """Puts what LLMos wrote into the user volume's history."""

    def __call__(self, paths: Sequence[Path], reason: str, trailers: Mapping[str, str] | None = None, /) -> object:
        """One commit of these files; nothing where nothing changed."""
        ...


@dataclass(frozen=True, slots=True)
class Way:
    """How a run is to reach its goal, and the files that this rests on."""

    decision: "Decision"
    toolbox: "Toolbox"
    files: tuple[tuple[str, Path], ...] = ()
    """Each with its kind, `trace` or `skill`."""
    changed: str = ""
    """The skill that was passed over because a tool is not what it was made with."""


class Errand(Protocol):
    """What a person has done in an agent's hands without a model: a program, or a run that is done again."""

    def way(self, ground: "Ground", run: "Settled", toolbox: "Toolbox") -> Way:
        """The way of its run; LLMosError where it cannot be done here with these tools."""
        ...


@dataclass(slots=True)
class Conversation:
    """One agent over several goals; each goal is a run with its own journal, and all share one history."""

    agent: str
    history: list[Message] = field(default_factory=list)
    last_run: str | None = None
    goal: str = ""
    """What the run that is gone on with was to reach."""
    model: str = ""
    """What that run was answered by, for as long as nobody names another."""
    commission: Errand | None = None
    """What a person has done in the agent's hands."""
    no_model: str = ""
    """Why no model may be asked, where none may."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run stands in the tree of runs: whose purse it spends from, and who started it."""

    purse: Purse
    parent: str | None = None
    deeds: Deeds | None = None
    depth: int = 0
    scope: anyio.CancelScope | None = None
    """Whoever cancels it interrupts this run."""
    model: str = ""
    """The name of the model that the run that started it has."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What all runs of a process share."""

    rules: KernelRules
    environment: Environment
    clock: Clock
    bus: Bus
    registry: Registry
    models: Models
    prompts: Prompts
    kit: Kit
    workspace: Path
    max_steps: int | None
    mode: str
    """How goals are to be reached, as a person asked for it: `auto`, or one of the modes."""
    body_for: "Callable[[Agent], Body | None]"
    valence: "Callable[[], Valence | None]"
    """The Sentience Layer of the robot, while one is open."""
    scene: Callable[[], str]
    """The scene that the session asked for; empty when it asked for none."""
    commit: Commit
    commits_of: Callable[[Mapping[Path, str]], Mapping[Path, str | None]]


@dataclass(frozen=True, slots=True)
class Settled:
    """A run of which nothing can be a person's mistake any more."""

    agent: Agent
    goal: str
    snapshot: Snapshot
    opened: tuple[Skill, ...]
    body: "Body | None"
    choice: ModelChoice
    permissions: Permissions
    mode: str
    mode_reason: str
    no_model: LLMosError | None = None
    """Why no model can answer, where none can: nothing but a run that is led may begin then."""

    @property
    def overseen(self) -> bool:
        """Whether its work is looked at before and after by somebody else."""
        return self.mode == "ORCHESTRATOR" and self.body is not None and may_drive(self.agent)


def settle(ground: Ground, text: str, talk: Conversation, caller: str = "") -> Settled:
    """Everything that can be a person's mistake, decided; LLMosError says what is one. `caller` is a model's name."""
    goal = check_goal(text, ground.rules.orchestration.max_goal_bytes)
    snapshot = ground.registry.snapshot(talk.agent)
    agent = snapshot.agent(talk.agent)
    body = ground.body_for(agent)
    serves = body is not None and body.profile.kind == "arm" and may_move(agent)  # a rover must ask by name
    choice, no_model = _choose(ground, agent, talk, caller, serves=serves)
    permissions = ground.kit.permissions(ground.kit.workspace(ground.workspace), snapshot)
    mode, reason = _mode(ground.mode, agent, drives=body is not None and may_drive(agent))
    return Settled(agent, goal, snapshot, _opened(agent, snapshot), body, choice, permissions, mode, reason, no_model)


def _choose(
    ground: Ground, agent: Agent, talk: Conversation, caller: str, *, serves: bool
) -> tuple[ModelChoice, LLMosError | None]:
    """The model, and what keeps it from answering: a run that is led needs none."""
    if talk.no_model:
        return ModelChoice(talk.model, talk.no_model), LLMosError(talk.no_model)
    try:
        choice = ground.models.choose(agent, pocket_can_serve=serves, resumed=talk.model, caller=caller)
        ground.models.make(choice.name, choice.asked_at)
    except LLMosError as error:
        return ModelChoice(NO_MODEL, str(error)), error
    return choice, None


def _mode(asked: str, agent: Agent, *, drives: bool) -> tuple[str, str]:
    """How the goal is to be reached, and why so."""
    if asked != "orchestrator":
        return "LEARNER", "the model plans each step"
    if drives:
        return "ORCHESTRATOR", "--mode asks for it: the safety officer looks before and after"
    if _is_given(agent, frozenset({"Agent"})):
        return "ORCHESTRATOR", "--mode asks for it: robot work that is delegated is looked at before and after"
    return "LEARNER", f"{agent.name} moves no robot, so there is nothing to oversee"


def may_drive(agent: Agent) -> bool:
    """Whether the agent is given a tool that moves a robot; stopping one is not moving it."""
    return _is_given(agent, DRIVING_TOOLS)


def may_move(agent: Agent) -> bool:
    """Whether the agent is given any tool of a robot; the others pocket cannot serve, a robot there or not."""
    return _is_given(agent, ROBOT_TOOLS)


def _is_given(agent: Agent, tools: frozenset[str]) -> bool:
    return any(given(name, agent.tools, agent.disallowed_tools) for name in tools)


def _opened(agent: Agent, snapshot: Snapshot) -> tuple[Skill, ...]:
    """The skills that the agent has open from the start; one that is missing is left out, and the run says so.

    Raises DocumentError for one that cannot be used, or may lie where nobody can look.
    """
    known = snapshot.asked("skill")
    unseen = snapshot.closed("skill") is not None
    return tuple(snapshot.skill(name) for name in agent.skills if name in known or unseen)
