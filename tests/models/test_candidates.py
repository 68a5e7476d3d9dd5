"""What llama.cpp's server tells of likely tokens becomes the probability of a reply under a grammar."""

from math import exp, log

import pytest

from llmos.models.candidates import Candidates

LEFT_OR_RIGHT = 'root ::= "left" | "right" | "lower"'
GONE = -3.4028234663852886e38
"""What llama.cpp gives for ln 0."""


def token(chosen: bytes, *others: tuple[bytes, float], share: float = 0.5, sent: bool = True) -> dict[str, object]:
    """A token as it is told, with its share and those of others; each has the number of its place."""
    top = [{"id": number, "bytes": list(piece), "logprob": log(p)} for number, (piece, p) in enumerate(others, 1)]
    own = {"id": 0, "bytes": list(chosen), "logprob": log(share)}
    return {**own, "bytes": list(chosen) if sent else [], "top_logprobs": [own, *top]}


def shares(grammar: str | None, *told: dict[str, object]) -> float:
    """The probability of the tokens together."""
    candidates = Candidates(grammar)
    for one in told:
        candidates.add(one)
    logprob = candidates.logprob(len(told))
    assert logprob is not None
    return exp(logprob)


def test_without_a_grammar_it_is_what_was_told() -> None:
    """One share after the other."""
    assert shares(None, token(b"a", share=0.5), token(b"b", (b"c", 0.5), share=0.25)) == pytest.approx(0.125)


def test_forbidden_candidates_do_not_count() -> None:
    """Only what can begin or go on with a sentence of the grammar shares the whole."""
    first = token(b"le", (b"ri", 0.25), (b"up", 0.2), (b"lex", 0.04), (b"", 0.01), share=0.5)
    assert shares(LEFT_OR_RIGHT, first) == pytest.approx(0.5 / 0.75)
    assert shares(LEFT_OR_RIGHT, first, token(b"ft", (b"ri", 0.9), share=0.001)) == pytest.approx(0.5 / 0.75)


def test_what_is_forced_is_certain() -> None:
    """Exactly, whatever the model would have liked better, the end included."""
    disliked = {**token(b"ft", (b"ri", 0.9), (b"!", 0.09)), "logprob": GONE}
    assert shares('root ::= "left"', token(b"le"), disliked, token(b"", (b"x", 0.9), share=0.001, sent=False)) == 1.0


def test_the_end_counts_where_it_is_allowed() -> None:
    """A token without bytes is the end."""
    told = (token(b"a", (b"", 0.5), (b"x", 0.25), share=0.25),) * 2
    assert shares('root ::= "a"+', *told) == pytest.approx(0.25 / 0.75)


def test_what_is_not_told_counts_as_allowed() -> None:
    """So that no reply seems surer than it is, but for what the grammar forces."""
    unlikely = token(b"left", (b"x", 0.5), (b"y", 0.375), share=0.0625)
    assert shares(LEFT_OR_RIGHT, unlikely) == pytest.approx(0.0625 / 0.125)
    assert shares('root ::= "left"', unlikely) == 1.0
    assert shares('root ::= "left" | "ünder"', unlikely) == pytest.approx(0.0625 / 0.125)


def test_what_is_held_back_for_a_stop_word_is_followed() -> None:
    """It is told without its bytes, and comes with the next token that is sent."""
    held = token(b"l", (b"ri", 0.5), share=0.5, sent=False)
    sent = {**token(b"eft", (b"ower", 0.25), (b"x", 0.25), share=0.5), "bytes": list(b"left")}
    assert shares(LEFT_OR_RIGHT, held, sent) == pytest.approx(0.5 * 0.5 / 0.75)


def test_parts_of_a_letter_are_candidates() -> None:
    """The first bytes of a letter may begin any letter beyond ASCII; other bytes are none."""
    told = token(b"a", ("ü".encode()[:1], 0.25), ("ü".encode(), 0.125), (b"\xff", 0.125), share=0.5)
    assert shares("root ::= [^x]", told) == pytest.approx(0.5 / 0.875)
    assert shares("root ::= [a-z]", told) == 1.0


def test_a_text_that_the_grammar_cannot_follow_counts_as_it_was_told() -> None:
    """No share is made larger than what the model gave it when nobody knows what else was allowed."""
    assert shares('root ::= "a"', token(b"b", share=0.5), token(b"c", (b"d", 0.5), share=0.25)) == pytest.approx(0.125)


def test_nobody_can_tell_when_tokens_are_missing() -> None:
    """A sum over some of them would be too high."""
    candidates = Candidates(None)
    candidates.add(token(b"a"))
    assert candidates.logprob(2) is None
    assert candidates.logprob(1) == pytest.approx(log(0.5))
