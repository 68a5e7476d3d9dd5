"""Binds traces to a goal with other values: every argument must be explained, and every value must be used.

Knows no goal parser. Two runs prove more than one: a value that stood in only one run's goal may explain one argument,
for a second one may only have been equal to it by chance.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from llmos.errors import counted
from llmos.messages import JSON, Effect
from llmos.traces.again import has_moved, is_motion, is_placed, start
from llmos.traces.answers import in_texts, with_root
from llmos.traces.bound import Bound, BoundStep, Unbound
from llmos.traces.components import count_leaves, is_number, keys_below, leaves, refilled
from llmos.traces.evidence import Evidence
from llmos.traces.expecting import Changed, Setting, expected
from llmos.traces.explaining import Explained, computed, explain
from llmos.traces.rows import explain_row, rows
from llmos.traces.taking import taken
from llmos.traces.trace import TraceStep
from llmos.traces.written import Columns, written_by

_NO_SLOT_NAME = re.compile(r"[.\[].*")


class _DoubtError(Exception):
    """Leaves the binding with what is not certain."""


def rebind(evidence: Evidence, root: str, *, leap: bool) -> Bound | Unbound:
    """The run for the new goal; the traces of the evidence are of models and made the same calls."""
    try:
        return _Binding(evidence, root).bound(leap=leap)
    except _DoubtError as doubt:
        return Unbound(str(doubt))


@dataclass(slots=True)
class _Binding:
    evidence: Evidence
    root: str
    used: set[str] = field(default_factory=set)
    leapt: dict[str, list[str]] = field(default_factory=dict)
    """For each value that only one run had: the arguments that it explains, those of a row as one."""
    fixed: bool = False
    """Whether a motion rests on a number that is none of the goal's."""

    def bound(self, *, leap: bool) -> Bound:
        evidence = self.evidence
        if not evidence.comparable:
            raise _DoubtError("its values are of other kinds than those of the traces")
        far = [name for name in evidence.new if not leap and not evidence.within(name)]
        if far:
            raise _DoubtError(f"the traces show nothing like the value of {far[0]}")
        explained = [self._arguments(index) for index in range(len(evidence.traces[0].steps))]
        self._check_used()
        steps = self._steps(explained)
        traces = evidence.traces
        slots = len({_NO_SLOT_NAME.sub("", name) for name in self.used})
        ids = tuple(dict.fromkeys(trace.id for trace in traces))
        return Bound(
            steps=tuple(steps),
            answer=None,
            note=f"same skeleton, {counted(slots, 'slot')} re-bound from {counted(len(ids), 'trace')}",
            trace_ids=ids,
            start=start(traces, with_pose=self.fixed),
            exact=False,
        )

    def _runs(self, index: int) -> list[TraceStep]:
        return [trace.steps[index] for trace in self.evidence.traces]

    def _arguments(self, index: int) -> dict[str, Explained]:
        """Each argument of a step explained."""
        runs = self._runs(index)
        columns = _columns(runs)
        if columns is None:
            raise _DoubtError(f"the arguments of step {index + 1}, {runs[0].tool}, are not always the same ones")
        if named := next((key for key in keys_below(runs[0].args) if self.evidence.touches(key)), ""):
            raise _DoubtError(f"'{named}' in step {index + 1}, {runs[0].tool}, may come from the goal")
        pure = runs[0].effect is Effect.PURE
        found: dict[str, Explained] = {}
        for row in rows([name for name, column in columns.items() if all(map(is_number, column))]):
            several = explain_row({name: columns[name] for name in row}, self.evidence)
            if several is not None:
                found |= dict(zip(row, several, strict=True))
                self._note(f"{index}.{row[0]}", several, pure=pure)
        for name, column in columns.items():
            if name not in found:
                found[name] = explain(column, self.evidence) or self._taken(index, column) or self._doubt(index, name)
                self._note(f"{index}.{name}", [found[name]], pure=pure)
        self._check_rows(found)
        moving = is_motion(self.evidence.traces[0], runs[0])
        self.fixed |= moving and any(each.kind == "constant" and is_number(each.value) for each in found.values())
        return found

    def _check_rows(self, found: Mapping[str, Explained]) -> None:
        """Raise where a constant stands in the place of a value of the goal, and that one goes beyond what was seen.

        A height that was 0.5 whatever the goal said may be a height that was never allowed to be less.
        """
        vectors = {name: (row, place) for row in rows(self.evidence.numbers) for place, name in enumerate(row)}
        for row in rows(list(found)):
            if {"answer", "slot"} <= {found[name].kind for name in row}:
                raise _DoubtError(f"'{row[0]}' and its neighbours seem to come from different places")
            beside = {vectors[name][0] for each in row for name in found[each].uses if name in vectors}
            for place, name in enumerate(row):
                rivals = [vector[place] for vector in beside if len(vector) == len(row)]
                if found[name].kind == "constant" and not all(map(self.evidence.within, rivals)):
                    raise _DoubtError(f"'{name}' was always the same, but never for such a value of {rivals[0]}")

    def _note(self, place: str, several: Sequence[Explained], *, pure: bool) -> None:
        """Remember what was used; raises when a value that leaps explains a second argument of what has an effect."""
        for name in dict.fromkeys(name for each in several for name in sorted(each.uses)):
            self.used.add(name)
            if self.evidence.leaps(name) and not pure:
                self.leapt.setdefault(name, []).append(place)
                if len(self.leapt[name]) > 1:
                    raise _DoubtError(
                        f"{name} may explain several arguments, one of them by chance; one more run tells"
                    )

    def _taken(self, index: int, column: Sequence[JSON]) -> Explained | None:
        """The argument as something that an earlier step answered."""
        if all(map(is_number, column)) and next(computed(column, self.evidence), None) is not None:
            return None
        answers = [[step.output for step in self._runs(earlier)] for earlier in range(index)]
        place = taken(column, answers, self.root)
        return None if place is None else Explained(place, f"step {place.step + 1}", "answer")

    def _doubt(self, index: int, name: str) -> Explained:
        tool = self.evidence.traces[0].steps[index].tool
        raise _DoubtError(f"nothing certain is known of '{name}' in step {index + 1}, {tool}")

    def _check_used(self) -> None:
        for name in self.evidence.new:
            if name not in self.used and not self.evidence.irrelevant(name):
                raise _DoubtError(f"no step depends on {name}, as far as the traces show")

    def _steps(self, explained: Sequence[Mapping[str, Explained]]) -> Iterator[BoundStep]:
        affected = False
        for index, found in enumerate(explained):
            runs = self._runs(index)
            columns = _columns(runs) or {}
            changed = {name for name, each in found.items() if any(each.value != was for was in columns[name])}
            here = affected or bool(changed)
            affected |= bool(changed) and runs[0].effect is not Effect.PURE
            newest = self.evidence.traces[0]
            placed = self.fixed or is_placed(newest, index)
            yield self._step(index, found, Setting(here, has_moved(newest, index), placed, self.root))

    def _step(self, index: int, found: Mapping[str, Explained], setting: Setting) -> BoundStep:
        runs = self._runs(index)
        first, columns = runs[0], _columns(runs) or {}
        values = {name: each.value for name, each in found.items()}
        texts = [
            Changed(tuple(columns[name]), values[name])
            for name in sorted(values)
            if isinstance(values[name], str) and all(columns[name])
        ]
        answer = expected(runs, texts, self.evidence, setting)
        if answer is None:
            raise _DoubtError(f"nobody can say what step {index + 1}, {first.tool}, will answer")
        files = written_by(self.evidence.traces, index, columns, values)
        if files is None:
            raise _DoubtError(f"nobody can say what stands in the file that step {index + 1}, {first.tool}, writes")
        return BoundStep(
            tool=first.tool,
            args=in_texts(refilled(first.args, values), self._here),
            effect=first.effect,
            tool_version=first.tool_version,
            expect=answer,
            before={self._here(each.path): each.before for each in files if each.before},
            after={self._here(each.path): each.after for each in files if each.after is not None},
            sources={name: each.source for name, each in found.items()},
        )

    def _here(self, text: str) -> str:
        return with_root(text, self.root)


def _columns(runs: Sequence[TraceStep]) -> Columns | None:
    """The arguments of a step by their places, each run by run; None when they are not the same ones in all."""
    several = [leaves(step.args) for step in runs]
    first = several[0]
    if any(each.keys() != first.keys() for each in several):
        return None
    if any(count_leaves(step.args) != len(each) for step, each in zip(runs, several, strict=True)):
        return None
    return {name: [each[name] for each in several] for name in first}
