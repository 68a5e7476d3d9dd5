"""Laws of how a pocket model is measured: what is asked, what counts as right, and how sure it must be."""

import json
import re
from importlib.resources import files
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.models.completion import Completion
from llmos.models.reading import read_goal
from training import prompt
from training.episodes import Author, Episode, Split, Step
from training.measure import asking, judging
from training.measure.asking import Decision, Run, specifications
from training.measure.calibration import STEP, Judged, expected_error, reliability, risk_coverage, threshold
from training.measure.splits import (
    GENERATED,
    JOINTS,
    KNOWN,
    MISSING,
    NUMBERS,
    ORDERED,
    SEEN,
    SHUFFLED,
    UNKNOWN,
    WORDS,
    Draw,
    errors,
    foreign,
    goals,
    lists,
    no_goals,
    seen,
    several,
    told,
)
from training.measure.words import is_trained, unknown_words, words_of
from training.mixes import MIXES
from training.numbers import is_held_out
from training.toolkit import bare_list
from training.world import Call
from training.written import SHEETS, Sheet, foreign_texts, written_goals

POCKET = Path(str(files("llmos.models.pocket").joinpath("pocket.gguf")))
SAMPLE = Draw(25)
GOALS = goals(SAMPLE)
NOTHING = no_goals(SAMPLE, held_out=True)


def decided(step: Step, text: str, probability: float = 1.0) -> Decision:
    """What a model wrote."""
    return Decision(step, text, probability, probability, 0.0, 0.0)


def rightly(episodes: list[Episode]) -> list[Run]:
    """Runs in which every reply is the right one."""
    return [Run(one, tuple(decided(step, prompt.reply(step.reply)) for step in one.steps)) for one in episodes]


class Writing:
    """A backend that writes the same reply to everything, quite sure of it."""

    def __init__(self, text: str) -> None:
        self.text = text

    def complete(self, *_: object) -> Completion:
        """What it was given."""
        return Completion(self.text, 100, 0, 20, "end", logprob=-0.001)


