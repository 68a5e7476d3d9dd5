"""What replays saved is the mean of model runs before them, minus what they spent; without those, nothing."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from llmos.clock import SimulatedClock
from llmos.evolution.savings import METHOD, Planned, Saving, Savings, Spent, measure, savings_of, told
from llmos.messages import Reply, Text, Usage
from llmos.traces.events import DocumentRef, ModelReplied
from llmos.traces.index import RunRow
from tests.support.journals import finished, started, write_run


def run(name: str, mode: str, goal: str = "go to 1", **more: object) -> RunRow:
    """A run that reached its goal; by default it spent 100 tokens, a dollar and ten seconds."""
    fields: dict[str, object] = {
        "outcome": "done", "agent": "operator", "input_tokens": 60, "output_tokens": 10, "cache_read_tokens": 20,
        "cache_write_tokens": 10, "cost_usd": 1.0, "duration_s": 10.0,
    }  # fmt: skip
    rest = {"started": name, "model": "m", "steps": 1, "tool_calls": 1, "parent": "", "journal": ""}
    return RunRow(run_id=name, goal=goal, mode=mode, **(fields | rest | more))  # type: ignore[arg-type]


def replay(name: str, mode: str = "FOLLOWER", goal: str = "go to 1", **more: object) -> RunRow:
    """A replay that reached its goal in two seconds, without a token."""
    free = {"input_tokens": 0, "output_tokens": 0, "cache_read_tokens": 0, "cache_write_tokens": 0, "cost_usd": 0.0}
    return run(name, mode, goal, **{**free, "duration_s": 2.0, **more})


def found(*rows: RunRow, traced: Sequence[Planned] = ()) -> Savings:
    """The savings of these runs."""
    return measure(reversed(rows), lambda row: row.goal, lambda _: traced)


def test_a_replay_saves_what_a_model_run_spent() -> None:
    """Tokens of every kind, dollars, and the seconds that it took less."""
    [saving] = found(run("1", "LEARNER"), replay("2", goal="go to 7")).replays
    assert (saving.saved, saving.baseline) == (Spent(100, 1.0, 8.0), ("1",))
    assert saving.skeleton == "go to {number}"


def test_the_baseline_is_the_mean_of_runs_before_it() -> None:
    """Of the same agent and skeleton, that reached the goal; LEARNER before MIXED, whatever came later is left out."""
    rows = (
        run("1", "LEARNER"),
        run("2", "LEARNER", input_tokens=160, cost_usd=3.0),
        run("3", "LEARNER", outcome="failed", cost_usd=99.0),
        run("4", "LEARNER", "go left", cost_usd=99.0),
        run("5", "LEARNER", agent="driver", cost_usd=99.0),
        run("6", "MIXED", cost_usd=99.0),
        replay("7"),
        run("8", "LEARNER", cost_usd=99.0),
    )
    [saving] = found(*rows).replays
    assert (saving.baseline, saving.expected) == (("1", "2"), Spent(150, 2.0, 10.0))
    [mixed] = found(run("1", "MIXED", cost_usd=4.0), replay("2", "CRYSTALLIZED")).replays
    assert (mixed.saved.cost_usd, mixed.mode) == (4.0, "CRYSTALLIZED")


def test_what_a_replay_spent_is_taken_off() -> None:
    """A model that went on after a divergence costs; a replay that failed has only cost."""
    [diverged] = found(run("1", "LEARNER"), replay("2", input_tokens=30, cost_usd=0.25)).replays
    assert diverged.saved == Spent(70, 0.75, 8.0)
    [failed] = found(run("1", "LEARNER"), replay("2", outcome="failed", input_tokens=30, cost_usd=0.25)).replays
    assert failed.saved == Spent(-30, -0.25, -2.0)


def test_without_a_model_run_nothing_is_saved() -> None:
    """Also nothing is lost; runs that go on are left out."""
    savings = found(replay("1", cost_usd=0.5), replay("2", outcome=""), run("3", "LEARNER"))
    assert [each.run_id for each in savings.replays] == ["1"]
    assert (savings.total, savings.without_baseline) == (Spent(), savings.replays)


def test_a_trace_stands_in_for_a_journal_that_is_gone() -> None:
    """With what it says of the run that it comes from."""
    [saving] = found(replay("1"), traced=[("gone", Spent(50, 2.0, 4.0))]).replays
    assert (saving.saved, saving.baseline) == (Spent(50, 2.0, 2.0), ("gone",))
    [own] = found(run("0", "LEARNER"), replay("1"), traced=[("gone", Spent(50, 2.0, 4.0))]).replays
    assert own.baseline == ("0",)


def test_goals_are_listed_by_what_they_saved() -> None:
    """Agent and skeleton; the total is the sum of all."""
    rows = (run("1", "LEARNER"), run("2", "LEARNER", "go left"), replay("3", goal="go left"), replay("4"), replay("5"))
    savings = found(*rows)
    assert list(savings.by_goal()) == [("operator", "go to {number}"), ("operator", "go left")]
    assert savings.total == Spent(300, 3.0, 24.0)


def test_a_program_gets_each_replay_with_its_baseline() -> None:
    """And the method, and how old the prices are."""
    saving = Saving("2", "operator", "go", "FOLLOWER", "done", Spent(), Spent(10, 0.1, 1.0), ("1",))
    answer = told(Savings((saving,)), "2026-11-20")
    amounts = {"tokens": 10.0, "cost_usd": 0.1, "seconds": 1.0}
    none = {"tokens": 0.0, "cost_usd": 0.0, "seconds": 0.0}
    assert answer == {
        **amounts,
        "runs": 1,
        "modes": {"FOLLOWER": 1},
        "without_baseline": 0,
        "goals": [{"agent": "operator", "goal": "go", "replays": 1, "runs": 1, "saved": amounts}],
        "prices_date": "2026-11-20",
        "method": METHOD,
        "replays": [
            {
                "run_id": "2",
                "agent": "operator",
                "goal": "go",
                "mode": "FOLLOWER",
                "outcome": "done",
                "saved": amounts,
                "spent": none,
                "expected": amounts,
                "baseline": ["1"],
            }
        ],
    }


def test_a_home_is_measured_from_its_journals(tmp_path: Path) -> None:
    """Long goals whole; a trace that cannot be read counts nothing."""
    clock = SimulatedClock()
    goal = f"say {'very ' * 300}much"
    reply = ModelReplied.of(1, Reply((Text("ready"),), "end", Usage(90, 10), "m"), 0.5, 1.0)

    def journal(mode: str, *events: ModelReplied, words: str = goal) -> None:
        refs = (DocumentRef(str(tmp_path / "lost.md"), "sha256:0", None, "trace"),)
        write_run(tmp_path, [started("r", words, mode=mode, documents=refs), *events, finished(duration_s=4.0)], clock)
        clock.advance(1.0)

    journal("LEARNER", reply)
    journal("FOLLOWER")
    journal("FOLLOWER", words=f"{goal} of it")
    savings = savings_of(tmp_path)
    assert [each.saved for each in savings.replays] == [Spent(100, 0.5, 0.0), Spent()]
    assert len(savings.without_baseline) == 1


def test_differences_and_sums_are_by_kind() -> None:
    """Tokens with tokens, dollars with dollars, seconds with seconds."""
    assert Spent(1, 2, 3) + Spent(10, 20, 30) == Spent(11, 22, 33)
    assert (Spent(1, 2, 3) - Spent(10, 20, 30)).cost_usd == pytest.approx(-18)
