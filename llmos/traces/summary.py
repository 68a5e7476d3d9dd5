"""Tells a run as markdown that a person can read: what was asked, what came of it, each step, what it rested on.

Knows nothing but the events; control characters of what models and tools said are left to whoever shows the text.
"""

from collections.abc import Iterator

import msgspec

from llmos.errors import counted
from llmos.messages import Usage
from llmos.traces.events import (
    BudgetWarned,
    DocumentBroken,
    Entries,
    Entry,
    Event,
    FileKept,
    FileRestored,
    GateVerdict,
    LeadEnded,
    MessageAdded,
    ModelFailed,
    ModelReplied,
    MotionMeasured,
    PermissionDecided,
    RunFinished,
    RunStarted,
    SafetyAssessed,
    ToolCalled,
    ToolReturned,
    UnknownEvent,
)

LONGEST_LINE = 160
"""Characters of a text or of arguments that a step shows; the journal has them whole."""


def markdown_summary(entries: Entries) -> str:
    """The run of these entries; unfinished runs say so."""
    lines = [*_head(entries), "", "## Steps", ""]
    lines += [line for entry in entries for line in _step(entry)] or ["(none)"]
    lines += _documents(entries)
    return "\n".join(lines) + "\n"


def one_line(text: str, longest: int = LONGEST_LINE) -> str:
    r"""The text on one line, cut with an ellipsis.

    >>> one_line("first line\n  second", 14)
    'first line se…'
    """
    flat = " ".join(text[: longest * 4].split())
    return flat if len(flat) <= longest and len(text) <= longest * 4 else flat[: longest - 1] + "…"


def assessment(event: SafetyAssessed) -> str:
    """Why somebody who oversees says so, and what would have to change."""
    return f"{event.reason.rstrip('.')}; {event.change}" if event.change else event.reason


def arguments(args: object, longest: int = LONGEST_LINE) -> str:
    """Arguments of a tool as compact JSON on one line."""
    return one_line(msgspec.json.encode(args).decode(), longest)


def _head(entries: Entries) -> Iterator[str]:
    """Title, goal, answer and figures."""
    start = next((entry.event for entry in entries if isinstance(entry.event, RunStarted)), None)
    end = next((entry.event for entry in reversed(entries) if isinstance(entry.event, RunFinished)), None)
    if start is None:
        yield "# A journal in which no run started"
        return
    yield f"# Run {start.run_id}: {end.outcome if end else 'not finished'}"
    yield ""
    yield from (f"> {line}" for line in start.goal.splitlines())
    yield ""
    if end:
        yield from ([end.answer, ""] if end.answer else [])
        yield from ([f"- outcome: {end.outcome}: {end.reason}"] if end.reason else [f"- outcome: {end.outcome}"])
        yield from ([f"- evidence: `{arguments(end.evidence)}`"] if end.evidence else [])
    yield f"- agent: {start.agent} · model: {start.model}{_because(start.model_reason)}"
    yield f"- mode: {start.mode}{_because(start.mode_reason)}"
    yield f"- started: {entries[0].at}" + (f" · duration: {end.duration_s:.1f} s" if end else "")
    yield f"- cost: {_cost(entries)}"
    yield from (f"- {word}: {value}" for word, value in _links(start) if value)


def _links(start: RunStarted) -> tuple[tuple[str, str | None], ...]:
    """Where the run took place and which runs it belongs to."""
    return (
        ("workspace", start.workspace),
        ("robot", start.robot),
        ("scene", start.scene),
        ("delegated by", start.parent),
        ("continues", start.continues),
    )


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""


def _cost(entries: Entries) -> str:
    """Dollars and tokens of the run's own calls to models, those that broke off included."""
    paid = [entry.event for entry in entries if isinstance(entry.event, ModelReplied | ModelFailed)]
    usage = sum((event.usage for event in paid), Usage())
    replies = sum(isinstance(event, ModelReplied) for event in paid)
    fresh = usage.input_tokens + usage.cache_write_tokens
    tokens = f"{fresh} tokens in, {usage.cache_read_tokens} from cache, {usage.output_tokens} out"
    return f"${sum(event.cost_usd for event in paid):.4f} for {counted(replies, 'reply', 'replies')}: {tokens}"


def _step(entry: Entry) -> Iterator[str]:
    """The lines of one event; none for those that the head or the neighbours tell."""
    event = entry.event
    if isinstance(event, ModelReplied):
        yield f"{event.step}. {entry.at[11:19]} {event.model}: {one_line(event.text) or '(no text)'}"
        if event.stop_reason not in ("end", "tools"):
            yield f"   - stopped: {event.stop_reason}"
    elif isinstance(event, MessageAdded):
        text = one_line(event.message.text)
        yield from ([f"- {entry.at[11:19]} {event.role}: {text}"] if text else [])
    else:
        told = _told(event)
        yield from ([f"   - {told}"] if told else [])


def _told(event: Event) -> str:  # noqa: C901 - one line for each kind of event
    """What happened within a step, on one line."""
    match event:
        case ToolCalled():
            return f"`{event.tool}` `{arguments(event.args)}` ({event.effect})"
        case ToolReturned():
            return f"`{event.tool}` {'answered' if event.ok else 'failed'}: {one_line(event.text) or '(no text)'}"
        case GateVerdict() if event.allowed:
            return f"gate: allowed `{arguments(event.command)}`"
        case GateVerdict():
            return f"gate: refused `{arguments(event.command)}` by {event.rule}: {event.reason}; {event.suggestion}"
        case MotionMeasured():
            arrived = "reached" if event.reached else "not reached"
            return f"measured: {arrived}, `{arguments(event.measured)}` of `{arguments(event.commanded)}`"
        case LeadEnded():
            return f"{event.lead} led no further: {event.reason}"
        case SafetyAssessed():
            return f"{event.by}, {event.phase} the work: {event.verdict.upper()}: {one_line(assessment(event))}"
        case PermissionDecided():
            return f"permission: {'yes' if event.allowed else 'no'} by {event.by} to: {one_line(event.question)}"
        case ModelFailed():
            after = f"again in {event.wait_s:.1f} s" if event.wait_s is not None else event.next_model or "given up"
            return f"{event.model} failed: {one_line(event.reason)}; next: {after}"
        case BudgetWarned():
            return f"budget: {event.used / event.limit:.0%} of {event.purse} used"
        case DocumentBroken():
            return f"{event.path}:{event.line}: {event.sentence}"
        case FileKept():
            return f"kept what stood in {event.path}"
        case FileRestored():
            return f"put back what stood in {event.path}" if event.content_hash else f"took {event.path} away again"
        case UnknownEvent():
            return f"{event.name} (unknown to this version)"
        case _:
            return ""


def _documents(entries: Entries) -> Iterator[str]:
    """The documents that shaped the run."""
    documents = [one for e in entries if isinstance(e.event, RunStarted) for one in e.event.documents]
    if not documents:
        return
    yield from ("", "## Documents", "")
    for one in documents:
        commit = f" @ {one.commit[:10]}" if one.commit else ""
        yield f"- {one.kind or 'document'} `{one.path}`{commit} ({one.content_hash[:19]}…)"
