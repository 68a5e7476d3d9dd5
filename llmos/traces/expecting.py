"""Says what a step will answer for a new goal, by what it answered in several runs.

Knows no step before it. Words must be explained; a measured number that nothing explains may be any where something
moved, a count that nothing explains must be what it was.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from llmos.messages import Effect
from llmos.traces.again import is_whole
from llmos.traces.components import scales
from llmos.traces.evidence import Evidence
from llmos.traces.expectation import Answer, Number, Piece, cut
from llmos.traces.rows import rows
from llmos.traces.trace import TraceStep

_MARKS = 0xE000  # the private use area of Unicode: no tool writes it
_EXACTLY = 1e-9


@dataclass(frozen=True, slots=True)
class Changed:
    """A text of an argument: what it was, run by run, and what it is; the same, where it does not change."""

    was: tuple[str, ...]
    now: str


@dataclass(frozen=True, slots=True)
class Setting:
    """In which circumstances a step is made again."""

    affected: bool
    """Whether something that the new goal changes was done up to this step, or by it."""
    moved: bool
    """Whether a robot may have moved up to this step, so that numbers with decimals are measured ones."""
    placed: bool
    """Whether it is known where the robot must be by now."""
    root: str


def expected(
    steps: Sequence[TraceStep], texts: Sequence[Changed], evidence: Evidence, setting: Setting
) -> Answer | None:
    """What the step will answer that was these, run by run; None when nobody can say."""
    first = steps[0]
    same = all(step.output_hash == first.output_hash for step in steps)
    pure = first.effect is Effect.PURE
    if same and pure and not setting.affected and not setting.moved:
        return Answer(first.output_hash, None, setting.root)
    if not all(map(is_whole, steps)):
        return Answer(first.output_hash, None, setting.root) if same and not setting.affected else None
    written = [*filter(_changes, texts), *_slots(evidence)]
    changed = [*_as_shown(written), *written]
    for replacing in (changed, []) if evidence.goals > 1 else (changed,):
        outputs = [_marked(step.output, replacing, run) for run, step in enumerate(steps)]
        parts = [cut(text) for text in outputs]
        if all(part[::2] == parts[0][::2] for part in parts):
            numbers = list(zip(*(part[1::2] for part in parts), strict=True))
            found = _numbers(numbers, texts, evidence, setting, pure=pure)
            words = [_unmarked(text, replacing) for text in parts[0][::2]]
            whole = first.output_hash if same and not setting.affected else ""
            return Answer(whole, tuple(_joined(words, found)), setting.root)
    return None


def _joined(words: Sequence[str], numbers: Sequence[Piece]) -> Iterator[Piece]:
    for index, word in enumerate(words):
        if word:
            yield word
        if index < len(numbers):
            yield numbers[index]


def _slots(evidence: Evidence) -> list[Changed]:
    """The texts of the goals."""
    return [
        Changed(tuple(evidence.seen[name]), evidence.new[name])
        for name in evidence.texts
        if all(evidence.seen[name]) and not all(each == evidence.new[name] for each in evidence.seen[name])
    ]


def _as_shown(changed: Sequence[Changed]) -> Iterator[Changed]:
    """Paths as tools show them: without a `./` before them."""
    for each in changed:
        shown = Changed(tuple(map(_bare, each.was)), _bare(each.now))
        if shown != each and all(shown.was):
            yield shown


def _bare(path: str) -> str:
    return path.removeprefix("./")


def _marked(text: str, changed: Sequence[Changed], run: int) -> str:
    """The text with a mark for each text that changes, longer ones first."""
    for index, each in sorted(enumerate(changed), key=lambda item: -len(item[1].was[run])):
        pattern = rf"(?<!\w){re.escape(each.was[run])}(?!\w)"
        text = re.sub(pattern, chr(_MARKS + index), text)
    return text


def _unmarked(text: str, changed: Sequence[Changed]) -> str:
    return "".join(changed[ord(each) - _MARKS].now if 0 <= ord(each) - _MARKS < len(changed) else each for each in text)


def _numbers(
    columns: Sequence[Sequence[str]], texts: Sequence[Changed], evidence: Evidence, setting: Setting, *, pure: bool
) -> list[Piece]:
    """What each number of an answer will be; `columns` are the numbers as they were written, run by run."""
    points = _points(columns, evidence)
    found: list[Piece] = []
    for index, column in enumerate(columns):
        lengths = _lengths(column, texts)
        options = lengths or ({points[index]} if index in points else _values(column, evidence))
        steady = not lengths and len({float(each) for each in column}) == 1
        believed = steady and (not setting.affected or (evidence.goals > 1 and evidence.settled))
        found.append(_number(column[0], options, setting, steady=steady, believed=believed, pure=pure))
    return found


def _number(was: str, options: set[float], setting: Setting, *, steady: bool, believed: bool, pure: bool) -> Piece:
    """What one number will be: what it was, if that is `believed`; else what the goal makes of it, if that is one."""
    counts = "." not in was
    measured = setting.moved and not counts
    if measured and not pure and not setting.placed:
        return Number(None)
    if believed:
        return Number(float(was), measured=True) if measured else was
    if setting.affected and len(options) == 1:
        value = next(iter(options))
        if not counts or value == int(value):
            return Number(value, measured)
    if not steady or (measured and not pure):
        return Number(None)
    return was


def _values(column: Sequence[str], evidence: Evidence) -> set[float]:
    """What the number may be as a value of the goal."""
    return {
        scale.of(evidence.new[name])
        for name in evidence.numbers
        for scale in scales(name)
        if _shows(column, [scale.of(value) for value in evidence.seen[name]])
    }


def _lengths(column: Sequence[str], texts: Sequence[Changed]) -> set[float]:
    """What it may be as the length of a text, where it may be that of one which changes."""
    fitting = [
        (each, float(measure(each.now)))
        for each in texts
        for measure in (len, _size)
        if [float(shown) for shown in column] == [float(measure(text)) for text in each.was]
    ]
    return {size for _, size in fitting} if any(_changes(each) for each, _ in fitting) else set()


def _changes(text: Changed) -> bool:
    return set(text.was) != {text.now}


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _points(columns: Sequence[Sequence[str]], evidence: Evidence) -> Mapping[int, float]:
    """The numbers that are, in a row, those of a point of the goal."""
    found: dict[int, set[float]] = {}
    for row in rows(evidence.numbers):
        for begin in range(len(columns) - len(row) + 1):
            if all(_shows(columns[begin + index], evidence.seen[name]) for index, name in enumerate(row)):
                for index, name in enumerate(row):
                    found.setdefault(begin + index, set()).add(evidence.new[name])
    return {index: values.pop() for index, values in found.items() if len(values) == 1}


def _shows(column: Sequence[str], values: Sequence[float]) -> bool:
    """Whether the written numbers are these values, up to the last digit written."""
    return all(
        abs(float(shown) - value) <= (10.0 ** -_decimals(shown) if "." in shown else 0.0) + _EXACTLY
        for shown, value in zip(column, values, strict=True)
    )


def _decimals(shown: str) -> int:
    return len(shown.partition(".")[2])
