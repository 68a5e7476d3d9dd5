"""Turns the events of a run, and of the runs it delegates, into lines for a person and a status of one line.

Knows no terminal. One call of a tool is one line, told when it has answered; the final answer is not told here, for it
is the result of the command.
"""

from dataclasses import dataclass

from llmos.cli.render import call_text, dollars, printable, tokens
from llmos.messages import Usage
from llmos.models.base import NO_MODEL
from llmos.traces.events import (
    BudgetWarned,
    DocumentBroken,
    Event,
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
    TextStreamed,
    ToolCalled,
    ToolReturned,
    Waiting,
)
from llmos.traces.summary import assessment, one_line

_GOOD, _BAD, _WARN, _STRONG, _QUIET = "green", "red", "yellow", "bold", "dim"
_THINKING = "thinking"
_LONGEST_VERDICT = 400
"""Characters: why somebody warns is worth reading to its end."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line, harmless to print; `style` is a rich style, of which a plain output takes no notice."""

    text: str
    style: str = ""


@dataclass(slots=True)
class _Run:
    """What is known of one run while it goes on."""

    agent: str
    depth: int
    replies: int = 0
    step: int = 1
    """The one that is going on: from asking the model to the answers of the tools it calls."""
    gate_ok: bool = False
    motion_s: float = 0.0
    """What the calls that are not answered yet took the robot by its own clock, which may be a simulated one."""


class Story:
    """The lines and the status of all runs on one bus."""

    def __init__(self) -> None:
        self.streamed = ""
        """The reply that is coming in, harmless to print."""
        self._doing = _THINKING
        self._runs: dict[str, _Run] = {}
        self._latest = _Run("", 0)
        self._head: list[Line] = []
        self._calls: dict[tuple[str, str], str] = {}
        self._usage = Usage()
        self._cost_usd = 0.0

    @property
    def going_on(self) -> bool:
        """Whether any run has started and not finished."""
        return bool(self._runs)

    def status(self, elapsed_s: float) -> str:
        """Who is at work, what all runs have cost so far, and what is being done, which may be long."""
        spent = f"{dollars(self._cost_usd)} · {tokens(self._usage)}"
        return f"{self._latest.agent} · step {self._latest.step} · {spent} · {elapsed_s:.0f} s · {self._doing}"

    def tell(self, event: Event, run: str) -> list[Line]:
        """What this event of this run adds; many add nothing, most others one line."""
        if isinstance(event, RunStarted):
            return self._started(event, run)
        now = self._latest = self._runs.get(run, self._latest)
        if isinstance(event, ModelReplied | ModelFailed):
            self._usage += event.usage
            self._cost_usd += event.cost_usd
        lines = self._happened(event, now, run)
        return [Line(f"{'   ' * now.depth}{now.step:>2}  {line.text}", line.style) for line in lines]

    def _started(self, event: RunStarted, run: str) -> list[Line]:
        """Who runs on what and why, as far as the run before did not say it; a delegated run shows what it is asked."""
        above = self._runs.get(event.parent or "")
        if not self._runs:
            self._usage, self._cost_usd = Usage(), 0.0
        self._latest = self._runs[run] = _Run(printable(event.agent), above.depth + 1 if above else 0)
        self._doing, self.streamed = _THINKING, ""
        if above:
            return [Line(f"{'   ' * self._latest.depth}{self._latest.agent}: {_short(event.goal)}", _STRONG)]
        why = f" ({event.model_reason})" if event.model_reason else ""
        model = f"{event.agent} without a model" if event.model == NO_MODEL else f"{event.agent} on {event.model}{why}"
        mode = f"mode {event.mode}" + (f": {event.mode_reason}" if event.mode_reason else "")
        robot = [Line(printable(f"robot {event.robot}, scene {event.scene}"), _QUIET)] if event.robot else []
        head = [Line(printable(model), _STRONG), *robot, Line(printable(mode), _QUIET)]
        new, self._head = [line for line in head if line not in self._head], head
        return new

    def _happened(self, event: Event, now: _Run, run: str) -> list[Line]:
        """What an event within a run adds."""
        match event:
            case TextStreamed():
                self._doing = "writing"
                self.streamed += printable(event.text)
            case Waiting():
                self._doing = _short(f"waiting {event.seconds:.0f} s: {event.reason}")
            case ToolCalled():
                self._doing = self._calls[run, event.call_id] = call_text(event.tool, event.args)
            case MessageAdded():
                now.step = now.replies + 1
            case ToolReturned():
                return [self._returned(event, now, run)]
            case ModelReplied():
                return self._replied(event, now)
            case GateVerdict():
                now.gate_ok = event.allowed
                return [] if event.allowed else [Line(f"gate refused: {_gate_sentence(event)}", _BAD)]
            case MotionMeasured():
                now.motion_s += event.duration_s
                return [] if event.reached else [Line("the motion did not reach its goal by measured state", _BAD)]
            case RunFinished():
                self._runs.pop(run, None)
                self._latest = next(reversed(self._runs.values()), now)
            case _:
                return _remarkable(event)
        return []

    def _replied(self, event: ModelReplied, now: _Run) -> list[Line]:
        """What the model says before it calls tools, and a reply that is not whole."""
        now.step = now.replies = event.step
        self._doing, self.streamed = _THINKING, ""
        lines = [Line(_short(event.text))] if event.text.strip() and event.tool_calls else []
        odd = {"length": "the reply was cut off at its token limit", "refusal": "the model declined to go on"}
        return [*lines, *([Line(odd[event.stop_reason], _WARN)] if event.stop_reason in odd else [])]

    def _returned(self, event: ToolReturned, now: _Run, run: str) -> Line:
        """A tool call with its answer."""
        call = self._calls.pop((run, event.call_id), f"{printable(event.tool)}(…)")
        gate = "gate ok, " if now.gate_ok else ""
        took = f"{now.motion_s:.1f} s of motion" if now.motion_s else f"{event.duration_s:.1f} s"
        now.gate_ok, now.motion_s, self._doing = False, 0.0, _THINKING
        answer = f"{'-> ' if event.ok else 'failed: '}{_answer(event.text)}"
        return Line(f"{call} {answer} [{gate}{took}]", _GOOD if event.ok else _BAD)


