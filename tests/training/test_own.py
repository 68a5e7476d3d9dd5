"""Laws of a reader's own verbs: what the file says is what is learned, and what does not fit is one sentence."""

import re
from copy import deepcopy
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from llmos.models.gbnf import pocket_grammar
from llmos.models.grammar_walk import grammar_walk
from llmos.models.schema import mismatch
from training import own_measure, prompt
from training.episodes import Author, Episode, Split, Step
from training.grammar import abstain_grammar
from training.measure.asking import Decision, Run, specifications
from training.own import OwnError, own_of, read_own
from training.own_data import OwnAuthor
from training.own_measure import new_goals
from training.world import Call

EXAMPLE = Path(__file__).parents[2] / "examples" / "own-pocket" / "own.yaml"
OWN = read_own(EXAMPLE)
CONTENT = yaml.safe_load(EXAMPLE.read_text("utf-8"))


def episodes(*, only: bool = False, seed: int = 0, count: int = 600) -> list[Episode]:
    """What the author writes."""
    author = OwnAuthor(Split(round=1), Random(seed), OWN, only=only)
    return list(islice((episode for _ in range(count) for episode in author.batch(5)), count))


EPISODES = episodes()
VERBS = {verb.name for verb in OWN.verbs}


def test_the_verbs_come_up_beside_everything_else() -> None:
    """About three goals in ten are the reader's, and each verb is among them."""
    intents = [episode.intent for episode in EPISODES]
    assert set(intents) > VERBS
    assert 0.08 < sum(intent in VERBS for intent in intents) / len(intents) < 0.4


def test_the_data_is_the_same_every_time() -> None:
    """A seed says everything."""
    assert episodes(count=40) == EPISODES[:40]


def test_calls_are_what_the_file_says() -> None:
    """Slots are filled in the goal and in the call alike."""
    found = {episode.intent: episode for episode in reversed(EPISODES)}
    first, *_ = found["wave_wide"].steps
    assert (first.reply.name, list(first.reply.arguments)) == ("move_relative", ["dx"])
    assert first.reply.arguments["dx"] < 0
    mark = [step.reply for step in found["mark"].steps]
    assert mark[0].name == "move_to"
    assert list(mark[0].arguments.values()) in [
        list(p) for p in found["mark"].steps[0].values["state"]["objects"].values()
    ]


def test_every_call_of_a_reader_s_tool_fits_its_schema() -> None:
    """What is learned could be called."""
    calls = 0
    for episode in EPISODES:
        for step in episode.steps:
            if step.reply.name in OWN.tools:
                [spec] = [spec for spec in specifications(step.values["tools"]) if spec.name == step.reply.name]
                assert mismatch(dict(step.reply.arguments), spec.input_schema) is None
                calls += 1
    assert calls > 20


@pytest.mark.parametrize("kind", ["string", ["grün", "grau"]])
def test_a_value_with_letters_of_another_language_can_be_written_as_it_is_learned(kind: Any) -> None:
    """The reply that training teaches is one that the grammar allows."""
    content = {
        "tools": {"set_light": {"arguments": {"color": kind}}},
        "verbs": {"light": {"phrases": ["make it {hue}"], "calls": [{"set_light": {"color": "{hue}"}}]}},
        "choices": {"hue": {"grün": ["green"], "grau": ["grey"]}},
    }
    walk = grammar_walk(pocket_grammar(specifications(list(own_of(content).tools.values()))))
    learned = prompt.reply(Call("set_light", {"color": "grün"}))
    assert learned == '{"name":"set_light","arguments":{"color":"grün"}}'
    assert walk.may_end(walk.after(walk.start, learned))


def test_a_list_without_the_tool_teaches_to_say_so() -> None:
    """A verb whose tool is not offered is abstained from, because of the tools."""
    lacking = [
        episode
        for episode in EPISODES
        if episode.intent == "missing_tool" and "light" in episode.goal.lower() and len(episode.steps) == 1
    ]
    assert lacking
    for episode in lacking:
        assert episode.steps[0].reply.arguments == {"status": "abstained", "quote": "tools"}


PLACED = """
tools: {goto: {arguments: {x: number, y: number}}}
verbs:
  drive_home: {robots: [arm, rover], phrases: ["goto {point}"], calls: [goto: "{point}", move_to: "{point}"]}
  fetch: {robots: [rover], phrases: ["fetch {object} to {point}"], calls: [move_to: "{object}", move_to: "{point}"]}
"""


