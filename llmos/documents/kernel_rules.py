"""The kernel's rules as typed values with their ranges; the numbers themselves stand in `kernel/*.md` and nowhere else.

Knows no file. Each field is one key of a rules document, under the same name.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from llmos.documents.agent_trials import AgentTrials
from llmos.documents.document import Document
from llmos.documents.embedding_rules import EmbeddingRules
from llmos.documents.keys import Text
from llmos.documents.memory_rules import MemoryRules
from llmos.documents.tighter import Tighter

_RELEASE = re.compile(r"-\d{8}\Z")

Fraction: TypeAlias = Annotated[float, Meta(gt=0, le=1)]
Usd: TypeAlias = Annotated[float, Meta(ge=0, le=10_000)]
Seconds: TypeAlias = Annotated[float, Meta(gt=0, le=604_800)]


@dataclass(frozen=True, slots=True)
class Orchestration:
    """How a run works; the prose beside the keys is the first part of every system prompt."""

    max_iterations: Annotated[int, Meta(ge=1, le=1_000)]
    max_tool_calls: Annotated[int, Meta(ge=1, le=10_000)]
    max_tool_retries: Annotated[int, Meta(ge=0, le=10)]
    max_delegation_depth: Annotated[int, Meta(ge=0, le=10)]
    max_parallel_calls: Annotated[int, Meta(ge=1, le=64)]
    max_goal_bytes: Annotated[int, Meta(ge=1, le=10_000_000)]


@dataclass(frozen=True, slots=True)
class BudgetRules:
    """What may be spent when nobody says otherwise: dollars of a session, tokens and seconds of a run.

    `warn_at` and `final_turn_at` are fractions of each.
    """

    budget_usd: Usd
    max_tokens: Annotated[int, Meta(ge=1_000, le=1_000_000_000)]
    max_seconds: Seconds
    warn_at: Fraction
    final_turn_at: Fraction
    max_output_tokens: Annotated[int, Meta(ge=1, le=128_000)]
    min_output_tokens: Annotated[int, Meta(ge=1, le=128_000)]


@dataclass(frozen=True, slots=True)
class DispatchRules:
    """Which way a goal is reached; shares and scores lie in [0, 1]."""

    learn: bool
    crystallized_min_uses: Annotated[int, Meta(ge=1, le=100_000)]
    crystallized_min_rate: Fraction
    mixed_min_score: Fraction
    quarantine_after: Annotated[int, Meta(ge=1, le=100)]
    retries: Annotated[int, Meta(ge=0, le=10)]
    irreversible: Literal["never", "approved"]
    absolute_tolerance: Annotated[float, Meta(ge=0, le=1)]
    relative_tolerance: Annotated[float, Meta(ge=0, le=0.1)]
    pose_tolerance_m: Annotated[float, Meta(ge=0, le=1)]
    pose_tolerance_deg: Annotated[float, Meta(ge=0, le=45)]


@dataclass(frozen=True, slots=True)
class ModelAlias:
    """What a name such as `dev` stands for.

    `template` is the prompt template. `fallback` are the aliases that may stand in, in this order. A local model is a
    GGUF file: `shipped_file` comes with LLMos (path from the folder that holds the package), `file` and `vision_file`
    are pulled from `hub_repo` into the home. `confidence` is the probability below which a call is held back, of a
    local model that writes calls as pocket does: that of the reply and, where its file can tell, of there being a goal.
    """

    provider: Literal["anthropic", "openai", "local"]
    id: Text
    template: Literal["full", "compact", "pocket"]
    context_tokens: Annotated[int, Meta(ge=256, le=10_000_000)]
    fallback: tuple[str, ...] = ()
    hub_repo: str = ""
    file: str = ""
    vision_file: str = ""
    shipped_file: str = ""
    confidence: Annotated[float, Meta(ge=0, le=1)] | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens; `cache_write` is for entries that live 5 minutes, `cache_write_1h` for an hour.

    A prompt of more than `long_above_tokens` costs `long_factor` times as much, all of it.
    """

    input: Usd
    output: Usd
    cache_read: Usd
    cache_write: Usd
    cache_write_1h: Usd
    long_above_tokens: Annotated[int, Meta(ge=1)] | None = None
    long_factor: Annotated[float, Meta(ge=1, le=100)] = 1.0

    def tier(self, prompt_tokens: int) -> "Price":
        """The price of a call with a prompt of this size, cached tokens included."""
        if self.long_above_tokens is None or prompt_tokens <= self.long_above_tokens:
            return self
        factor = self.long_factor
        return Price(
            self.input * factor,
            self.output * factor,
            self.cache_read * factor,
            self.cache_write * factor,
            self.cache_write_1h * factor,
        )


