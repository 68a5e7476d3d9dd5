"""Why a run did what it did: its decisions in order, each with what it rests on.

Knows the journal and the documents that it names, as they read then, and nothing else. What a model thought, nobody
knows: of its decisions the sentence is shown that is nearest in words, of those that were put before it.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from llmos.documents.document import Document
from llmos.messages import JSON
from llmos.traces.basis import Basis, Documents, goal_numbers, is_led, own_line
from llmos.traces.events import (
    BudgetWarned,
    DocumentBroken,
    Entries,
    Entry,
    Event,
    GateVerdict,
    LeadEnded,
    MessageAdded,
    ModelFailed,
    ModelReplied,
    MotionMeasured,
    PermissionDecided,
    PromptSet,
    RunFinished,
    RunStarted,
    SafetyAssessed,
    ToolCalled,
    ToolReturned,
)
from llmos.traces.nearest import Sentence, nearest_sentence, sentences, words_of
from llmos.traces.parts import CallPart
from llmos.traces.sources import Passage, Source
from llmos.traces.summary import arguments, assessment, one_line

KeysOf: TypeAlias = Callable[[str, str, Mapping[str, JSON], Document], Sequence[tuple[str, str]]]
"""What in a robot's profile a gate's rule rests on, by rule (empty: nothing objected), reason and command.

Keys, each with a text that a line below it holds, or nothing where the key's own line is meant.
"""


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing that was decided; `line` is that of the journal, `inner` says that it belongs to the call above."""

    line: int
    at: str
    kind: str
    what: str
    why: str = ""
    allowed: bool | None = None
    """Whether it was allowed, worked or arrived; None where that is no question."""
    bases: tuple[Basis, ...] = ()
    inner: bool = False


def decisions(entries: Entries, sources: Sequence[Source], keys_of: KeysOf) -> list[Decision]:
    """The decisions of the run of these entries, in order."""
    start = next((entry.event for entry in entries if isinstance(entry.event, RunStarted)), None)
    if start is None:
        return []
    return list(_Telling(start, sources, keys_of).tell(entries))


