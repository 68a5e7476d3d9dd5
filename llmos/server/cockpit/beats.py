"""Tells an event of a run as the cockpit shows it: goal, decision, verdict, measured motion, answer, outcome.

Knows no socket and no page. The same words serve the live line and a journal that is read later.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from llmos.messages import JSON
from llmos.traces.events import (
    BudgetWarned,
    DocumentBroken,
    Entry,
    Event,
    GateVerdict,
    LeadEnded,
    ModelFailed,
    ModelReplied,
    MotionMeasured,
    PermissionDecided,
    RunFinished,
    RunStarted,
    TextStreamed,
    ToolReturned,
    Waiting,
)
from llmos.traces.parts import ThinkingPart

LONGEST = 4000
"""Characters of a text that the page is sent; the journal has it whole."""

Beat: TypeAlias = dict[str, JSON]


def beat_of(event: Event) -> Beat | None:
    """What the page shows of this event; None when it shows nothing."""
    tell = _TELL.get(type(event))
    return tell(event) if tell else None


def timeline(entries: Iterable[Entry]) -> list[Beat]:
    """The beats of a journal, in order, each with the time at which it was written."""
    beats = ((entry, beat_of(entry.event)) for entry in entries)
    return [{**beat, "at": entry.at, "run": entry.run} for entry, beat in beats if beat is not None]


def verdict_beat(verb: str, args: Mapping[str, JSON], *, allowed: bool, why: Mapping[str, JSON]) -> Beat:
    """The gate's word on a command; `why` has `rule`, `reason` and `suggestion` of a refusal."""
    return {"kind": "verdict", "verb": verb, "args": dict(args), "allowed": allowed, **why}


def _started(event: RunStarted) -> Beat:
    return {
        "kind": "goal",
        "run": event.run_id,
        "parent": event.parent,
        "agent": event.agent,
        "goal": event.goal[:LONGEST],
        "model": event.model,
        "mode": event.mode,
        "mode_reason": event.mode_reason,
    }


def _replied(event: ModelReplied) -> Beat:
    thinking = "\n".join(part.text for part in event.parts if isinstance(part, ThinkingPart))
    return {
        "kind": "decision",
        "step": event.step,
        "text": event.text.strip()[:LONGEST],
        "thinking": thinking.strip()[:LONGEST],
        "calls": [{"tool": call.name, "args": dict(call.args)} for call in event.tool_calls],
        "cost_usd": event.cost_usd,
        "duration_s": event.duration_s,
    }


def _verdict(event: GateVerdict) -> Beat:
    args = {name: value for name, value in event.command.items() if name != "verb"}
    why: Beat = {"rule": event.rule, "reason": event.reason, "suggestion": event.suggestion}
    return verdict_beat(str(event.command.get("verb", "")), args, allowed=event.allowed, why=why)


def _motion(event: MotionMeasured) -> Beat:
    return {
        "kind": "motion",
        "verb": event.command.get("verb"),
        "commanded": dict(event.commanded),
        "measured": dict(event.measured),
        "error_m": _apart(event.commanded, event.measured),
        "reached": event.reached,
        "halted": event.halted,
        "duration_s": event.duration_s,
    }


def _returned(event: ToolReturned) -> Beat:
    return {"kind": "answer", "tool": event.tool, "ok": event.ok, "text": event.text[:LONGEST]}


def _finished(event: RunFinished) -> Beat:
    return {
        "kind": "outcome",
        "outcome": event.outcome,
        "answer": event.answer[:LONGEST],
        "reason": event.reason,
        "cost_usd": event.cost_usd,
        "tokens": event.usage.total,
        "steps": event.steps,
        "duration_s": event.duration_s,
        "evidence": dict(event.evidence),
    }


def note(level: str, word: str, text: str) -> Beat:
    """Something that a person should know; `level` is good, warn or bad, and `word` says it without a colour."""
    return {"kind": "note", "level": level, "word": word, "text": text[:LONGEST]}


def _permission(event: PermissionDecided) -> Beat:
    word = f"{'allowed' if event.allowed else 'refused'} by {event.by}"
    return note("good" if event.allowed else "warn", word, event.question)


def _apart(commanded: Mapping[str, JSON], measured: Mapping[str, JSON]) -> float | None:
    """How far the measured position is from the commanded one, in metres; None when either is not told."""
    pairs = [(commanded.get(axis), measured.get(axis)) for axis in "xyz"]
    if all(isinstance(value, int | float) for pair in pairs for value in pair):
        return math.hypot(*(float(a) - float(b) for a, b in pairs))  # type: ignore[arg-type] # checked above
    return None


_TELL: Mapping[type[Event], Callable[[Any], Beat]] = {
    RunStarted: _started,
    ModelReplied: _replied,
    GateVerdict: _verdict,
    MotionMeasured: _motion,
    ToolReturned: _returned,
    RunFinished: _finished,
    PermissionDecided: _permission,
    TextStreamed: lambda event: {"kind": "stream", "text": event.text},
    Waiting: lambda event: note("warn", "waiting", f"{event.reason}, {event.seconds:.0f} s"),
    LeadEnded: lambda event: note("warn", "led no further", f"{event.lead}: {event.reason}"),
    ModelFailed: lambda event: note("warn", "model failed", f"{event.model}: {event.reason}"),
    BudgetWarned: lambda event: note("warn", "budget", f"{event.used / event.limit:.0%} of {event.purse} is used"),
    DocumentBroken: lambda event: note("warn", "document", f"{event.path}:{event.line}: {event.sentence}"),
}
