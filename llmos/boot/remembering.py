"""The step `memory` of `llmos evolve` on a running system: which notes, by which rules, and who sums them up.

Knows how parts fit together; what is done with notes is decided in `llmos.evolution.consolidation`.
"""

from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, Protocol

from llmos.boot.kit import notes_of
from llmos.boot.prose import require_prose
from llmos.errors import LLMosError, ModelError
from llmos.evolution.consolidation import MemoryStep, Shelf
from llmos.evolution.digest import Answer, Subject
from llmos.runtime.prompt import Prompts
from llmos.settings import system_root

if TYPE_CHECKING:
    from llmos.boot.system import LLMOS

ARCHIVIST: Final = "archivist"
"""The agent that sums notes up."""


class Wishes(Protocol):
    """What a person asks of `llmos evolve`, as far as notes are concerned."""

    @property
    def agent(self) -> str | None:
        """The one agent that is to learn, if only one is."""
        ...

    @property
    def model(self) -> str | None:
        """The model that was named."""
        ...


def memory_step(system: "LLMOS", asked: Wishes, _: ExitStack) -> MemoryStep:
    """Notes that are tidied; where one agent is asked for, nothing is done with them."""
    library, environment, clock = system.library, system.environment, system.clock
    rules = system.rules.memory
    notes = notes_of(environment, clock, library.commit, rules)
    shelf = Shelf(notes, library.user, rules, environment.home, clock)
    if asked.agent is not None:
        return MemoryStep(shelf, wanted=False)
    try:
        require_prose(system, ARCHIVIST, asked.model)
    except LLMosError as error:
        return MemoryStep(shelf, None, str(error).rstrip("."))
    return MemoryStep(shelf, RunDigester(system))


class RunDigester:
    """Asks the agent `archivist`, in a run like any other: with a journal, a budget, and retries."""

    def __init__(self, system: "LLMOS") -> None:
        self._system = system
        self._prompts = Prompts(system_root() / "kernel" / "prompts")

    async def digest(self, subject: Subject) -> Answer:
        """Its answer; ModelError when the run does not end as done."""
        goal = self._prompts.render("digest-notes", tag=subject.tag, notes=subject.notes)
        outcome = await self._system.execute(goal, ARCHIVIST)
        if outcome.outcome != "done":
            run = f"the run {outcome.run_id} of {ARCHIVIST} has {outcome.outcome}"
            raise ModelError(f"Nothing was summed up: {run}. {outcome.reason}")
        return Answer(outcome.answer, f"{ARCHIVIST} on {outcome.model}", outcome.run_id, outcome.cost_usd)
