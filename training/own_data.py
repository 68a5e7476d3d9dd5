"""Mixes a reader's own verbs into the data: goals, lists with and without their tools, texts that only sound like them.

Knows no file. Everything else in the data stays as it is, so that what the model could do is not unlearned.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import lru_cache
from random import Random
from typing import Any

from llmos.messages import JSON
from training.episodes import Author, Episode, Split
from training.goals import Draft, Goal, Intent
from training.grammar import Grammar
from training.handling import object_name, spoken
from training.own import Own, Verb
from training.own_calls import AXES, axes, kind_of, slot_of
from training.world import Call, World

SHARE = 0.3
"""How many of the goals are the reader's, and how many of the texts that are no goal sound like them."""
OFFERED = 0.8
"""How often a list holds a tool of the reader's; where it lacks one, a goal that needs it cannot be begun."""
COUNTS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_WORD = re.compile(r"[\w{}]+(?:['-][\w{}]+)*")
Drawn = tuple[str, Any]
"""How the goal says it, and what the call gets: thousandths of a metre or degree, three of them for a position."""


class OwnAuthor(Author):
    """Writes the usual episodes with the reader's among them; `only` those, to measure by."""

    def __init__(self, split: Split, random: Random, own: Own, *, only: bool = False) -> None:
        super().__init__(split, random)
        self._own, self._only = own, only
        phrases = {verb.name: verb.phrases for verb in own.verbs}
        self._goals = _extended(self._goals, phrases, own.words)
        self._others = _without(self._others, own.claims)
        self._prose = _unclaimed(self._prose, own.claims)
        self._about = [phrase for phrase in self._others.texts() if "{goal}" in phrase]
        self._results = _extended(self._results, _as_they_stand(own.answers), {})
        self._verbs = [intent_of(verb, own) for verb in own.verbs]
        self._weights = [verb.weight for verb in own.verbs]
        self._lists: tuple[list[JSON], list[JSON]] = ([], [])

    def episode(self, world: World, tools: list[JSON]) -> Episode:
        """With the reader's tools in the list, the same for all episodes that share it."""
        if self._lists[0] is not tools:
            self._lists = tools, with_tools(tools, self._own, self._random, 1.0 if self._only else OFFERED)
        return super().episode(world, self._lists[1])

    def goal(self, world: World) -> Goal:
        """One of the reader's, or one of the usual ones."""
        if self._only or self._random.random() < SHARE:
            goal = self._asked(Draft(world, self._goals, self._random, self._split.held_out_numbers))
            if goal is not None:
                goal = self._wrapped(goal)
                return replace(goal, text=self._sentence(goal.text, world))
        return super().goal(world)

    def keeps_phrases_of(self, verb: str) -> bool:
        """Whether some phrases of a verb are kept from training."""
        return self._goals.has_held_out(verb)

    def no_goal(self, world: World) -> str:
        """Now and then one that only sounds like a verb of the reader's, or speaks about it."""
        random = self._random
        roll = random.random()
        if roll > SHARE:
            return super().no_goal(world)
        if self._own.no_goals and roll < SHARE / 2:
            return random.choice(self._own.no_goals)
        goal = self._asked(Draft(deepcopy(world), self._goals, random))
        if goal is None or not self._about:
            return super().no_goal(world)
        values = {"goal": goal.text, "number": str(random.randint(0, 99))}
        return " ".join(self._others.fill(random.choice(self._about), values, random).split())

    def _asked(self, draft: Draft) -> Goal | None:
        """A goal of the reader's; None where the world has nothing for the verb that was drawn."""
        verb: Intent = draft.random.choices(self._verbs, self._weights)[0]
        return verb(draft)


def intent_of(verb: Verb, own: Own) -> Intent:
    """The verb as the data grammar has it; None where the world has not what it needs."""

    def intent(draft: Draft) -> Goal | None:
        if draft.world.kind not in verb.robots:
            return None
        drawn: dict[str, Drawn] = {}
        for slot in sorted(verb.slots):
            found = _drawn(slot, own, draft)
            if found is None:
                return None
            drawn[slot] = found
        calls = (
            Call(tool, _filled(arguments, drawn, axes(tool, draft.world.kind, own.tools)))
            for tool, arguments in verb.calls
        )
        return draft.goal(verb.name, {slot: text for slot, (text, _) in drawn.items()}, *calls)

    return intent


