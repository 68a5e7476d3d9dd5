"""Says of the files that a step writes for a new goal what may stand in them before, and what will stand afterwards.

Knows no disk: hashes and paths as traces have them, below `{workspace}`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from llmos.documents.document import hash_of
from llmos.messages import JSON
from llmos.traces.again import standing, written_whole
from llmos.traces.trace import WORKSPACE, Trace

Columns = Mapping[str, Sequence[JSON]]


@dataclass(frozen=True, slots=True)
class Written:
    """One file of a step; `before` is what may stand in it, empty when nothing is required; `after` None: unknown."""

    path: str
    before: tuple[str | None, ...]
    after: str | None


def written_by(
    traces: Sequence[Trace], index: int, columns: Columns, values: Mapping[str, JSON]
) -> list[Written] | None:
    """The files of a step whose arguments were `columns`, run by run, and are now `values`; None when uncertain."""
    paths = [list(trace.steps[index].before) for trace in traces]
    if len(set(map(len, paths))) > 1:
        return None
    found = []
    for were in zip(*paths, strict=True):
        path = _moved(were, columns, values)
        states = None if path is None else _states(traces, index, were, path)
        if path is None or states is None:
            return None
        after = _after(traces, index, were, columns, values)
        if states and after and all(_is_left(trace, index, was) for trace, was in zip(traces, were, strict=True)):
            states = tuple(dict.fromkeys((*states, after)))  # as a run for these very values left it
        found.append(Written(path, states, after))
    return found


def _moved(were: Sequence[str], columns: Columns, values: Mapping[str, JSON]) -> str | None:
    """Where the file is now that was there, run by run: where an argument says, or where it always was."""
    for name, column in columns.items():
        for before in ("", f"{WORKSPACE}/"):
            if all(f"{before}{_bare(text)}" == was for text, was in zip(column, were, strict=True)):
                return f"{before}{_bare(values[name])}"
    return were[0] if len(set(were)) == 1 else None


def _bare(text: JSON) -> JSON:
    return text.removeprefix("./") if isinstance(text, str) else text


def _states(traces: Sequence[Trace], index: int, were: Sequence[str], path: str) -> tuple[str | None, ...] | None:
    """What may stand in it; None when the only content it ever had was that of another file."""
    if all(_made_earlier(trace, index, was) for trace, was in zip(traces, were, strict=True)):
        return ()
    befores = {trace.steps[index].before[was] for trace, was in zip(traces, were, strict=True)}
    if len(befores) > 1:
        return ()
    if all(was == path for was in were):
        return tuple(dict.fromkeys(state for trace in traces for state in standing(trace, index, WORKSPACE)[path]))
    return tuple(befores) if befores == {None} or len(set(were)) > 1 else None


def _made_earlier(trace: Trace, index: int, path: str) -> bool:
    return any(path in step.after for step in trace.steps[:index])


def _is_left(trace: Trace, index: int, path: str) -> bool:
    """Whether the step writes all of the file, and is the only one that writes it."""
    writers = [number for number, step in enumerate(trace.steps) if path in step.after]
    return writers == [index] and path in written_whole(trace.steps[index])


def _after(
    traces: Sequence[Trace], index: int, were: Sequence[str], columns: Columns, values: Mapping[str, JSON]
) -> str | None:
    """What will stand in it: what an argument says, if it always was that."""
    afters = [trace.steps[index].after.get(was) for trace, was in zip(traces, were, strict=True)]
    for name, column in columns.items():
        if WORKSPACE not in str(values[name]) and [_hash(text) for text in column] == afters:
            return _hash(values[name])
    return None


def _hash(text: JSON) -> str | None:
    return hash_of(text.encode("utf-8", "surrogatepass")) if isinstance(text, str) else None
