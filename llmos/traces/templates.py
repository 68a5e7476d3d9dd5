"""Reads a text of several runs as a template: letters that are the same in all, and values of their goals in between.

Knows no step. Every reading is followed to its end, so that a text which can be read in two ways is known for that.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final

from llmos.traces.components import is_number, scales
from llmos.traces.evidence import Evidence

_LONGEST = 4_000
"""Characters; a longer text is not read as a template."""

DOUBT: Final = "\ufffd"

_MOST_READINGS = 4
_MOST_PLACES = 20_000
"""A text that has more, as a thousand times the same letter, is not read as a template."""

_FORMATS = ("", ".0f", ".1f", ".2f", ".3f")


@dataclass(frozen=True, slots=True)
class Blank:
    """A place for a component: how it is written in each of the runs, and how for the new goal."""

    name: str
    written: tuple[str, ...]
    new: str
    is_number: bool

    def stands(self, texts: Sequence[str], at: Sequence[int]) -> bool:
        """Whether it is written there in every run."""
        return all(text.startswith(each, start) for text, each, start in zip(texts, self.written, at, strict=True))

    def stands_alone(self, texts: Sequence[str], at: Sequence[int]) -> bool:
        """Whether it is also all that is written there: of a number no digit, point or sign may be left over."""
        return not self.is_number or all(
            _is_whole(text, start, start + len(each)) for text, each, start in zip(texts, self.written, at, strict=True)
        )


def readings(texts: Sequence[str], evidence: Evidence) -> dict[str, frozenset[str]]:
    """What the text may be for the new goal, and the components that stand in it; empty when nothing explains it.

    A reading with `DOUBT` in it is none: there may be a value, or only some of the digits of another one.
    """
    if max(map(len, texts)) > _LONGEST:
        return {}
    blanks = [blank for blank in blanks_of(evidence) if blank.written[0] in texts[0]]
    end = tuple(map(len, texts))
    begin = (0,) * len(texts)
    reached: dict[tuple[int, ...], dict[str, frozenset[str]]] = {begin: {"": frozenset()}}
    queue = [begin]
    while queue:
        at = heappop(queue)
        if at == end or len(reached) > _MOST_PLACES:
            break
        for after, added, name in _steps(texts, at, blanks):
            if after not in reached:
                heappush(queue, after)
            into = reached.setdefault(after, {})
            for text, uses in reached[at].items():
                if len(into) < _MOST_READINGS or text + added in into:
                    into[text + added] = into.get(text + added, frozenset()) | uses | name
    return reached.get(end, {})


def blanks_of(evidence: Evidence) -> Iterator[Blank]:
    """Every way in which a component may be written."""
    for name, new in evidence.new.items():
        seen = evidence.seen[name]
        if isinstance(new, str):
            if all(seen):
                yield Blank(name, tuple(seen), new, is_number=False)
        elif is_number(new):
            ways = {(tuple(texts[:-1]), texts[-1]) for texts in _ways(name, [*seen, new])}
            yield from (Blank(name, written, text, is_number=True) for written, text in sorted(ways))


def _ways(name: str, values: Sequence[float]) -> Iterator[list[str]]:
    for scale in scales(name):
        scaled = [scale.of(value) for value in values]
        for form in _FORMATS:
            yield [_shortest(value) if not form else format(value, form) for value in scaled]
        yield [repr(float(value)) for value in scaled]


def _shortest(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def _steps(
    texts: Sequence[str], at: tuple[int, ...], blanks: Iterable[Blank]
) -> Iterator[tuple[tuple[int, ...], str, frozenset[str]]]:
    """Where a reading may go on: past one letter that is the same in all, or past a blank."""
    letters = {text[start : start + 1] for text, start in zip(texts, at, strict=True)}
    if len(letters) == 1 and (letter := letters.pop()):
        yield tuple(start + 1 for start in at), letter, frozenset()
    for blank in blanks:
        if blank.stands(texts, at):
            after = tuple(start + len(each) for start, each in zip(at, blank.written, strict=True))
            if blank.stands_alone(texts, at):
                yield after, blank.new, frozenset([blank.name])
            elif any(each != blank.new for each in blank.written):
                yield after, DOUBT, frozenset()


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether no digit, point or sign belongs to it that is not in it; a hyphen after a word is no sign."""
    before, after = text[max(start - 2, 0) : start], text[end : end + 2]
    if after[:1].isdigit() or (after[:1] == "." and after[1:].isdigit()):
        return False
    if before[-1:] in ("+", "-"):
        return before[:-1].isalnum()
    return not (before[-1:].isdigit() or before[-1:] == ".")
