"""Which runs went wrong, and what their journals say of it."""

from pathlib import Path

import pytest

from llmos.clock import SimulatedClock
from llmos.evolution.witnesses import Standing, agents_seen, witness, witnesses_of
from llmos.messages import Effect, Text, ToolResult
from llmos.traces.events import (
    DocumentRef,
    Entry,
    Event,
    PermissionDecided,
    RunStarted,
    SafetyAssessed,
    ToolCalled,
    ToolReturned,
)
from tests.support.journals import finished, small_run, started, write_run

CALL = ToolCalled(call_id="c1", tool="Write", args={"file_path": "raport/a.txt"}, effect=Effect.REVERSIBLE)


def returned(*, ok: bool, tool: str = "Write") -> ToolReturned:
    """What a tool answered."""
    return ToolReturned.of(ToolResult("c1", (Text("there is no folder 'raport'"),), is_error=not ok), tool, 0.1)


def entries(*events: Event) -> list[Entry]:
    """A journal of these events between a start and, unless one is among them, nothing."""
    return [
        Entry(number, "2026-11-20T09:00:00.000Z", "r1", each) for number, each in enumerate((started("r1"), *events), 1)
    ]


NO = PermissionDecided(tool="Bash", question="Bash wants to run: rm -rf x", allowed=False, by="person")
POLICY = PermissionDecided(tool="Bash", question="Bash wants to run: ls", allowed=False, by="policy")
VETO = SafetyAssessed(phase="after", by="safety-officer", verdict="veto", reason="A hand is there.")


@pytest.mark.parametrize(
    ("events", "resumed", "standing", "good"),
    [
        ([finished()], False, "fine", True),
        ([finished("failed")], False, "failed", False),
        ([finished("budget")], False, "failed", False),
        ([finished("refused")], False, "corrected", None),
        ([finished("interrupted")], False, "unknown", None),
        ([finished("interrupted")], True, "corrected", None),
        ([], False, "unknown", None),
        ([finished()], True, "fine", True),
        ([returned(ok=False), returned(ok=True), finished()], False, "corrected", True),
        ([returned(ok=False), returned(ok=True, tool="Read"), finished()], False, "fine", True),
        ([NO, finished()], False, "corrected", False),
        ([POLICY, finished()], False, "fine", True),
        ([VETO, finished("refused")], False, "corrected", None),
    ],
)
def test_what_a_run_says_of_its_agent(
    events: list[Event], resumed: bool, standing: Standing, good: bool | None
) -> None:
    """Failed; corrected by a tool's answer, by a person, by an overseer, by going on; or fine."""
    found = witness(entries(*events), ["r1"] if resumed else ())
    assert found is not None
    assert (found.standing, found.good) == (standing, good)
    assert found.is_fault == (standing in ("failed", "corrected"))


def test_what_went_wrong_is_told_with_its_evidence() -> None:
    """The call, its arguments, the sentence it got, and how the run ended."""
    found = witness(
        entries(CALL, returned(ok=False), NO, VETO, finished("failed", reason="Twice.", answer="I cannot.")), ["r1"]
    )
    assert found is not None
    assert found.lines == (
        """`Write` with `{"file_path":"raport/a.txt"}` failed: there is no folder 'raport'""",
        "A person said no: Bash wants to run: rm -rf x",
        "safety-officer said veto: A hand is there.",
        "It ended as failed: Twice.",
        "It said: I cannot.",
        "A person had to go on with this run.",
    )


def test_the_runs_of_one_agent_are_read_oldest_first_with_the_version_they_had(tmp_path: Path) -> None:
    """Runs of others are no witnesses, and a journal that cannot be read is passed over with a sentence."""
    clock = SimulatedClock()
    document = (DocumentRef("agents/operator.md", "sha256:v1", None, "agent"),)
    paths = []
    for goal in ("one", "two"):
        paths.append(write_run(tmp_path, [started(f"r-{goal}", goal, documents=document), finished("failed")], clock))
        clock.advance(2)
    other = write_run(tmp_path, [started("r-other", agent="coder"), finished()], clock)
    notices: list[str] = []
    found = witnesses_of(tmp_path, "operator", 10, notices.append)
    assert [(run.goal, run.version, run.standing) for run in found] == [
        ("one", "sha256:v1", "failed"),
        ("two", "sha256:v1", "failed"),
    ]
    assert agents_seen(tmp_path) == ("coder", "operator")
    assert [run.goal for run in witnesses_of(tmp_path, "operator", 1)] == ["two"]
    paths[0].write_bytes(b"{}\n" + paths[0].read_bytes())
    assert [run.goal for run in witnesses_of(tmp_path, "operator", 10, notices.append)] == ["two"]
    assert str(paths[0]) in notices[-1]
    assert other.exists()


def test_a_refused_motion_and_the_gates_reason_are_evidence() -> None:
    """The gate is a witness like any other."""
    run = [event for event in small_run("r1") if not isinstance(event, RunStarted)]
    found = witness(entries(*run))
    assert found is not None
    assert found.lines[0].startswith("The gate refused `")
    assert "by workspace: X position 9.00m outside workspace [-2, 2]" in found.lines[0]
