"""Laws of the episodes that the pocket model learns from."""

import re
from collections import Counter
from copy import deepcopy
from itertools import islice, pairwise
from random import Random

import pytest

from training import goals, handling, prompt
from training.derivation import Words
from training.episodes import Author, Episode, Split, may_join
from training.goals import Draft
from training.grammar import (
    abstain_grammar,
    frames,
    goal_grammar,
    held_out_words,
    is_held_out,
    prose,
    result_grammar,
)
from training.measure.words import words_of
from training.mixes import MIXES
from training.numbers import is_held_out as number_is_held_out
from training.surroundings import random_world
from training.toolkit import ARM, STRANGERS, bare_list, specification
from training.world import Call, World

GOALS = goal_grammar(held_out=False)
NUMBER = re.compile(r"(?<![\w.])[xyz^]?([-+]?\d*\.?\d+)")


def episodes(count: int, seed: int = 1, split: Split | None = None) -> list[Episode]:
    """Some episodes of one seed."""
    author = Author(split or Split(), Random(seed))
    return list(islice((episode for _ in range(count) for episode in author.batch(5)), count))


def statuses(episode: Episode) -> list[object]:
    """What the episode's `finish` replies say."""
    return [step.reply.arguments["status"] for step in episode.steps if step.reply.name == "finish"]


def test_the_same_seed_writes_the_same_episodes() -> None:
    """Training can be repeated."""
    assert episodes(100) == episodes(100)
    assert episodes(100) != episodes(100, seed=2)


def test_every_episode_finishes_once_and_last() -> None:
    """A run ends with finish and with nothing else."""
    for episode in episodes(600):
        assert len(statuses(episode)) == 1
        assert episode.steps[-1].reply.name == "finish"


def test_no_reply_names_a_tool_outside_its_list() -> None:
    """What is not offered is not called, in any example, and a stranger never."""
    for episode in episodes(600):
        for step in episode.steps:
            offered = {tool["function"]["name"] for tool in step.values["tools"]}
            assert step.reply.name in {*offered, "finish"}
            assert step.reply.name not in STRANGERS


def test_a_text_that_is_no_goal_moves_nothing() -> None:
    """Chat, negations and questions are answered with one abstaining finish."""
    found = [episode for episode in episodes(600) if episode.intent in ("abstain", "missing_tool", "missing_name")]
    assert len(found) > 100
    for episode in found:
        (step,) = episode.steps
        assert (step.reply.name, step.reply.arguments["status"]) == ("finish", "abstained")


def test_an_error_ends_in_failed_and_nothing_else_follows() -> None:
    """After a refusal no further motion is asked for."""
    seen = 0
    for episode in episodes(600):
        results = [message for message in episode.steps[-1].values["messages"] if message["role"] == "tool"]
        if any(result["is_error"] for result in results):
            seen += 1
            assert [result["is_error"] for result in results].index(True) == len(results) - 1
            assert statuses(episode) == ["failed"]
    assert seen > 50


def test_picking_nothing_is_a_failure_but_closing_on_nothing_is_not() -> None:
    """Gripping nothing fails only where something was to be gripped, also where the tool calls it no error."""
    author, found = Author(Split(), Random(3)), {"pick_at": set(), "grip": set()}
    for seed in range(60):
        for intent in (handling.pick_at, goals.close_gripper):
            world = World()
            goal = intent(Draft(world, goal_grammar(held_out=False), Random(seed)))
            *_, closed, last = author.play(goal, world, bare_list()).steps
            assert world.holding is None
            if closed.reply.name == "toggle_tool" and not last.values["messages"][-1]["is_error"]:
                found[goal.intent].add(last.reply.arguments["status"])
    assert found == {"pick_at": {"failed"}, "grip": {"done"}}


def test_each_tool_that_a_list_lacks_is_asked_for_about_as_often() -> None:
    """Whatever is taken away, goals for it come up: a planner must not call by habit what is not offered."""
    random, asked, drawn = Random(4), Counter[str](), Counter[str]()
    author = Author(Split(round=1), random)
    for _ in range(1500):
        world = World(objects={"cube": (500, 500, 50)})
        lacking = random.choice(list(ARM))
        tools = [tool for tool in bare_list() if tool["function"]["name"] != lacking]
        drawn[lacking] += 1
        asked[lacking] += author.episode(world, tools).intent == "missing_tool"
    assert all(0.2 < asked[name] / drawn[name] < 0.8 for name in ARM)


def test_what_was_to_be_picked_first_ends_a_row_of_goals_when_it_is_missed() -> None:
    """`pick it up, then go home` does not go home with an empty gripper."""
    rows = [one for one in episodes(4000, split=Split(round=1)) if one.intent == "joined"]
    missed = [one for one in rows if one.steps[-1].reply.arguments == {"status": "failed", "quote": "result"}]
    assert missed
    for episode in missed:
        last, _ = episode.steps[-2:]
        assert last.reply == Call("toggle_tool", {"activate": True})


