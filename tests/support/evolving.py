"""Homes in which an agent has failed, a proposer that says what it is told to, and what evolution makes of both."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from llmos.boot.library import Library
from llmos.clock import SimulatedClock
from llmos.documents.agent_trials import AgentTrials
from llmos.documents.scenario import Case
from llmos.evolution.mutation import AgentEvolution
from llmos.evolution.proposer import Answer, Reflection
from llmos.evolution.steps import Change
from llmos.evolution.subject import Ground
from llmos.evolution.tries import Try
from llmos.settings import Environment
from llmos.traces.events import DocumentRef
from llmos.volumes.history import History
from tests.support.benches import RULES, DecidedBench
from tests.support.homes import Place
from tests.support.journals import finished, started, write_run
from tests.support.porter import CURE, GOAL, furnish, proposal

TOOLS = frozenset({"Bash", "move_to", "toggle_tool", "get_status"})
HELD_OUT = replace(RULES, agent_practice_share=0.0)


class Says:
    """A proposer that gives these answers, and remembers what it was asked."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[Reflection] = []

    async def propose(self, asked: Reflection) -> Answer:
        """The next answer."""
        self.asked.append(asked)
        return Answer(self.answers.pop(0), "a rule", f"run-{len(self.asked)}", 0.5)


class World:
    """A home with the agent `porter`, its scenarios, and runs that went wrong."""

    def __init__(self, root: Path, volume: str = "user") -> None:
        self.place = Place(root)
        furnish(self.place, volume)
        self.clock = SimulatedClock()
        self.library = Library(Environment(home=self.place.home), self.clock)
        for history in [self.library.user]:
            history.commit([Path()], "Begin\nFor a test.")
        self.bench = DecidedBench(repaired)
        self.said: list[str] = []

    @property
    def version(self) -> str:
        """The hash of the version in force."""
        self.library.registry.refresh()
        return self.library.registry.snapshot().entry("agent", "porter").content_hash

    def ran(self, *outcomes: str, goal: str = GOAL) -> None:
        """Real runs of the version in force ended so."""
        document = (DocumentRef("porter.md", self.version, None, "agent"),)
        for outcome in outcomes:
            run_id = f"r{self.clock.monotonic_s():.0f}"
            events = [
                started(run_id, goal, agent="porter", documents=document),
                finished(outcome, reason="Still held."),
            ]
            write_run(self.place.home, events, self.clock)
            self.clock.advance(2)

    def step(
        self, proposer: Says, *, only: str | None = "porter", rules: Any = HELD_OUT, **more: Any
    ) -> AgentEvolution:
        """The step on this home."""
        home, library = self.place.home, self.library
        ground = Ground(home, library.registry, library.volume("user"), rules, TOOLS, self.clock)
        return AgentEvolution(ground, proposer, self.bench, only=only, **more)

    async def evolve(self, *answers: str, **more: Any) -> list[Change]:
        """What comes of it when these edits are proposed."""
        self.library.registry.refresh()
        return list(await self.step(Says(*answers), **more).carry_out(self.said.append))

    def tries(self) -> Sequence[Try]:
        """What stands in the record."""
        return self.step(Says()).ground.tries.all()

    def agent(self) -> str:
        """The agent as the user volume has it."""
        return (self.place.home / "user/agents/porter.md").read_text("utf-8")


def repaired(text: str, case: Case) -> bool:
    """A version passes when it opens the gripper; safety holds either way."""
    return case.scenario.pinned or CURE in text


async def what_evolution_makes(home: Path, rules: AgentTrials) -> object:
    """What these rules make of an agent that failed: the plan, what is proposed, run and kept, and what becomes of it.

    The first proposal is refused, the second is too long for some rules, the third repairs. It needs a step more where
    both versions succeed. In the end its runs fail a little more often than those before.
    """
    History(home / "user").init()
    world = World(home.parent)
    world.bench = DecidedBench(
        lambda text, case: case.scenario.name == "carry-green" or repaired(text, case),
        lambda text: 11 if CURE in text else 10,
    )
    world.ran("failed", "failed", *["done"] * 12)
    long = proposal(f"# Placing\n\nMove to the second point and stay there{', quite still' * 9}.")
    proposer = Says(proposal(tools="Bash"), long, proposal(), proposal(), proposal())
    plan = await world.step(proposer, rules=rules).foretell()
    changes = await world.step(proposer, rules=rules).carry_out(world.said.append)
    world.ran("failed", "failed", "failed", "done")
    later = await world.step(Says(), rules=rules).foretell()
    told = [(change.verdict, change.sentence.partition(" as ")[0]) for change in changes]
    return plan, told, len(proposer.asked), world.bench.runs, later
