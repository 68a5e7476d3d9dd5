"""Explains an argument of several runs by the values of their goals: as one of them, as a constant, as computed.

Knows no step. Every explanation that fits is heard; unless all say the same of the new goal, there is none.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from llmos.messages import JSON
from llmos.traces.components import Scale, alike, is_number, same_text, scales, tidy
from llmos.traces.evidence import Evidence, decimals
from llmos.traces.templates import DOUBT, readings

_NAME = re.compile(r"[A-Za-z][A-Za-z_-]{0,31}")
_SCALARS = ("length", "angle", "number", "duration", "mass", "percent")
_TWO, _ENOUGH = 2, 3
"""Different values from which on it can be said, and is believed, that an argument is computed from them."""


@dataclass(frozen=True, slots=True)
class Explained:
    """What an argument is for the new goal, where that comes from, and which components it rests on."""

    value: JSON
    source: str
    kind: Literal["slot", "constant", "computed", "answer"]
    uses: frozenset[str] = frozenset()


def explain(values: Sequence[JSON], evidence: Evidence) -> Explained | None:
    """The argument that had these values, run by run; None when nothing is certain."""
    if all(map(is_number, values)):
        return _number(values, evidence)
    if all(isinstance(value, str) for value in values):
        return _text(values, evidence)
    fixed = values[0] is None or isinstance(values[0], bool | dict | list)
    if fixed and all(type(value) is type(values[0]) and value == values[0] for value in values):
        return Explained(values[0], "literal", "constant")
    return None


def copied(values: Sequence[float], name: str, scale: Scale, evidence: Evidence) -> float | None:
    """What a number is for the new goal if it is this component; None when it is not, or the sign was never seen."""
    seen, new = evidence.seen[name], evidence.new[name]
    if not all(map(scale.fits, values, seen)):
        return None
    if name.startswith(_SCALARS):
        if scale.factor < 0 and not all(value > 0 for value in (*seen, new)):
            return None
        if new and not any(value * new > 0 for value in seen):
            return None
    return like(values, scale.of(new))


def like(values: Sequence[float], value: float) -> float:
    """The number, whole where it is whole and those were."""
    whole = all(isinstance(each, int) for each in values) and value == int(value)
    return int(value) if whole else value


def _number(values: Sequence[float], evidence: Evidence) -> Explained | None:
    copies = [
        Explained(value, f"slot {name} {scale.name}".rstrip(), "slot", frozenset([name]))
        for name in evidence.numbers
        for scale in scales(name)
        if (value := copied(values, name, scale, evidence)) is not None
    ]
    if copies:
        return agreed([*copies, *computed(values, evidence)])
    if all(value == values[0] for value in values):
        sure = evidence.goals > 1 and evidence.settled
        return Explained(values[0], "literal", "constant") if sure else None
    if not evidence.settled:
        return None
    found = list(computed(values, evidence))
    trusted = any(all(evidence.distinct(name) >= _ENOUGH for name in each.uses) for each in found)
    inside = all(evidence.within(name) and not _coarser(values, name, evidence) for each in found for name in each.uses)
    return agreed(found) if trusted and inside else None


def _coarser(values: Sequence[float], name: str, evidence: Evidence) -> bool:
    """Whether the argument has fewer decimals than the value that it is computed from, as what was rounded has."""
    return max(map(decimals, values)) < max(map(decimals, evidence.seen[name]))


def computed(values: Sequence[float], evidence: Evidence) -> Iterator[Explained]:
    """What the number is if it is a component and a constant, by sum, difference or product."""
    for name in evidence.numbers:
        seen, new = evidence.seen[name], evidence.new[name]
        if evidence.distinct(name) < _TWO:
            continue
        for source, undo, redo in _FORMS:
            parts = [undo(value, given) for value, given in zip(values, seen, strict=True)]
            part = parts[0]
            if part is not None and all(each is not None and alike(each, part) for each in parts):
                value = tidy(redo(new, part))
                yield Explained(value, source.format(name=name, part=tidy(part)), "computed", frozenset([name]))


_Undo = Callable[[float, float], float | None]
_FORMS: tuple[tuple[str, _Undo, Callable[[float, float], float]], ...] = (
    ("slot {name} + {part:.12g}", lambda value, given: value - given, lambda new, part: new + part),
    ("{part:.12g} - slot {name}", lambda value, given: value + given, lambda new, part: part - new),
    ("{part:.12g} * slot {name}", lambda value, given: value / given if given else None, lambda new, part: part * new),
)


def _text(values: Sequence[str], evidence: Evidence) -> Explained | None:
    copies = [each for name in evidence.texts if (each := _whole(values, name, evidence)) is not None]
    certain = evidence.goals > 1 and evidence.settled
    if copies:
        return agreed([*copies, *(_read(values, evidence) if certain else ())])
    if certain:
        return agreed(_read(values, evidence))
    if len(set(values)) == 1 and _NAME.fullmatch(values[0]) and not evidence.touches(values[0]):
        return Explained(values[0], "literal", "constant")
    return None


def _whole(values: Sequence[str], name: str, evidence: Evidence) -> Explained | None:
    """The text if it is nothing but a component."""
    around = {same_text(value, given) for value, given in zip(values, evidence.seen[name], strict=True)}
    if len(around) > 1 or (found := around.pop()) is None:
        return None
    before, after = found
    source = f"text with slot {name}" if before or after else f"slot {name}"
    return Explained(f"{before}{evidence.new[name]}{after}", source, "slot", frozenset([name]))


def _read(values: Sequence[str], evidence: Evidence) -> list[Explained]:
    """The text as a template, in every way in which it can be read; one that never changed is what it was."""
    if len(set(values)) == 1:
        return [Explained(values[0], "literal", "constant")]
    found = readings(values, evidence)
    if any(DOUBT in text for text in found):
        return []
    return [Explained(text, f"text with {_listed(uses)}", "computed", uses) for text, uses in found.items()]


def agreed(options: Iterable[Explained]) -> Explained | None:
    """The explanation when all come to the same; it rests on all that any of them rests on."""
    several = list(options)
    if not several or not all(_same(each.value, several[0].value) for each in several):
        return None
    uses = frozenset(name for each in several if each.kind == several[0].kind for name in each.uses)
    return Explained(several[0].value, several[0].source, several[0].kind, uses)


def _same(one: JSON, other: JSON) -> bool:
    return alike(one, other) if is_number(one) and is_number(other) else bool(one == other)


def _listed(names: Iterable[str]) -> str:
    return " and ".join(f"slot {name}" for name in sorted(names))
