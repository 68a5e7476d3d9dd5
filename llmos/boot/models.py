"""Which model an agent gets, and that model made: the only place that names concrete models.

Knows no agent's work. A choice is always told with its reason; a model that is not free needs a price, or no budget
could hold it.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache, partial
from pathlib import Path
from urllib.parse import urlsplit

from llmos.clock import Clock
from llmos.documents.agent import Agent
from llmos.documents.embedding_rules import NAME as EMBEDDINGS
from llmos.documents.kernel import ModelAlias, ModelRules, Price
from llmos.errors import LLMosError, nearest
from llmos.models.base import Model, ModelChoice
from llmos.models.breaker import Breaker
from llmos.models.router import Attempt, Router
from llmos.settings import Environment, expanded

FREE = Price(input=0.0, output=0.0, cache_read=0.0, cache_write=0.0, cache_write_1h=0.0)
_PREFIXES = ("anthropic", "openai", "local", "cassette")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_GENERAL_CONTEXT_TOKENS = 200_000
_ALIKE = 0.85
"""From here on an id is taken for a mistyped one; ids of other models of a vendor are alike as well, though less."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A model that was chosen: under which name and why, with which prompt template, at which price."""

    choice: ModelChoice
    model: Model
    template: str
    price: Price
    price_of: Callable[[str], Price]


