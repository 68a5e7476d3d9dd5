"""Measures what a reader's verbs came to: `python -m training.own_measure FILE.gguf own.yaml [--before FILE.gguf]`.

Knows no torch. Through real llama.cpp, with grammar: the new verbs by verb, in phrases that were learned and in phrases
that were kept from training; and whether what the model could do before is still there. A call counts as the host takes
it: one that is less likely than kernel/models.md asks of pocket is not made.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random

from llmos.errors import LLMosError
from training.episodes import Episode, Split
from training.measure.asking import Planner
from training.measure.judging import goals, stated_confidence
from training.measure.splits import KNOWN, PHRASES, SEEN, UNKNOWN, Draw, no_goals
from training.measure.splits import goals as old_goals
from training.own import Own, OwnError, read_own
from training.own_data import OwnAuthor

OLD_SPLITS = (SEEN, PHRASES, KNOWN, UNKNOWN)
"""What was there before, by the splits that say most about it; beside them the texts that are no goal."""


def new_goals(own: Own, count: int, *, held_out: bool = False) -> dict[str, list[Episode]]:
    """Goals of each verb, the same every time; of phrases kept from training only those verbs that have some."""
    author = OwnAuthor(Split(held_out_phrases=held_out), Random(f"own:{held_out}"), own, only=True)
    names = [verb.name for verb in own.verbs if not held_out or author.keeps_phrases_of(verb.name)]
    found: dict[str, list[Episode]] = {name: [] for name in names}
    while any(len(episodes) < count for episodes in found.values()):
        for episode in author.batch(5):
            if len(found.get(episode.intent, ())) < count:
                found.get(episode.intent, []).append(episode)
    return found


def report(planner: Planner, own: Own, count: int) -> list[tuple[str, int, int]]:
    """What was asked, how many were exactly right and would be carried out, and of how many; `planner` is scored."""
    rows, confidence = [], stated_confidence()
    for held_out, kind in ((False, "learned phrases"), (True, "phrases kept from training")):
        for name, episodes in new_goals(own, count, held_out=held_out).items():
            rows.append((f"{name}, {kind}", goals(planner.play(episodes), confidence).count, len(episodes)))
    return rows


def old_rows(planner: Planner, count: int) -> list[tuple[str, int, int]]:
    """The same for what the model could do before."""
    draw, confidence = Draw(count), stated_confidence()
    made = old_goals(draw)
    asked = {**{name: made[name] for name in OLD_SPLITS}, "no goal": no_goals(draw, held_out=True)}
    return [(name, goals(planner.play(episodes), confidence).count, len(episodes)) for name, episodes in asked.items()]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one line for each verb, then for each split of before."""
    parser = argparse.ArgumentParser(description="Measure verbs of your own through llama.cpp.")
    parser.add_argument("file", type=Path)
    parser.add_argument("own", type=Path)
    parser.add_argument("--before", type=Path, help="the GGUF that it went on from, to compare with")
    parser.add_argument("--count", type=int, default=100, help="goals for each line")
    options = parser.parse_args(arguments)
    try:
        own = read_own(options.own)
        planner = Planner(options.file, grammar=True, scored=True)
        before = Planner(options.before, grammar=True, scored=True) if options.before else None
    except (OwnError, LLMosError) as error:
        print(error, file=sys.stderr)
        return 2
    for name, right, asked in report(planner, own, options.count):
        print(f"{name:44} {right:4} of {asked}", flush=True)
    was = {name: f", before {right}" for name, right, _ in old_rows(before, options.count)} if before else {}
    for name, right, asked in old_rows(planner, options.count):
        print(f"{name:44} {right:4} of {asked}{was.get(name, '')}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