def test_what_a_later_goal_of_a_row_picks_lies_there_mostly() -> None:
    """An object is put where a goal wants it before the row begins, not in a world that is thrown away."""
    author = Author(Split(round=1), Random(1))
    gripped = []
    for world in (author.world() for _ in range(4000)):
        goal = author.goal(world)
        if goal.intent == "joined" and goal.must_grip:
            steps = author.play(goal, world, bare_list(world.kind)).steps
            closed = (later for one, later in pairwise(steps) if one.reply == Call("toggle_tool", {"activate": True}))
            gripped += [step.values["state"]["holding"] != "nothing" for step in closed]
    assert len(gripped) > 50
    assert sum(gripped) > 0.7 * len(gripped)


def test_of_several_tools_of_its_own_the_one_is_asked_for_that_lacks() -> None:
    """What is offered is no lesson for what is not."""
    author = Author(Split(noise=False, round=1), Random(6))
    world, tools = World(extras={"wave_hand": "", "ring_bell": ""}), [*bare_list(), specification("wave_hand", "")]
    drawn = [author.episode(deepcopy(world), tools) for _ in range(400)]
    lacking = [one.goal.lower() for one in drawn if one.intent == "missing_tool"]
    assert len(lacking) > 40
    assert all("ring" in goal and "bell" in goal for goal in lacking)


def test_a_word_that_fits_several_things_names_none() -> None:
    """`the cube` where there are two is asked back, in every kind of goal that names a thing."""
    draft = Draft(World(objects={"red cube": (0, 0, 0), "blue_cube": (1, 0, 0), "jar": (2, 0, 0)}), GOALS, Random(1))
    drawn = [goal for goal in (handling.ambiguous(draft) for _ in range(300)) if goal]
    assert len(drawn) > 100
    assert {goal.calls for goal in drawn} == {()}
    assert {goal.intent for goal in drawn} == {"ambiguous_name"}
    assert all("the cube" in goal.text and "red" not in goal.text and "jar" not in goal.text for goal in drawn)
    assert handling.ambiguous(Draft(World(objects={"cube": (0, 0, 0), "part": (1, 0, 0)}), GOALS, Random(1))) is None


@pytest.mark.parametrize("hard", [False, True])
def test_no_two_things_lie_at_one_point(hard: bool) -> None:
    """Nor are two places at one: what is asked for there would have two right answers."""
    random = Random(3)
    for world in (random_world(GOALS, random, hard=hard) for _ in range(1500)):
        for things in (world.objects, world.places):
            assert len(set(things.values())) == len(things)


def test_no_text_of_training_holds_a_word_that_is_held_out() -> None:
    """But for words that a phrase, a frame or a text has anyhow."""
    said = {
        word
        for grammar in (goal_grammar, abstain_grammar)
        for text in grammar(held_out=False).texts()
        for word in words_of(text)
    }
    said |= {
        word
        for text in (*prose(held_out=False), *(text for some in frames().values() for text in some))
        for word in words_of(text)
    }
    kept = {word.strip().lower() for word in held_out_words()} - said
    assert len(kept) > 30
    for number in range(len(MIXES)):
        for episode in episodes(1500, split=Split(noise=False, round=number)):
            assert not words_of(episode.goal) & kept


def test_training_sees_no_number_that_is_held_out() -> None:
    """Numbers that goals are made of stay in their split (sums like a level of a tower may fall anywhere)."""
    simple = {"move_to", "relative", "inspect_at", "pick_at", "move_to_theta"}
    for episode in episodes(800):
        if episode.intent in simple:
            values = [value for step in episode.steps for value in step.reply.arguments.values()]
            assert not any(isinstance(value, float) and number_is_held_out(round(value * 1000)) for value in values)


@pytest.mark.parametrize("grammar", [goal_grammar, abstain_grammar])
def test_training_uses_no_phrase_that_is_held_out(grammar) -> None:
    """Where an intent has phrases held out, the two splits share none; elsewhere they are the same."""
    train, held = grammar(held_out=False), grammar(held_out=True)
    for intent in train.phrases:
        drawn, kept = ({one.phrase(intent, Random(seed)) for seed in range(300)} for one in (train, held))
        assert drawn.isdisjoint(kept) == held.has_held_out(intent)


@pytest.mark.parametrize("grammar", [goal_grammar, abstain_grammar])
def test_no_phrase_that_is_held_out_is_another_with_a_slot_filled(grammar) -> None:
    """Else training would write it all the same."""
    held = grammar(held_out=True)
    words = Words(held.words)
    for intent, phrases in held.phrases.items():
        if held.has_held_out(intent):
            known = {phrase for phrase in phrases if phrases.count(phrase) > 1 or not is_held_out(intent, phrase)}
            new = {held.phrase(intent, Random(seed)) for seed in range(20)}
            assert not [phrase for phrase in new if words.can_write(phrase, known)]