class Models:
    """The models of a process; each is made once and shared by all runs."""

    def __init__(
        self, rules: ModelRules, environment: Environment, shipped: Path, clock: Clock, preferred: str | None
    ) -> None:
        self._rules = rules
        self._environment = environment
        self._shipped = shipped
        self._clock = clock
        self._preferred = preferred
        self._made: dict[str, Model] = {}
        self._breakers: dict[str, Breaker] = {}

    def choose(self, agent: Agent, *, pocket_can_serve: bool, resumed: str = "", caller: str = "") -> ModelChoice:
        """The model of CONTRACT's default rule: the person's, the agent's, or the best that is there.

        Where a run is gone on with, the model that it was `resumed` from comes right after the person's. An agent that
        another one calls and that asks for none has the `caller`'s.
        """
        if self._preferred:
            return ModelChoice(self._preferred, "--model says so")
        if resumed:
            return ModelChoice(resumed, "the run that is resumed had it")
        if agent.model != "inherit":
            asked_at = f"{agent.document.path}:{agent.document.line('model')}"
            return ModelChoice(agent.model, f"the agent {agent.name} asks for it", asked_at)
        if caller and (pocket_can_serve or self.template(caller) != "pocket"):
            return ModelChoice(caller, "the agent that called this one has it")
        if self._environment.model:
            return ModelChoice(self._environment.model, f"{self._environment.model_source} says so")
        if self._environment.anthropic_api_key:
            return ModelChoice("dev", "ANTHROPIC_API_KEY is set")
        if self._is_pulled("runtime"):
            return ModelChoice("runtime", "its files have been pulled")
        if pocket_can_serve:
            return ModelChoice("pocket", "there is no ANTHROPIC_API_KEY, and the model `runtime` has not been pulled")
        raise LLMosError(
            f"No model can serve the agent {agent.name}: set ANTHROPIC_API_KEY, run `llmos model pull runtime`, or "
            "name one with --model (openai:ID for a server of your own, local:FILE.gguf); pocket is chosen for arms"
        )

    def open(
        self,
        choice: ModelChoice,
        *,
        fallback: bool,
        on_attempt: Callable[[Attempt], None],
        on_wait: Callable[[float], None],
    ) -> Chosen:
        """The chosen model behind the one retry loop, with its fallbacks when the agent allows them."""
        import anyio

        async def wait(seconds: float) -> None:
            on_wait(seconds)
            await anyio.sleep(seconds)

        alias = self._rules.aliases.get(choice.name)
        stand_ins = [name for name in alias.fallback if self._can_stand_in(name)] if alias and fallback else []
        names = [choice.name, *stand_ins]
        prices = [(self.make(name).name.partition(":")[2], self._price(name)) for name in names]
        router = Router(
            self.make(choice.name),
            [self.make(name) for name in stand_ins],
            self._rules,
            self._clock,
            random.random,
            on_attempt=on_attempt,
            breakers=self._breakers,
            sleep=wait,
        )
        return Chosen(
            choice=choice,
            model=router,
            template=self.template(choice.name),
            price=max((price for _, price in prices), key=lambda price: price.output),
            price_of=partial(_price_of, prices),
        )

    def template(self, name: str) -> str:
        """The prompt template of an alias or `provider:ID`: short where no alias says, and contexts are small.

        A file that reads the robot's state, as pocket does, is written to as pocket is.
        """
        if alias := self._rules.aliases.get(name):
            return alias.template
        provider, _, identity = name.partition(":")
        if provider == "local" and _reads_state(expanded(Path(identity))):
            return "pocket"
        return "compact" if provider in ("local", "openai") else "full"

    def sees(self, name: str) -> bool:
        """Whether a model is known to understand pictures: Claude's, and local ones with a vision part."""
        alias = self._rules.aliases.get(name)
        if alias is None:
            return name.startswith(("anthropic:", "claude-"))
        return alias.provider == "anthropic" or (alias.provider == "local" and bool(alias.vision_file))

    def make(self, name: str, asked_at: str = "") -> Model:
        """The model of an alias or `provider:ID`; LLMosError, with the place that asks, when there is no such thing."""
        if name not in self._made:
            self._made[name] = self._make(name, asked_at)
        return self._made[name]

    def require(self, name: str) -> None:
        """Raise LLMosError where no run could begin with this model: there is none, or nobody knows its price."""
        self.make(name)
        self._price(name)

    def put(self, name: str, model: Model) -> None:
        """Use this model under that name from now on, e.g. one that is being recorded."""
        self._made[name] = model

    async def aclose(self) -> None:
        """Close every model that was made."""
        for model in self._made.values():
            await model.aclose()
        self._made.clear()

    def files(self, alias: ModelAlias) -> tuple[Path, Path | None]:
        """Where the files of a local alias lie or would lie: the language model, and the vision part if it has one."""
        if alias.shipped_file:
            return self._shipped / alias.shipped_file, None
        folder = self._environment.home / "models"
        return folder / alias.file, folder / alias.vision_file if alias.vision_file else None

    def _make(self, name: str, asked_at: str) -> Model:
        if alias := self._rules.aliases.get(name):
            return self._of_alias(name, alias)
        provider, _, identity = name.partition(":")
        match provider:
            case "anthropic" if identity:
                return self._claude(identity, _GENERAL_CONTEXT_TOKENS)
            case "openai" if identity:
                return self._openai(identity, _GENERAL_CONTEXT_TOKENS)
            case "local" if identity:
                return self._local(expanded(Path(identity)), None, confidence=self._rules.aliases["pocket"].confidence)
            case "cassette" if identity:
                from llmos.models.cassette import CassetteModel

                return CassetteModel(expanded(Path(identity)))
        if name.startswith("claude-"):
            return self._claude(name, _GENERAL_CONTEXT_TOKENS)
        known = [*self._rules.aliases, *(f"{prefix}:..." for prefix in _PREFIXES)]
        place = f"{asked_at}: " if asked_at else ""
        if name == EMBEDDINGS:
            raise LLMosError(f"{place}'{name}' compares texts and plans nothing; known are: {', '.join(known)}")
        raise LLMosError(f"{place}There is no model '{name}'; {nearest(name, known)}")

    def _of_alias(self, name: str, alias: ModelAlias) -> Model:
        match alias.provider:
            case "anthropic":
                return self._claude(alias.id, alias.context_tokens)
            case "openai":
                return self._openai(alias.id, alias.context_tokens)
            case "local":
                file, vision = self.files(alias)
                if not file.is_file():
                    raise LLMosError(f"The model '{name}' is not on this machine; `llmos model pull {name}` fetches it")
                return self._local(file, vision, alias.context_tokens, alias.confidence)

    def _claude(self, identity: str, context_tokens: int) -> Model:
        from llmos.models.claude import ClaudeModel

        key, address = self._environment.anthropic_api_key, self._environment.anthropic_base_url
        lifetime = self._rules.cache_lifetime
        return ClaudeModel(identity, key, address, context_tokens=context_tokens, cache_lifetime=lifetime)

    def _openai(self, identity: str, context_tokens: int) -> Model:
        from llmos.models.openai_compatible import OpenAICompatibleModel

        key, address = self._environment.openai_api_key, self._environment.openai_base_url
        return OpenAICompatibleModel(identity, key, address, context_tokens=context_tokens)

    def _local(
        self, file: Path, vision: Path | None, context_tokens: int | None = None, confidence: float | None = None
    ) -> Model:
        from llmos.models.local import LocalModel

        made = partial(LocalModel, file, mmproj=vision, context_tokens=context_tokens, confidence=confidence)
        if file.is_relative_to(self._shipped):
            return made()
        from llmos.models.rehearsal import Rehearsal

        return made(rehearse=Rehearsal(self._environment.home / "models" / "rehearsed.json"))

    def _is_pulled(self, name: str) -> bool:
        alias = self._rules.aliases.get(name)
        return alias is not None and alias.provider == "local" and self.files(alias)[0].is_file()

    def _can_stand_in(self, name: str) -> bool:
        alias = self._rules.aliases[name]
        if alias.provider == "anthropic":
            return bool(self._environment.anthropic_api_key)
        return alias.provider == "openai" or self.files(alias)[0].is_file()

    def _price(self, name: str) -> Price:
        alias = self._rules.aliases.get(name)
        provider = alias.provider if alias else name.partition(":")[0]
        if provider in ("local", "cassette"):
            return FREE
        identity = alias.id if alias else name.partition(":")[2] or name
        if price := self._rules.price_of(identity):
            return price
        if provider == "openai" and urlsplit(self._environment.openai_base_url or "").hostname in _LOOPBACK:
            return FREE
        known = get_close_matches(identity, self._rules.prices, n=1, cutoff=_ALIKE)
        meant = f"did you mean '{known[0]}'? Otherwise " if known else ""
        raise LLMosError(
            f"kernel/models.md has no price for '{identity}', so no budget could hold it; {meant}"
            f"add one under `prices:` in {self._environment.home / 'kernel' / 'models.md'}"
        )


def _price_of(prices: Sequence[tuple[str, Price]], answered: str) -> Price:
    """The price of the model that answered; a name that none of them has, as gateways give, costs what the first costs.

    Providers add the date of a release to an id: `claude-haiku-4-5-20251001` answers for `claude-haiku-4-5`.
    """
    own = answered.removeprefix("local:")
    return next((price for identity, price in prices if own.startswith(identity)), prices[0][1])


@lru_cache(maxsize=8)
def _reads_state(file: Path) -> bool:
    """Whether a GGUF file's chat template renders the robot's state; not where it cannot be read."""
    from llmos.models.chat_template import reads_state
    from llmos.models.gguf_header import ModelFileError, read_header

    try:
        return reads_state(read_header(file).chat_template or "")
    except ModelFileError:
        return False
