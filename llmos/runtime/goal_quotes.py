"""Find what stands in quotes, of whatever kind: straight, curly, low, angled, backticks, corner brackets.

Knows no slot. Each kind is searched for its end once only where there is none, so the time grows with the text alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_CLOSERS = {
    '"': '"',
    "\u201c": "\u201d",
    "\u201d": "\u201d",
    "\u201e": "\u201c\u201d",
    "'": "'",
    "\u2018": "\u2019",
    "\u201a": "\u2018\u2019",
    "\u00ab": "\u00bb",
    "\u00bb": "\u00ab",
    "\u2039": "\u203a",
    "\u203a": "\u2039",
    "`": "`",
    "\u300c": "\u300d",
    "\u300e": "\u300f",
}
_APOSTROPHES = frozenset("'\u2019")
_OPENERS = re.compile(f"```|[{''.join(_CLOSERS)}]")


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quoted text: where it begins and ends with its quotes, and where its inside does."""

    start: int
    end: int
    inner_start: int
    inner_end: int


def _ends(opener: str) -> tuple[re.Pattern[str], ...]:
    """How a quote of this kind may end, the strictest way first: a backslash keeps a quote from ending it."""
    if opener == "```":
        return (re.compile(r"(?:[^`]|`(?!``))*+```"),)
    closers = _CLOSERS[opener]
    # An apostrophe inside a word ends nothing.
    kept = rf"[{closers}](?=\w)" if _APOSTROPHES & set(closers) else r"(?!)"
    end = rf"[{closers}](?!\w)" if _APOSTROPHES & set(closers) else rf"[{closers}]"
    plain = re.compile(rf"(?:[^{closers}]|{kept})*+{end}")
    if opener not in "\"'":
        return (plain,)
    return re.compile(rf"(?:[^{closers}\\]|\\.|{kept})*+{end}", re.DOTALL), plain


_ENDS = {opener: _ends(opener) for opener in (*_CLOSERS, "```")}


def find_quotes(text: str) -> Iterator[Quoted]:
    """Every quoted text in order; a quote that nothing ends is a character like others."""
    at = 0
    hopeless: set[re.Pattern[str]] = set()
    for opened in _OPENERS.finditer(text):
        if opened.start() < at or not _opens(text, opened):
            continue
        for pattern in _ENDS[opened[0]]:
            if pattern in hopeless:
                continue
            closed = pattern.match(text, opened.end())
            if closed is None:
                hopeless.add(pattern)
                continue
            at = closed.end()
            yield Quoted(opened.start(), at, opened.end(), at - len("```" if opened[0] == "```" else "'"))
            break


def _opens(text: str, opened: re.Match[str]) -> bool:
    """Whether a quote begins here: not inside a word, and an apostrophe not before a blank."""
    before, after = text[opened.start() - 1 : opened.start()], text[opened.end() : opened.end() + 1]
    if opened[0] in "\u300c\u300e":
        return True
    return not (before.isalnum() or before == "_") and not (opened[0] in "'\u2018" and after.isspace())
