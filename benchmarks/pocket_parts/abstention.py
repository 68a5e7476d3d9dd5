"""Whether it does nothing where there is nothing to do, and something where there is.

Knows no split: runs come in, figures go out.
"""

from collections.abc import Mapping, Sequence

from benchmarks.figures import Figure
from benchmarks.pocket_parts.floors import FALSE_ACTIONS, Judge
from training.measure.asking import Run
from training.measure.judging import abstains, actions, decisions, first_replies, is_abstention, quotes_rightly, share


def none_of_its_business(
    foreign: Mapping[str, Sequence[Run]], made: Sequence[Run], several: Sequence[Run], confidence: float, judge: Judge
) -> list[Figure]:
    """Texts that ask for nothing the robot can do: how often something would move, and how often it says so.

    So do goals that name what fits `several` things.
    """
    texts = [run for runs in foreign.values() for run in runs]
    return [
        judge.at_most("false actions, texts of people", actions(texts, confidence), FALSE_ACTIONS),
        judge.told("false actions, texts of people, the model's word alone", actions(texts)),
        *(judge.told(f"false actions: {kind}", actions(runs, confidence)) for kind, runs in foreign.items()),
        judge.at_most("false actions, generated texts", actions(made, confidence), FALSE_ACTIONS),
        judge.told("false actions, names that fit several things", actions(several, confidence)),
        judge.told("abstains, texts of people", first_replies(texts, confidence)),
        judge.told("abstains, generated texts", first_replies(made, confidence)),
    ]


def too_careful(real: Sequence[Run], everything: Sequence[Run], confidence: float, judge: Judge) -> list[Figure]:
    """Real goals that are turned down, and how often an abstention gives the right reason."""
    asked = [run.decisions[0] for run in real if not is_abstention(run.decisions[0].step)]
    reasons = decisions(
        everything, lambda one: is_abstention(one.step) and abstains(one) and "quote" in one.step.reply.arguments
    )
    return [
        judge.told("real goals turned down", share(abstains(one, confidence) for one in asked)),
        judge.told("abstentions with the right reason", share(map(quotes_rightly, reasons))),
    ]
