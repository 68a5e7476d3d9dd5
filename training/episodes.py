"""Whole runs of the planner: a goal, then call and result until it finishes; and texts that ask for none.

Knows no tokens. What the planner must answer after each result follows from a few laws: an error ends in `failed`,
so does gripping nothing where something was to be picked; the first reply may abstain, and never fails.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import pairwise
from random import Random

from llmos.messages import JSON
from training import extras, goals
from training.goals import Draft, Goal, Intent
from training.grammar import abstain_grammar, goal_grammar, is_held_out, prose, result_grammar
from training.mixes import INTENTS, JOINED, MIXES, NEEDING, Mix, of_kind
from training.surroundings import nonsense, random_world
from training.toolkit import bare_list, own_tools, reduced_list, whole_list
from training.wording import framed, is_order, listed, numbers_in, slip, wants_verb
from training.world import Call, Result, World

ASKING = (
    "can ",
    "coul",
    "woul",
    "what",
    "wher",
    "how ",
    "is t",
    "are ",
    "do y",
    "why ",
    "who ",
    "when",
    "did ",
    "whic",
)


REASONS = {
    "abstain": "goal",
    "missing_name": "names",
    "ambiguous_name": "names",
    "empty_hand": "names",
    "missing_tool": "tools",
}
"""What the host is to quote for a goal that nothing is done for, by intent."""

LOOKS = frozenset({"status", "cockpit", "operator_view", "camera"})
"""Intents that only look, or tell."""

FOUND = 0.8
"""How many things are where a later goal of a row takes them to be."""
PROSE = 0.6
"""How many of the texts that are no goal were written one by one, instead of made up from phrases."""


@dataclass(frozen=True, slots=True)
class Step:
    """What the planner sees and what it must answer."""

    values: dict[str, JSON]
    reply: Call


@dataclass(frozen=True, slots=True)
class Episode:
    """One run."""

    intent: str
    goal: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """Which wording and which numbers a set of episodes is made of, and the round whose mix it has.

    With `held_out_words` words that training never uses stand beside the others; with `held_out_joints` every joined
    goal has a pair of neighbours that training never joins.
    """

    held_out_phrases: bool = False
    held_out_numbers: bool = False
    held_out_words: bool = False
    held_out_joints: bool = False
    noise: bool = True
    slips: float = 0.14
    """How many of the texts are typed badly, where there is noise."""
    round: int = 0

    @property
    def mix(self) -> Mix:
        """What the round is made of."""
        return MIXES[self.round]


class Author:
    """Writes episodes of one split, from one seed."""

    def __init__(self, split: Split, random: Random) -> None:
        self._split, self._random = split, random
        held_out, held_out_words = split.held_out_phrases, split.held_out_words
        self._goals = goal_grammar(held_out=held_out, held_out_words=held_out_words)
        self._others = abstain_grammar(held_out=held_out, held_out_words=held_out_words)
        self._prose = prose(held_out=held_out)
        self._results = result_grammar()
        self._mix = split.mix

    def batch(self, count: int, *, bare: bool = False) -> list[Episode]:
        """Several episodes in one world with one list of tools, so that what they share is read once.

        A `bare` world has neither objects nor places, and all tools of the arm and no others: short prompts.
        """
        random = self._random
        if bare:
            full = self.world()
            world, tools = World(at=full.at, kind=full.kind), bare_list(full.kind)
        else:
            world = self.world()
            choose = reduced_list if random.random() < self._mix.reduced_lists else whole_list
            tools = choose(random, world)
        return [self.episode(deepcopy(world), tools) for _ in range(count)]

    def world(self) -> World:
        """A world to act in."""
        return random_world(self._goals, self._random, hard=self._split.round > 0)

    def episode(self, world: World, tools: list[JSON]) -> Episode:
        """One episode; a goal that needs a tool which is not in the list cannot be begun."""
        if self._random.random() < self._mix.no_goals:
            goal = Goal("abstain", self.no_goal(world), ())
            if self._random.random() < 0.3:
                goal = self._wrapped(goal)
            goal = replace(goal, text=self._sentence(goal.text, world))
        else:
            goal = self._lacking(world, tools) or self.goal(world)
        return self.play(goal, world, tools)

    def no_goal(self, world: World) -> str:
        """A text that asks the arm for nothing it can do."""
        random = self._random
        if random.random() < PROSE:
            return random.choice(self._prose)
        draft = Draft(world, self._goals, random)
        values = {
            "goal": lambda: self._order(world),
            "number": lambda: str(random.randint(0, 999) / random.choice((1, 10, 100))),
            "xyz": lambda: goals.numbers.triple(draft.point(), random),
            "amount": lambda: draft.amount()[0],
            "degrees": lambda: draft.angle()[0],
            "direction": lambda: draft.say(random.choice(list(goals.DIRECTIONS))),
            "salad": lambda: self._salad(draft),
            "gibberish": lambda: " ".join(nonsense(random) for _ in range(random.randint(1, 4))),
        }
        asks = self._mix.questions and random.random() < self._mix.questions
        return self._others.write("questions" if asks else "phrases", values, random)

    def _order(self, world: World) -> str:
        """A goal that begins with a verb, as it stands in a question about it."""
        while True:
            goal = draw_goal(Draft(deepcopy(world), self._goals, self._random), INTENTS)
            if is_order(goal.text):
                return goal.text

    def play(self, goal: Goal, world: World, tools: list[JSON]) -> Episode:
        """Let the goal's calls happen in the world; every reply of the planner is a step."""
        random = self._random
        refusals = 0.0 if random.random() < 0.75 else 0.35
        messages: list[JSON] = [{"role": "user", "content": goal.text}]
        steps: list[Step] = []
        names = {tool["function"]["name"] for tool in tools}
        is_possible = all(call.name in names for call in goal.calls)
        calls = goal.calls if is_possible else ()
        intent = goal.intent if is_possible else "missing_tool"

        def say(reply: Call) -> None:
            values = {"messages": list(messages), "tools": tools, "state": world.state(), "eos_token": ""}
            steps.append(Step(values, reply))

        for call in calls:
            say(call)
            result = world.call(call, self._results, random, refusals)
            messages += exchange(call, result)
            if result.is_error or self._has_missed(goal, call, world):
                say(finish("failed", "refusal" if result.is_error else "result"))
                return Episode(intent, goal.text, tuple(steps))
        say(finish("done", "result") if calls else finish("abstained", REASONS[intent]))
        return Episode(intent, goal.text, tuple(steps))

    def _has_missed(self, goal: Goal, call: Call, world: World) -> bool:
        return goal.must_grip and _closes(call) and world.holding is None

    def goal(self, world: World) -> Goal:
        """A goal that the whole arm can reach, or that names what is not there."""
        draft = Draft(world, self._goals, self._random, self._split.held_out_numbers)
        is_joined = self._random.random() < self._mix.joined
        return self._said(self._joined(draft) if is_joined else draw_goal(draft, self._mix.intents), world)

    def _lacking(self, world: World, tools: list[JSON]) -> Goal | None:
        """Now and then a goal for a tool that the list lacks, each tool as often as any other."""
        own = {*own_tools(world.kind), *world.extras}
        missing = sorted(own - {tool["function"]["name"] for tool in tools})
        if not missing or self._random.random() >= self._mix.lacking:
            return None
        draft = Draft(world, self._goals, self._random, self._split.held_out_numbers)
        name = self._random.choice(missing)
        goal = extras.ask(draft, name) if name in world.extras else NEEDING[name](draft)
        return goal and self._said(goal, world)

    def _said(self, goal: Goal, world: World) -> Goal:
        """As people say and type it."""
        goal = self._wrapped(goal)
        return replace(goal, text=self._sentence(goal.text, world))

    def _joined(self, draft: Draft) -> Goal:
        """Two or three goals in a row; some pairs of neighbours are kept from training."""
        while True:
            parts = self._row(draft)
            if parts is None:
                continue
            may_stand = may_join([part.intent for part in parts], held_out=self._split.held_out_joints)
            must_grip = {part.must_grip for part in parts if any(map(_closes, part.calls))}
            if may_stand and len(must_grip) < 2:  # what to close on is clear, or nothing
                break
        texts = [part.text for part in parts]
        text = listed(texts, draft.random)
        if text is None:
            text = texts[0] + "".join(draft.say("then") + later for later in texts[1:])
        return Goal("joined", text, tuple(call for part in parts for call in part.calls), True in must_grip)

    def _row(self, draft: Draft) -> list[Goal] | None:
        """Goals, each made up where the one before has led; None when one needs what an earlier one has carried off."""
        later = Draft(deepcopy(draft.world), draft.grammar, draft.random, draft.held_out_numbers)
        later.world.is_stopped = False
        parts: list[Goal] = []
        for _ in range(self._random.choice((2, 2, 3))):
            lay = dict(later.world.objects)
            part = draw_goal(later, JOINED)
            put = {name: point for name, point in later.world.objects.items() if lay[name] != point}
            has_gripped = any(_closes(call) for earlier in parts for call in earlier.calls)
            if put and (has_gripped or draft.world.holding in put):
                return None
            if self._random.random() < FOUND:  # what a goal is made up about lay there from the beginning
                draft.world.objects.update(put)
            parts.append(part)
            for call in part.calls:
                later.world.call(call, self._results, self._random, 0.0)
        return parts

    def _wrapped(self, goal: Goal) -> Goal:
        """With the reasons or the courtesies that people put around what they want."""
        if not self._split.noise:
            return goal
        text = framed(goal.text, goal.intent, self._random)
        if text is not None or goal.intent in ("stop", "status"):
            return replace(goal, text=text or goal.text)
        fill = self._goals.fill
        before, after = fill("{polite}", {}, self._random), fill("{thanks}", {}, self._random)
        if wants_verb(before) and not is_order(goal.text):
            before = ""
        return replace(goal, text=f"{before}{goal.text}{after}")

    def _sentence(self, text: str, world: World) -> str:
        """Capitals and a full stop, mostly as people put them; now and then a slip of the finger, but not in a name."""
        random = self._random
        if self._split.noise and random.random() < self._split.slips:
            for _ in range(random.choice((1, 1, 2))):
                slipped = slip(text, random)
                text = slipped if _told(slipped, world) == _told(text, world) else text
        roll = random.random()
        if roll < 0.6:
            text = text[:1].upper() + text[1:]
        elif roll < 0.63:
            text = text.upper()
        asks = text[:4].lower() in ASKING and random.random() < 0.5
        ending = "?" if asks else random.choice(("", "", "", ".", ".", "!" if roll < 0.3 else ""))
        return text + (ending if text[-1:].isalnum() or asks else "")

    def _salad(self, draft: Draft) -> str:
        lists = [entries for name, entries in self._others.entries.items() if not name.startswith(("estop", "home"))]
        words = [draft.random.choice(draft.random.choice(lists)) for _ in range(4)]
        plain = [word.split()[0] for word in words if word and "{" not in word]
        return " ".join(plain[: draft.random.randint(1, 4)])


