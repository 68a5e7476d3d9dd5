"""Laws of the episodes that the pocket model learns from."""

import re
from collections import Counter
from itertools import islice
from random import Random

import pytest

from training import goals, handling, prompt
from training.derivation import Words
from training.episodes import Author, Episode, Split, may_join
from training.goals import Draft
from training.grammar import abstain_grammar, goal_grammar, is_held_out, result_grammar
from training.numbers import is_held_out as number_is_held_out
from training.toolkit import ARM, STRANGERS, bare_list
from training.world import Call, World

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
            assert "{" not in episode.goal
            assert "}" not in episode.goal


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
    for episode in episodes(1500, split=Split(round=1, noise=False)):
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
