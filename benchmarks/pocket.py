"""The pocket model through real llama.cpp: exactness per split, false actions, latency, tokens per second, memory.

Run with `python -m benchmarks.pocket [--count 200]`. One thread; every package that carries llama.cpp in turn.
"""

import argparse
import resource
import sys
import time
from importlib.resources import files
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure, report
from llmos.models.backend import installed_backends, load
from llmos.models.chat_template import Prompt
from llmos.models.completion import Decoding, Loading
from training import prompt
from training.episodes import Episode
from training.evaluate import CONTEXT_TOKENS, Planner, Score, splits

POCKET = Path(str(files("llmos.models.pocket").joinpath("pocket.gguf")))
NO_GOAL = ("no goal", "no goal, new phrases")
MISSING = "a tool is missing"


def exactness(count: int) -> list[Figure]:
    """Shares of goals whose every reply is exactly right, with a grammar and greedy decoding."""
    planner = Planner(POCKET, grammar=True)
    scores = {name: planner.score(episodes) for name, episodes in splits(count).items()}
    free = Planner(POCKET, grammar=False).score(splits(count)[MISSING])
    shares = [
        Figure(f"goals exactly right: {name} ({score.episodes})", 100 * _share(score), "%")
        for name, score in scores.items()
    ]
    texts = sum(scores[name].episodes for name in NO_GOAL)
    false_actions = sum(scores[name].motions for name in NO_GOAL)
    seconds = [second for score in scores.values() for second in score.seconds]
    return [
        *shares,
        Figure(f"motions on texts that are no goal ({texts})", 100 * false_actions / texts, "%"),
        Figure(f"tools outside the list, with grammar ({count})", scores[MISSING].outside, "", 0.0),
        Figure(f"tools outside the list, without grammar ({count})", free.outside, "", 0.0),
        Figure("a decision, prompt included, median", 1000 * median(seconds), "ms", 25.0),
    ]


def speed(backend: str, episodes: list[Episode]) -> list[Figure]:
    """Tokens per second of reading and writing, and what the model adds to the peak memory of this process."""
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    model = load(Loading(POCKET, None, CONTEXT_TOKENS, 1), backend)
    texts = [prompt.prompt(episode.steps[0].values) for episode in episodes]
    read, written, read_s, written_s, load_s = 0, 0, 0.0, 0.0, time.perf_counter()
    model.complete(Prompt(texts[0], ()), Decoding(1), lambda _: None)
    load_s = time.perf_counter() - load_s
    for text in texts[1:]:
        began = time.perf_counter()
        first = model.complete(Prompt(text, ()), Decoding(1), lambda _: None)
        middle = time.perf_counter()
        whole = model.complete(Prompt(text, ()), Decoding(96), lambda _: None)
        read, read_s = read + first.prompt_tokens - first.cached_tokens, read_s + middle - began
        written, written_s = written + whole.output_tokens, written_s + time.perf_counter() - middle
    model.close()
    added_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib
    return [
        Figure(f"{backend}: reading", read / read_s, "tokens/s"),
        Figure(f"{backend}: writing", written / written_s, "tokens/s"),
        Figure(f"{backend}: first decision after loading", 1000 * load_s, "ms"),
        Figure(f"{backend}: added peak memory", added_kib / 1024, "MiB"),
    ]


def _share(score: Score) -> float:
    return score.right_episodes / score.episodes


def main() -> int:
    """Print the table; exit 1 when a target is missed."""
    parser = argparse.ArgumentParser(description="Measure the shipped pocket model.")
    parser.add_argument("--count", type=int, default=200, help="goals per split")
    options = parser.parse_args()
    episodes = splits(40)["seen phrases"]
    figures = [figure for backend in installed_backends() for figure in speed(backend, episodes)]
    return report(f"pocket.gguf, {POCKET.stat().st_size / 1e6:.2f} MB, one thread", figures + exactness(options.count))


if __name__ == "__main__":
    sys.exit(main())
