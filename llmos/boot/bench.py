"""Runs an agent on a case in a home and a workspace made for it alone: the real system, a simulated robot, no person.

Knows no verdict. What examines the agent is never there: the scenario's page stays outside, only its goal and files go
in. Tools and drivers of volumes are left out, because what they do would not stay in the temporary folder.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from anyio import to_thread

from llmos.boot.options import Options
from llmos.clock import Clock
from llmos.disk import disk_said, make_folder, write_whole
from llmos.documents.agent import read_agent
from llmos.documents.robot_profile import SIMULATED, read_robot_profile
from llmos.documents.scenario import Case, Scenario
from llmos.errors import DocumentError, LowBatteryError, ModelError, RefusedError
from llmos.evolution.scenarios import Ended
from llmos.messages import Reply, Request
from llmos.models.base import Model, OnText
from llmos.runtime.outcome import RunOutcome
from llmos.settings import Environment
from llmos.tools.names import usual_robot
from llmos.traces.events import ModelReplied, MotionMeasured, ToolCalled
from llmos.traces.journal import journals
from llmos.traces.reading import read_journal
from llmos.volumes.mounting import OVERLAY
from llmos.volumes.registry import Registry

if TYPE_CHECKING:
    from llmos.boot.system import LLMOS

_CARRIED = ("agents", "skills", "commands", "robots", "scenes")
_VOLUMES = ("user", "team", OVERLAY)


class Borrowed:
    """Another's model, which stays open; `failure` is what the last call to it failed with, None when it answered."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.failure: ModelError | None = None

    @property
    def name(self) -> str:
        """The model's own."""
        return self._model.name

    @property
    def context_tokens(self) -> int:
        """The model's own."""
        return self._model.context_tokens

    async def reply(self, request: Request, on_text: OnText) -> Reply:
        """The model's own, remembered when it fails."""
        try:
            reply = await self._model.reply(request, on_text)
        except ModelError as error:
            self.failure = error
            raise
        self.failure = None
        return reply

    async def aclose(self) -> None:
        """Whoever lent it closes it."""


@dataclass(slots=True)
class HomeBench:
    """A Bench in temporary folders.

    `model_of` names the model of an agent, `lend` gives it; `usd_left` says what is left beside `spent_usd`.
    """

    folder: Path
    environment: Environment
    registry: Registry
    model_of: Callable[[str], str]
    lend: Callable[[str], Model]
    usd_left: Callable[[], float]
    clock: Clock
    spent_usd: float = 0.0

    async def run(self, agent: str, text: str, case: Case, keep: Path) -> Ended:
        """One run, from an empty home to the state in which it leaves the world."""
        left_usd = self.usd_left() - self.spent_usd
        if left_usd < 0:
            raise LowBatteryError("What evolution may spend is used up; raise --budget-usd.")
        await to_thread.run_sync(self._require_simulated, agent, case.scenario)
        home, work = await to_thread.run_sync(self._make_place, agent, text, case.scenario)
        name = self.model_of(agent)
        model = Borrowed(self.lend(name))
        options = Options(
            model=name,
            robot=case.scenario.robot or None,
            scene=case.scenario.scene or None,
            workspace=work,
            budget_usd=left_usd,
            approve=("never",),
            mode="learner",
        )
        from llmos.boot.system import LLMOS

        try:
            async with LLMOS(
                environment=replace(self.environment.at(home), model=None, robot=None),
                options=options,
                clock=self.clock,
            ) as system:
                system.models.put(name, model)
                try:
                    outcome = await system.execute(case.scenario.goal, agent)
                finally:
                    self.spent_usd += system.report.cost_usd
                ended = _measured(system, case.scenario, _ended(system, outcome, work))
        finally:
            await to_thread.run_sync(_keep_journals, home, keep)
        if model.failure is not None:
            raise ModelError(f"The model failed in the case {case.name}: {model.failure}")
        called, moved = await to_thread.run_sync(_deeds, home)
        return replace(ended, called=called, moved=moved)

    def _require_simulated(self, agent: str, scenario: Scenario) -> None:
        """Raise RefusedError for a robot that is not simulated: nobody stands by when cases are run."""
        documents = self.registry.snapshot()
        profile = read_robot_profile(documents.robot(scenario.robot or usual_robot(agent)))
        if not SIMULATED.issuperset(profile.driver):
            raise RefusedError(
                f"The scenario {scenario.name} asks for the robot {profile.name}, which is not simulated; "
                "cases are run on simulated robots only."
            )

    def _make_place(self, agent: str, text: str, scenario: Scenario) -> tuple[Path, Path]:
        """A fresh home that knows what this one knows, with this version of the agent, and the scenario's files."""
        home, work = self.folder / "home", self.folder / "work"
        try:
            shutil.rmtree(home, ignore_errors=True)
            shutil.rmtree(work, ignore_errors=True)
            for place in (home, work):
                make_folder(place)
            carry_documents(self.environment.home, home)
            for path in _pages_of(home / "user" / "agents", agent):
                path.unlink()
            write_whole(home / "user" / "agents" / f"{agent}.md", text.encode())
            for name, content in scenario.files.items():
                write_whole(work / name, content.encode())
        except OSError as error:
            raise disk_said("make a place for a case in", self.folder, error) from error
        return home, work