def may_join(intents: Sequence[str], *, held_out: bool) -> bool:
    """Whether goals may stand in a row: in training, or with a pair of neighbours that is kept from it.

    To look or tell after a motion is in training by phrases of its own (`spoken.then_tell`), so it is no such pair.
    """
    kept = [later for earlier, later in pairwise(intents) if is_held_out(earlier, later)]
    return any(later not in LOOKS for later in kept) if held_out else not kept


def draw_goal(draft: Draft, intents: dict[Intent, float]) -> Goal:
    """A goal that fits the world; intents that do not fit it are drawn again."""
    intents = of_kind(intents, draft.world.kind)
    kinds, weights = list(intents), list(intents.values())
    while True:
        goal = draft.random.choices(kinds, weights)[0](draft)
        if goal is not None:
            return goal


def _closes(call: Call) -> bool:
    return call.name == "toggle_tool" and bool(call.arguments["activate"])


def tool_names(step: Step) -> list[str]:
    """What the tools that the planner sees are called."""
    return [tool["function"]["name"] for tool in step.values["tools"]]


def finish(status: str, quote: str) -> Call:
    """The planner's last word, and what the host is to quote for it."""
    return Call("finish", {"status": status, "quote": quote})


def exchange(call: Call, result: Result) -> list[JSON]:
    """The two messages of a call that was made."""
    function = {"name": call.name, "arguments": dict(call.arguments)}
    asked = {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": function}]}
    return [asked, {"role": "tool", "content": result.text, "is_error": result.is_error}]


def _told(text: str, world: World) -> tuple[set[str], list[str]]:
    """The words of things, places and own tools that a text holds, and the numbers that the host reads in it."""
    names = " ".join((*world.objects, *world.places, *world.extras)).replace("_", " ").lower().split()
    words = {*names, *(word for kind in extras.WORDS.values() for word in kind)} if world.extras else set(names)
    return {word for word in words if word in text.lower()}, numbers_in(text)
