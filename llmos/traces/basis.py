"""What decisions of a run rest on: the lines of its documents that settle a limit, a mode, a tool or a step.

Knows no event's order. A basis is a line as the run read it, or words where no document says it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from llmos.messages import JSON
from llmos.traces.events import RunLimits, RunStarted
from llmos.traces.sources import Passage, Source


@dataclass(frozen=True, slots=True)
class Basis:
    """One thing that a decision rests on: of which kind, in words, and where it stands."""

    kind: str
    sentence: str = ""
    passage: Passage | None = None


_LIMITS: Sequence[tuple[str, str, str, str, str]] = (
    ("budget_usd", "budget", "budget_usd", "metadata.llmos-budget-usd", r"\$|dollar|budget-usd"),
    ("max_tokens", "budget", "max_tokens", "", r"\btokens\b"),
    ("max_seconds", "budget", "max_seconds", "", r"\btime\b|\bseconds\b"),
    ("max_steps", "orchestration", "max_iterations", "max_turns", r"\bsteps\b"),
    ("max_tool_calls", "orchestration", "max_tool_calls", "", r"\btool calls\b"),
)
"""Of each limit of a run: the kernel's rule, the agent's key, and by which words a sentence speaks of it."""

_MODE_KEYS = {"CRYSTALLIZED": ("crystallized_min_uses", "crystallized_min_rate"), "MIXED": ("mixed_min_score",)}
_OWN_LINE = re.compile(r"-line-(\d+)\Z")
_AGAIN = re.compile(r"step-\d+-(?!1\Z)\d+")
"""The call of a step that a replay makes once more."""
_MOOD = re.compile(r"^mode=([A-Z]+)\b", re.MULTILINE)
_LEADS = ("trace", "skill", "program")


class Documents:
    """The documents of one run, asked for what they say."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._all = tuple(sources)
        self._reached: dict[str, int] = {}

    def of(self, *kinds: str) -> tuple[Source, ...]:
        """Those of these kinds."""
        return tuple(source for source in self._all if source.ref.kind in kinds)

    def rule(self, stem: str, key: str) -> Iterator[Basis]:
        """The line of a kernel rule: that of the home, where it overrides the shipped one."""
        known = [source for source in self.of("kernel") if source.name == stem]
        setting = [source for source in known if source.has(key)] or known
        yield from (Basis("rule", passage=source.at_key(key)) for source in setting[-1:])

    def key(self, kind: str, *keys: str) -> Iterator[Basis]:
        """The line of the first of these keys in the run's agent, robot or scene."""
        for source in self.of(kind)[:1]:
            if source.document is None or any(source.has(key) for key in keys):
                yield Basis(kind, passage=source.at_key(*keys))

    def mode(self, mode: str, reason: str) -> Iterator[Basis]:
        """Why the run took this way: a person's flag, or the rule of the kernel and what fits it."""
        if "--mode" in reason:
            yield Basis("person", "gave --mode")
            return
        for source in self.of("kernel"):
            if source.name == "dispatch" and (line := source.find(f"**{mode}**")):
                yield Basis("rule", passage=source.at(line))
        for key in _MODE_KEYS.get(mode, ()):
            yield from self.rule("dispatch", key)
        if mode not in {"LEARNER", "ORCHESTRATOR"}:
            yield from (Basis("trace", passage=source.at_key("goal", "skeleton")) for source in self.of("trace"))
            named = (source for source in self.of("skill") if Path(source.ref.path).parent.name in reason.split())
            yield from (Basis("skill", passage=source.at_key("name")) for source in named)

    def mood(self, told: str) -> Iterator[Basis]:
        """What the kernel says of the mood that a model was told: its limits, else the sentence that names it."""
        found = _MOOD.search(told)
        for source in self.of("kernel"):
            if not found or source.name != "valence":
                continue
            if source.has(key := f"modes.{found[1]}"):
                yield Basis("rule", passage=source.at_key(key))
            elif line := source.find(found[1]):
                yield Basis("rule", passage=source.at(line))

    def model(self, alias: str, reason: str) -> Iterator[Basis]:
        """Why this model: who named it, and what the name stands for."""
        if "--model" in reason:
            yield Basis("person", "gave --model")
        elif "asks for it" in reason:
            yield from self.key("agent", "model")
        if any(source.has(f"aliases.{alias}") for source in self.of("kernel")):
            yield from self.rule("models", f"aliases.{alias}.id")

    def limits(self, limits: RunLimits, only: str = "") -> Iterator[Basis]:
        """Where each limit of a run stands; with a sentence, only those of which it speaks."""
        for field, stem, key, own, words in _LIMITS:
            value = getattr(limits, field)
            if value is None or (only and not re.search(words, only)):
                continue
            ruled = [basis for basis in self.rule(stem, key) if self._says(stem, key, value)]
            agents = [basis for basis in self.key("agent", own) if self._agent_says(own, value)] if own else []
            elsewhere = f"{field} {value:,.10g}: given on the command line, or what its caller's purse had left"
            yield from (agents or ruled or [Basis("person", elsewhere)])

    def lead(self, name: str, tool: str, call_id: str) -> Iterator[Basis]:
        """The line of a trace or of a skill's program that this call of a led run was read from.

        The calls of a program have its line in their id; those of a trace come in its order, and one that failed may
        come again.
        """
        told = _OWN_LINE.search(call_id)
        kind, _, which = name.partition(":")
        led = [source for source in self.of(*_LEADS) if source.ref.kind == kind or kind == "program"]
        named = [source for source in led if which and which in source.ref.path] or led
        for source in named[:1]:
            again = self._reached.get(source.ref.path) if _AGAIN.fullmatch(call_id) else None
            line = int(told[1]) if told else again or self._next_line(source, tool)
            yield Basis(source.ref.kind, passage=source.at(line))
        if not named:
            yield Basis(kind, f"{name}, which the journal names no document of")

    def _next_line(self, source: Source, tool: str) -> int:
        """The next line of its body that names the tool; from the top again where it goes around."""
        if source.document is None:
            return 0
        before = source.document.body_line - 1
        text = f". `{tool}`" if source.ref.kind == "trace" else tool
        found = source.find(text, self._reached.get(source.ref.path, before)) or source.find(text, before)
        self._reached[source.ref.path] = found
        return found

    def _says(self, stem: str, key: str, value: float) -> bool:
        known = [source for source in self.of("kernel") if source.name == stem]
        said = [source.document.keys[key] for source in known if source.document and source.has(key)]
        return bool(said) and _number(said[-1]) == value

    def _agent_says(self, key: str, value: float) -> bool:
        document = self.of("agent")[0].document
        if document is None:
            return False
        head, _, tail = key.partition(".")
        said: JSON = document.keys.get(head)
        if tail and isinstance(said, dict):
            said = said.get(tail)
        return _number(said) == value


def own_line(seq: int, program: str, call_id: str) -> Iterator[Basis]:
    """The line of a model's own program that asked for this call; the program stands in that line of the journal."""
    told = _OWN_LINE.search(call_id)
    lines = program.split("\n")
    if told and 0 < (number := int(told[1])) <= len(lines):
        yield Basis("program", f"its line {number}", Passage("journal", seq, None, lines[number - 1].strip()))


def is_led(model: str) -> bool:
    """Whether a reply was read from a trace or a program instead of asked from a model."""
    return model.partition(":")[0] in _LEADS


def goal_numbers(start: RunStarted, args: object) -> Iterator[Basis]:
    """The numbers among a call's arguments that stand in the goal as they are."""
    named = {float(each) for each in re.findall(r"(?<![\w.])[-+]?\d+(?:\.\d+)?", start.goal)}
    values = args if isinstance(args, dict) else {}
    told = [f"{name}={value:g}" for name, value in values.items() if _number(value) in named]
    if told:
        yield Basis("goal", f"{', '.join(told)}: as the goal has {'it' if len(told) == 1 else 'them'}")


def _number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value) if isinstance(value, int | float | str) else None
    except ValueError:
        return None
