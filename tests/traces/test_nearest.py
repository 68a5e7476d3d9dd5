"""The nearest sentence shares rare words; what shares none is near nothing."""

from hypothesis import given
from hypothesis import strategies as st

from llmos.traces.nearest import nearest_sentence, sentences, words_of

TEXT = """# Heading with gripper

You drive an arm.

1. If the goal names a position, use it. Never guess a position.
2. Close the gripper with `toggle_tool(activate=true)`, and check that it holds something.
- When anything looks dangerous, call `emergency_stop` first.
| gripper | table |
"""


def near(**weights: float) -> str:
    """The sentence that is nearest to these words."""
    found = nearest_sentence(weights, sentences(0, TEXT.splitlines()))
    return found.sentence.text if found else ""


def test_sentences_have_their_lines() -> None:
    """Markers, headings and tables are none; two sentences of a line are two."""
    found = [(each.line, each.text) for each in sentences(3, TEXT.splitlines(), first=4)]
    assert found == [
        (5, "If the goal names a position, use it."),
        (5, "Never guess a position."),
        (6, "Close the gripper with `toggle_tool(activate=true)`, and check that it holds something."),
        (7, "When anything looks dangerous, call `emergency_stop` first."),
    ]


def test_the_rarest_shared_words_decide() -> None:
    """A tool's name beats words that many sentences have."""
    assert near(toggle_tool=3.0, position=0.5).startswith("Close the gripper")
    assert near(emergency_stop=3.0).startswith("When anything")


def test_nothing_in_common_is_near_nothing() -> None:
    """No sentence is better than a wrong one."""
    assert near(banana=3.0) == ""
    assert nearest_sentence({"banana": 1.0}, []) is None


def test_words_of_a_name_are_its_parts_as_well() -> None:
    """Short words and numbers tell nothing."""
    assert words_of("move_to x=1.5 at 2000, Gripper") == {"move_to", "move", "gripper"}


@given(st.text(max_size=200), st.dictionaries(st.text(max_size=8), st.floats(0, 9), max_size=4))
def test_any_text_has_a_nearest_sentence_or_none(text: str, weights: dict[str, float]) -> None:
    """What is found stands in the text, and shares what it says that it shares."""
    found = nearest_sentence(weights, sentences(0, text.splitlines()))
    if found:
        assert found.sentence.text in text.splitlines()[found.sentence.line - 1]
        assert set(found.words) <= words_of(found.sentence.text) & weights.keys()
