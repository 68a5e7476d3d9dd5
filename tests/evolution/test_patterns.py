"""Which runs make a pattern, and why others do not."""

from dataclasses import replace
from typing import Any

import pytest

from llmos.evolution.patterns import NoPattern, Pattern, find_pattern, groups
from llmos.messages import Effect
from llmos.traces.trace import Trace
from tests.support.crystals import did, notes, picks, reached
from tests.support.traces import robot_world

THREE = notes(("a.txt", "one"), ("b.txt", "two"), ("c.txt", "three"))


def again(traces: list[Trace], **changes: Any) -> list[Trace]:
    """The same runs with something else about each of them."""
    return [replace(each, **changes) for each in traces]


def test_runs_that_went_the_same_way_are_a_pattern() -> None:
    """The oldest first; goals are counted once."""
    found = find_pattern([*reversed(THREE), replace(THREE[0], mode="FOLLOWER", run_id="r", created="2026-11-21")], 3)
    assert isinstance(found, Pattern)
    assert [trace.run_id[-8:] for trace in found.traces] == ["0-k3f9qz", "1-k3f9qz", "2-k3f9qz", "r"]
    assert (len(found.planned), found.goals, found.world) == (3, 3, "")
    assert find_pattern(picks(), 3).world == "arm / bench"  # type: ignore[union-attr]


BASHED = [reached("log", did("Bash", {"command": "date"}), number=n) for n in range(3)]
LOOKED = [replace(each, steps=(replace(each.steps[0], effect=Effect.PURE),)) for each in picks()]
SAID = [reached("say so", did("say", {"text": "so"}), number=n) for n in range(3)]


@pytest.mark.parametrize(
    ("traces", "enough", "reason"),
    [
        ([], False, "there is no trace"),
        (THREE[:2], False, "2 of 3 runs are there"),
        ([THREE[0], THREE[1], again(THREE[1:2])[0]], False, "its goals had 2 of 3 different values"),
        (again(THREE, mode="FOLLOWER"), True, "no run of a model is among them"),
        (BASHED, True, "what Bash did cannot be undone"),
        ([*SAID[:2], reached("say so", did("turn", {"by": 1}), number=3)], True, "they did not call the same tools"),
        ([*THREE[:2], replace(THREE[2], agent_hash="sha256:edited")], False, "1 of 3 runs are there"),
        ([*THREE[:2], replace(THREE[2], skill_hashes={"pick": "x"})], False, "1 of 3 runs are there"),
        ([*THREE[:2], replace(THREE[2], world=robot_world())], False, "1 of 3 runs are there"),
        (
            [*THREE[:2], replace(THREE[2], steps=(replace(THREE[2].steps[0], tool_version="sha256:new"),))],
            False,
            "1 of 3 runs are there",
        ),
        ([replace(each, steps=()) for each in SAID], True, "no tool was called"),
        (LOOKED, True, "nothing was moved in them"),
        ([*THREE, replace(THREE[2], slots={"path1": "x"})], True, "their goals have other values"),
    ],
)
def test_other_runs_are_none(traces: list[Trace], enough: bool, reason: str) -> None:
    """And it is said why, and whether more of them would help."""
    found = find_pattern(traces, 3)
    assert isinstance(found, NoPattern)
    assert reason in found.reason
    assert found.enough is enough


def test_one_final_step_among_many_runs_is_enough() -> None:
    """Whatever the newest did."""
    final = replace(SAID[0], steps=(replace(SAID[0].steps[0], effect=Effect.IRREVERSIBLE),))
    found = find_pattern([final, *SAID[1:]], 3)
    assert isinstance(found, NoPattern)
    assert found.reason == "what say did cannot be undone"


def test_a_goal_without_values_needs_only_runs() -> None:
    """It has nothing that could be different."""
    assert isinstance(find_pattern(SAID, 3), Pattern)


def test_runs_are_grouped_by_agent_goal_and_world() -> None:
    """The most frequent first, in the same order whatever order they come in."""
    other = again(SAID[:1], agent="worker")
    elsewhere = again(SAID[:1], world=robot_world())
    every = [*THREE, *SAID[:2], *other, *elsewhere]
    assert groups(every) == [THREE, SAID[:2], elsewhere, other]
    assert [len(group) for group in groups(reversed(every))] == [3, 2, 1, 1]


def test_what_others_learned_and_what_is_sensitive_teaches_nothing() -> None:
    """A skill stands in clear words in a volume, and rests on what was done here."""
    assert groups(again(THREE, imported="bundle x")) == []
    assert groups(again(THREE, sensitive=True)) == []