@dataclass(slots=True)
class _Telling:
    """What is known on the way through a journal."""

    start: RunStarted
    sources: Sequence[Source]
    keys_of: KeysOf
    models: bool = True
    """Whether any reply is a model's."""
    shown: str = ""
    """What was put before the model so far, in one line."""
    opened: list[Sentence] = field(default_factory=list)
    """Sentences of skills that the run opened: their text stands in the journal only."""
    told: dict[str, Entry] = field(default_factory=dict)
    """The calls that were told of, by id."""
    program: tuple[int, str] = 0, ""
    """Where a model last began a program of its own, and its text."""
    asked: dict[str, tuple[CallPart, ModelReplied]] = field(default_factory=dict)
    documents: Documents = field(init=False)
    sentences: list[Sentence] = field(init=False)

    def __post_init__(self) -> None:
        self.documents = Documents(self.sources)
        self.sentences = [
            sentence
            for index, source in enumerate(self.sources)
            if source.document is not None and source.ref.kind in {"agent", "skill", "kernel"}
            for sentence in sentences(index, source.lines, source.document.body_line)
        ]

    def tell(self, entries: Entries) -> Iterator[Decision]:
        """The decisions of each entry."""
        replies = [entry.event for entry in entries if isinstance(entry.event, ModelReplied)]
        self.models = not replies or any(not is_led(reply.model) for reply in replies)
        first = next((entry.seq for entry in entries if isinstance(entry.event, ModelReplied)), None)
        goal = max((e.seq for e in entries if _is_goal(e, self.start) and (first is None or e.seq < first)), default=0)
        for entry in entries:
            event = entry.event
            if isinstance(event, MessageAdded):
                self._show(event.message.text)
                if entry.seq > goal and event.role == "user" and (text := event.message.text.strip()):
                    what = f"the house told the model: {one_line(text, 400)}"
                    yield Decision(entry.seq, entry.at, "told", what, bases=tuple(self.documents.mood(text)))
            elif isinstance(event, PromptSet):
                self._show(event.system)
                yield self._offered(entry, event)
            else:
                yield from self._of(entry, event)

    def _of(self, entry: Entry, event: Event) -> Iterator[Decision]:  # noqa: C901 - one case for each kind of event
        match event:
            case RunStarted():
                yield from self._began(entry, event)
            case ModelReplied():
                yield from self._replied(entry, event)
            case PermissionDecided():
                yield from self._call(entry, event.call_id, event.tool, None)
                yield _permitted(entry, event)
            case ToolCalled():
                yield from self._call(entry, event.call_id, event.tool, event.args)
            case GateVerdict():
                yield self._judged(entry, event)
            case MotionMeasured():
                yield self._moved(entry, event)
            case ToolReturned():
                yield from self._call(entry, event.call_id, event.tool, None)
                yield self._answered(entry, event)
            case LeadEnded():
                yield Decision(entry.seq, entry.at, "lead", f"{event.lead} led no further", event.reason, allowed=False)
            case SafetyAssessed():
                ruled = self._limits(event.rule, event.reason, {}) if event.rule else ()
                what = f"{event.by}, {event.phase} the work: {event.verdict}"
                ok, bases = event.verdict != "veto", (*ruled, *_below(event.child))
                yield Decision(entry.seq, entry.at, "oversight", what, assessment(event), ok, bases)
            case ModelFailed():
                yield self._failed(entry, event)
            case BudgetWarned():
                what = f"warned that {event.used / event.limit:.0%} of the {event.purse} are used"
                yield Decision(entry.seq, entry.at, "budget", what, bases=(*self.documents.rule("budget", "warn_at"),))
            case DocumentBroken():
                basis = Basis("document", passage=Passage(event.path, event.line, None, "", ""))
                yield Decision(entry.seq, entry.at, "document", event.sentence, allowed=False, bases=(basis,))
            case RunFinished():
                yield self._ended(entry, event)

    def _began(self, entry: Entry, event: RunStarted) -> Iterator[Decision]:
        def decided(kind: str, what: str, why: str, bases: Iterator[Basis]) -> Decision:
            return Decision(entry.seq, entry.at, kind, what, why, bases=tuple(bases))

        papers = self.documents
        by = (
            Basis("run", f"llmos why {event.parent}")
            if event.parent
            else Basis("person", "whoever started the run gave it")
        )
        yield decided("goal", one_line(event.goal, 400), "", iter([by]))
        yield decided("agent" if papers.of("agent") else "by", event.agent, "", papers.key("agent", "name"))
        yield decided("mode", event.mode, event.mode_reason, papers.mode(event.mode, event.mode_reason))
        alias, _, reason = event.model_reason.partition(": ")
        asked = "" if self.models else ", which was never asked"
        yield decided("model", f"{event.model}{asked}", event.model_reason, papers.model(alias, reason))
        if event.robot:
            what = f"{event.robot}, scene {event.scene}"
            yield decided("robot", what, "", iter([*papers.key("robot", "name"), *papers.key("scene", "name")]))
        limits = event.limits
        figures = [f"{name} {value:,.10g}" for name in limits.__struct_fields__ if (value := getattr(limits, name))]
        yield decided("limits", ", ".join(figures) or "none", "", papers.limits(limits))

    def _offered(self, entry: Entry, event: PromptSet) -> Decision:
        names = ", ".join(tool.name for tool in event.tools) or "none"
        bases = (*self.documents.key("agent", "tools"), *self.documents.key("agent", "disallowed_tools"))
        why = "" if bases else "the agent names none, so it is offered all there are"
        return Decision(entry.seq, entry.at, "tools", names, why, bases=bases)

    def _replied(self, entry: Entry, event: ModelReplied) -> Iterator[Decision]:
        self.asked |= {call.id: (call, event) for call in event.tool_calls}
        text = one_line(event.text, 400)
        who = event.model if is_led(event.model) else f"the model {event.model}"
        if not event.tool_calls:
            ended = event.stop_reason if event.stop_reason != "end" else f"{event.claim}"
            bases = () if is_led(event.model) else self._nearest(event.text, {})
            what = f"step {event.step}, {who} answered: {text or '(nothing)'}"
            why = "; ".join(filter(None, (f"it claims: {ended}", _sure(event))))
            yield Decision(entry.seq, entry.at, "answer", what, why, bases=tuple(bases))
        elif text:
            yield Decision(entry.seq, entry.at, "said", f"step {event.step}, {who}: {text}")

    def _call(self, entry: Entry, call_id: str, tool: str, args: Mapping[str, JSON] | None) -> Iterator[Decision]:
        """The call that an event belongs to, the first time that it is met."""
        if call_id in self.told:
            return
        self.told[call_id] = entry
        call, reply = self.asked.get(call_id, (None, None))
        if call is not None and args is None:
            args = call.args
        shown = f"{tool} {arguments(args or {})}"
        if reply is None:
            yield Decision(entry.seq, entry.at, "call", shown, bases=tuple(own_line(*self.program, call_id)))
            return
        if tool == "RunProgram":
            self.program = entry.seq, str((args or {}).get("program", ""))
        led = is_led(reply.model)
        own = self.documents.lead(reply.model, tool, call_id) if led else self._grounds(tool, args or {}, reply)
        what = f"step {reply.step}, {reply.model if led else f'the model {reply.model}'}: {shown}"
        yield Decision(entry.seq, entry.at, "call", what, _sure(reply), bases=tuple(own))

    def _grounds(self, tool: str, args: Mapping[str, JSON], reply: ModelReplied) -> tuple[Basis, ...]:
        """What a model's call may rest on."""
        numbers = tuple(goal_numbers(self.start, args))
        values = " ".join(str(value) for value in args.values() if isinstance(value, str))
        weights = {tool.casefold(): 3.0, **dict.fromkeys(words_of(" ".join(args)), 0.5)}
        weights |= dict.fromkeys(words_of(values), 1.0)
        weights |= {word: max(2.0, weights.get(word, 0.0)) for word in words_of(tool)}
        return (*numbers, *self._nearest(reply.text, weights))

    def _nearest(self, text: str, weights: Mapping[str, float]) -> tuple[Basis, ...]:
        """The sentence put before the model that shares most words with what it did, and says so."""
        all_weights = {**dict.fromkeys(words_of(self.start.goal), 0.4), **dict.fromkeys(words_of(text), 1.0), **weights}
        seen = [each for each in self.sentences if " ".join(each.text.split()) in self.shown]
        if not seen and not self.opened:
            return (Basis("model", "it was shown no sentence of agent or skills: tools, goal and state only"),)
        near = nearest_sentence(all_weights, [*seen, *self.opened])
        if near is None:
            return (Basis("model", "no sentence that it was shown shares a telling word with this"),)
        shares = f"shares {', '.join(near.words[:5])}"
        found = near.sentence
        if found.source < 0:
            return (Basis("nearest sentence", shares, Passage("journal", -found.source, None, found.text)),)
        source = self.sources[found.source]
        passage = Passage(source.ref.path, found.line, source.ref.commit, found.text, source.note)
        return (Basis("nearest sentence", shares, passage),)

    def _judged(self, entry: Entry, event: GateVerdict) -> Decision:
        args = {name: value for name, value in event.command.items() if name != "verb"}
        what = f"{'allowed' if event.allowed else 'refused'}: {event.command.get('verb', '')} {arguments(args)}"
        why = "" if event.allowed else f"{event.rule}: {event.reason}; {event.suggestion}"
        bases = self._limits(event.rule, event.reason, event.command)
        return Decision(entry.seq, entry.at, "gate", what, why, event.allowed, bases, inner=True)

    def _moved(self, entry: Entry, event: MotionMeasured) -> Decision:
        both = [name for name in event.measured if name in event.commanded]
        what = f"measured {_figures(event.measured, [*both, 'holding'])}; commanded {_figures(event.commanded, both)}"
        halted = self._limits(event.halted, "", event.command) if event.halted else ()
        why = "reached" if event.reached else f"not reached{f', halted by {event.halted}' if event.halted else ''}"
        bases = halted or tuple(self.documents.key("robot", "position_tolerance_m"))
        return Decision(entry.seq, entry.at, "motion", what, why, event.reached, bases, inner=True)

    def _limits(self, rule: str, reason: str, command: Mapping[str, JSON]) -> tuple[Basis, ...]:
        """The lines of the robot's profile that a rule of the gate rests on, and of the mood that tightened it."""
        found = []
        for source in self.documents.of("robot")[:1]:
            if source.document is None:
                return (Basis("robot", passage=source.at(0)),)
            kind = "agent" if self.documents.of("agent") else "person"
            asked = {**command, "by": f"{kind}:{self.start.agent}", "content": self._content()}
            for key, text in self.keys_of(rule, reason, asked, source.document):
                line = source.find(text, source.document.line(key) - 1) if text else 0
                found.append(Basis("robot", passage=source.at(line) if line else source.at_key(key)))
        for source in self.documents.of("kernel"):
            moods = [key for key in source.document.lines if key.count(".") == 1] if source.document else []
            named = [key for key in moods if key.startswith("modes.") and key.partition(".")[2] in words_in(reason)]
            found += [Basis("rule", passage=source.at_key(key)) for key in named]
        return tuple(found)

    def _content(self) -> str:
        return next((source.ref.content_hash for source in self.documents.of("agent")), "")

    def _answered(self, entry: Entry, event: ToolReturned) -> Decision:
        if event.tool == "Skill" and event.ok:
            self.opened += [Sentence(-entry.seq, 0, each.text) for each in sentences(0, event.text.splitlines())]
        what = f"{event.tool} {'answered' if event.ok else 'failed'}: {one_line(event.text) or '(no text)'}"
        return Decision(entry.seq, entry.at, "result", what, "", event.ok, _below(event.child), inner=True)

    def _failed(self, entry: Entry, event: ModelFailed) -> Decision:
        rules = self.documents
        if event.wait_s is not None:
            after, bases = f"asked again after {event.wait_s:.1f} s", rules.rule("models", "max_attempts")
        elif event.next_model:
            after, bases = f"went on with {event.next_model}", rules.key("agent", "metadata.llmos-fallback")
        else:
            after, bases = "gave up", rules.rule("models", "max_attempts")
        what = f"{event.model} failed; {after}"
        return Decision(entry.seq, entry.at, "failure", what, one_line(event.reason, 400), False, tuple(bases))

    def _ended(self, entry: Entry, event: RunFinished) -> Decision:
        rules = self.documents
        bases: tuple[Basis, ...] = ()
        if event.outcome == "budget":
            bases = tuple(rules.limits(self.start.limits, only=event.reason))
        elif event.reason.startswith("The tool ") and "times in a row" in event.reason:
            bases = tuple(rules.rule("orchestration", "max_tool_retries"))
        elif "checks" in event.evidence:
            bases = tuple(rules.key("scene", "check"))
        elif "measured" in event.evidence or event.evidence.keys() - {"safety"}:
            bases = (Basis("measured", arguments(event.evidence.get("measured", event.evidence))),)
        ok = event.outcome == "done"
        return Decision(entry.seq, entry.at, "end", event.outcome, event.reason, ok, bases)

    def _show(self, text: str) -> None:
        self.shown = f"{self.shown} {' '.join(text.split())}"


