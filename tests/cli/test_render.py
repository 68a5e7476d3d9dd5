"""What is printed is harmless, readable, and says how a run ended."""

import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.cli.render import LONGEST_CALL, call_text, closing_line, dollars, printable, result_lines, tokens
from llmos.messages import Usage
from llmos.runtime.outcome import RunOutcome, ToolUse
from tests.support.messages import objects, texts

OUTCOME = RunOutcome(
    run_id="20261120-095132-k3f9qz",
    agent="operator",
    goal="Pick up the cube",
    mode="LEARNER",
    mode_reason="no trace of this goal",
    outcome="done",
    answer="The cube is placed.\nIt stands still.",
    reason="The measured pose is the one asked for.",
    steps=2,
    tool_calls=(ToolUse("move_to", {"x": 1.5}, ok=True),),
    usage=Usage(120, 30),
    cost_usd=0.0,
    model="local:pocket.gguf",
    duration_s=1.53,
    journal=Path("journal.jsonl"),
)


@given(st.text())
def test_nothing_that_drives_or_deceives_a_terminal_is_printable(text: str) -> None:
    """No control character but newline and tab, no bidirectional mark, no lone surrogate gets through."""
    shown = printable(text)
    assert not [one for one in shown if unicodedata.category(one) == "Cc" and one not in "\n\t"]
    assert not [one for one in shown if unicodedata.bidirectional(one) in ("RLO", "LRO", "RLI", "LRI", "FSI", "PDI")]
    shown.encode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07", "␛]0;title␇"),
        ("a\r\nb\rc", "a\nbc"),
        ("\x9b31m\x7f", "\\u{9b}31m\\u{7f}"),
        ("safe\u202eflow", "safe\\u{202e}flow"),
        ("half \ud83d", "half \\u{d83d}"),
        ("hidden \U000e0041", "hidden \\u{e0041}"),
        ("naïve 漢字 👩\u200d🚀\ttab\n", "naïve 漢字 👩\u200d🚀\ttab\n"),
    ],
)
def test_what_is_unsafe_becomes_visible_and_what_is_safe_stays(text: str, shown: str) -> None:
    """A reader sees that something was there; other languages and emoji are untouched."""
    assert printable(text) == shown


@given(texts, objects)
def test_a_call_is_one_harmless_line_of_bounded_length(tool: str, args: dict[str, object]) -> None:
    """A file of 30 kB in an argument does not fill the screen."""
    line = call_text(tool, args)
    assert "\n" not in line
    assert len(line) <= LONGEST_CALL or "\\u{" in line


def test_a_call_with_values_that_json_cannot_hold_is_still_shown() -> None:
    """What the model wrote may hold half a surrogate pair; showing it must not raise."""
    assert call_text("t", {"a": "\ud83d"}) == 't(a="\\u{d83d}")'


@pytest.mark.parametrize(("amount_usd", "shown"), [(0, "$0"), (0.00004, "$0.0000"), (0.5, "$0.5000"), (2.345, "$2.35")])
def test_amounts_keep_the_digits_that_matter(amount_usd: float, shown: str) -> None:
    """A free run says $0, a tiny cost is not rounded to it."""
    assert dollars(amount_usd) == shown


def test_cached_tokens_are_named() -> None:
    """They are cheaper, and a person wants to see that the cache works."""
    assert tokens(Usage(1, 2, 3000, 4)) == "3,007 tokens (3,000 from cache)"


def test_the_end_of_a_run_says_answer_mode_model_cost_and_journal() -> None:
    """Everything CONTRACT promises, in this order."""
    assert result_lines(OUTCOME) == [
        "The cube is placed.",
        "It stands still.",
        "outcome  done: The measured pose is the one asked for.",
        "mode     LEARNER (no trace of this goal)",
        "model    local:pocket.gguf",
        "cost     $0 · 150 tokens · 2 steps · 1 tool call · 1.5 s",
        "journal  journal.jsonl",
    ]


def test_a_run_that_can_be_resumed_says_how() -> None:
    """Nothing that was paid for is lost."""
    lines = result_lines(replace(OUTCOME, outcome="budget", answer="", reason="", mode_reason="", steps=1))
    assert lines == [
        "outcome  budget",
        "mode     LEARNER",
        "model    local:pocket.gguf",
        "cost     $0 · 150 tokens · 1 step · 1 tool call · 1.5 s",
        "journal  journal.jsonl",
        "resume   llmos agent run operator --resume 20261120-095132-k3f9qz",
    ]


def test_an_answer_cannot_drive_the_terminal() -> None:
    """The last words of a model are no safer than its first."""
    assert result_lines(replace(OUTCOME, answer="\x1b[2J", reason="\x1b[H"))[:2] == ["␛[2J", "outcome  done: ␛[H"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [("Refused: a zone is there.", "refused · "), ("I tried.", "refused: a zone is there · ")],
)
def test_the_end_of_a_line_says_why_unless_the_answer_does(answer: str, said: str) -> None:
    """The same sentence is not shown twice."""
    assert closing_line(replace(OUTCOME, outcome="refused", reason="a zone is there", answer=answer)).startswith(said)
