"""Words and figures for a terminal: what models and tools said made harmless, amounts, and the end of a run.

Knows no event; what moves while a run goes on is in `progress.py`.
"""

import json
import re
from collections.abc import Mapping

from llmos.errors import counted
from llmos.messages import JSON, Usage
from llmos.runtime.outcome import RunOutcome
from llmos.traces.summary import one_line

LONGEST_CALL = 100
"""Characters of a tool call on one line."""

# Control characters drive a terminal (ECMA-48); bidirectional ones and invisible tags make text look like another
# (Unicode TR 36); lone surrogates cannot be printed. Newline and tab are harmless, a zero-width joiner builds emoji.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)


def printable(text: str) -> str:
    r"""The text with everything that could drive or deceive a terminal made visible; newlines and tabs stay.

    >>> printable("\x1b[2Jgone\r\n")
    '␛[2Jgone\n'
    """
    return _UNSAFE.sub(_visible, text)


def _visible(match: re.Match[str]) -> str:
    """One unsafe character as something to look at; a carriage return vanishes, as it does in any text file."""
    code = ord(match.group())
    if code == ord("\r"):
        return ""
    if code < 0x20:
        return chr(0x2400 + code)
    return f"\\u{{{code:x}}}"


def dollars(amount_usd: float) -> str:
    """An amount that stays readable when it is tiny.

    >>> dollars(0), dollars(12.345), dollars(0.00123)
    ('$0', '$12.35', '$0.0012')
    """
    if amount_usd == 0:
        return "$0"
    return f"${amount_usd:.2f}" if amount_usd >= 1 else f"${amount_usd:.4f}"


def tokens(usage: Usage) -> str:
    """How many tokens, and how many of them came from a cache.

    >>> tokens(Usage(1200, 30)), tokens(Usage(200, 30, 1000))
    ('1,230 tokens', '1,230 tokens (1,000 from cache)')
    """
    cached = f" ({usage.cache_read_tokens:,} from cache)" if usage.cache_read_tokens else ""
    return f"{usage.total:,} tokens{cached}"


def call_text(tool: str, args: Mapping[str, JSON]) -> str:
    """A tool call on one line.

    >>> call_text("move_to", {"x": 1.5, "note": "left"})
    'move_to(x=1.5, note="left")'
    """
    shown = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False, default=str)}" for name, value in args.items())
    return printable(one_line(f"{tool}({shown})", LONGEST_CALL))


def result_lines(outcome: RunOutcome) -> list[str]:
    """The end of a run for a person: the answer, then what it was, cost, and where it is written down."""
    lines = printable(outcome.answer).splitlines()
    mode = f" ({printable(outcome.mode_reason)})" if outcome.mode_reason else ""
    lines += [
        f"outcome  {outcome.outcome}{_because(outcome)}",
        f"mode     {outcome.mode}{mode}",
        f"model    {printable(outcome.model)}",
        f"cost     {_effort(outcome)}",
        f"journal  {outcome.journal}",
    ]
    if outcome.outcome in ("budget", "interrupted"):
        lines.append(f"resume   llmos agent run {outcome.agent} --resume {outcome.run_id}")
    return lines


def closing_line(outcome: RunOutcome) -> str:
    """The end of one run of a conversation on one line: what it came to, why where no answer says it, cost, id."""
    because = "" if outcome.outcome == "done" or outcome.reason in outcome.answer else _because(outcome)
    return f"{outcome.outcome}{because} · {_effort(outcome)} · {outcome.run_id}"


def _because(outcome: RunOutcome) -> str:
    return f": {printable(outcome.reason)}" if outcome.reason else ""


def _effort(outcome: RunOutcome) -> str:
    """Cost, tokens, steps, tool calls and time."""
    work = f"{counted(outcome.steps, 'step')} · {counted(len(outcome.tool_calls), 'tool call')}"
    return f"{dollars(outcome.cost_usd)} · {tokens(outcome.usage)} · {work} · {outcome.duration_s:.1f} s"