@pytest.mark.parametrize(
    ("intents", "in_training", "is_new"),
    [
        ([], True, False),
        (["grip"], True, False),
        (["move_to", "grip"], True, False),
        (["grip", "turn"], False, True),
        (["move_to", "grip", "turn"], False, True),
        (["grip", "camera"], False, False),
        (["grip", "camera", "cockpit"], False, False),
        (["grip", "turn", "turn"], False, True),
    ],
)
def test_a_pair_of_goals_is_in_training_or_held_out(intents: list[str], in_training: bool, is_new: bool) -> None:
    """Never both; to look after a motion is in training by other phrases, and so in neither."""
    assert (may_join(intents, held_out=False), may_join(intents, held_out=True)) == (in_training, is_new)


def test_a_phrase_that_is_listed_twice_is_never_held_out() -> None:
    """How most people say it belongs to training."""
    grammar = goal_grammar(held_out=True)
    basic = "{go} {there} {the}{place}"
    assert is_held_out("go_place", basic)
    assert basic not in {grammar.phrase("go_place", Random(seed)) for seed in range(100)}


def test_every_phrase_can_be_filled() -> None:
    """No slot of a goal's phrase is left without words."""
    for held_out in (False, True):
        for episode in episodes(1500, split=Split(held_out_phrases=held_out)):
            text = episode.goal.replace("{}", "")  # which is a text that is no goal, and no slot
            assert "{" not in text
            assert "}" not in text


def test_blocks_are_stacked_in_name_order_on_the_first() -> None:
    """The first block in name order stays, each next one goes an edge higher."""
    world = World(
        objects={"red block": (200, -700, 50), "blue block": (500, 500, 50), "green block": (-500, 600, 50)}, places={}
    )
    goal = handling.stack(Draft(world, goal_grammar(held_out=False), Random(0)))
    assert goal is not None
    assert [dict(call.arguments) for call in goal.calls] == [
        {"x": -0.5, "y": 0.6, "z": 0.05},
        {"activate": True},
        {"x": 0.5, "y": 0.5, "z": 0.15},
        {"activate": False},
        {"x": 0.2, "y": -0.7, "z": 0.05},
        {"activate": True},
        {"x": 0.5, "y": 0.5, "z": 0.25},
        {"activate": False},
    ]


def test_every_number_of_a_motion_stands_in_its_prompt() -> None:
    """With several things at play the planner copies, from goal, place or thing as listed; it never reckons."""
    copied = {"transfer", "stack", "stack_on", "pick", "go_place", "go_object", "pick_at", "place_on", "inspect_named"}
    seen = 0
    for episode in episodes(2000, split=Split(round=1, noise=False)):
        for step in episode.steps if episode.intent in copied else ():
            if step.reply.name == "move_to":
                *_, goal, rest = prompt.prompt(step.values).rsplit("\n?", 1)
                told = {float(number) for number in NUMBER.findall(goal + rest.splitlines()[0] + rest.splitlines()[-2])}
                seen += 1
                assert set(step.reply.arguments.values()) <= told, (episode.goal, step.reply)
    assert seen > 200


def test_a_measured_world_is_a_little_beside_what_was_asked_for() -> None:
    """As on a real arm: what is listed differs by millimetres, and yet the gripper closes on what is there."""
    world = World(objects={"cube": (1501, 999, 500)}, slack=2)
    random, results = Random(0), result_grammar()
    world.call(Call("move_to", {"x": 1.5, "y": 1.0, "z": 0.5}), results, random, 0.0)
    assert all(abs(is_at - asked) <= 2 for is_at, asked in zip(world.at, (1500, 1000, 500), strict=True))
    assert world.at != (1500, 1000, 500)
    assert not world.call(Call("toggle_tool", {"activate": True}), results, random, 0.0).is_error
    assert world.holding == "cube"
    world.call(Call("move_to", {"x": 0.0, "y": 0.0, "z": 1.0}), results, random, 0.0)
    assert all(abs(is_at - asked) <= 6 for is_at, asked in zip(world.objects["cube"], (0, 0, 1000), strict=True))


def test_the_world_refuses_what_lies_outside_the_workspace() -> None:
    """A call is made as said; the refusal is the world's, and nothing has moved."""
    world = World()
    result = world.call(Call("move_to", {"x": 5.0, "y": 0.0, "z": 1.0}), result_grammar(), Random(0), 0.0)
    assert result.is_error
    assert world.at == (0, 0, 1000)


def test_a_reply_is_compact_json_with_decimals() -> None:
    """One way to write a call, so that exactness can be measured."""
    assert prompt.reply(Call("move_to", {"x": 1.5, "y": 1.0, "z": -0.05})) == (
        '{"name":"move_to","arguments":{"x":1.5,"y":1.0,"z":-0.05}}'
    )
