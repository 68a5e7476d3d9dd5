"""The summary tells a person what a run did, from its journal alone."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from llmos.messages import Message, Reply, Text, Usage
from llmos.traces.events import (
    BudgetWarned,
    DocumentBroken,
    Entry,
    Event,
    FileKept,
    LeadEnded,
    MessageAdded,
    ModelFailed,
    ModelReplied,
    MotionMeasured,
    PermissionDecided,
    PromptSet,
    UnknownEvent,
)
from llmos.traces.reading import read_journal
from llmos.traces.summary import markdown_summary, one_line
from tests.support.journals import finished, started, write_run

WHOLE = """\
# Run {run}: done

> Pick up the cube

The cube is placed.

- outcome: done: The measured pose is the one asked for.
- agent: operator · model: local:pocket.gguf
- mode: LEARNER (no trace of this goal)
- started: 2026-01-01T00:00:00.000Z · duration: 1.5 s
- cost: $0.2500 for 2 replies: 120 tokens in, 0 from cache, 30 out
- workspace: workshop

## Steps

- 00:00:00 user: Pick up the cube
1. 00:00:00 pocket: I move there.
   - `move_to` `{{"x":1.5,"y":1.0,"z":0.5}}` (reversible)
   - gate: allowed `{{"verb":"move_to","x":1.5,"y":1.0,"z":0.5}}`
   - measured: reached, `{{"x":1.5}}` of `{{"x":1.5}}`
   - `move_to` answered: arrived at (1.500, 1.000, 0.500)
   - `move_to` `{{"x":9.0,"y":0.0,"z":0.5}}` (reversible)
   - gate: refused `{{"verb":"move_to","x":9.0,"y":0.0,"z":0.5}}` by workspace: X position 9.00m outside workspace \
[-2, 2]; stay within -2 and 2
   - `move_to` failed: X position 9.00m outside workspace [-2, 2]
2. 00:00:00 pocket: The cube is placed.

## Documents

- agent `agents/operator.md` @ 0123456789 (sha256:aaaaaaaaaaaa…)
"""


def told(*events: Event) -> str:
    """The summary of these events."""
    return markdown_summary([Entry(i, "2026-01-01T00:00:00.000Z", "r", event) for i, event in enumerate(events, 1)])


def test_a_whole_run_is_told_from_goal_to_documents(tmp_path: Path) -> None:
    """Every event of a plain run has its line, and no more."""
    path = write_run(tmp_path)
    assert markdown_summary(read_journal(path)) == WHOLE.format(run=path.stem)


def test_a_run_that_was_cut_off_says_so() -> None:
    """Nothing is made up about its end."""
    summary = told(started("r", goal="two\nlines", model_reason="no key", parent="p", continues="q", robot="arm"))
    assert summary == (
        "# Run r: not finished\n\n> two\n> lines\n\n- agent: operator · model: local:pocket.gguf (no key)\n"
        "- mode: LEARNER\n- started: 2026-01-01T00:00:00.000Z\n"
        "- cost: $0.0000 for 0 replies: 0 tokens in, 0 from cache, 0 out\n"
        "- robot: arm\n- delegated by: p\n- continues: q\n\n## Steps\n\n(none)\n"
    )


def test_an_empty_journal_is_told_as_such() -> None:
    """A torn first line leaves nothing."""
    assert told() == "# A journal in which no run started\n\n## Steps\n\n(none)\n"


def test_each_rarer_event_has_its_line() -> None:
    """What went wrong or was decided on the way is what a reader looks for."""
    summary = told(
        ModelFailed(model="a", reason="overloaded", wait_s=2.0),
        ModelFailed(model="a", reason="overloaded", next_model="b"),
        ModelFailed(model="b", reason="no such model"),
        ModelReplied.of(1, Reply((), "length", Usage(), "b"), 0.0, 0.0),
        PermissionDecided(tool="Bash", question="run `ls`", allowed=True, by="person"),
        FileKept(path="notes.md", before=None),
        MotionMeasured(command={}, reached=False),
        LeadEnded("trace:a", "before step 2 (Write), a.txt is gone"),
        BudgetWarned(purse="dollars", used=0.75, limit=1.0),
        DocumentBroken(path="a.md", line=3, sentence="no name"),
        UnknownEvent(name="moon_rose", fields={}),
        finished("failed", answer="", reason="", evidence={"x": 1}),
    )
    assert summary.partition("## Steps\n\n")[2] == (
        "   - a failed: overloaded; next: again in 2.0 s\n"
        "   - a failed: overloaded; next: b\n"
        "   - b failed: no such model; next: given up\n"
        "1. 00:00:00 b: (no text)\n"
        "   - stopped: length\n"
        "   - permission: yes by person to: run `ls`\n"
        "   - kept what stood in notes.md\n"
        "   - measured: not reached, `{}` of `{}`\n"
        "   - trace:a led no further: before step 2 (Write), a.txt is gone\n"
        "   - budget: 75% of dollars used\n"
        "   - a.md:3: no name\n"
        "   - moon_rose (unknown to this version)\n"
    )


def test_the_head_tells_evidence_when_there_is_no_reason() -> None:
    """A decision without words still shows what it rests on."""
    summary = told(started("r"), PromptSet.of("s", []), finished("failed", answer="", reason="", evidence={"x": 1}))
    assert '\n- outcome: failed\n- evidence: `{"x":1}`\n' in summary
    assert summary.endswith("## Steps\n\n(none)\n")


def test_tool_results_are_told_once() -> None:
    """The message that carries them has no line of its own."""
    assert told(MessageAdded.of(Message("user", (Text(" "),)))).endswith("## Steps\n\n(none)\n")


@given(st.text(), st.integers(2, 50))
def test_one_line_is_one_line_of_bounded_length(text: str, longest: int) -> None:
    """Whatever a model wrote, a list stays a list."""
    line = one_line(text, longest)
    assert len(line) <= longest
    assert len(line.splitlines()) <= 1
