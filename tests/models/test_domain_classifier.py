"""Whether a text is a goal at all: the classifier of a model's file, and what it does to a reply's probability."""

from array import array
from importlib.resources import files
from math import inf, nan
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.messages import Message, Reply, Request, Text, ToolSpec
from llmos.models.domain_classifier import (
    BIAS_KEY,
    SCALE_KEY,
    WEIGHTS_KEY,
    DomainClassifier,
    features,
    pooled,
    read_classifier,
)
from llmos.models.gguf_header import ModelFileError, read_header
from llmos.models.local import LocalModel

POCKET = Path(str(files("llmos.models.pocket").joinpath("pocket.gguf")))
OWN = Path("/m/own.gguf")
BUCKETS = 1 << 12
KEYS = {WEIGHTS_KEY: [1, -2, 3], SCALE_KEY: 0.5, BIAS_KEY: 0.0}
HOME = ToolSpec("go_home", "", {"type": "object", "properties": {}, "additionalProperties": False})


def shipped() -> DomainClassifier:
    """The one in the file that ships."""
    found = read_classifier(read_header(POCKET).keys, POCKET)
    assert found is not None
    return found


def only(text: str, *tools: str, weight: int = 100) -> DomainClassifier:
    """One for which nothing counts but what is in this text."""
    weights = array("b", bytes(BUCKETS))
    for bucket in features(text, tools, BUCKETS):
        weights[bucket] = weight
    return DomainClassifier(weights, 0.01, 0.0)


@given(st.text(max_size=80), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.integers(-128, 127))
def test_it_is_a_probability(text: str, scale: float, bias: float, weight: int) -> None:
    """Whatever the text and the weights are."""
    classifier = DomainClassifier(array("b", [weight] * 64), scale, bias)
    assert 0.0 <= classifier.probability(text, ("wave_hand",)) <= 1.0


@given(st.text(max_size=80))
def test_a_text_has_the_same_features_every_time(text: str) -> None:
    """Each once, in order, and none beyond the last bucket."""
    found = features(text, (), BUCKETS)
    assert found == sorted(set(found)) == features(text, (), BUCKETS)
    assert all(0 <= bucket < BUCKETS for bucket in found)


def test_what_speaks_for_a_goal_raises_it_and_what_speaks_against_lowers_it() -> None:
    """By the words; a text that shares none is as likely as not."""
    text = "go left"
    assert only(text, weight=-100).probability(text, ()) < 0.1 < 0.9 < only(text).probability(text, ())
    assert DomainClassifier(array("b", bytes(BUCKETS)), 1.0, 0.0).probability(text, ()) == 0.5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("go 3 cm up", "go 1.25 m up"),
        ("to (1, 0.5, 0.25)", "to (-1.5, 2, 1)"),
        ("Go  UP", "go up"),
        ("turn 5°", "turn 90°"),
    ],
)
def test_numbers_case_and_blanks_make_no_difference(one: str, other: str) -> None:
    """A robot is asked for any of them."""
    assert features(one, (), BUCKETS) == features(other, (), BUCKETS)


def test_a_tool_that_the_text_names_in_full_counts() -> None:
    """Every word of its name, in any order; not a single word, nor the words that all people say."""
    assert features("wave your hand", ("wave_hand",), BUCKETS) != features("wave your hand", (), BUCKETS)
    for text, tool in (("wave goodbye", "wave_hand"), ("say hello", "say"), ("i move to berlin", "move_to")):
        assert features(text, (tool,), BUCKETS) == features(text, (), BUCKETS)


def test_a_file_without_one_has_none() -> None:
    """As those of other people."""
    assert read_classifier({"general.architecture": "qwen3vl"}, OWN) is None
    assert read_classifier(KEYS, OWN) == DomainClassifier(array("b", [1, -2, 3]), 0.5, 0.0)


@pytest.mark.parametrize(
    "damage",
    [
        {WEIGHTS_KEY: []},
        {WEIGHTS_KEY: [1, 300]},
        {WEIGHTS_KEY: [0.5]},
        {WEIGHTS_KEY: "none"},
        {SCALE_KEY: "1"},
        {SCALE_KEY: nan},
        {BIAS_KEY: inf},
        {BIAS_KEY: None},
    ],
)
def test_a_damaged_one_is_refused(damage: dict[str, object]) -> None:
    """Nothing is guessed in place of it."""
    with pytest.raises(ModelFileError, match=r"^/m/own\.gguf is damaged: its domain classifier cannot be read: "):
        read_classifier({**KEYS, **damage}, OWN)


def test_one_with_a_key_too_few_is_refused() -> None:
    """It says which."""
    with pytest.raises(ModelFileError, match=BIAS_KEY):
        read_classifier({WEIGHTS_KEY: [1], SCALE_KEY: 1.0}, OWN)


def test_the_shipped_one_knows_goals_from_talk() -> None:
    """By far."""
    goals = ("Take the red cube to the shelf", "go 30 cm up and open the gripper", "turn 90 degrees clockwise")
    talk = ("what do you think of the weather?", "my sister moved to Berlin last year", "hold your horses, my friend")
    assert min(shipped().probability(text, ()) for text in goals) > 0.6
    assert max(shipped().probability(text, ()) for text in talk) < 0.3


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_either_opinion_raises_and_lowers_what_both_say(reply: float, goal: float, more: float) -> None:
    """A probability again; who is sure of neither side changes nothing."""
    assert 0.0 <= pooled(reply, goal) <= 1.0
    assert pooled(max(reply, more), goal) >= pooled(reply, goal) - 1e-9
    assert pooled(reply, max(goal, more)) >= pooled(reply, goal) - 1e-9
    assert pooled(reply, 0.5) == pytest.approx(min(max(reply, 1e-5), 1 - 1e-5), abs=1e-5)


@pytest.mark.parametrize(
    ("reply", "goal", "both"),
    [
        (0.9, 0.9, 0.987804),
        (0.9, 0.1, 0.5),
        (0.99, 0.2, 0.961165),
        (0.49, 0.999, 0.49),
        (0.3, 0.1, 0.045454),
        (1.0, 0.0, 0.5),
        (1.0, 1.0, 1.0),
    ],
)
def test_their_odds_are_multiplied(reply: float, goal: float, both: float) -> None:
    """But a reply that is less likely than not gains nothing, and nobody is quite sure."""
    assert pooled(reply, goal) == pytest.approx(both, abs=1e-5)


@pytest.mark.anyio
async def test_a_call_needs_both_opinions() -> None:
    """The probability that is told is that of both; where it is not enough, nothing is called."""
    request = Request("", (Message("user", (Text("Go home."),)),), (HOME,))
    sure, unsure = [await _asked(request, confidence) for confidence in (0.0, 1.0)]
    goal = shipped().probability("Go home.", ("go_home",))
    assert sure.probability is not None
    assert goal < sure.probability <= pooled(1.0, goal)
    assert sure.stop_reason == "tools"
    assert (unsure.probability, unsure.claim) == (sure.probability, "abstained")


async def _asked(request: Request, confidence: float) -> Reply:
    model = LocalModel(POCKET, confidence=confidence)
    try:
        return await model.reply(request, [].append)
    finally:
        await model.aclose()