@pytest.mark.parametrize(
    ("goal", "x", "is_called"),
    [
        ("take the red cube", 0.5, True),
        ("take the cube", 0.5, False),
        ("go to (1.5, 0, 0)", 1.5, True),
        ("go to (1.5, 0, 0)", 0.7, False),
    ],
)
def test_a_call_that_the_host_turns_down_is_none(
    goal: str, x: float, is_called: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However sure the model is: the numbers must be the goal's, and one of two things is a guess."""
    reply = Call("move_to", {"x": x, "y": 0.0, "z": 0.0})
    monkeypatch.setattr(asking, "load", lambda *_: Writing(prompt.reply(reply)))
    state = {"objects": {"red cube": [0.5, 0.0, 0.0], "blue cube": [1.0, 0.0, 0.0]}}
    values = {"messages": [{"role": "user", "content": goal}], "tools": bare_list("arm"), "state": state}
    decision = asking.Planner(POCKET, scored=True).decide(Step({**values, "eos_token": ""}, reply))
    assert decision.alone > 0.99
    assert judging.acts(decision, confidence=0.5) is is_called
    assert judging.acts(decision)


def names_in(episode: Episode) -> frozenset[str]:
    """The words in names of things, places and tools."""
    state = episode.steps[0].values["state"]
    return words_of(" ".join([*(state.get("objects") or ()), *(state.get("places") or ()), *names(episode.steps[0])]))


def names(step: Step) -> list[str]:
    """The tools of a list, in its order."""
    return [tool["function"]["name"] for tool in step.values["tools"]]


def test_every_measurement_asks_the_same() -> None:
    """Two files can be compared, and what is chosen on one side is not measured there."""
    assert goals(SAMPLE) == GOALS
    assert [one.goal for one in seen(SAMPLE)] != [one.goal for one in seen(Draw(25, "test"))]
    tuning, test = ({one.goal for texts in foreign(Draw(None, sheet)).values() for one in texts} for sheet in SHEETS)
    assert len(test) >= 500
    assert tuning & test == set()


def test_nobody_sees_the_test_without_asking_for_it() -> None:
    """A draw that names no sheet asks what stands on the other one."""
    asked = {one.goal for name in (KNOWN, UNKNOWN) for one in goals(Draw(), usual=1)[name]}
    assert asked <= {one.goal for one in written_goals("validation")}
    assert asked.isdisjoint(one.goal for one in written_goals("test"))


def test_a_sample_holds_as_many_as_it_says() -> None:
    """So a sample in CI takes as long as it did yesterday."""
    assert {len(GOALS[name]) for name in GENERATED} == {25}
    assert len(told(SAMPLE)) == len(errors(SAMPLE)) == len(NOTHING) == 25
    assert len(GOALS[KNOWN]) == 25
    assert 10 <= len(GOALS[UNKNOWN]) <= 25


def test_the_test_sheet_is_large_enough_for_its_floors() -> None:
    """At least 240 goals that people wrote, 30 of them with words that training never says."""
    written = goals(Draw(None, "test"), usual=1)
    assert len(written[KNOWN]) + len(written[UNKNOWN]) >= 240
    assert len(written[UNKNOWN]) >= 30


def test_the_right_replies_score_everything() -> None:
    """Exactly the right texts count, in every split."""
    for episodes in (*GOALS.values(), NOTHING, errors(SAMPLE), told(SAMPLE), *lists(SAMPLE).values()):
        runs = rightly(episodes)
        assert judging.goals(runs) == judging.Share(len(runs), len(runs))
        assert judging.actions(runs).count == 0
        assert not any(map(judging.is_outside, judging.decisions(runs)))


def test_a_reply_that_is_not_sure_enough_abstains() -> None:
    """As on the host: it is no right call and no false action, and where nothing is to be done it is right."""
    call = next(one.steps[0] for one in GOALS[SEEN] if one.steps[0].reply.name not in judging.HARMLESS)
    unsure = decided(call, prompt.reply(call.reply), 0.4)
    assert (judging.is_right(unsure), judging.is_right(unsure, 0.5)) == (True, False)
    slip = decided(NOTHING[0].steps[0], '{"name":"go_home","arguments":{}}', 0.4)
    assert (judging.acts(slip), judging.is_right(slip)) == (True, False)
    assert (judging.acts(slip, 0.5), judging.is_right(slip, 0.5)) == (False, True)


def test_the_reason_of_an_abstention_is_judged_apart() -> None:
    """To leave a thing alone for the wrong reason is still to leave it alone."""
    step = NOTHING[0].steps[0]
    one = decided(step, '{"name":"finish","arguments":{"status":"abstained","quote":"tools"}}')
    assert (judging.is_right(one), judging.quotes_rightly(one)) == (True, False)


@pytest.mark.parametrize("name", ["get_status", "get_camera_feed", "emergency_stop"])
def test_to_look_or_to_stop_is_no_action(name: str) -> None:
    """It is wrong where nothing was asked, but nothing moves."""
    one = decided(NOTHING[0].steps[0], json.dumps({"name": name, "arguments": {}}))
    assert (judging.acts(one), judging.is_right(one)) == (False, False)


def test_a_tool_outside_the_list_is_counted() -> None:
    """Whatever else is wrong with the reply."""
    assert judging.is_outside(decided(NOTHING[0].steps[0], '{"name":"no_such_tool","arguments":{}}'))
    assert not judging.is_outside(decided(NOTHING[0].steps[0], "no call"))


@pytest.mark.parametrize(
    "text", ["", "nonsense", "[1]", '{"name":3,"arguments":{}}', '{"name":"go_home"}', '{"name":"x","arguments":[]}']
)
def test_only_a_call_is_read_as_one(text: str) -> None:
    """What is no call calls nothing."""
    assert judging.read(text) is None


def test_unseen_numbers_stand_in_the_goal() -> None:
    """One that training never sees; if it were only copied from the state, that would be no test."""
    for episode in GOALS[NUMBERS]:
        said = {float(number) for number in re.findall(r"\d+\.\d+", read_goal(episode.goal))}
        values = [value for step in episode.steps for value in step.reply.arguments.values()]
        called = {abs(value) for value in values if isinstance(value, float)}
        assert any(is_held_out(round(1000 * number)) for number in said & called), episode.goal


@pytest.mark.parametrize("number", range(len(MIXES)))
def test_unseen_words_are_in_no_goal_that_training_makes(number: int) -> None:
    """Nor in a text of prose, or a frame; each goal of the split has such a word."""
    new = [unknown_words(one.goal, one.steps[0].values["state"]) for one in GOALS[WORDS]]
    assert all(new)
    author = Author(Split(noise=False, round=number), Random("another seed"))
    made = [one for _ in range(150) for one in author.batch(3) if one.intent != "abstain"]
    said = frozenset[str]().union(*(words_of(one.goal) for one in made))
    names = frozenset[str]().union(*(names_in(one) for one in made))
    assert said.isdisjoint(frozenset[str]().union(*new) - names)


def test_unseen_combinations_are_joined_goals() -> None:
    """Of at least two calls."""
    assert all(one.intent in ("joined", "missing_tool") for one in GOALS[JOINTS])


@pytest.mark.parametrize(
    ("sheet", "goals_left", "texts_left"), [("validation", 400, 800), ("test", 240, 500)], ids=["validation", "test"]
)
def test_what_training_says_word_for_word_is_not_asked(sheet: Sheet, goals_left: int, texts_left: int) -> None:
    """Neither goals nor other texts that people wrote; enough of both are left."""
    draw = Draw(None, sheet)
    asked = [one.goal for name in (KNOWN, UNKNOWN) for one in goals(draw, usual=1)[name]]
    others = [one.goal for texts in foreign(draw).values() for one in texts]
    assert not any(map(is_trained, [*asked, *others]))
    assert len(asked) >= goals_left
    assert len(others) >= texts_left
    assert set(asked) <= {one.goal for one in written_goals(sheet)}
    assert set(others) <= {one.text for one in foreign_texts(sheet)}


@pytest.mark.parametrize(("text", "is_known"), [("Go home.", True), ("  go   HOME", True), ("go home, dear", False)])
def test_a_text_is_known_whatever_its_capitals_and_its_end(text: str, is_known: bool) -> None:
    """Blanks do not count either."""
    assert is_trained(text) == is_known


def test_texts_that_are_no_goal_come_as_training_makes_them() -> None:
    """Of phrases that it never uses: questions and goals that are taken back among them, but no goal."""
    made = no_goals(Draw(200), held_out=True)
    assert {one.intent for one in made} == {"abstain"}
    assert not any(is_trained(one.goal) for one in made)
    assert len({one.goal for one in made}) > 150


def test_names_that_fit_several_things_ask_for_nothing() -> None:
    """At least two things bear the word that is said, or none is called by so vague a one; a reply asks which."""
    made = several(Draw(60))
    assert len({one.goal for one in made}) > 50
    for episode in made:
        (step,) = episode.steps
        assert step.reply == Call("finish", {"status": "abstained", "quote": "names"})
        assert len(step.values["state"]["objects"]) > 1


def test_lists_differ_only_in_their_tools() -> None:
    """The same goal with its tools in order, shuffled, and without the one that it needs first."""
    made = lists(SAMPLE)
    for ordered, shuffled, missing in zip(made[ORDERED], made[SHUFFLED], made[MISSING], strict=True):
        assert ordered.goal == shuffled.goal == missing.goal
        assert names(ordered.steps[0]) == sorted(names(shuffled.steps[0]))
        assert ordered.steps[0].reply.name not in names(missing.steps[0])
        assert missing.steps[0].reply == Call("finish", {"status": "abstained", "quote": "tools"})


def test_tools_have_the_types_that_the_host_gives_them() -> None:
    """A grammar that allowed more would measure another model."""
    tools = {one.name: one.input_schema for one in specifications(bare_list())}
    assert tools["move_to"]["properties"]["x"] == {"type": "number"}
    assert tools["toggle_tool"]["properties"]["activate"] == {"type": "boolean"}
    assert tools["go_home"] == {"type": "object", "properties": {}, "required": [], "additionalProperties": False}


judged = st.lists(st.builds(Judged, st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


@given(judged)
def test_a_risk_coverage_curve_ends_with_everything(found: list[Judged]) -> None:
    """At full coverage the risk is the share of all that is wrong; coverage only grows."""
    curve = risk_coverage(found)
    assert [coverage for coverage, _ in curve] == sorted({coverage for coverage, _ in curve})
    assert curve[-1] == (1.0, sum(not one.is_right for one in found) / len(found))


@given(judged)
def test_bins_hold_everything_once(found: list[Judged]) -> None:
    """The expected calibration error is a mean over all of it, from 0 to 1."""
    bins = reliability(found)
    assert sum(one.count for one in bins) == len(found)
    assert 0 <= expected_error(bins) <= 1


@given(st.lists(st.floats(0, 1), max_size=60), st.integers(0, 200), st.sampled_from([0.0, 0.005, 0.1]))
def test_no_more_than_allowed_passes_a_threshold(bad: list[float], others: int, most: float) -> None:
    """Unless it is 1, which what is certain passes; and a thousandth less would let too much through."""
    total = len(bad) + others
    value = threshold([(bad, total)], most)
    assert value == 1.0 or sum(one >= value for one in bad) <= most * total
    assert value == 0.0 or sum(one >= value - STEP - 1e-9 for one in bad) > most * total


def test_a_threshold_holds_for_every_group() -> None:
    """Many easy texts do not make up for a few hard ones."""
    assert threshold([([0.3, 0.7], 2000), ([0.42], 10)], 0.005) == 0.421
    assert threshold([], 0.005) == 0.0


def test_a_zeroed_file_has_the_shape_of_the_real_one(tmp_path: Path) -> None:
    """Everything but the weights is as it was."""
    from gguf import GGUFReader

    from benchmarks.pocket import POCKET
    from training.measure.zeroed import zeroed

    before, after = GGUFReader(POCKET), GGUFReader(zeroed(POCKET, tmp_path))
    assert [one.name for one in before.tensors] == [one.name for one in after.tensors]
    assert before.fields.keys() == after.fields.keys()
    assert not any(one.data.any() for one in after.tensors)