def test_a_position_is_what_the_tool_takes_and_the_robot_has() -> None:
    """A tool without a height gets none, and on the floor none is said."""
    own = own_of(yaml.safe_load(PLACED))
    author = OwnAuthor(Split(noise=False), Random(0), own, only=True)
    found = {"arm": 0, "rover": 0}
    for episode in (one for _ in range(80) for one in author.batch(5) if one.intent in ("drive_home", "fetch")):
        kind = "rover" if episode.steps[0].values["state"]["gripper"] == "none" else "arm"
        for call in [step.reply for step in episode.steps if step.reply.name in ("goto", "move_to")]:
            is_flat = call.name == "goto" or kind == "rover"
            assert list(call.arguments) == (["x", "y"] if is_flat else ["x", "y", "z"]), (kind, call)
        if episode.intent == "drive_home":
            assert len(re.findall(r"\d*\.?\d+", episode.goal)) == {"arm": 3, "rover": 2}[kind], episode.goal
            found[kind] += 1
    assert min(found.values()) > 10


def test_claimed_words_are_no_longer_nobody_s_business() -> None:
    """What used to be none of the robot's business does not contradict the new verbs."""
    author = OwnAuthor(Split(), Random(0), OWN)
    for entries in author._others.words.values():
        assert len(entries) > 0
    vague = " ".join(author._others.words["vague"]).split()
    assert not OWN.claims & set(vague)
    assert len(author._prose) > 1000
    assert not OWN.claims & set(re.findall(r"\w+", " ".join(author._prose).lower()))
    texts = [episode.goal.lower() for episode in EPISODES if episode.intent == "abstain"]
    assert any("white flag" in text or "sound wave" in text or "lamp" in text for text in texts)


@pytest.mark.parametrize("held_out", [False, True])
def test_what_is_said_about_a_verb_is_of_the_split(held_out: bool) -> None:
    """Phrases that are no goal and kept for measuring are not trained on; measuring uses no others."""
    author = OwnAuthor(Split(held_out_phrases=held_out), Random(0), OWN)
    known, kept = (set(abstain_grammar(held_out=one).texts()) for one in (False, True))
    others = [phrase for phrase in (known - kept if held_out else kept - known) if "{goal}" in phrase]
    assert len(others) > 5
    forms = [re.compile(re.escape(phrase).replace(r"\{goal\}", ".+")) for phrase in others]
    heard = [author.no_goal(author.world()) for _ in range(300)]
    mine = [text for text in heard if "wave" in text or "lamp" in text]
    assert len(mine) > 10
    assert [text for text in mine for form in forms if form.fullmatch(text)] == []


def test_a_claim_is_what_stands_there_and_no_slot() -> None:
    """Several words, capitals and marks are read as a person reads them; `{goal}` is not the word goal."""
    own = own_of({**CONTENT, "claims": ["Goal", "the LAMP adventurer"]})
    author, usual = OwnAuthor(Split(), Random(0), own), Author(Split(), Random(0))
    assert set(usual._prose) - set(author._prose) >= {"go north and light the lamp, adventurer"}
    assert any("lamp" in text for text in author._prose)
    assert any("{goal}" in text for text in author._others.phrases["phrases"])


def test_what_is_measured_was_not_learned() -> None:
    """Phrases that are kept from training come up only where they are asked for."""
    learned, kept = new_goals(OWN, 5), new_goals(OWN, 5, held_out=True)
    assert set(learned) == VERBS
    assert set(kept) <= VERBS
    assert all(len(found) == 5 for found in [*learned.values(), *kept.values()])


class Unsure:
    """A model whose replies are all right, and half sure where somebody asks."""

    def __init__(self, path: Path, *, grammar: bool = True, scored: bool = False) -> None:
        assert grammar
        self._probability = 0.5 if scored else 1.0

    def play(self, episodes: list[Episode]) -> list[Run]:
        """To the letter."""
        return [Run(one, tuple(map(self._decided, one.steps))) for one in episodes]

    def _decided(self, step: Step) -> Decision:
        return Decision(step, prompt.reply(step.reply), self._probability, self._probability, 0.0, 0.0)


