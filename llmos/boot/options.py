"""What a person may say of a whole session, beyond the goal; knows no part that it concerns."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """None leaves it to the environment, the agent and the kernel."""

    model: str | None = None
    robot: str | None = None
    scene: str | None = None
    realtime: bool = False
    record: bool = False
    workspace: Path | None = None
    budget_usd: float | None = None
    max_steps: int | None = None
    approve: tuple[str, ...] = ()
    mode: str = "auto"