def carry_documents(mine: Path, home: Path) -> None:
    """Copy what a home knows, and none of its programs, into another; raises OSError."""
    for volume in _VOLUMES:
        for kind in _CARRIED:
            if (mine / volume / kind).is_dir():
                shutil.copytree(mine / volume / kind, home / volume / kind, symlinks=True)
    if (mine / "kernel").is_dir():
        shutil.copytree(mine / "kernel", home / "kernel")


@contextmanager
def home_bench(system: "LLMOS", model_of: Callable[[str], str], usd_left: Callable[[], float]) -> Iterator[HomeBench]:
    """A bench whose folders are gone afterwards, and which asks the models that the system has."""
    with TemporaryDirectory(prefix="llmos-cases-", ignore_cleanup_errors=True) as folder:
        yield HomeBench(
            folder=Path(folder),
            environment=system.environment,
            registry=system.library.registry,
            model_of=model_of,
            lend=system.models.make,
            usd_left=usd_left,
            clock=system.clock,
        )


def _pages_of(folder: Path, agent: str) -> Iterator[Path]:
    """The files that are this agent."""
    for path in sorted(folder.rglob("*.md")):
        try:
            if read_agent(path).name == agent:
                yield path
        except DocumentError:
            continue


def _ended(system: "LLMOS", outcome: RunOutcome, work: Path) -> Ended:
    return Ended(
        run_id=outcome.run_id,
        outcome=outcome.outcome,
        answer=outcome.answer,
        steps=outcome.steps,
        usage=system.report.usage,
        cost_usd=system.report.cost_usd,
        workspace=work,
    )


def _measured(system: "LLMOS", scenario: Scenario, ended: Ended) -> Ended:
    """The same with what the robot measures, where the scenario has one."""
    if not (scenario.scene or scenario.robot):
        return ended
    body = system.robot()
    seen = system.pilot("evolution").measure()
    return replace(
        ended, tool_at=seen.pose.point, holding=seen.holding, objects=dict(seen.objects), places=dict(body.scene.places)
    )


def _deeds(home: Path) -> tuple[frozenset[str], bool]:
    """Which tools were asked for in any run of this home, refused or not, and whether a robot was moved."""
    events = [entry.event for path in journals(home) for entry in read_journal(path)]
    asked = {call.name for event in events if isinstance(event, ModelReplied) for call in event.tool_calls}
    called = {event.tool for event in events if isinstance(event, ToolCalled)}
    return frozenset(asked | called), any(isinstance(event, MotionMeasured) for event in events)


def _keep_journals(home: Path, keep: Path) -> None:
    """What the case left as witness, for whoever wants to check a verdict."""
    make_folder(keep)
    for path in journals(home):
        write_whole(keep / path.name, path.read_bytes())
