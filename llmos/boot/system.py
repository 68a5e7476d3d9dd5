"""LLMOS: what a program or the command line holds to run goals.

Knows which parts there are, and none of their workings.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from anyio import CancelScope, to_thread

from llmos.boot.catching_up import catch_up
from llmos.boot.ground import Conversation, Ground, Place, may_move, settle
from llmos.boot.kit import Kit
from llmos.boot.library import Library
from llmos.boot.models import Models
from llmos.boot.options import Options
from llmos.boot.preferences import rules_of, with_preferences
from llmos.boot.runs import run_goal
from llmos.budget import Limits, Purse
from llmos.clock import Clock, RealClock
from llmos.documents.agent import Agent
from llmos.errors import LLMosError, LowBatteryError
from llmos.messages import ToolSpec, Usage
from llmos.runtime.outcome import RunOutcome
from llmos.runtime.prompt import Prompts
from llmos.settings import Environment, current_folder, package_folder, prepare_libraries, read_environment, system_root
from llmos.tools.names import kind_for, usual_robot
from llmos.tools.permissions import Approver, read_approvals
from llmos.traces.bus import Bus
from llmos.traces.events import RunStarted

if TYPE_CHECKING:
    from llmos.autonomy.sentience import Sentience
    from llmos.autonomy.valence import Valence
    from llmos.boot.body import Body
    from llmos.boot.commission import Commission
    from llmos.robots.pilot import Pilot

_log = logging.getLogger("llmos")


@dataclass(frozen=True, slots=True)
class Report:
    """What a session came to, for the person who leaves it."""

    runs: int
    cost_usd: float
    usage: Usage


class LLMOS:
    """A running system: `async with LLMOS(budget_usd=1.0) as os: outcome = await os.execute("goal", agent="operator")`.

    Raises LLMosError for what a person got wrong.
    """

    def __init__(
        self,
        home: Path | str | None = None,
        *,
        budget_usd: float | None = None,
        options: Options | None = None,
        approver: Approver | None = None,
        bus: Bus | None = None,
        clock: Clock | None = None,
        environment: Environment | None = None,
    ) -> None:
        prepare_libraries()
        found = environment or read_environment()
        self.environment = with_preferences(found if home is None else found.at(Path(home)))
        self.options = options or Options()
        if budget_usd is not None:
            self.options = replace(self.options, budget_usd=budget_usd)
        read_approvals(self.options.approve)
        self.clock = clock or RealClock()
        self._make_home()
        catch_up(self.environment.home, self.clock)
        self.bus = bus or Bus()
        self._runs = 0
        self.rules = rules_of(self.environment)
        self.workspace = self.options.workspace or current_folder()
        self.library = Library(self.environment, self.clock, self.workspace)
        self.models = Models(self.rules.models, self.environment, package_folder(), self.clock, self.options.model)
        self._body: Body | None = None
        self._valence: Valence | None = None
        self._robot, self._scene = self.options.robot or "", self.options.scene or ""
        usd = self.rules.budget.budget_usd if self.options.budget_usd is None else self.options.budget_usd
        self._purse = Purse(Limits(usd=usd), self.clock.monotonic_s)
        self._ground = self._lay_ground(approver)

    async def __aenter__(self) -> Self:
        """The system itself; it is ready."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Shut down."""
        await self.aclose()

    async def aclose(self) -> None:
        """Close models, robot and volumes; safe to call twice."""
        with CancelScope(shield=True):
            try:
                await self.models.aclose()
            finally:
                if self._body is not None:
                    self._body.close()
                self.library.close()

    @property
    def report(self) -> Report:
        """What this session came to so far, runs that were interrupted included."""
        return Report(self._runs, self._purse.spent.usd, self._purse.spent.usage)

    @property
    def usd_left(self) -> float:
        """What this session may still spend, in dollars."""
        return self._purse.usd_left

    def robot(self) -> "Body":
        """The robot that all runs of this session share, opened when it is not yet; DocumentError for no such."""
        return self._open_robot(self._robot or self.environment.robot or "")

    def pilot(self, person: str) -> "Pilot":
        """That robot in the hands of a person."""
        from llmos.robots.controls import Principal

        return self.robot().pilot(Principal("person", person))

    def sentience(self) -> "Sentience | None":
        """How the robot of this session feels; None as long as no robot is open."""
        return self._valence.look() if self._valence else None

    async def execute(
        self, goal: str, agent: str = "system", *, resume: str | None = None, scope: CancelScope | None = None
    ) -> RunOutcome:
        """Run a goal to its end; whoever cancels `scope` gets the outcome `interrupted`.

        Raises LowBatteryError when the budget was used up before any reply: it could not pay for the first call, which
        was not made then, or its time ended during that call.
        """
        outcome = await self.say(self.conversation(agent, resume), goal, scope=scope)
        if outcome.outcome == "budget" and outcome.steps == 0:
            raise LowBatteryError(outcome.reason)
        return outcome

    def conversation(self, agent: str, resume: str | None = None) -> Conversation:
        """A conversation with an agent, from nothing or from where another run ended.

        The rest of a run has its model, robot and scene, where the options name no other.
        """
        if resume is None:
            return Conversation(agent)
        from llmos.traces.reading import read_history, read_start

        history, start = read_history(self.environment.home, resume), read_start(self.environment.home, resume)
        self._as_in(start)
        return Conversation(agent, list(history), resume, self._asked(start), start.model_reason.partition(": ")[0])

    def _as_in(self, start: RunStarted) -> None:
        """The robot and the scene of another run, where the options name no other."""
        self._robot = self._robot or start.robot.partition(": ")[0]
        self._scene = self._scene or start.scene

    def commissioned(self, commission: "Commission", agent: str = "") -> Conversation:
        """A conversation of one goal: to run this program in the agent's hands; then `say` its goal."""
        return Conversation(agent or self.hands_for(commission), commission=commission)

    def replayed(self, run_id: str) -> tuple[Conversation, str]:
        """A conversation and its goal: to do again what a run did, by the trace it left and without a model.

        The beginning of its id is enough. Robot and scene are that run's, where the options name no other. Raises
        LLMosError where it left no trace, or one that cannot be read.
        """
        from llmos.boot.replaying import replay_of

        replay = replay_of(self.environment, self.library.registry.volumes, run_id)
        self._as_in(replay.start)
        return replay.conversation(), replay.goal(self._ground.kit.workspace(self.workspace))

    def hands_for(self, commission: "Commission") -> str:
        """The agent in whose hands a program is when nobody is named: the one for the robot, or `coder` without."""
        return commission.agent(lambda: self.robot().profile.kind)

    async def specs(self, agent: str) -> Mapping[str, ToolSpec]:
        """The tools that a run of this agent would have."""
        from llmos.boot.commission import specs_of

        return await specs_of(self._ground, agent)

    def going_on(self, talk: Conversation) -> str:
        """What a resumed run is told when a person adds nothing: to go on, and that a simulated world begins anew.

        The pocket model remembers nothing, so it is given the goal again.
        """
        settled = settle(self._ground, talk.goal, talk)
        if self.models.template(settled.choice.name) == "pocket":
            return talk.goal
        return self._ground.prompts.render("go-on", robot=settled.body is not None)

    def _asked(self, start: RunStarted) -> str:
        """The goal that a person gave: that of the run itself, or of the one it was told to go on with."""
        from llmos.traces.reading import read_start

        unspoken = [self._ground.prompts.render("go-on", robot=robot) for robot in (True, False)]
        while start.continues and start.goal in unspoken:
            start = read_start(self.environment.home, start.continues)
        return start.goal

    def require(self, agent: str) -> None:
        """Raise what would keep this agent from running any goal at all; nothing is called."""
        settled = settle(self._ground, agent, Conversation(agent))
        if settled.no_model is not None:
            raise settled.no_model

    async def say(self, talk: Conversation, goal: str, *, scope: CancelScope | None = None) -> RunOutcome:
        """Run the next goal of a conversation; from the second on, the system is asked to tell of edited documents."""
        if self._runs == 1:
            await to_thread.run_sync(self.library.watch)
        before = talk.last_run
        try:
            return await run_goal(self._ground, goal, Place(self._purse, scope=scope), talk)
        finally:
            self._runs += talk.last_run != before  # one that is interrupted or breaks has begun as well

    def _make_home(self) -> None:
        """Make the home of a program that has none yet, and say so; the command line has made its own before."""
        home = self.environment.home
        if not home.exists():
            from llmos.volumes.home import init_home

            init_home(home, system_root(), self.clock)
            _log.warning("Made a home at %s: your volumes and journals live there.", home)

    def _lay_ground(self, approver: Approver | None) -> Ground:
        return Ground(
            rules=self.rules,
            environment=self.environment,
            clock=self.clock,
            bus=self.bus,
            registry=self.library.registry,
            models=self.models,
            prompts=Prompts(system_root() / "kernel" / "prompts"),
            kit=Kit(self.rules, self.environment, self.clock, approver, self.options.approve),
            workspace=self.workspace,
            max_steps=self.options.max_steps,
            mode=self.options.mode,
            body_for=self._body_for,
            valence=lambda: self._valence,
            scene=lambda: self._scene,
            commit=self._commit,
            commits_of=self.library.commits_of,
        )

    def _commit(self, paths: Sequence[Path], reason: str, trailers: Mapping[str, str] | None = None) -> object:
        return self.library.commit(paths, reason, trailers)

    def _body_for(self, agent: Agent) -> "Body | None":
        """The robot of the session, when one was asked for or the agent drives one: then one of its kind.

        LLMosError where another agent has opened one of another kind, and nobody has named it.
        """
        drives = agent.tools is not None and may_move(agent)
        named, kind = self._robot or self.environment.robot or "", kind_for(agent.name)
        if not named and not drives:
            return None
        body = self._open_robot(named or usual_robot(agent.name))
        if not named and kind not in (None, body.profile.kind):
            raise LLMosError(
                f"The agent {agent.name} drives a {kind}, and the robot of this session is {body.profile.name}; "
                f"begin one with --robot {usual_robot(agent.name)}."
            )
        return body

    def _open_robot(self, name: str) -> "Body":
        """The robot of this name, the usual one without; all of it is imported only here."""
        if self._body is None:
            from llmos.boot.body import open_body
            from llmos.boot.sentience import feel

            documents, realtime = self.library.registry.snapshot(), self.options.realtime
            self._body = open_body(
                documents, self.environment.home, name, self._scene, realtime=realtime, folder=self.workspace
            )
            if self.options.record:
                self._body.record(self.environment.home / "recordings")
            self._valence = feel(self.rules.valence, self._body, self.bus)
        return self._body
