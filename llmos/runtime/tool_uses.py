"""The tool calls of a run as they went, and whether one tool keeps failing.

Knows no tool and makes no call.
"""

from collections.abc import Sequence

from llmos.messages import Text, ToolCall, ToolResult
from llmos.runtime.outcome import ToolUse

_NONE_LEFT = (Text("The tool calls of this run are used up; this one was not made."),)


def not_made(call: ToolCall) -> ToolResult:
    """The result of a call that the budget does not allow any more."""
    return ToolResult(call.id, _NONE_LEFT, is_error=True)


class ToolUses:
    """What was called, in order."""

    def __init__(self) -> None:
        self.all: list[ToolUse] = []
        self._failures: dict[str, int] = {}

    def add(self, calls: Sequence[ToolCall], results: Sequence[ToolResult]) -> None:
        """The calls of one reply; a tool that only failed in it failed once, however often it was called there."""
        worked: dict[str, bool] = {}
        for call, result in zip(calls, results, strict=True):
            error = result.text if result.is_error else None
            self.all.append(ToolUse(call.name, call.args, error is None, error))
            if result.content != _NONE_LEFT:
                worked[call.name] = worked.get(call.name, False) or error is None
        for name, ok in worked.items():
            self._failures[name] = 0 if ok else self._failures.get(name, 0) + 1

    def stuck(self, max_retries: int) -> str | None:
        """Why to give up: a tool failed in more replies in a row than it may be tried again; None when none did."""
        name = next((name for name, failures in self._failures.items() if failures > max_retries), None)
        if name is None:
            return None
        last = next(use.error for use in reversed(self.all) if use.tool == name)
        return f"The tool {name} failed {max_retries + 1} times in a row, last with: {last}"
