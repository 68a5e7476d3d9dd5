"""Measures a pocket GGUF split by split: `python -m training.evaluate FILE [--count 300] [--only NAME] [--wrong 5]`.

Knows no torch and no floor: `python -m benchmarks.pocket FILE` judges. The model's word counts, however sure it is.
What people wrote is of the validation sheet, unless `--sheet test` asks for the one that is kept for the end.
"""

import argparse
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from statistics import median

from llmos.errors import LLMosError
from training import prompt
from training.episodes import Episode
from training.measure import judging
from training.measure.asking import Decision, Planner, Run
from training.measure.splits import MISSING, SHUFFLED, Draw, errors, foreign, goals, lists, no_goals, several, told
from training.written import SHEETS


def splits(draw: Draw) -> dict[str, list[Episode]]:
    """Everything that a model is asked, by name."""
    shuffled = lists(draw)
    return {
        **goals(draw),
        "no goal, generated": no_goals(draw, held_out=True),
        "no goal, texts of people": [episode for texts in foreign(draw).values() for episode in texts],
        "names that fit several things": several(draw),
        "after an error": errors(draw),
        "conversations of people": told(draw),
        SHUFFLED: shuffled[SHUFFLED],
        MISSING: shuffled[MISSING],
    }


def line(runs: Sequence[Run]) -> str:
    """How much of a split is right."""
    made = judging.decisions(runs)
    replies, outside = judging.share(map(judging.is_right, made)), sum(map(judging.is_outside, made))
    return (
        f"{judging.goals(runs).percent:6.1f} % of {len(runs):4} goals, "
        f"{replies.percent:6.1f} % of {len(made):5} replies, {judging.actions(runs).count:3} false actions, "
        f"{outside:3} tools outside the list, {1000 * median(one.seconds for one in made):5.1f} ms"
    )


def mistake(decision: Decision) -> str:
    """What was asked, wanted and written."""
    asked = decision.step.values["messages"][0]["content"]
    return f"    {asked!r}\n        wanted  {prompt.reply(decision.step.reply)}\n        written {decision.text}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one line per split, and what went wrong when asked; 2 with a sentence where there is nothing to ask."""
    parser = argparse.ArgumentParser(description="Measure a pocket model through llama.cpp.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--count", type=int, default=300, help="at most so many of each split")
    parser.add_argument("--no-grammar", action="store_true")
    parser.add_argument("--wrong", type=int, default=0, help="show so many wrong replies per split")
    parser.add_argument("--only", default="", help="only splits whose name holds this")
    parser.add_argument("--sheet", choices=SHEETS, default="validation", help="which of the two that people wrote")
    options = parser.parse_args(arguments)
    try:
        planner = Planner(options.file, grammar=not options.no_grammar)
    except LLMosError as error:
        print(error, file=sys.stderr)
        return 2
    for name, episodes in splits(Draw(options.count, options.sheet)).items():
        if options.only in name and episodes:
            runs = planner.play(episodes)
            print(f"{name:34}{line(runs)}", flush=True)
            wrong = (one for one in judging.decisions(runs) if not judging.is_right(one))
            print("".join(f"{mistake(one)}\n" for one in islice(wrong, options.wrong)), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
