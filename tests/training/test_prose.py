"""Laws of the texts that are no goal and were written one by one."""

from random import Random

from training.episodes import Author, Split
from training.grammar import goal_grammar, is_held_out, prose

KNOWN, HELD_OUT = prose(held_out=False), prose(held_out=True)


def plain(text: str) -> str:
    """A text without capitals, and without what ends a sentence."""
    return " ".join(text.lower().rstrip(" .!?").split())


def test_there_are_many_texts_and_none_stands_twice() -> None:
    """Variety is what they are for."""
    texts = [*KNOWN, *HELD_OUT]
    assert len(texts) >= 2200
    assert len({plain(text) for text in texts}) == len(texts)


def test_about_one_text_in_eight_is_kept_from_training() -> None:
    """The hash decides, as it does for phrases."""
    assert all(is_held_out("prose", text) for text in HELD_OUT)
    assert not set(KNOWN) & set(HELD_OUT)
    assert 0.09 < len(HELD_OUT) / (len(KNOWN) + len(HELD_OUT)) < 0.16


def test_no_text_is_a_goal() -> None:
    """What asks the robot for a motion must not be taught as none."""
    author = Author(Split(), Random(2))
    drawn = [author.goal(author.world()) for _ in range(3000)]
    goals = {plain(goal.text) for goal in drawn if goal.calls}
    assert not goals & {plain(text) for text in (*KNOWN, *HELD_OUT)}


def test_no_text_is_a_phrase_of_a_goal() -> None:
    """Nor word for word one that asks for something."""
    phrases = goal_grammar(held_out=False).phrases
    asking = {plain(text) for intent, texts in phrases.items() if intent != "called_off" for text in texts}
    assert not asking & {plain(text) for text in (*KNOWN, *HELD_OUT)}


def test_a_split_draws_from_its_own_texts_only() -> None:
    """No text that is measured as held out was trained on; what is very short, a phrase may write as well."""
    for held_out in (False, True):
        author = Author(Split(held_out_phrases=held_out), Random(1))
        drawn = {text for text in (author.no_goal(author.world()) for _ in range(300)) if text.count(" ") > 3}
        own, other = (HELD_OUT, KNOWN) if held_out else (KNOWN, HELD_OUT)
        assert drawn & set(own)
        assert not drawn & set(other)
