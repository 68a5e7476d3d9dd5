"""Asks a pocket GGUF through real llama.cpp, one decision at a time, as the host asks it: greedy, on one thread.

Knows no split and no right reply.
"""

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from llmos.messages import JSON, Message, Request, Text, ToolSpec
from llmos.models.backend import load
from llmos.models.chat_template import Prompt
from llmos.models.completion import Backend, Completion, Decoding, Loading
from llmos.models.dialect_pocket import Pocket
from llmos.models.domain_classifier import pooled, read_classifier
from llmos.models.gbnf import FINISH, pocket_grammar
from llmos.models.gguf_header import read_header
from training import extras, prompt
from training.episodes import Episode, Step, tool_names

CONTEXT_TOKENS = 1024
LONGEST_REPLY = 96
_FINISHES = f'{{"name":"{FINISH}"'
_NUMBERS = ("x", "y", "z", "theta_deg", "dx", "dy", "dz", "dtheta_deg", *extras.NUMBERS)
_TYPES: dict[str, JSON] = {
    "activate": {"type": "boolean"},
    "view": {"enum": ["cockpit", "operator", "camera"]},
    **{name: {"type": "number"} for name in _NUMBERS},
}


@dataclass(frozen=True, slots=True)
class Decision:
    """A step and what the model wrote for it; `probability` is 0 to 1, and 1 where nobody asked how sure it was.

    It is 0 for a call that the host turns down whatever its confidence (`grounding`, `ambiguity`). `alone` is the
    network's word, without that of the classifier of goals. `seconds` are those of the clock, `cpu_s`
    those that this process was busy, whatever else the machine did.
    """

    step: Step
    text: str
    probability: float
    alone: float
    seconds: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Run:
    """An episode and a decision for each of its steps."""

    episode: Episode
    decisions: tuple[Decision, ...]


class Planner:
    """A model to be asked; ModelError where `path` holds none.

    Without a grammar it may write anything; only when `scored` does it tell how sure it is.
    """

    def __init__(self, path: Path, *, grammar: bool = True, scored: bool = False, backend: str | None = None) -> None:
        self._classifier = read_classifier(read_header(path).keys, path)
        self._backend: Backend = load(Loading(path, None, CONTEXT_TOKENS, 1), backend)
        self._grammar, self._scored = grammar, scored

    def complete(self, values: Mapping[str, JSON], longest: int = LONGEST_REPLY) -> Completion:
        """What llama.cpp makes of one prompt."""
        grammar = pocket_grammar(specifications(values["tools"])) if self._grammar else None
        text = Prompt(prompt.prompt(values), ())
        return self._backend.complete(text, Decoding(longest, grammar, scored=self._scored), lambda _: None)

    def decide(self, step: Step) -> Decision:
        """One decision, its prompt included in the time."""
        began, busy = time.perf_counter(), time.process_time()
        reply = self.complete(step.values)
        alone = 1.0 if reply.logprob is None else math.exp(reply.logprob)
        both = self._as_host(step, reply.text, alone) if self._scored else alone
        seconds, cpu_s = time.perf_counter() - began, time.process_time() - busy
        return Decision(step, reply.text, both, alone, seconds, cpu_s)

    def _as_host(self, step: Step, text: str, alone: float) -> float:
        """As the host has it: pooled with how probable a goal is, and nothing for a call that it turns down."""
        if text.startswith(_FINISHES):
            return alone
        *_, goal = (message["content"] for message in step.values["messages"] if message["role"] == "user")
        tools = specifications(step.values["tools"])
        asked = Request("", (Message("user", (Text(goal),)),), tools, state=step.values["state"])
        if Pocket().answer(text, asked, cut=False).stop_reason != "tools":
            return 0.0
        return pooled(alone, self._classifier.probability(goal, tool_names(step))) if self._classifier else alone

    def play(self, episodes: Iterable[Episode]) -> list[Run]:
        """Every step of every episode, with the history that the right replies would have made."""
        return [Run(episode, tuple(map(self.decide, episode.steps))) for episode in episodes]

    def begin(self, episodes: Iterable[Episode]) -> list[Run]:
        """Only the first step of each."""
        return [Run(episode, (self.decide(episode.steps[0]),)) for episode in episodes]

    def close(self) -> None:
        """Give the memory back."""
        self._backend.close()


def specifications(tools: Sequence[Mapping[str, JSON]]) -> tuple[ToolSpec, ...]:
    """The tools as the grammar wants them: what is no number is a switch, a view or a text."""

    def schema(parameters: Mapping[str, JSON]) -> dict[str, JSON]:
        named = {name: kind or _TYPES.get(name, {"type": "string"}) for name, kind in parameters["properties"].items()}
        return {**parameters, "properties": named, "additionalProperties": False}

    functions = [tool["function"] for tool in tools]
    return tuple(ToolSpec(one["name"], "", schema(one["parameters"])) for one in functions)
