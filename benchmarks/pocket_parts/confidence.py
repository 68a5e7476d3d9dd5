"""Whether it is as sure as it is right, and how sure it must be to be obeyed.

The threshold is chosen on texts of the validation sheet alone: the smallest at which at most 1 % of them would move
something, of those that people wrote and of generated ones. The smallest lets the most goals through.
"""

from collections.abc import Iterable, Sequence
from operator import attrgetter

from benchmarks.figures import Figure
from benchmarks.pocket_parts.floors import FALSE_ACTIONS, Judge
from benchmarks.pocket_parts.playing import Sample
from training.measure.asking import Decision, Run
from training.measure.calibration import Bin, Judged, expected_error, reliability, risk_coverage, threshold
from training.measure.judging import (
    Share,
    actions,
    acts,
    decisions,
    first_replies,
    is_abstention,
    is_held_back,
    is_right,
    share,
)


def curve(sample: Sample) -> list[tuple[float, float]]:
    """Coverage and risk of first replies."""
    firsts = [run.decisions[0] for run in (*sample.goals, *sample.foreign, *sample.made)]
    return risk_coverage([Judged(one.probability, is_right(one)) for one in firsts])


def let_through(sample: Sample, value: float) -> Share:
    """First replies that are at least so sure, whatever they say."""
    return share(run.decisions[0].probability >= value for run in (*sample.goals, *sample.foreign, *sample.made))


def chosen(validation: Sample) -> float:
    """The confidence that kernel/models.md should ask for."""
    groups = [(_false(runs), len(runs)) for runs in (validation.foreign, validation.made)]
    return threshold(groups, FALSE_ACTIONS / 100)


def _false(runs: Iterable[Run]) -> list[float]:
    return [run.decisions[0].probability for run in runs if acts(run.decisions[0])]


def bins(runs: Sequence[Run]) -> list[Bin]:
    """How often replies of like probability are right."""
    return reliability([Judged(one.probability, is_right(one)) for one in decisions(runs)])


def calibration(found: Sequence[Bin]) -> list[Figure]:
    """The reliability table."""
    rows = [
        Figure(f"right, where {one.low:.1f} to {one.high:.1f} sure ({100 * one.probability:.1f} % on average)",
               100 * one.right, f"% of {one.count}")
        for one in found
    ]  # fmt: skip
    return [*rows, Figure("expected calibration error", 100 * expected_error(found), "points")]


def asked_for(stated: float, validation: Sample, test: Sample, judge: Judge) -> list[Figure]:
    """What kernel/models.md asks for beside what validation asks for, and what either does on the test sheet."""
    best = chosen(validation)
    figures = [
        Figure("confidence that validation asks for", best, ""),
        Figure("confidence in kernel/models.md", stated, ""),
    ]
    for named, value in (("validation's", best), ("kernel/models.md's", stated)):
        floor = FALSE_ACTIONS if value == stated else None
        figures += [
            judge.at_most(f"false actions at {named} confidence", actions(test.foreign, value), floor),
            judge.told(f"goals begun rightly at {named} confidence", first_replies(test.goals, value)),
            judge.told(f"goals let through at {named} confidence", _covered(test.goals, value)),
        ]
    return figures


def worth(sample: Sample, judge: Judge) -> list[Figure]:
    """Goals begun rightly when as many texts of people move something as may: with both opinions, and with one."""
    figures = []
    for named, word in (
        ("network and classifier", attrgetter("probability")),
        ("the network alone", attrgetter("alone")),
    ):
        false = sorted((word(run.decisions[0]) for run in sample.foreign if acts(run.decisions[0])), reverse=True)
        allowed = int(FALSE_ACTIONS / 100 * len(sample.foreign))
        least = false[allowed] if allowed < len(false) else 0.0
        right = share(_is_begun(run.decisions[0], is_sure=word(run.decisions[0]) > least) for run in sample.goals)
        figures.append(judge.told(f"goals begun rightly at {FALSE_ACTIONS:g} % false actions: {named}", right))
    return figures


def _is_begun(decision: Decision, *, is_sure: bool) -> bool:
    return is_right(decision) and (is_sure or not acts(decision))


def _covered(runs: Sequence[Run], value: float) -> Share:
    return share(not is_held_back(run.decisions[0], value) for run in runs if not is_abstention(run.decisions[0].step))
