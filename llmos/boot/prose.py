"""Whether a model is there that reads prose, for the agents that `llmos evolve` asks.

Knows no agent.
"""

from typing import TYPE_CHECKING

from llmos.errors import LLMosError

if TYPE_CHECKING:
    from llmos.boot.system import LLMOS


def require_prose(system: "LLMOS", agent: str, model: str | None) -> None:
    """Raise LLMosError where the agent would be answered by no model that reads prose; `model` is a person's choice."""
    asked = system.library.registry.snapshot().agent(agent)
    name = model or system.models.choose(asked, pocket_can_serve=False).name
    if system.models.template(name) == "pocket":
        raise LLMosError(f"the model '{name}' reads no prose")
    system.models.make(name)