def told(decision: Decision) -> dict[str, JSON]:
    """A decision for a program; a place has the form `file:line@commit`, without what is not known."""
    bases: list[JSON] = []
    for basis in decision.bases:
        value: dict[str, JSON] = {"kind": basis.kind, "sentence": basis.sentence}
        if (passage := basis.passage) is not None:
            value |= {"place": passage.place(), "path": passage.path, "line": passage.line or None}
            value |= {"commit": passage.commit, "quote": passage.quote, "note": passage.note}
        bases.append(value)
    return {
        "line": decision.line,
        "at": decision.at,
        "kind": decision.kind,
        "what": decision.what,
        "why": decision.why,
        "allowed": decision.allowed,
        "inner": decision.inner,
        "bases": bases,
    }


def words_in(text: str) -> frozenset[str]:
    """The words of a text as they are written."""
    return frozenset(re.split(r"[\s(),:]+", text))


def _below(child: str | None) -> tuple[Basis, ...]:
    """The run of another agent that something rests on."""
    return (Basis("run", f"llmos why {child}"),) if child else ()


def _sure(reply: ModelReplied) -> str:
    """How likely the reply was, as a person reads it; empty where nobody told."""
    return "" if reply.probability is None else f"the model was {reply.probability:.2f} sure"


def _is_goal(entry: Entry, start: RunStarted) -> bool:
    return isinstance(entry.event, MessageAdded) and entry.event.message.text.strip() == start.goal.strip()


def _figures(values: Mapping[str, JSON], names: Sequence[str]) -> str:
    """Some measured or commanded values, numbers to a tenth of a millimetre."""
    told = [(name, values.get(name)) for name in names if values.get(name) is not None]
    return ", ".join(f"{name} {_figure(value)}" for name, value in told)


def _figure(value: JSON) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def _permitted(entry: Entry, event: PermissionDecided) -> Decision:
    said = {"pattern": "--approve", "person": "a person said yes" if event.allowed else "a person said no"}
    rule = f" {event.rule}" if event.rule else ""
    basis = Basis(event.by, f"{said.get(event.by, event.by)}{rule}")
    what = f"{'allowed' if event.allowed else 'refused'}: {one_line(event.question, 400)}"
    return Decision(entry.seq, entry.at, "permission", what, "", event.allowed, (basis,), inner=True)
