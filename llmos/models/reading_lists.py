"""Finds what counts the parts of a list that stands in one line, as `1. go up, 2. go left`: these numbers are none.

Knows no amount. A list counts from one on, and from where a sentence begins.
"""

from llmos.models.reading_tokens import Tokens, attached, mark, word

_CLOSINGS = frozenset({".", ")"})
_BEFORE_LISTS = frozenset({".", ";", ":", "!", "?"})


def markers(tokens: Tokens) -> list[tuple[int, int]]:
    """Where each marker of a list begins and ends, such as `2.`, `2)` and `(2)`; empty where nothing is listed."""
    found: list[tuple[int, int]] = []
    for at in range(len(tokens)):
        marker = _marker(tokens, at) if tokens[at].text == str(len(found) + 1) else None
        if marker and (_form(tokens, marker) == _form(tokens, found[0]) if found else _begins(tokens, marker[0])):
            found.append(marker)
    return found if len(found) > 1 else []


def _marker(tokens: Tokens, at: int) -> tuple[int, int] | None:
    """The marker around a number with a blank before and behind it; at the end of a text nothing is counted."""
    start = at - (mark(tokens, at - 1) == "(" and not tokens[at].gap)
    closed = mark(tokens, at + 1, attached=True) in _CLOSINGS and at + 2 < len(tokens) and not attached(tokens, at + 2)
    return (start, at + 2) if closed and tokens[start].gap else None


def _form(tokens: Tokens, marker: tuple[int, int]) -> tuple[int, str]:
    start, end = marker
    return end - start, tokens[end - 1].text


def _begins(tokens: Tokens, at: int) -> bool:
    """Whether a list may begin at a token: at the beginning, behind a sentence, behind a colon, behind `step`."""
    at -= word(tokens, at - 1) == "step"
    return at == 0 or mark(tokens, at - 1) in _BEFORE_LISTS
