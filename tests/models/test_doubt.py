"""A call that the model is not sure of is not made; everything else passes as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.messages import Text, ToolCall
from llmos.models.dialect import Answer
from llmos.models.doubt import held_back

LEFT = Answer((ToolCall("call_1", "move_relative", {"dx": -0.3}),), "tools")
STOP = Answer((ToolCall("call_1", "emergency_stop", {}),), "tools")
FINISHED = tuple(Answer((Text("so"),), "end", claim) for claim in ("done", "failed", "abstained"))
TWO = Answer((*LEFT.parts, ToolCall("call_2", "go_home", {})), "tools")
LONG = Answer((ToolCall("call_1", "say", {"text": "x" * 200}),), "tools")


@pytest.mark.parametrize("answer", [LEFT, TWO, LONG], ids=["one call", "two calls", "a long call"])
@pytest.mark.parametrize(
    ("probability", "least", "passes"),
    [
        (0.499999, 0.5, False),
        (0.5, 0.5, True),
        (0.500001, 0.5, True),
        (0.0, 0.5, False),
        (1.0, 0.5, True),
        (0.0, 0.0, True),
        (0.999999, 1.0, False),
        (1.0, 1.0, True),
        (None, 0.5, True),
        (0.1, None, True),
        (None, None, True),
    ],
)
def test_a_call_needs_the_probability_that_is_asked_for(
    answer: Answer, probability: float | None, least: float | None, passes: bool
) -> None:
    """As much is enough, less is not; where nobody asks or nobody can tell, nothing changes."""
    judged = held_back(answer, probability, least)
    if passes:
        assert judged is answer
    else:
        assert not any(isinstance(part, ToolCall) for part in judged.parts)
        assert (judged.stop_reason, judged.claim) == ("end", "abstained")


@pytest.mark.parametrize("probability", [0.0, 0.4, 0.5, 1.0, None])
@pytest.mark.parametrize("answer", [*FINISHED, STOP])
def test_to_finish_and_to_stop_takes_no_certainty(answer: Answer, probability: float | None) -> None:
    """Neither moves anything."""
    assert held_back(answer, probability, 0.5) is answer


LOOKED = ToolCall("call_1", "get_status", {})


def test_to_look_takes_no_certainty() -> None:
    """What only tells changes nothing; beside a call that moves it needs as much as that."""
    pure = {"get_status", "get_camera_feed"}
    looks, both = Answer((LOOKED,), "tools"), Answer((LOOKED, *LEFT.parts), "tools")
    assert held_back(looks, 0.1, 0.5, pure) is looks
    for unsure in (held_back(both, 0.1, 0.5, pure), held_back(looks, 0.1, 0.5)):
        assert unsure.claim == "abstained"


@pytest.mark.parametrize(
    ("answer", "probability", "least", "sentence"),
    [
        (LEFT, 0.3199, 0.5, "that move_relative dx=-0.3 is meant (0.31, kernel/models.md asks for 0.50)"),
        (LEFT, 0.49999, 0.5, "that move_relative dx=-0.3 is meant (0.49, kernel/models.md asks for 0.50)"),
        (TWO, 1e-9, 0.005, "that move_relative dx=-0.3; go_home is meant (0.00, kernel/models.md asks for 0.005)"),
        (LONG, 0.2, 1.0, f"that say text={'x' * 68}... is meant (0.20, kernel/models.md asks for 1.00)"),
    ],
)
def test_it_says_what_it_was_not_sure_of(answer: Answer, probability: float, least: float, sentence: str) -> None:
    """What, how sure, and who asks for more."""
    judged = held_back(answer, probability, least)
    assert judged.text == f"The model was not sure enough {sentence}, so it was not called."


@given(probability=st.floats(0, 1), least=st.floats(0, 1))
def test_what_is_told_is_less_than_what_is_asked_for(probability: float, least: float) -> None:
    """Nobody is told that 0.50 is not 0.50."""
    if probability < round(least, 2) == least:
        told = held_back(LEFT, probability, least).text.partition("(")[2]
        assert float(told.partition(",")[0]) < least
