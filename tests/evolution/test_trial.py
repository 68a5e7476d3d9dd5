"""A candidate is kept when it is better beyond chance, loses nothing that safety rests on, and costs no more."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from llmos.documents.scenario import Case
from llmos.errors import LowBatteryError, ModelError
from llmos.evolution.paired import alpha_of
from llmos.evolution.scenarios import Ended
from llmos.evolution.trial import Cases, Verdict, choose_cases
from tests.support.benches import CANDIDATE, CURRENT, RULES, DecidedBench, a_trial, scenarios, share_of_promotions

pytestmark = pytest.mark.anyio
FIRST = alpha_of(RULES.agent_alpha, 1)
ALL_HELD_OUT = replace(RULES, agent_practice_share=0.0)


def cases(number: int = 8, each: int = 3, *, pinned: int = 1, practice: int = 0) -> Cases:
    """So many scenarios, of which the first are for practice."""
    found = choose_cases("porter", scenarios(number, each, pinned=pinned), (), ALL_HELD_OUT)
    split = practice * each
    return Cases(found.held_out[:split], found.pinned, found.held_out[split:])


async def judged(
    bench: DecidedBench, chosen: Cases, alpha: float = FIRST, again: Callable[[Verdict], None] = lambda _: None
) -> Verdict:
    """The verdict on one candidate."""
    found = await a_trial(bench, chosen).judge(CURRENT, CANDIDATE, alpha, "try")
    again(found)
    return found


def better(text: str, case: Case) -> bool:
    """The version in force fails everything but safety."""
    return text == CANDIDATE or case.scenario.pinned


async def test_a_better_candidate_is_kept_with_its_figures() -> None:
    """Eight scenarios won and none lost."""
    verdict = await judged(DecidedBench(better), cases())
    assert verdict.kept
    assert verdict.reason == (
        "It is better on held-out scenarios: 8 scenarios won, 0 lost, 0 alike in 24 cases; p = 0.0039, 0.025 allowed."
    )
    assert verdict.details[0].startswith("won s0#")
    assert verdict.cost_usd == pytest.approx(0.01 * 2 * (24 + 3))


async def test_the_same_version_twice_is_discarded() -> None:
    """A candidate that does the same in every case is not better, and costs no more than it takes to see that."""
    bench = DecidedBench(lambda *_: True)
    verdict = await judged(bench, cases())
    assert not verdict.kept
    assert verdict.reason == (
        "It cannot be shown to be better any more, with 15 cases left: "
        "0 scenarios won, 0 lost, 3 alike in 9 cases; p = 1, 0.025 allowed."
    )


async def test_a_lost_safety_case_ends_the_trial_whatever_else_is_won() -> None:
    """Nothing held out is even run, and no further case of safety."""
    bench = DecidedBench(lambda text, case: (text == CANDIDATE) != case.scenario.pinned)
    verdict = await judged(bench, cases())
    assert not verdict.kept
    assert verdict.reason.startswith("It lost the safety case s8#")
    assert verdict.reason.endswith(": The run ended as failed, and should end as done.")
    assert [name[:3] for _, name in bench.runs] == ["s8#", "s8#"]


async def test_a_safety_case_that_both_lose_is_no_regression() -> None:
    """The candidate is not to blame for what was so before."""
    verdict = await judged(DecidedBench(lambda text, case: text == CANDIDATE and not case.scenario.pinned), cases())
    assert verdict.kept


async def test_a_candidate_that_is_worse_in_practice_is_not_tried_in_earnest() -> None:
    """Held-out cases are for candidates that have a chance."""
    bench = DecidedBench(lambda text, case: (text == CURRENT) == case.name.startswith("s0#"))
    verdict = await judged(bench, cases(practice=1))
    assert verdict.reason == "In practice it passed 0 cases, the version in force 3."
    assert {name[:3] for _, name in bench.runs} == {"s0#"}


async def test_one_case_less_in_practice_is_worse_and_as_many_are_not() -> None:
    """Whoever loses a case of practice is not tried in earnest; whoever passes as many goes on to be."""
    worse = DecidedBench(lambda text, case: text == CURRENT or case.name != "s0#1")
    verdict = await judged(worse, cases(practice=1))
    assert verdict.reason == "In practice it passed 2 cases, the version in force 3."
    alike = DecidedBench(lambda text, case: better(text, case) or case.name[:2] == "s0")
    assert (await judged(alike, cases(practice=1))).kept


async def test_a_candidate_that_falls_short_only_at_the_end_is_discarded() -> None:
    """All cases have run and it has won more than it lost; that is not enough where chance may have done it."""
    bench = DecidedBench(lambda text, case: (text == CANDIDATE and case.name[:2] != "s5") or case.scenario.pinned)
    verdict = await judged(bench, cases(6, 1))
    assert not verdict.kept
    assert verdict.reason == (
        "It was not shown to be better: 5 scenarios won, 0 lost, 1 alike in 6 cases; p = 0.031, 0.025 allowed."
    )


async def test_wins_in_few_scenarios_are_not_enough_however_many_cases_they_have() -> None:
    """An edit that fits one page is no better agent."""
    verdict = await judged(DecidedBench(lambda text, case: text == CANDIDATE or case.name[:2] != "s0"), cases(each=8))
    assert verdict.reason.startswith("It cannot be shown to be better any more, with ")
    assert verdict.paired is not None
    assert (verdict.paired.wins, verdict.paired.losses) == (1, 0)


def better_but_for_one(text: str, case: Case) -> bool:
    """The version in force passes one scenario besides safety."""
    return better(text, case) or case.name[:2] == "s7"


@pytest.mark.parametrize(
    ("what", "before", "after", "sums"),
    [("steps", 3, 4, "12 steps for 9"), ("tokens", 110, 200, "600 tokens for 330"),
     ("cost_usd", 0.01, 0.02, "0.06 dollars for 0.03")],
)  # fmt: skip
async def test_a_candidate_that_needs_more_where_both_succeed_is_discarded(
    what: str, before: float, after: float, sums: str
) -> None:
    """Cost is part of being better: of steps, tokens and dollars each by itself."""
    dear = DecidedBench(better_but_for_one, **{what: lambda text: after if text == CANDIDATE else before})
    verdict = await judged(dear, cases())
    assert verdict.reason == f"Where both succeed it needs {sums}, and 1.25 times as many is too much."


async def test_a_candidate_may_need_as_much_more_as_the_rules_allow() -> None:
    """The ratio itself is not too much; and where the old version failed there is nothing to compare."""
    allowed = DecidedBench(better_but_for_one, steps=lambda text: 5 if text == CANDIDATE else 4)
    assert (await judged(allowed, cases())).kept
    nothing_shared = DecidedBench(better, steps=lambda text: 9 if text == CANDIDATE else 3)
    assert (await judged(nothing_shared, cases())).kept


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (LowBatteryError("it is used up"), "The budget ended before the trial did: it is used up"),
        (ModelError("The model failed in the case s1#0: busy"), "The model failed in the case s1#0: busy"),
    ],
)
async def test_what_ends_a_trial_early_keeps_nothing(error: Exception, reason: str) -> None:
    """An empty purse or a model that is away is no verdict on the candidate, and no win for it."""

    class Broken(DecidedBench):
        async def run(self, agent: str, text: str, case: Case, keep: Path) -> Ended:
            if len(self.runs) == 9:
                raise error
            return await super().run(agent, text, case, keep)

    verdict = await judged(Broken(better), cases())
    assert (verdict.kept, verdict.reason, verdict.cut_short) == (False, reason, True)
    assert verdict.cost_usd == pytest.approx(0.09)


async def test_the_version_in_force_runs_each_case_once_for_all_candidates() -> None:
    """Two candidates of one go are held against the same runs; a practice result never stands in for a held-out one."""
    bench = DecidedBench(better)
    trial = a_trial(bench, cases(practice=1))
    await trial.judge(CURRENT, CANDIDATE, 0.0001, "one")
    await trial.judge(CURRENT, CANDIDATE, 0.025, "two")
    assert [text for text, _ in bench.runs].count(CURRENT) == 21 + 3 + 3
    assert len({key for key in trial.remembered if key[0] == "practice"}) == 3
    assert len({key[1] for key in trial.remembered}) == len(trial.remembered)


async def test_another_version_in_force_is_run_anew() -> None:
    """What one version did is never held against the candidate of another."""
    bench = DecidedBench(better)
    trial = a_trial(bench, cases())
    await trial.judge(CURRENT, CANDIDATE, FIRST, "one")
    await trial.judge("another", CANDIDATE, FIRST, "two")
    assert [text for text, _ in bench.runs].count("another") == 24 + 3


async def test_each_verdict_tells_its_own_cost_and_each_run_has_its_own_folder() -> None:
    """The second candidate is not charged for the first, and no journal is written over another."""
    bench = DecidedBench(better)
    trial = a_trial(bench, cases(practice=1))
    first = await trial.judge(CURRENT, CANDIDATE, FIRST, "one")
    second = await trial.judge(CURRENT, CANDIDATE, FIRST, "two")
    assert (first.cost_usd, second.cost_usd) == (pytest.approx(0.01 * 2 * 27), pytest.approx(0.01 * 27))
    assert len(set(bench.folders)) == len(bench.runs) == 3 * 27


async def test_the_same_case_under_another_heading_is_run_again() -> None:
    """What a practice run showed is not taken for a held-out one, even of the same page."""
    bench = DecidedBench(better)
    chosen = cases(8, 1)
    trial = a_trial(bench, Cases(chosen.held_out, (), chosen.held_out))
    await trial.judge(CURRENT, CANDIDATE, FIRST)
    assert len(bench.runs) == 4 * 8


def test_too_few_held_out_scenarios_decide_nothing_and_are_said_so() -> None:
    """Before anybody is asked for an edit."""
    assert cases(5, 9).lack(FIRST) == (
        "5 held-out scenarios are too few: at least 6 must be won, for this try may spend 0.025"
    )
    assert cases(6, 1).lack(FIRST) == ""


async def test_edits_that_change_nothing_bring_a_commit_in_at_most_alpha_of_all_homes() -> None:
    """The null proposer, many tries in each of many homes, at several success rates: P(any commit) <= alpha."""
    for seed, rate in enumerate((0.2, 0.5, 0.8)):
        share = await share_of_promotions(seed, 400, 6, (rate, rate), scenarios(12, 3))
        assert share <= RULES.agent_alpha, rate


async def test_edits_that_turn_whole_scenarios_over_at_random_are_no_better_either() -> None:
    """Where all cases of a scenario stand and fall together, counting cases would promote luck; scenarios do not."""
    share = await share_of_promotions(3, 400, 6, (0.5, 0.5), scenarios(12, 3), whole=True)
    assert share <= RULES.agent_alpha


async def test_an_edit_that_repairs_is_kept_nearly_always() -> None:
    """The same rule is no wall: what lifts the rate from nothing to nearly all passes at the first try."""
    share = await share_of_promotions(7, 200, 1, (0.1, 0.95), scenarios(12, 3))
    assert share >= 0.95
