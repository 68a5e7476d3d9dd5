"""Traces for tests that need some, and a library of them."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from time import time_ns
from typing import Any

from llmos.documents.document import text_hash
from llmos.messages import Effect
from llmos.traces.library import TraceLibrary
from llmos.traces.trace import Trace, TraceStep

MOVE = "move to {point}"


def learned(skeleton: str = MOVE, number: float = 1.0, **changes: Any) -> Trace:
    """The trace of a run that moved to (number, 0, 0.5)."""
    step = TraceStep(
        tool="move_to",
        args={"x": number, "y": 0.0, "z": 0.5},
        effect=Effect.REVERSIBLE,
        tool_version=text_hash("move_to"),
        output=f"arrived at ({number:.3f}, 0.000, 0.500)",
        output_hash=text_hash(f"arrived at ({number:.3f}, 0.000, 0.500)"),
        sources={"x": "slot point1", "y": "slot point1", "z": "slot point1"},
    )
    trace = Trace(
        signature=text_hash(skeleton),
        skeleton=skeleton,
        goal=skeleton.replace("{point}", f"({number}, 0, 0.5)"),
        slots={"point1": [number, 0.0, 0.5]},
        agent="operator",
        agent_hash=text_hash("operator"),
        skill_hashes={"move": text_hash("move")},
        steps=(step,),
        answer="I moved there.",
        mode="LEARNER",
        run_id="20260101-000000-aaaaaa",
        world={"robot": "arm", "robot_hash": text_hash("arm"), "state": {"x": 0.0, "holding": None}},
        model="local:pocket.gguf",
        input_tokens=120,
        output_tokens=30,
        cost_usd=0.25,
        duration_s=1.5,
        created="2026-01-01T00:00:00Z",
    )
    return replace(trace, **changes)


def library(
    home: Path, *names: str, said: list[str] | None = None, passphrase: str = "", later_ns: int = 0
) -> TraceLibrary:
    """The library of these volumes of a home, or of the user volume; its clock is so much ahead of the disk's."""
    roots = [(name, home / name) for name in names or ("user",)]
    for _, root in roots:
        root.mkdir(parents=True, exist_ok=True)
    notice = print if said is None else said.append
    return TraceLibrary.open(
        home, roots, notice, secrets=["hunter2hunter2"], passphrase=passphrase, now_ns=lambda: time_ns() + later_ns
    )


def fill(home: Path, traces: Iterable[Trace], volume: str = "user") -> list[Path]:
    """Keep these traces in a volume."""
    with library(home, volume) as opened:
        return [opened.add(home / volume, trace) for trace in traces]