def _answer(text: str) -> str:
    """What a tool answered, on one line; of a view in a frame only its size."""
    return f"a view of {len(text.splitlines())} lines" if text.startswith("╔") else _short(text) or "no text"


def _remarkable(event: Event) -> list[Line]:
    """What a person should know although the run goes on."""
    match event:
        case PermissionDecided():
            answer = f"allowed by {event.by}" if event.allowed else f"refused by {event.by}"
            return [Line(f"{answer}: {_short(event.question)}", _QUIET if event.allowed else _WARN)]
        case LeadEnded():
            what = {"trace": "the replay", "skill": "the skill's program"}.get(
                event.lead.partition(":")[0], "the program"
            )
            return [Line(f"{what} leads no further: {printable(one_line(event.reason, _LONGEST_VERDICT))}", _WARN)]
        case SafetyAssessed():
            return [_assessed(event)]
        case ModelFailed():
            return [Line(f"{printable(event.model)} failed: {_short(event.reason)}{_after(event)}", _WARN)]
        case BudgetWarned():
            return [Line(f"{event.used / event.limit:.0%} of the budget's {event.purse} used", _WARN)]
        case DocumentBroken():
            said = one_line(f"{event.path}:{event.line}: {event.sentence}", _LONGEST_VERDICT)
            return [Line(printable(said), _WARN)]
    return []


def _assessed(event: SafetyAssessed) -> Line:
    """What somebody who watches said of the work."""
    said = f"{event.by} {event.phase} the work: {event.verdict.upper()}: {assessment(event)}"
    style = {"safe": _GOOD, "warn": _WARN, "veto": _BAD}[event.verdict]
    return Line(printable(one_line(said, _LONGEST_VERDICT)), style)


def _gate_sentence(event: GateVerdict) -> str:
    """Why the gate refused, and what it would allow."""
    return _short(f"{event.reason}; {event.suggestion}" if event.suggestion else event.reason)


def _after(event: ModelFailed) -> str:
    """What follows a failed call to a model."""
    if event.next_model is not None:
        return f"; going on with {printable(event.next_model)}"
    return "" if event.wait_s is None else f"; again in {event.wait_s:.1f} s"


def _short(text: str) -> str:
    """Harmless text on one line."""
    return printable(one_line(text))
