"""What a run came to, as the command line, the Python API and a delegating agent receive it.

Knows nothing of how the run went; the journal does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from llmos.messages import JSON, Usage
from llmos.traces.events import Outcome

EXIT_CODES: Final[Mapping[Outcome, int]] = {"done": 0, "failed": 1, "refused": 3, "budget": 4, "interrupted": 130}


@dataclass(frozen=True, slots=True)
class ToolUse:
    """One tool call of a run; `error` is the sentence the model got instead of a result."""

    tool: str
    args: Mapping[str, JSON]
    ok: bool
    error: str | None = None


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """A finished run; `reason` says why the outcome is what it is, `answer` is what the model said last."""

    run_id: str
    agent: str
    goal: str
    mode: str
    mode_reason: str
    outcome: Outcome
    answer: str
    reason: str
    steps: int
    tool_calls: tuple[ToolUse, ...]
    usage: Usage
    cost_usd: float
    model: str
    duration_s: float
    journal: Path

    @property
    def exit_code(self) -> int:
        """What the command line returns for it."""
        return EXIT_CODES[self.outcome]

    def as_json(self) -> dict[str, Any]:
        """The one object that `agent run --json` prints."""
        return {
            "run_id": self.run_id,
            "agent": self.agent,
            "goal": self.goal,
            "mode": self.mode,
            "mode_reason": self.mode_reason,
            "outcome": self.outcome,
            "answer": self.answer,
            "reason": self.reason,
            "steps": self.steps,
            "tool_calls": [_tool_use_json(use) for use in self.tool_calls],
            "usage": {
                "input_tokens": self.usage.input_tokens,
                "output_tokens": self.usage.output_tokens,
                "cache_read_tokens": self.usage.cache_read_tokens,
                "cache_write_tokens": self.usage.cache_write_tokens,
                "cost_usd": self.cost_usd,
            },
            "model": self.model,
            "duration_s": round(self.duration_s, 3),
            "journal": str(self.journal),
        }


def _tool_use_json(use: ToolUse) -> dict[str, Any]:
    shown: dict[str, Any] = {"tool": use.tool, "args": dict(use.args), "ok": use.ok}
    if use.error is not None:
        shown["error"] = use.error
    return shown