@dataclass(frozen=True, slots=True)
class ModelRules:
    """Which models there are, what they cost, and how often an unreachable one is asked again."""

    aliases: Mapping[str, ModelAlias]
    embeddings: EmbeddingRules
    prices_date: date
    prices: Mapping[str, Price]
    cache_lifetime: Literal["5m", "1h"]
    max_attempts: Annotated[int, Meta(ge=1, le=20)]
    base_delay_s: Annotated[float, Meta(gt=0, le=60)]
    max_delay_s: Annotated[float, Meta(gt=0, le=600)]
    breaker_failures: Annotated[int, Meta(ge=1, le=100)]
    breaker_reset_s: Annotated[float, Meta(gt=0, le=3_600)]

    def price_of(self, model_id: str) -> Price | None:
        """The price of a provider's id, dated releases included, `cache_write` being that of `cache_lifetime`."""
        price = self.prices.get(model_id) or self.prices.get(_RELEASE.sub("", model_id))
        if price is None or self.cache_lifetime == "5m":
            return price
        return replace(price, cache_write=price.cache_write_1h)


@dataclass(frozen=True, slots=True)
class SafetyRules:
    """What no agent, skill or command can widen; a home can only tighten it."""

    tool_timeout_s: Annotated[float, Meta(gt=0, le=3_600), Tighter.LOWER]
    bash_timeout_s: Annotated[float, Meta(gt=0, le=3_600), Tighter.LOWER]
    max_output_bytes: Annotated[int, Meta(ge=100, le=10_000_000), Tighter.LOWER]
    max_read_bytes: Annotated[int, Meta(ge=100, le=100_000_000), Tighter.LOWER]
    protected_folders: Annotated[tuple[str, ...], Tighter.MORE]
    bash_environment: Annotated[tuple[str, ...], Tighter.FEWER]


PerSecond: TypeAlias = Annotated[float, Meta(gt=0, le=100_000)]


@dataclass(frozen=True, slots=True)
class ServiceRules:
    """What `llmos serve` takes from its clients; rates are per second and client, and twice that at once."""

    state_hz: Annotated[float, Meta(gt=0, le=100)]
    max_state_hz: Annotated[float, Meta(gt=0, le=100)]
    max_clients: Annotated[int, Meta(ge=1, le=10_000)]
    slow_client_s: Annotated[float, Meta(gt=0, le=60)]
    max_body_bytes: Annotated[int, Meta(ge=1_000, le=100_000_000)]
    body_timeout_s: Annotated[float, Meta(gt=0, le=600)]
    max_message_bytes: Annotated[int, Meta(ge=100, le=1_000_000)]
    messages_per_s: PerSecond
    requests_per_s: PerSecond
    commands_per_s: PerSecond
    max_actions: Annotated[int, Meta(ge=1, le=10_000)]


Shift: TypeAlias = Annotated[float, Meta(ge=-2, le=2)]
"""Of a variable in [-1, 1]: how far it is moved, or how far from its setpoint it is."""


@dataclass(frozen=True, slots=True)
class Impulse:
    """How far one event moves each variable."""

    safety: Shift = 0.0
    curiosity: Shift = 0.0
    energy: Shift = 0.0
    self_confidence: Shift = 0.0


@dataclass(frozen=True, slots=True)
class Relaxation:
    """How fast a variable returns to its setpoint: after `tau_s` 63 percent of the way, exponentially."""

    tau_s: Seconds


