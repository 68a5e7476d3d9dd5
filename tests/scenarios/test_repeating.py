"""The work of the source document, run after run: what a model planned once costs no token any more."""

from pathlib import Path

import pytest

from tests.support.llama import need_backend
from tests.support.repeating import CARRYING, FOLLOWED, INSPECTION, PLANNED, SKILLED, Way, Work, by_mode, repeat

pytestmark = [pytest.mark.anyio, pytest.mark.system]

SAMPLE, ALL = 50, 1000


@pytest.mark.timeout(900)
async def test_things_carried_to_many_places_are_planned_once(tmp_path: Path) -> None:
    """A sample: one run with tokens, four that follow it, and a skill's program for the rest; each measured as done."""
    await _assert_holds(CARRYING, SKILLED, SAMPLE, tmp_path, {"LEARNER": 1, "FOLLOWER": 4, "CRYSTALLIZED": SAMPLE - 5})


@pytest.mark.timeout(300)
async def test_an_inspection_is_planned_once(tmp_path: Path) -> None:
    """Pictures are looked at again, and no model is asked while they answer as they did."""
    await _assert_holds(INSPECTION, FOLLOWED, SAMPLE // 5, tmp_path, {"LEARNER": 1, "FOLLOWER": SAMPLE // 5 - 1})


@pytest.mark.timeout(300)
async def test_without_learning_every_run_is_planned(tmp_path: Path) -> None:
    """Which is what the others are held against: every run has tokens, about as many as the first."""
    need_backend("xllamacpp")
    ran = await repeat(INSPECTION, PLANNED, 4, tmp_path)
    assert {(each.mode, each.outcome) for each in ran} == {("LEARNER", "done")}
    assert max(each.tokens for each in ran) < 1.1 * min(each.tokens for each in ran)


@pytest.mark.soak
@pytest.mark.timeout(0)
async def test_a_thousand_runs(tmp_path: Path) -> None:
    """The whole of it, half of them inspections."""
    half = ALL // 2
    await _assert_holds(INSPECTION, FOLLOWED, half, tmp_path / "inspection", {"LEARNER": 1, "FOLLOWER": half - 1})
    modes = {"LEARNER": 1, "FOLLOWER": 4, "CRYSTALLIZED": half - 5}
    await _assert_holds(CARRYING, SKILLED, half, tmp_path / "carrying", modes)


async def _assert_holds(work: Work, way: Way, runs: int, root: Path, modes: dict[str, int]) -> None:
    need_backend("xllamacpp")
    shares = list(by_mode(await repeat(work, way, runs, root)))
    assert {share.mode: share.runs for share in shares} == modes
    assert {share.mode: share.done for share in shares} == modes
    assert {share.mode: share.tokens > 0 for share in shares} == {mode: mode == "LEARNER" for mode in modes}
    assert {share.cost_usd for share in shares} == {0.0}
