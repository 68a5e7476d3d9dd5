"""Small runs whose journals other tests read, and a journal that only remembers."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from llmos.clock import SimulatedClock
from llmos.errors import StorageError
from llmos.messages import Effect, Message, Reply, Text, ToolCall, ToolResult, Usage
from llmos.traces.events import (
    DocumentRef,
    Event,
    GateVerdict,
    MessageAdded,
    ModelReplied,
    MotionMeasured,
    RunFinished,
    RunStarted,
    ToolCalled,
    ToolReturned,
)
from llmos.traces.journal import Journal, new_run_id


def started(run_id: str, goal: str = "Pick up the cube", **changes: object) -> RunStarted:
    """The first event of a run of the operator."""
    fields: dict[str, object] = {"agent": "operator", "model": "local:pocket.gguf", "mode": "LEARNER"} | changes
    return RunStarted(run_id=run_id, goal=goal, **fields)  # type: ignore[arg-type]


def finished(outcome: str = "done", **changes: object) -> RunFinished:
    """The last event of a run."""
    fields: dict[str, object] = {
        "answer": "The cube is placed.",
        "reason": "The measured pose is the one asked for.",
        "usage": Usage(120, 30),
        "cost_usd": 0.25,
        "steps": 2,
        "duration_s": 1.5,
    }
    return RunFinished(outcome=outcome, **(fields | changes))  # type: ignore[arg-type]


def small_run(run_id: str) -> list[Event]:
    """A whole run: one motion that works, one that the gate refuses, an answer."""
    move = ToolCall("c1", "move_to", {"x": 1.5, "y": 1.0, "z": 0.5})
    stray = ToolCall("c2", "move_to", {"x": 9.0, "y": 0.0, "z": 0.5})
    arrived = ToolResult("c1", (Text("arrived at (1.500, 1.000, 0.500)"),))
    refused = ToolResult("c2", (Text("X position 9.00m outside workspace [-2, 2]"),), is_error=True)
    goal = Message("user", (Text("Pick up the cube"),))
    ask = Reply((Text("I move there."), move, stray), "tools", Usage(100, 20), "pocket")
    end = Reply((Text("The cube is placed."),), "end", Usage(20, 10), "pocket")
    documents = (DocumentRef("agents/operator.md", "sha256:" + "a" * 64, "0123456789abcdef", "agent"),)
    return [
        started(run_id, mode_reason="no trace of this goal", workspace="workshop", documents=documents),
        MessageAdded.of(goal),
        ModelReplied.of(1, ask, 0.2, 0.5),
        ToolCalled(step=1, call_id="c1", tool="move_to", args=dict(move.args), effect=Effect.REVERSIBLE),
        GateVerdict(command={"verb": "move_to", **move.args}, allowed=True),
        MotionMeasured(command={"verb": "move_to"}, commanded={"x": 1.5}, measured={"x": 1.5}, reached=True),
        ToolReturned.of(arrived, "move_to", 0.75, step=1),
        ToolCalled(step=1, call_id="c2", tool="move_to", args=dict(stray.args), effect=Effect.REVERSIBLE),
        GateVerdict(
            command={"verb": "move_to", **stray.args},
            allowed=False,
            rule="workspace",
            reason="X position 9.00m outside workspace [-2, 2]",
            suggestion="stay within -2 and 2",
        ),
        ToolReturned.of(refused, "move_to", 0.01, step=1),
        MessageAdded.of(Message("user", (arrived, refused))),
        ModelReplied.of(2, end, 0.05, 0.25),
        finished(),
    ]


def write_run(home: Path, events: list[Event] | None = None, clock: SimulatedClock | None = None) -> Path:
    """Journal these events (a small run when none are given) and return where they stand."""
    clock = clock or SimulatedClock()
    with Journal.create(home, new_run_id(clock), clock) as journal:
        for event in events or small_run(journal.run_id):
            journal.write(event)
    return journal.path


@dataclass
class MemoryJournal:
    """A journal in memory; `full_after` is how many events its disk takes."""

    events: list[Event] = field(default_factory=list)
    durable: list[Event] = field(default_factory=list)
    full_after: int = 1_000_000

    def write(self, event: Event, *, durable: bool = False) -> None:
        """Append."""
        if len(self.events) >= self.full_after:
            raise StorageError("cannot write the journal: the disk is full")
        self.events.append(event)
        if durable:
            self.durable.append(event)

    async def write_durably(self, event: Event) -> None:
        """Append."""
        self.write(event, durable=True)

    def named(self, kind: type[Event]) -> list[Any]:
        """The events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]