@dataclass(frozen=True, slots=True)
class Conduct:
    """What a mode demands, beyond what the robot's profile does."""

    description: Text
    speed_factor: Annotated[float, Meta(gt=0, le=1), Tighter.LOWER]
    extra_margin_m: Annotated[float, Meta(ge=0, le=10), Tighter.HIGHER]
    exact: Annotated[bool, Tighter.HIGHER]
    preview: Annotated[bool, Tighter.HIGHER]
    confirm: Annotated[bool, Tighter.HIGHER]
    alternatives: Annotated[int, Meta(ge=0, le=5)]
    exploration_rate: Annotated[float, Meta(ge=0, le=1)]
    verbosity: Literal["terse", "normal", "detailed"]
    max_step_m: Annotated[float, Meta(gt=0, le=100), Tighter.LOWER] | None = None


@dataclass(frozen=True, slots=True)
class ValenceRules:
    """The Sentience Layer; a threshold is a deviation from the setpoint, below which a mode holds or is closed."""

    variables: Mapping[str, Relaxation]
    recovery_energy: Annotated[float, Meta(ge=-2, lt=0), Tighter.HIGHER]
    recovery_safety: Annotated[float, Meta(ge=-2, lt=0), Tighter.HIGHER]
    cautious_safety: Annotated[float, Meta(ge=-2, lt=0), Tighter.HIGHER]
    precision_curiosity: Annotated[float, Meta(gt=0, le=2), Tighter.HIGHER]
    precision_confidence: Annotated[float, Meta(ge=-2, lt=0), Tighter.HIGHER]
    adaptive_curiosity: Annotated[float, Meta(gt=0, le=2), Tighter.HIGHER]
    adaptive_confidence: Annotated[float, Meta(ge=-2, lt=0), Tighter.HIGHER]
    hysteresis: Annotated[float, Meta(gt=0, le=1), Tighter.HIGHER]
    dwell_s: Annotated[float, Meta(gt=0, le=3_600), Tighter.HIGHER]
    impulses: Mapping[str, Impulse]
    modes: Mapping[str, Conduct]


@dataclass(frozen=True, slots=True)
class Bar:
    """What a skill must have shown before it climbs to a tier: cases, their rate, and evidence against a worse rate.

    A person may let it climb without the `e_value`; see `llmos.evolution.evidence` for what that is.
    """

    min_uses: Annotated[int, Meta(ge=1, le=100_000)]
    min_rate: Annotated[float, Meta(gt=0, lt=1)]  # at 1 a single failure would be endless evidence of a fall
    unacceptable_rate: Annotated[float, Meta(gt=0, lt=1)]
    e_value: Annotated[float, Meta(gt=1, le=1_000_000)]


@dataclass(frozen=True, slots=True)
class EvolutionRules(AgentTrials):
    """When skills climb, fall and are put aside; and, before that, when agents change."""

    tiers: Mapping[str, Bar]
    demotion_e_value: Annotated[float, Meta(gt=1, le=1_000_000)]
    demotion_window: Annotated[int, Meta(ge=1, le=10_000)]
    quarantine_failures: Annotated[int, Meta(ge=1, le=100)]
    confidence: Annotated[float, Meta(gt=0, lt=1)]
    evidence_runs: Annotated[int, Meta(ge=1, le=100)]
    crystallize_runs: Annotated[int, Meta(ge=2, le=1_000)]
    crystallize_cases: Annotated[int, Meta(ge=1, le=100)]


@dataclass(frozen=True, slots=True)
class KernelRules:
    """All rules, the text beside them by file name without `.md`, and where each value comes from."""

    orchestration: Orchestration
    dispatch: DispatchRules
    budget: BudgetRules
    models: ModelRules
    safety: SafetyRules
    service: ServiceRules
    valence: ValenceRules
    evolution: EvolutionRules
    memory: MemoryRules
    prose: Mapping[str, str]
    provenance: Mapping[str, str]
    documents: tuple[Document, ...]