def test_what_the_host_would_hold_back_is_not_counted_as_right(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A robot that never moves has learned nothing; what is no goal is right when it is held back."""
    monkeypatch.setattr(own_measure, "Planner", Unsure)
    assert own_measure.main(["own.gguf", str(EXAMPLE), "--before", "pocket.gguf", "--count", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    mine = [line for line in lines if "phrases" in line and line.split(",")[0] in VERBS]
    assert len(mine) > len(VERBS)
    assert all(line.endswith("    0 of 3") for line in mine)
    [nothing] = [line for line in lines if line.startswith("no goal ")]
    assert nothing.endswith("    3 of 3, before 3")


WRONG = [
    (lambda c: c.update(verbz={}), "unknown part 'verbz'; there are tools, verbs, choices, words, claims, no_goals"),
    (lambda c: c.update(verbs=[]), "'verbs' must be a mapping"),
    (lambda c: c.update(verbs={}), "it has no 'verbs', so there is nothing to learn"),
    (lambda c: c.update(claims=[True]), "claims must be a list of texts (quote yes, no, on and off)"),
    (
        lambda c: c["verbs"]["wave"].update(calls=["jump"]),
        (
            "there is no tool 'jump' for this robot (arm); there are set_light, emergency_stop, get_camera_feed, "
            "get_status, go_home, move_relative, move_to, toggle_tool"
        ),
    ),
    (
        lambda c: c["verbs"]["wave"].update(calls=[{"move_to": {"x": 1.0}}]),
        "verb 'wave' gives move_to the arguments x; it has x, y, z, theta_deg?",
    ),
    (
        lambda c: c["verbs"]["wave_wide"].update(calls=[{"move_to": "{length}"}]),
        "verb 'wave_wide' gives move_to '{length}', which is no position; say {point}, {object} or {place}",
    ),
    (
        lambda c: c["verbs"]["light"]["phrases"].append("make it nice"),
        "phrase 'make it nice' of verb 'light' does not say {color}, which its calls need",
    ),
    (
        lambda c: c["verbs"]["wave"]["phrases"].append("wave {slowly}"),
        "phrase 'wave {slowly}' of verb 'wave' has {slowly}, for which there are no words",
    ),
    (
        lambda c: c["verbs"]["light"].update(calls=[{"set_light": {"color": "{hue}"}}]),
        (
            "verb 'light' fills '{hue}', which is neither a choice of this file nor one of angle, count, length, "
            "object, place, point"
        ),
    ),
    (lambda c: c["verbs"]["wave"].update(weight=0), "the weight of verb 'wave' must be a number above 0"),
    (lambda c: c["verbs"]["wave"].update(robots=["boat"]), "the robots of verb 'wave' may be arm and rover"),
    (
        lambda c: c["verbs"]["wave"].pop("calls"),
        "verb 'wave' must have phrases and calls, and may have weight and robots",
    ),
    (
        lambda c: c["verbs"]["wave"].update(calls=[{"a": {}, "b": {}}]),
        "a call of verb 'wave' is written as `- tool: {argument: value}`; this is {'a': {}, 'b': {}}",
    ),
    (lambda c: c["tools"].update(go_home={}), "'go_home' is a tool of the robot already; give yours another name"),
    (
        lambda c: c["tools"]["set_light"].update(arguments={"color": "colour"}),
        (
            "argument 'color' of tool 'set_light' is one of number, integer, boolean, string, or a list of texts "
            "(quote on and off)"
        ),
    ),
    (
        lambda c: c["tools"].update({"Set Light": {}}),
        "'Set Light' is no name: a letter first, then letters, digits and underscores, all lower case",
    ),
]


@pytest.mark.parametrize(("spoil", "sentence"), WRONG, ids=[sentence[:40] for _, sentence in WRONG])
def test_what_does_not_fit_is_one_sentence(spoil: Any, sentence: str) -> None:
    """Before anything is trained, and with what there is instead."""
    content = deepcopy(CONTENT)
    spoil(content)
    with pytest.raises(OwnError) as failure:
        own_of(content)
    assert str(failure.value) == sentence


@pytest.mark.parametrize("text", ["a: [", "- 1", "", "\x00"])
def test_a_file_that_is_no_mapping_is_one_sentence(tmp_path: Path, text: str) -> None:
    """Its name stands first."""
    path = tmp_path / "own.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(OwnError) as failure:
        read_own(path)
    assert str(failure.value).startswith(f"{path}")
    assert "\n" not in str(failure.value)
