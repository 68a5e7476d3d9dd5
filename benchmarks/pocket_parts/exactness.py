"""How much of what is asked comes out exactly right: per split, robot, build of llama.cpp, with grammar and without.

Knows no threshold but the one that the house states: what is less sure than that abstains.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.pocket_parts.floors import EXACT, REFUSALS, Judge
from llmos.models.backend import installed_backends
from training.episodes import Episode
from training.measure.asking import Planner, Run
from training.measure.judging import first_replies, goals, is_outside, share
from training.measure.splits import GENERATED, MISSING, ORDERED, SHUFFLED, WRITTEN
from training.measure.zeroed import zeroed
from training.written import robot_of

Runs = Mapping[str, Sequence[Run]]


def exact(runs: Runs, confidence: float, judge: Judge) -> list[Figure]:
    """Whole goals and first replies of every split, and whole goals of each robot."""
    whole = [judge.at_least(name, goals(runs[name], confidence), EXACT.get(name)) for name in (*GENERATED, *WRITTEN)]
    first = [judge.told(f"{name}, first replies", first_replies(runs[name], confidence)) for name in GENERATED]
    robots: dict[str, list[Run]] = {"arm": [], "rover": []}
    for run in (run for each in runs.values() for run in each):
        robots[robot_of(run.episode.steps[0].values["state"])].append(run)
    return [
        *whole,
        *first,
        *(judge.told(f"{name}, all splits", goals(each, confidence)) for name, each in robots.items()),
    ]


def elsewhere(path: Path, episodes: Mapping[str, Sequence[Episode]], judge: Judge) -> list[Figure]:
    """Whole goals of every split, the model's word alone: each build of llama.cpp, with grammar and without."""
    figures = []
    for backend in installed_backends():
        for grammar in (True, False):
            planner = Planner(path, grammar=grammar, backend=backend)
            named = f"{backend}, {'with' if grammar else 'without'} grammar"
            figures += [judge.told(f"{split}: {named}", goals(planner.play(each))) for split, each in episodes.items()]
            planner.close()
    return figures


def lists(path: Path, episodes: Mapping[str, Sequence[Episode]], judge: Judge) -> list[Figure]:
    """Without grammar: tools that are not offered are never called, and the order of the others does not matter."""
    free = Planner(path, grammar=False)
    runs = {name: free.begin(each) for name, each in episodes.items()}
    free.close()
    changed = [run for name in (SHUFFLED, MISSING) for run in runs[name]]
    outside = share(is_outside(run.decisions[0]) for run in changed)
    return [
        Figure(
            "without grammar: calls of a tool that is not in the list", outside.count, f"of {outside.of} lists", 0.0
        ),
        judge.told(f"{ORDERED}, first replies", first_replies(runs[ORDERED])),
        judge.told(f"{SHUFFLED}, first replies", first_replies(runs[SHUFFLED])),
        judge.told(f"{MISSING}: abstains", first_replies(runs[MISSING])),
    ]


def reactions(generated: Sequence[Run], written: Sequence[Run], confidence: float, judge: Judge) -> list[Figure]:
    """What is done after a tool has reported an error, and in conversations that people wrote."""
    kinds: dict[str, list[Run]] = {}
    for run in written:
        kinds.setdefault(run.episode.intent, []).append(run)
    return [
        judge.at_least("after an error, generated", goals(generated, confidence), REFUSALS),
        judge.at_least("conversations that people wrote", goals(written, confidence), REFUSALS),
        *(judge.told(f"conversations: {kind}", goals(runs, confidence)) for kind, runs in kinds.items()),
    ]


def chance(path: Path, episodes: Sequence[Episode], folder: Path, judge: Judge) -> list[Figure]:
    """A file that learned nothing may be right as often as one reply that is always the same, and no more."""
    replies = [str(episode.steps[0].reply) for episode in episodes]
    constant = share(reply == max(replies, key=replies.count) for reply in replies)
    planner = Planner(zeroed(path, folder))
    found = first_replies(planner.begin(episodes))
    planner.close()
    return [
        judge.told("always the commonest right reply (chance)", constant),
        judge.at_most("weights all zero, first replies", found, constant.percent),
    ]