def with_tools(tools: list[JSON], own: Own, random: Random, share: float) -> list[JSON]:
    """The list with the reader's tools in it, in its order where it has one."""
    names = [tool["function"]["name"] for tool in tools]
    added = [tool for tool in own.tools.values() if random.random() < share]
    if names == sorted(names):
        return sorted([*tools, *added], key=lambda tool: str(tool["function"]["name"]))
    mixed = list(tools)
    for tool in added:
        mixed.insert(random.randint(0, len(mixed)), tool)
    return mixed


def _drawn(slot: str, own: Own, draft: Draft) -> Drawn | None:
    kind = str(kind_of(slot, own.choices))
    if kind in own.choices:
        value = draft.random.choice(list(own.choices[kind]))
        return draft.random.choice(own.choices[kind][value]), value
    return _DRAWN[kind](draft)


def _count(draft: Draft) -> Drawn:
    value = draft.random.randint(1, len(COUNTS))
    return draft.random.choice((str(value), COUNTS[value - 1])), value


def _length(draft: Draft) -> Drawn:
    text, value = draft.amount()
    return text, value / 1000


def _angle(draft: Draft) -> Drawn:
    text, value = draft.angle()
    return text, value / 1000


def _point(draft: Draft) -> Drawn:
    point = draft.point()
    return draft.coordinates(point), point


def _object(draft: Draft) -> Drawn | None:
    found = object_name(draft)
    return (found[0], draft.world.objects[found[1]]) if found else None


def _place(draft: Draft) -> Drawn | None:
    if not draft.world.places:
        return None
    name = draft.random.choice(list(draft.world.places))
    return draft.random.choice(("the ", "the ", "")) + spoken(name), draft.world.places[name]


_DRAWN: dict[str, Callable[[Draft], Drawn | None]] = {
    "angle": _angle,
    "count": _count,
    "length": _length,
    "object": _object,
    "place": _place,
    "point": _point,
}


def _filled(arguments: JSON, drawn: Mapping[str, Drawn], names: Sequence[str]) -> dict[str, JSON]:
    """The arguments of a call; a position alone stands for those coordinates that the tool takes."""
    if isinstance(arguments, dict):
        return {name: _value(value, drawn) for name, value in arguments.items()}
    at = dict(zip(AXES, _value(arguments, drawn), strict=True))
    return {name: at[name] / 1000 for name in names}


def _value(value: JSON, drawn: Mapping[str, Drawn]) -> JSON:
    found = slot_of(value)
    if found is None:
        return value
    meant = drawn[found["slot"]][1]
    return -meant if found["sign"] else meant


def _extended(grammar: Grammar, phrases: Mapping[str, Sequence[str]], words: Mapping[str, Sequence[str]]) -> Grammar:
    return replace(grammar, phrases={**grammar.phrases, **phrases}, words={**grammar.words, **words})


def _as_they_stand(answers: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Answers as the wordings of results are written: a brace that stands for itself is written twice."""
    return {tool: [text.replace("{", "{{").replace("}", "}}") for text in texts] for tool, texts in answers.items()}


def _without(grammar: Grammar, claims: frozenset[str]) -> Grammar:
    """What is no goal any more does not hold these words."""

    def kept(lists: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
        return {name: _unclaimed(tuple(texts), claims) for name, texts in lists.items()}

    return replace(grammar, phrases=kept(grammar.phrases), words=kept(grammar.words))


@lru_cache(maxsize=512)
def _unclaimed(texts: tuple[str, ...], claims: frozenset[str]) -> tuple[str, ...]:
    """The texts in which none of the words stands; all of them where none would be left."""
    known = [_plainly(claim) for claim in claims]
    return tuple(text for text in texts if not any(claim in _plainly(text) for claim in known)) or texts


def _plainly(text: str) -> str:
    """The words of a text between blanks, without capitals and marks; a slot is no word."""
    return f" {' '.join(_WORD.findall(text.lower()))} "
