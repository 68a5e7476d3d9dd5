"""The rules by which an agent's own document may get better; the numbers stand in `kernel/evolution.md`.

Knows no file. `EvolutionRules` has these keys among its own.
"""

from dataclasses import dataclass
from typing import Annotated, TypeAlias

from msgspec import Meta

from llmos.documents.tighter import Tighter

Count: TypeAlias = Annotated[int, Meta(ge=1, le=10_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentTrials:
    """How an edit of an agent is proposed, tried, kept and watched.

    `agent_alpha` is how likely edits that change nothing for the better may be to bring one commit, over all tries
    with one version of an agent. `agent_cost_ratio` is how many times the steps, tokens or dollars of the version in
    force a candidate may need where both reach the goal. `agent_regression` is the e-value from which on a version that
    was kept counts as worse than the one before. Of so many tries as `agent_tries_kept` the journals stay.
    """

    agent_alpha: Annotated[float, Meta(gt=0, le=0.2), Tighter.LOWER]
    agent_practice_share: Annotated[float, Meta(ge=0, le=0.9)]
    agent_cases: Annotated[int, Meta(ge=5, le=10_000)]
    agent_cost_ratio: Annotated[float, Meta(ge=1, le=10), Tighter.LOWER]
    agent_proposals: Annotated[int, Meta(ge=1, le=20)]
    agent_runs: Count
    agent_budget_usd: Annotated[float, Meta(ge=0, le=10_000)]
    agent_text_bytes: Annotated[int, Meta(ge=100, le=100_000), Tighter.LOWER]
    agent_regression: Annotated[float, Meta(gt=1, le=1_000), Tighter.LOWER]
    agent_tries_kept: Annotated[int, Meta(ge=1, le=10_000)]
    agents_fixed: Annotated[tuple[str, ...], Tighter.MORE]
    agent_safety_words: Annotated[tuple[str, ...], Tighter.MORE]
    agent_loosening_words: Annotated[tuple[str, ...], Tighter.MORE]
