"""Measures a pocket GGUF through real llama.cpp: `python -m training.evaluate FILE [--count 300] [--no-grammar]`.

Knows no torch. Greedy decoding, one thread. Each split asks for goals that training never made: new seeds, numbers
that training may not use, phrases that it may not use, texts that are no goal, lists that lack a tool, and goals that
a person wrote freely.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from llmos.messages import JSON, ToolSpec
from llmos.models.backend import load
from llmos.models.chat_template import Prompt
from llmos.models.completion import Backend, Decoding, Loading
from llmos.models.gbnf import pocket_grammar
from training import prompt
from training.episodes import Author, Episode, Split, Step
from training.goals import Goal
from training.grammar import goal_grammar
from training.numbers import is_held_out
from training.toolkit import reduced_list, whole_list
from training.world import Call
from training.written import Written, written_goals

CONTEXT_TOKENS = 1024
LONGEST_REPLY = 96
MOTIONS = ("move_to", "move_relative", "toggle_tool", "go_home")
SEED = "evaluation"


@dataclass(slots=True)
class Score:
    """What came out of one split."""

    right: int = 0
    asked: int = 0
    right_episodes: int = 0
    episodes: int = 0
    motions: int = 0
    outside: int = 0
    wrong: list[tuple[str, str, str]] = field(default_factory=list)
    by_intent: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    def count(self, episode: Episode, replies: Sequence[str]) -> None:
        """Add one episode and what the model wrote at each of its steps."""
        self.episodes += 1
        is_right = True
        for step, written in zip(episode.steps, replies, strict=True):
            wanted = prompt.reply(step.reply)
            self.asked += 1
            self.right += written == wanted
            name = called(written)
            offered = {tool["function"]["name"] for tool in step.values["tools"]}
            self.outside += name is not None and name != "finish" and name not in offered
            self.motions += step.reply.name == "finish" and name in MOTIONS
            if written != wanted:
                is_right = False
                self.wrong.append((episode.goal, wanted, written))
        self.right_episodes += is_right
        self.by_intent[episode.intent + ("" if is_right else " wrong")] += 1

    def row(self) -> dict[str, JSON]:
        """The figures of this split."""
        return {
            "replies": self.asked,
            "replies_right": round(self.right / max(1, self.asked), 4),
            "goals": self.episodes,
            "goals_right": round(self.right_episodes / max(1, self.episodes), 4),
            "motions_instead_of_finishing": self.motions,
            "tools_outside_the_list": self.outside,
            "median_ms": round(1000 * sorted(self.seconds)[len(self.seconds) // 2], 1) if self.seconds else None,
        }


class Planner:
    """The model under test."""

    def __init__(self, path: Path, *, grammar: bool, backend: str | None = None) -> None:
        self._backend: Backend = load(Loading(path, None, CONTEXT_TOKENS, 1), backend)
        self._grammar = grammar

    def write(self, values: Mapping[str, JSON]) -> str:
        """The reply to one prompt."""
        grammar = pocket_grammar(specifications(values["tools"])) if self._grammar else None
        text = Prompt(prompt.prompt(values), ())
        return self._backend.complete(text, Decoding(LONGEST_REPLY, grammar), lambda _: None).text

    def score(self, episodes: Sequence[Episode]) -> Score:
        """Ask every step of every episode, with the history that the right replies would have made."""
        score = Score()
        for episode in episodes:
            replies = []
            for step in episode.steps:
                began = time.perf_counter()
                replies.append(self.write(step.values))
                score.seconds.append(time.perf_counter() - began)
            score.count(episode, replies)
        return score


def specifications(tools: Sequence[Mapping[str, JSON]]) -> tuple[ToolSpec, ...]:
    """The tools as the grammar wants them: what is no number is a switch, a view or a text."""
    kinds: dict[str, JSON] = {
        "activate": {"type": "boolean"},
        "view": {"enum": ["cockpit", "operator", "camera"]},
        **{name: {"type": "number"} for name in ("x", "y", "z", "theta_deg", "dx", "dy", "dz", "dtheta_deg")},
    }

    def schema(parameters: Mapping[str, JSON]) -> dict[str, JSON]:
        named = {name: kinds.get(name, {"type": "string"}) for name in parameters["properties"]}
        return {"type": "object", "properties": named, "required": parameters["required"]}

    functions = [tool["function"] for tool in tools]
    return tuple(ToolSpec(one["name"], "", schema(one["parameters"])) for one in functions)


def called(written: str) -> str | None:
    """The tool that a reply names; None when it is no call."""
    try:
        name = json.loads(written)["name"]
    except (ValueError, KeyError, TypeError):
        return None
    return name if isinstance(name, str) else None


def splits(count: int) -> dict[str, list[Episode]]:
    """Episodes of every split, `count` each, the same every time."""
    seen = Split()
    return {
        "seen phrases": _first(_goals(seen), count),
        "new numbers": _first(_with_new_numbers(_goals(Split(held_out_numbers=True))), count),
        "new phrases": _first(_with_new_phrases(_goals(Split(held_out_phrases=True))), count),
        "no goal": _first(_no_goals(seen), count),
        "no goal, new phrases": _first(_no_goals(Split(held_out_phrases=True)), count),
        "a tool is missing": _first((one for one in _goals(seen, lacking=True) if one.intent == "missing_tool"), count),
        "after an error": _first((one for one in _goals(seen) if _has_failed(one)), count // 3),
        "written freely": [_written(one) for one in written_goals()],
    }


def _goals(split: Split, *, lacking: bool = False) -> Iterator[Episode]:
    random = Random(f"{SEED}:{split.held_out_phrases}:{split.held_out_numbers}:{lacking}")
    author = Author(split, random)
    while True:
        for episode in author.batch(3):
            if lacking:
                world = author.world()
                yield author.play(author.goal(world), world, reduced_list(random))
            elif episode.intent not in ("abstain", "missing_tool"):
                yield episode


def _with_new_numbers(episodes: Iterator[Episode]) -> Iterator[Episode]:
    """Only goals in which a number stands that training cannot have made."""
    for episode in episodes:
        values = [value for step in episode.steps for value in step.reply.arguments.values()]
        if any(isinstance(value, float) and is_held_out(round(value * 1000)) for value in values):
            yield episode


def _with_new_phrases(episodes: Iterator[Episode]) -> Iterator[Episode]:
    """Only goals of intents of which phrases are kept from training."""
    grammar = goal_grammar(held_out=True)
    return (episode for episode in episodes if grammar.has_held_out(episode.intent))


def _no_goals(split: Split) -> Iterator[Episode]:
    random = Random(f"{SEED}:none:{split.held_out_phrases}")
    author = Author(split, random)
    while True:
        world = author.world()
        yield author.play(Goal("abstain", author.no_goal(world), ()), world, whole_list(random))


def _has_failed(episode: Episode) -> bool:
    return episode.steps[-1].reply.arguments == {"status": "failed"}


def _written(written: Written) -> Episode:
    """A goal somebody wrote: only its first reply is asked for, the rest follows as in any other goal."""
    tools = whole_list(Random(SEED))
    values = {"messages": [{"role": "user", "content": written.goal}], "tools": tools, "state": deepcopy(written.state)}
    return Episode(written.kind, written.goal, (Step(values, Call(written.name, written.arguments)),))


def _first(episodes: Iterator[Episode], count: int) -> list[Episode]:
    return [episode for episode, _ in zip(episodes, range(count), strict=False)]


def main() -> None:
    """Print one line per split, and what went wrong when asked."""
    parser = argparse.ArgumentParser(description="Measure a pocket model through llama.cpp.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--count", type=int, default=300, help="goals per split")
    parser.add_argument("--no-grammar", action="store_true")
    parser.add_argument("--wrong", type=int, default=0, help="show so many wrong replies per split")
    parser.add_argument("--only", help="only splits whose name holds this")
    options = parser.parse_args()
    planner = Planner(options.file, grammar=not options.no_grammar)
    for name, episodes in splits(options.count).items():
        if options.only and options.only not in name:
            continue
        score = planner.score(episodes)
        print(f"{name:24} {json.dumps(score.row())}", flush=True)
        for goal, wanted, written in score.wrong[: options.wrong]:
            print(f"    {goal!r}\n        wanted  {wanted}\n        written {written}")


if __name__ == "__main__":
    main()
