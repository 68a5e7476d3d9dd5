"""Laws of what a file of a reader's own may say: a mistake is one sentence before training, the rest can be trained."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import date
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from training.episodes import Episode, Split
from training.grammar import held_out_words
from training.own import OwnError, own_of, read_own
from training.own_data import OwnAuthor
from training.own_measure import new_goals

CONTENT = yaml.safe_load(
    """
tools:
  blink: {arguments: {side: [left, right], times: integer, "speed?": number}, answers: [blinked]}
verbs:
  blink_left:
    phrases: ["blink {lamp} on the {side}", "{side} blink please"]
    calls:
    - blink: {side: "{side}", times: 2}
choices:
  side: {left: [left, port], right: [right, starboard]}
words:
  lamp: [the lamp, the light]
"""
)
Content = dict[str, Any]


def changed(**parts: Any) -> Content:
    """The file with other parts; what is a mapping is added to."""
    content: Content = deepcopy(CONTENT)
    for part, value in parts.items():
        content[part] = {**content[part], **value} if isinstance(content.get(part), dict) else value
    return content


def verb(**parts: Any) -> Content:
    """The file with other parts of its verb."""
    return changed(verbs={"blink_left": {**CONTENT["verbs"]["blink_left"], **parts}})


def tool(**parts: Any) -> Content:
    """The file with other parts of its tool."""
    return changed(tools={"blink": {**CONTENT["tools"]["blink"], **parts}})


def call(phrase: str, **arguments: Any) -> Content:
    """The file with one phrase and one call of its tool."""
    return verb(phrases=[phrase], calls=[{"blink": {"side": "left", "times": 1, **arguments}}])


def episodes(content: Content, count: int = 40) -> list[Episode]:
    """What is trained on."""
    author = OwnAuthor(Split(round=1), Random(0), own_of(content), only=True)
    return list(islice((episode for _ in range(count) for episode in author.batch(5)), count))


KEPT = min(held_out_words())
A_LIST = "must be a list of texts (quote yes, no, on and off)"
TAKEN = "that training has already; give yours another name"
AS_SIDE = "verb 'blink_left' gives blink as side"
WRONG: list[tuple[Content, str]] = [
    (changed(verbs={"square": CONTENT["verbs"]["blink_left"]}), f"'square' is a verb {TAKEN}"),
    (changed(verbs={"abstain": CONTENT["verbs"]["blink_left"]}), f"'abstain' is a verb {TAKEN}"),
    (changed(words={"arm": ["the arm"]}), f"'arm' is a list of words {TAKEN}"),
    (changed(tools={"drive": {}}), f"'drive' is a kind of answer {TAKEN}"),
    (changed(tools={"finish": {}}), "'finish' is a tool of the robot already; give yours another name"),
    (changed(choices={"point2": {"a": ["a"]}}), f"'point2' is a slot {TAKEN}"),
    (tool(answers=[]), "answers of blink must be at least one text"),
    (changed(choices={"side": {"left": [], "right": ["right"]}}), "choice 'side' must be at least one text"),
    (changed(words={"lamp": []}), "words of lamp must be at least one text"),
    (
        changed(choices={"side": {"left": ["{lamp}"], "right": ["right"]}}),
        "choice 'side' says '{lamp}', but nothing fills {lamp} there; say it in words",
    ),
    (
        changed(no_goals=["who made {lamp}"]),
        "no_goals says 'who made {lamp}', but nothing fills {lamp} there; say it in words",
    ),
    (
        changed(words={"lamp": ["the {kind_of_lamp}"]}),
        "'the {kind_of_lamp}' of words of lamp has {kind_of_lamp}, for which there are no words",
    ),
    (
        changed(words={"lamp": ["the {light}"], "light": ["my {lamp}"]}),
        "'my {lamp}' of words of light has {lamp}, whose words hold {lamp} again and so never end",
    ),
    (
        changed(words={"lamp": [KEPT]}),
        f"words of lamp are all kept from training, to measure by: {KEPT}; add one that is not",
    ),
    (call("blink {side}", side="-{side}"), f"{AS_SIDE} '-{{side}}', but only a number has another way; say '{{side}}'"),
    (
        call("blink at {point}", side="{point}"),
        f"{AS_SIDE} '{{point}}', but a position stands for all coordinates: `- tool: \"{{point}}\"`",
    ),
    (
        verb(phrases=["go to {point}"], calls=[{"move_to": "-{point}"}]),
        "verb 'blink_left' gives move_to '-{point}', which is no position; say {point}, {object} or {place}",
    ),
    (
        call("blink {side}", side="the {side}"),
        f"{AS_SIDE} 'the {{side}}'; an argument is a plain value, or one slot and nothing else",
    ),
    (call("blink", side="up"), f'{AS_SIDE} "up", not one of "left", "right"'),
    (
        changed(choices={"side": {"left": ["left"], "back": ["back"]}}),
        f"{AS_SIDE} '{{side}}', which may be \"back\", not one of \"left\", \"right\"",
    ),
    (
        call("blink {length}", times="{length}"),
        "verb 'blink_left' gives blink as times '{length}', which may be 0.1, not integer",
    ),
    (call("blink", speed=float("inf")), "verb 'blink_left' gives blink as speed no number that there is"),
    (
        verb(phrases=["shut"], calls=[{"toggle_tool": {"activate": "yes"}}]),
        "verb 'blink_left' gives toggle_tool as activate \"yes\", not boolean",
    ),
    (
        verb(phrases=["shut"], calls=[{"toggle_tool": {True: True}}]),
        "verb 'blink_left' gives toggle_tool the arguments True; it has activate",
    ),
    (
        tool(arguments={True: "boolean"}),
        "tool 'blink' has an argument True, which is no name (quote yes, no, on and off)",
    ),
    (tool(arguments=["side"]), "the arguments of tool 'blink' are written as `argument: kind`; this is ['side']"),
    (verb(robots=None), "the robots of verb 'blink_left' may be arm and rover"),
    (verb(robots=[["arm"]]), "the robots of verb 'blink_left' may be arm and rover"),
    (verb(weight=float("inf")), "the weight of verb 'blink_left' must be a number above 0"),
    (verb(phrases="blink"), f"phrases of verb 'blink_left' {A_LIST}"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "sentence"), WRONG, ids=[sentence[:60] for _, sentence in WRONG])
def test_what_training_would_stumble_over_is_one_sentence(content: Content, sentence: str) -> None:
    """Before anything is trained, with where it stands."""
    with pytest.raises(OwnError) as failure:
        own_of(content)
    assert str(failure.value) == sentence


RIGHT: list[tuple[str, Content, Callable[[Episode], bool]]] = [
    (
        "an answer in braces is told as it stands",
        tool(answers=['{"ok": true}']),
        lambda one: any(said["content"] == '{"ok": true}' for said in one.steps[-1].values["messages"]),
    ),
    (
        "the name of a choice may end with a digit",
        changed(
            choices={"led2": {"left": ["first"], "right": ["second"]}},
            verbs={
                "blink_left": {
                    "phrases": ["the {led2} one"],
                    "calls": [{"blink": {"side": "{led2}", "times": 1}}],
                }
            },
        ),
        lambda one: "first" in one.goal.lower() and one.steps[0].reply.arguments["side"] == "left",
    ),
    (
        "a choice may be a switch or a number",
        changed(
            choices={"much": {1: ["a bit"], 2.5: ["a lot"]}, "shut": {True: ["shut"], False: ["open"]}},
            verbs={
                "blink_left": {
                    "phrases": ["{much} {shut}"],
                    "calls": [{"move_relative": {"dx": "-{much}"}}, {"toggle_tool": {"activate": "{shut}"}}],
                }
            },
        ),
        lambda one: [dict(step.reply.arguments) for step in one.steps[:2]] == [{"dx": -1}, {"activate": True}],
    ),
]


@pytest.mark.parametrize(("content", "is_there"), [case[1:] for case in RIGHT], ids=[case[0] for case in RIGHT])
def test_what_fits_can_be_trained(content: Content, is_there: Callable[[Episode], bool]) -> None:
    """It comes up as the file says."""
    found = [one for one in episodes(content, 200) if one.intent == "blink_left" and len(one.steps) > 1]
    assert any(map(is_there, found))


def test_a_file_whose_calendar_is_wrong_is_one_sentence(tmp_path: Path) -> None:
    """YAML reads a date where none was meant."""
    path = tmp_path / "own.yaml"
    path.write_text("claims: [2026-13-45]", "utf-8")
    with pytest.raises(OwnError, match="cannot be read: month must be"):
        read_own(path)


def test_what_passes_can_be_measured() -> None:
    """Every verb of the file comes up."""
    assert {name: len(found) for name, found in new_goals(own_of(CONTENT), 3).items()} == {"blink_left": 3}


ODD: tuple[Any, ...] = (
    None, True, 3, -0.5, float("nan"), "", "{", "{}", "{side}", "-{point}", "{0}", [], [""], [None], [[]], {},
    {True: {}}, {"a": {True: 1}}, date(2026, 1, 2), b"x",
)  # fmt: skip


def places(content: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to everything in the file."""
    for key in content if isinstance(content, dict) else range(len(content)) if isinstance(content, list) else ():
        yield (*above, key)
        yield from places(content[key], (*above, key))


def is_refused(content: Content) -> bool:
    """By a sentence."""
    try:
        own_of(content)
    except OwnError as error:
        return "\n" not in str(error)
    return False


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_whatever_stands_in_one_place_is_refused_or_trained(odd: Any) -> None:
    """Never a traceback: neither while the file is read nor while goals are made of it."""
    for *above, last in places(CONTENT):
        content = deepcopy(CONTENT)
        part = content
        for key in above:
            part = part[key]
        part[last] = odd
        if is_refused(content):
            continue
        assert episodes(content, 3)
