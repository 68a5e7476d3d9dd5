"""The steps of `llmos evolve` on a running system: which there are, and what each is given.

Knows how parts fit together; what a step does is its own affair. A new kind of learning joins `STEPS`.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from llmos.boot.crystallization import skills_step
from llmos.boot.remembering import memory_step
from llmos.boot.tiers import tier_step
from llmos.boot.trace_keeping import traces_step
from llmos.errors import LLMosError, ModelError, nearest
from llmos.evolution.proposer import Answer, Lens, Reflection
from llmos.evolution.steps import Step
from llmos.runtime.prompt import Prompts
from llmos.settings import system_root

if TYPE_CHECKING:
    from llmos.boot.system import LLMOS

PROPOSER = "improver"
"""The agent that proposes edits of others."""

_LENS = "lens-"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks of `llmos evolve`: None leaves it to the rules and to what there is."""

    agent: str | None = None
    model: str | None = None
    lens: str | None = None
    budget_usd: float | None = None


StepMaker: TypeAlias = "Callable[[LLMOS, Asked, ExitStack], Step]"
"""Makes a step; what must be closed when all is over goes on the stack."""


@contextmanager
def steps(system: "LLMOS", asked: Asked) -> "Iterator[tuple[Step, ...]]":
    """All steps, in the order in which they are carried out; where an agent is named, only the one that is about it.

    Raises LLMosError for a model, an agent or a lens that is not there, before any step does anything.
    """
    if asked.model is not None:
        system.models.require(asked.model)
    with ExitStack() as stack:
        makers = STEPS if asked.agent is None else (_agents,)
        yield tuple(make(system, asked, stack) for make in makers)


def _agents(system: "LLMOS", asked: Asked, stack: ExitStack) -> Step:
    """Agents that learn from their failures."""
    from llmos.boot.bench import home_bench
    from llmos.boot.kit import tool_names
    from llmos.evolution.mutation import AgentEvolution
    from llmos.evolution.subject import Ground

    if asked.agent is not None:
        system.library.registry.snapshot().entry("agent", asked.agent)
    rules = system.rules.evolution
    ground = Ground(
        system.environment.home,
        system.library.registry,
        system.library.volume("user"),
        rules,
        tool_names(system.library.registry.code_folders("tools")),
        system.clock,
    )
    most_usd = rules.agent_budget_usd if asked.budget_usd is None else asked.budget_usd
    lenses = _lenses(system, asked.lens)

    def why_not(agent: str) -> str:
        try:
            _model(system, agent, asked)
            _model(system, PROPOSER, asked)
        except LLMosError as error:
            return str(error).rstrip(".")
        return ""

    bench = stack.enter_context(
        home_bench(system, lambda agent: _model(system, agent, asked), lambda: most_usd - system.report.cost_usd)
    )
    return AgentEvolution(ground, RunProposer(system), bench, why_not, asked.agent, lenses)


STEPS: tuple[StepMaker, ...] = (memory_step, _agents, skills_step, tier_step, traces_step)
"""Every kind of learning there is."""


class RunProposer:
    """Asks the agent `improver`, in a run like any other: with a journal, a budget, and retries."""

    def __init__(self, system: "LLMOS") -> None:
        self._system = system
        self._prompts = Prompts(system_root() / "kernel" / "prompts")

    async def propose(self, asked: Reflection) -> Answer:
        """Its answer; ModelError when the run does not end as done."""
        outcome = await self._system.execute(self._prompts.render("evolve-agent", asked=asked), PROPOSER)
        if outcome.outcome != "done":
            raise ModelError(
                f"No edit was proposed: the run {outcome.run_id} of {PROPOSER} has {outcome.outcome}. {outcome.reason}"
            )
        return Answer(outcome.answer, f"{PROPOSER} on {outcome.model}", outcome.run_id, outcome.cost_usd)


def _model(system: "LLMOS", agent: str, asked: Asked) -> str:
    """The model that an agent has here, or that was asked for; LLMosError where none is there that reads prose."""
    found = system.library.registry.snapshot().agent(agent)
    name = asked.model or system.models.choose(found, pocket_can_serve=True).name
    if system.models.template(name) == "pocket":
        raise LLMosError(
            f"the model '{name}' is given no prose of agents, so no edit of theirs can change what it does; set "
            "ANTHROPIC_API_KEY, run `llmos model pull runtime`, or name another with --model"
        )
    system.models.make(name)
    return name


def _lenses(system: "LLMOS", wanted: str | None) -> tuple[Lens, ...]:
    """The lens that was asked for, else all there are; LLMosError names the nearest."""
    documents = system.library.registry.snapshot()
    skills = [documents.skill(entry.name) for entry in documents.skills() if not entry.offered]
    found = {skill.name.removeprefix(_LENS): skill.body for skill in skills if skill.is_lens}
    if wanted is not None:
        name = wanted.removeprefix(_LENS)
        if name not in found:
            raise LLMosError(f"There is no lens '{wanted}'; {nearest(name, found)}")
        found = {name: found[name]}
    return tuple(Lens(name, body) for name, body in found.items())
