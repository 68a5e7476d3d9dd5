"""What is of no use goes, for a reason that is told, and only after git has it."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from llmos.documents.frontmatter import read_document
from llmos.documents.keys import read
from llmos.documents.memory_rules import MemoryRules
from llmos.errors import RefusedError
from llmos.settings import system_root
from llmos.traces.pruning import choose
from llmos.traces.trace import Trace
from llmos.traces.usage import UsageLine, append
from tests.support.learned import fill, learned, library

NOW = datetime(2026, 6, 1, tzinfo=UTC)
RULES = replace(
    read(MemoryRules, read_document(system_root() / "kernel" / "memory.md")),
    max_traces=100,
    max_traces_per_skeleton=10,
    max_unused_days=365,
    min_rating=0.5,
    rated_after_uses=4,
)


def used(trace: Trace, ok: bool, run: int, at: str = "2026-05-01T00:00:00Z") -> UsageLine:
    """One use of a trace."""
    return UsageLine(
        what="trace", name=trace.id, content_hash="", run_id=f"run {run}", ok=ok, slots_hash=f"{run}", at=at
    )


def reasons(traces: list[Trace], usage: list[UsageLine] | None = None, **rules: Any) -> dict[float, str]:
    """Which of these traces go, by their number, and why."""
    placed = [(Path(f"{trace.id}.md"), trace) for trace in traces]
    gone = choose(placed, usage or [], replace_rules(**rules), NOW)
    return {each.trace.steps[0].args["x"]: each.reason for each in gone}


def replace_rules(**changes: Any) -> MemoryRules:
    """The rules with some numbers changed."""
    return replace(RULES, **changes)


def test_what_fails_too_often_goes() -> None:
    """Counted in the sidecar, a run once, and only after some uses; what was consolidated counts where it is silent."""
    good, bad, young = learned(number=1), learned(number=2), learned(number=3)
    usage = [used(good, True, run) for run in range(4)] + [used(bad, run == 0, run) for run in range(4)]
    usage += [used(young, False, 1), used(young, False, 1), used(young, False, 1), used(bad, False, 3)]
    stale = learned(number=4, uses=9, rating=0.25)
    assert reasons([good, bad, young, stale], usage) == {
        2: "25% of its 4 uses succeeded; 50% must",
        4: "25% of its 9 uses succeeded; 50% must",
    }
    assert reasons([bad], usage, min_rating=0.2) == {}
    assert reasons([bad], usage, rated_after_uses=6) == {}


def test_what_nobody_used_for_long_goes() -> None:
    """By when it was made, used, or counted in the sidecar, whichever is latest."""
    old = {"created": "2025-01-01T00:00:00Z"}
    forgotten, kept, counted = (
        learned(number=1, **old),
        learned(number=2, last_used="2026-01-01T00:00:00Z", **old),
        learned(number=3, **old),
    )
    usage = [used(counted, True, 1)]
    assert reasons([forgotten, kept, counted], usage) == {1: "it was not used since 2025-01-01, for 365 days"}
    assert reasons([forgotten], max_unused_days=3650) == {}


def test_of_too_many_the_least_worth_go() -> None:
    """Of a skeleton and agent first, then of all: the better, the more used, the later used stay."""
    traces = [learned(number=number, uses=number) for number in range(1, 6)]
    others = [learned("go home", number=10, uses=1), learned(agent="coder", number=11, uses=1)]
    assert reasons([*traces, *others], max_traces_per_skeleton=3) == {
        2: "3 traces of its skeleton are worth more",
        1: "3 traces of its skeleton are worth more",
    }
    told = reasons([*traces, *others], max_traces_per_skeleton=3, max_traces=4)
    assert list(told.values()) == ["3 traces of its skeleton are worth more"] * 2 + [
        "4 traces of this volume are worth more"
    ]
    assert reasons(traces[:2], max_traces=1) == {1: "1 trace of this volume is worth more"}


def test_pruning_commits_before_and_after_it_deletes(tmp_path: Path) -> None:
    """Git has every file before it goes; a dry run only says what would go."""
    first, second = fill(tmp_path, [learned(number=1, created="2024-01-01T00:00:00Z"), learned(number=2)])
    append(tmp_path / "user", used(learned(number=2), True, 1))
    commits: list[tuple[list[str], list[bool], str]] = []

    def commit(paths: Any, message: str) -> None:
        commits.append(([path.name for path in paths], [path.exists() for path in paths], message))

    with library(tmp_path) as opened:
        [dry] = opened.prune(tmp_path / "user", RULES, NOW, commit, dry_run=True)
        assert (dry.path, commits, first.exists()) == (first, [], True)
        assert opened.prune(tmp_path / "user", RULES, NOW, commit) == (dry,)
        assert (first.exists(), second.exists()) == (False, True)
        assert opened.prune(tmp_path / "user", RULES, NOW, commit) == ()
    assert commits == [
        ([first.name], [True], "Keep traces that are about to be pruned"),
        ([first.name], [False], f"Prune 1 trace\n- {first.name}: it was not used since 2024-01-01, for 365 days"),
    ]


def test_what_git_cannot_keep_is_not_deleted(tmp_path: Path) -> None:
    """A commit that is refused ends it."""
    [path] = fill(tmp_path, [learned(created="2024-01-01T00:00:00Z")])

    def refuse(paths: Any, message: str) -> None:
        raise RefusedError("staged")

    with library(tmp_path) as opened, pytest.raises(RefusedError):
        opened.prune(tmp_path / "user", RULES, NOW, refuse)
    assert path.exists()


def test_only_the_volume_named_is_pruned(tmp_path: Path) -> None:
    """Each volume has limits, and a history, of its own."""
    old = {"created": "2024-01-01T00:00:00Z"}
    fill(tmp_path, [learned(number=1, **old)], "user")
    [other] = fill(tmp_path, [learned(number=2, **old)], "team")
    with library(tmp_path, "user", "team") as opened:
        gone = opened.prune(tmp_path / "user", RULES, NOW, lambda *_: None)
    assert [each.trace.steps[0].args["x"] for each in gone] == [1]
    assert other.exists()
