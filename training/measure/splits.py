"""What a pocket model is asked: goals and texts that training never made, the same every time.

Knows no model. Each split differs from training in one way: in numbers, phrases, words, pairs of joined goals, or in
all of them, where people wrote. What somebody wrote that training happens to say word for word is not asked.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from random import Random
from typing import TypeVar

from llmos.messages import JSON
from llmos.models.reading import read_goal
from training.episodes import Author, Episode, Split, Step, exchange
from training.goals import Draft, Goal
from training.grammar import goal_grammar
from training.handling import ambiguous
from training.measure.judging import follows_error
from training.measure.words import is_trained, unknown_words
from training.mixes import MEASURED
from training.numbers import is_held_out
from training.toolkit import bare_list, reduced_list, whole_list
from training.world import Call
from training.written import (
    Conversation,
    Foreign,
    Sheet,
    Written,
    conversations,
    foreign_texts,
    robot_of,
    written_goals,
)

T = TypeVar("T")
TYPED = Split(slips=0.0)
"""Every word as it should be typed: what a slip of the finger costs is a split of its own."""
_NUMBER = re.compile(r"\d+\.\d+")
SEEN = "seen phrases"
NUMBERS = "unseen numbers"
PHRASES = "unseen phrases"
WORDS = "unseen words"
JOINTS = "unseen combinations"
SLIPS = "seen phrases, typed badly"
KNOWN = "written freely, words of training"
UNKNOWN = "written freely, other words too"
GENERATED = (SEEN, NUMBERS, PHRASES, WORDS, JOINTS, SLIPS)
WRITTEN = (KNOWN, UNKNOWN)
MISSING = "a tool is missing"
SHUFFLED = "shuffled tools"
ORDERED = "the same goals, tools in order"


@dataclass(frozen=True, slots=True)
class Draw:
    """How many of each split; without a `count` all that people wrote, else as many as usual.

    The `sheet` is what people wrote, and the seed of what is generated. Whoever names none never sees the test.
    """

    count: int | None = None
    sheet: Sheet = "validation"

    def first(self, episodes: Iterator[Episode], usual: int) -> list[Episode]:
        """So many of an endless row."""
        return [episode for episode, _ in zip(episodes, range(self.size(usual)), strict=False)]

    def some(self, those: list[T]) -> list[T]:
        """A sample of what people wrote, in its order."""
        if self.count is None or self.count >= len(those):
            return those
        return [those[index] for index in sorted(Random(self.sheet).sample(range(len(those)), self.count))]

    def size(self, usual: int) -> int:
        """How many there shall be where `usual` are in the full measurement."""
        return usual if self.count is None else min(usual, self.count)


def goals(draw: Draw, usual: int = 300) -> dict[str, list[Episode]]:
    """Goals of every split."""
    made = {
        SEEN: _real(TYPED, draw.sheet),
        NUMBERS: filter(_has_new_number, _real(replace(TYPED, held_out_numbers=True), draw.sheet)),
        PHRASES: filter(_has_new_phrase, _real(replace(TYPED, held_out_phrases=True), draw.sheet)),
        WORDS: filter(_has_new_word, _real(Split(held_out_words=True, noise=False), draw.sheet)),
        JOINTS: (one for one in _real(replace(TYPED, held_out_joints=True), draw.sheet) if one.intent == "joined"),
        SLIPS: _real(Split(slips=1.0), draw.sheet),
    }
    new = [goal for goal in written_goals(draw.sheet) if not is_trained(goal.goal)]
    written = [(_has_new_word(episode), episode) for episode in map(_written, new)]
    return {
        **{name: draw.first(episodes, usual) for name, episodes in made.items()},
        KNOWN: draw.some([episode for is_new, episode in written if not is_new]),
        UNKNOWN: draw.some([episode for is_new, episode in written if is_new]),
    }


def seen(draw: Draw, usual: int = 300) -> list[Episode]:
    """Goals as training has them, from another seed."""
    return draw.first(_real(TYPED, draw.sheet), usual)


def no_goals(draw: Draw, *, held_out: bool, usual: int = 300) -> list[Episode]:
    """Texts of the generator that ask for nothing the robot can do, as the second round makes them.

    Such as a goal that is taken back or forbidden, a question about one, and all in the frames that people put around.
    """
    split = replace(TYPED, held_out_phrases=held_out, round=MEASURED)
    made = (one for one in _episodes(split, f"{draw.sheet}:none") if one.intent == "abstain")
    return draw.first((one for one in made if not (held_out and is_trained(one.goal))), usual)


def foreign(draw: Draw) -> dict[str, list[Episode]]:
    """Texts of people that ask for nothing the robot can do, by kind."""
    kinds: dict[str, list[Episode]] = {}
    for text in foreign_texts(draw.sheet):
        if not is_trained(text.text):
            kinds.setdefault(text.kind, []).append(_foreign(text))
    share = Draw(None if draw.count is None else max(1, draw.count // 8), draw.sheet)
    return {kind: share.some(episodes) for kind, episodes in kinds.items()}


def lists(draw: Draw, usual: int = 500) -> dict[str, list[Episode]]:
    """The same goals with all tools in order and shuffled; and goals whose tool is missing from a shuffled list."""

    def made() -> Iterator[tuple[Episode, Episode, Episode]]:
        random = Random(f"{draw.sheet}:lists")
        author = Author(TYPED, random)
        while True:
            world = author.world()
            goal = author.goal(world)
            tools = sorted(whole_list(random, world), key=lambda tool: tool["function"]["name"])
            few = [tool for tool in reduced_list(random, world) if tool["function"]["name"] != _first_name(goal)]
            orders = (tools, random.sample(tools, len(tools)), random.sample(few, len(few)))
            ordered, shuffled, reduced = (author.play(goal, deepcopy(world), order) for order in orders)
            if goal.calls and few:
                yield ordered, shuffled, reduced

    found = [three for three, _ in zip(made(), range(draw.size(usual)), strict=False)]
    return {name: [three[at] for three in found] for at, name in enumerate((ORDERED, SHUFFLED, MISSING))}


def several(draw: Draw, usual: int = 300) -> list[Episode]:
    """Goals that name what fits several things, in phrases that are held out: nothing is to be done for them."""

    def made() -> Iterator[Episode]:
        random = Random(f"{draw.sheet}:several")
        author, grammar = Author(TYPED, random), goal_grammar(held_out=True)
        while True:
            world = author.world()
            goal = ambiguous(Draft(world, grammar, random))
            if goal:
                yield author.play(goal, world, bare_list(world.kind))

    return draw.first(made(), usual)


def errors(draw: Draw, usual: int = 300) -> list[Episode]:
    """Runs that end in an error, each with only the step that comes after it."""
    failing = (episode for episode in _real(Split(), draw.sheet) if follows_error(episode.steps[-1]))
    return draw.first((Episode(one.intent, one.goal, one.steps[-1:]) for one in failing), usual)


def told(draw: Draw) -> list[Episode]:
    """Conversations that people wrote, each with the one reply that is due."""
    return draw.some([_conversation(one) for one in conversations(draw.sheet)])


def _real(split: Split, seed: str) -> Iterator[Episode]:
    return (one for one in _episodes(split, seed) if one.intent not in ("abstain", "missing_tool"))


def _episodes(split: Split, seed: str) -> Iterator[Episode]:
    author = Author(split, Random(f"{seed}:{split}"))
    while True:
        yield from author.batch(3)


def _has_new_number(episode: Episode) -> bool:
    values = [value for step in episode.steps for value in step.reply.arguments.values() if isinstance(value, float)]
    new = {repr(abs(value)) for value in values if is_held_out(round(value * 1000))}
    return not new.isdisjoint(_NUMBER.findall(read_goal(episode.goal)))


def _has_new_phrase(episode: Episode) -> bool:
    return goal_grammar(held_out=True).has_held_out(episode.intent)


def _has_new_word(episode: Episode) -> bool:
    return bool(unknown_words(episode.goal, episode.steps[0].values["state"]))


def _first_name(goal: Goal) -> str:
    return goal.calls[0].name if goal.calls else ""


def _written(written: Written) -> Episode:
    """A goal somebody wrote: only its first reply is asked for, the rest follows as in any other goal."""
    return _alone(written.kind, written.goal, written.state, (), Call(written.name, written.arguments))


def _foreign(text: Foreign) -> Episode:
    return _alone(text.kind, text.text, text.state, (), Call("finish", {"status": "abstained", "quote": "goal"}))


def _conversation(one: Conversation) -> Episode:
    messages = [message for call, result in one.steps for message in exchange(call, result)]
    return _alone(one.kind, one.goal, one.state, messages, one.reply)


def _alone(kind: str, goal: str, state: Mapping[str, JSON], messages: Sequence[JSON], reply: Call) -> Episode:
    """One step with the tools of the robot, as the host lists them."""
    asked = {"role": "user", "content": goal}
    values = {"messages": [asked, *messages], "tools": bare_list(robot_of(state)), "state": state, "eos_token": ""}
    return Episode(kind, goal, (Step(values, reply),))
