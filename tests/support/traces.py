"""Traces for tests, with what does not matter filled in."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from llmos.documents.document import hash_of
from llmos.messages import JSON, Effect
from llmos.traces.expectation import Tolerance
from llmos.traces.trace import Trace, TraceStep

NARROW = Tolerance(absolute=0.011, relative=0.001, position_m=0.01, angle_deg=1.0)
HERE = "/home/ada/work"
AT_HOME: Mapping[str, JSON] = {
    "x": 0.0, "y": 0.0, "z": 1.0, "theta_deg": 0.0, "gripper": "open", "holding": "nothing", "stopped": False,
}  # fmt: skip


def step(
    tool: str, args: Mapping[str, JSON], output: str = "done", effect: Effect = Effect.IDEMPOTENT, **more: Any
) -> TraceStep:
    """A step that answered this."""
    return TraceStep(tool, args, effect, f"sha256:{tool}", output, hash_of(output.encode()), **more)


def trace(steps: Sequence[TraceStep], slots: Mapping[str, JSON], **more: Any) -> Trace:
    """A trace of a model's run."""
    plain = Trace(
        signature="sha256:goal",
        skeleton="move to {point}",
        goal="Move to a point",
        slots=slots,
        agent="operator",
        agent_hash="sha256:agent",
        skill_hashes={},
        steps=tuple(steps),
        answer="It is done.",
        mode="LEARNER",
        run_id="20261120-095132-k3f9qz",
        world={},
        model="local:pocket.gguf",
        input_tokens=120,
        output_tokens=30,
        cost_usd=0.25,
        duration_s=1.5,
        created="2026-11-20T09:51:32.123Z",
        last_used="2026-11-20T09:51:32.123Z",
    )
    return replace(plain, **more)


def robot_world(**state: JSON) -> dict[str, JSON]:
    """The world of a run that had an arm, at home unless said otherwise."""
    return {"robot": "arm", "robot_hash": "sha256:r", "scene": "bench", "scene_hash": "sha256:s"} | {
        "state": {**AT_HOME, **state}
    }


def moved(x: float, y: float, z: float, *, then: str = "gripper open", theta_deg: float = 0.0) -> str:
    """What a move answers."""
    return f"At ({x:.2f}, {y:.2f}, {z:.2f}) turned {theta_deg:.0f}°, {then}."
