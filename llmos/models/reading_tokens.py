"""Cuts a goal into numbers, words and marks, in lower case, each with whether a blank stands before it.

Knows no unit and no meaning; what it cuts can be put together again, apart from the width of blanks.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

_TOKEN = re.compile(
    r"[\s\u2063]*+(?:(?P<number>(?:\d++(?:\.\d++)?|\.\d++)(?:e[-+]\d{1,2}(?![\w.]))?)|(?P<word>[^\W\d_]++)|(?P<mark>.))",
    re.ASCII | re.DOTALL,
)
_WORD = re.compile(r"[^\W\d_]++")
_MINUS = re.compile(r"(?<![\w\u2013])(?:\u2212|\u2013)(?=[\d.])|\u2212")
_HYPHENS = str.maketrans({"\u2010": "-", "\u2011": "-", "\u2012": "\u2013"})
_FRACTION = re.compile(r"([-+\u2212\u2013]|\d?)([\u00bc-\u00be\u2150-\u215e\u2189])")
_FOOT, _INCH = re.compile(r"(?<=\d)[\u2019\u2032]"), re.compile(r"(?<=\d)(?:[\u201d\u2033]|''|[\u2019\u2032]{2})")
_ONE = "\u2063"
"""The blank inside a number of digits and a fraction of one letter; nobody sees it when he writes it."""
_QUOTED = re.compile("[\u2018\u201c\u201e]")


@dataclass(frozen=True, slots=True)
class Token:
    """A part of a goal."""

    text: str
    kind: Literal["number", "word", "mark"]
    gap: bool
    """Whether a blank, or nothing at all, stands before it."""
    measures: bool = False
    """Whether it is a quotation mark right behind a number that ends no quotation: feet or inches."""
    parted: bool = False
    """Whether only the reading put the blank before it, as before the 1/2 of a number and a fraction of one letter."""


Tokens = Sequence[Token]


def cut(text: str) -> list[Token]:
    """The parts of a goal, in order.

    >>> [token.text for token in cut("Go \uff13\uff10cm")]
    ['go', '30', 'cm']
    """
    plain = " ".join(_plain(text).split())
    found: list[Token] = []
    at, opened = 0, {"'": False, '"': False}
    while match := _TOKEN.match(plain, at):
        kind = match.lastgroup
        start, end = match.start(kind or 0), match.end()
        if kind == "mark" and (word := _WORD.match(plain, start)):
            kind, end = "word", word.end()
        name: Literal["number", "word", "mark"] = "number" if kind == "number" else "word" if kind == "word" else "mark"
        shown, gap = plain[start:end], start > at or at == 0
        measures = shown in opened and not gap and found[-1].kind == "number" and not opened[shown]
        apostrophe = shown == "'" and not gap and found[-1].kind == "word" and plain[end : end + 1].isalpha()
        if shown in opened and not (measures or apostrophe):
            opened[shown] = not opened[shown]
        found.append(Token(shown, name, gap, measures, plain[at : at + 1] == _ONE))
        at = end
    return found


def word(tokens: Tokens, at: int) -> str:
    """The word at a place; empty where there is none."""
    return tokens[at].text if 0 <= at < len(tokens) and tokens[at].kind == "word" else ""


def mark(tokens: Tokens, at: int, *, attached: bool = False) -> str:
    """The mark at a place, or only one without a blank before it; empty where there is none."""
    if not 0 <= at < len(tokens) or tokens[at].kind != "mark" or (attached and tokens[at].gap):
        return ""
    return tokens[at].text


def attached(tokens: Tokens, at: int) -> bool:
    """Whether something stands at a place, without a blank before it."""
    return 0 < at < len(tokens) and not tokens[at].gap


def as_written(tokens: Tokens, start: int, end: int) -> str:
    """What stands from one token to before another."""
    return "".join((" " if token.gap else "") + token.text for token in tokens[start:end]).strip()


def _plain(text: str) -> str:
    """Lower case, digits 0 to 9, one kind of minus and of inch and foot marks, two of dashes."""
    text = text.translate(_HYPHENS)
    text = _FRACTION.sub(_spelt, text.replace("\u00ba", "\u00b0").replace("\u02da", "\u00b0"))
    text = unicodedata.normalize("NFC", "".join(map(_letter, text)).lower())
    text = _MINUS.sub("-", text)
    return text if _QUOTED.search(text) else _FOOT.sub("'", _INCH.sub('"', text))


def _spelt(found: re.Match[str]) -> str:
    """One letter's fraction, apart from all but its sign; behind a digit with a blank that `cut` knows again."""
    over, under = unicodedata.normalize("NFKC", found[2]).split("\u2044")
    joint = _ONE if found[1].isdigit() else "" if found[1] else " "
    return f"{found[1]}{joint}{over}/{under}"


def _letter(letter: str) -> str:
    """The plain form of a letter; superscripts and circled numbers stay what they are."""
    if letter.isascii() or (kind := unicodedata.category(letter)) in {"No", "Nl"}:
        return letter
    if kind == "Nd":
        return str(unicodedata.decimal(letter))
    return " " if kind == "Zs" else unicodedata.normalize("NFKC", letter) if letter != "\u2033" else letter
