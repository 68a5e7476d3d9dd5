"""Makes a program of runs that went the same way: what came from the goal becomes a parameter, the rest stays.

Knows no model and no volume. It believes nothing that binding does not believe, and what it made must make the calls of
every run that it was made of.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from llmos.documents.crystal import Crystal, name_for
from llmos.documents.document import hash_of
from llmos.errors import counted
from llmos.evolution.origins import expression, literal
from llmos.evolution.patterns import Pattern
from llmos.messages import JSON, Effect, ToolSpec
from llmos.programs.form import (
    Act,
    Binary,
    CallTool,
    Done,
    Expect,
    Expression,
    Field,
    Kind,
    Let,
    Listing,
    ListOf,
    Name,
    Number,
    Parameter,
    Plain,
    Program,
    ProgramError,
    Record,
    Statement,
    Text,
    Type,
)
from llmos.programs.interpreter import Call, Finish, steps
from llmos.programs.printer import show
from llmos.programs.values import Result
from llmos.programs.verified import Verified
from llmos.programs.verifier import verify
from llmos.traces.again import again
from llmos.traces.bound import Bound, Unbound
from llmos.traces.components import equal
from llmos.traces.evidence import Evidence
from llmos.traces.rebinding import rebind
from llmos.traces.trace import WORKSPACE, Trace, TraceStep

_GRANTS = frozenset(Effect) - {Effect.IRREVERSIBLE}
_LONGEST_ANSWER = 300
"""Characters of an answer that a program compares as a whole."""

_FEWEST_LETTERS = 3
_EDGES = re.compile(r"[^\w'\"]*(.*?)[^\w'\"]*", re.DOTALL)
_KINDS: Mapping[str, Kind] = {
    "point": "point",
    "length": "length",
    "angle": "angle",
    "duration": "duration",
    "text": "text",
    "path": "path",
    "number": "number",
    "ordinal": "whole number",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A program that was made of a pattern, verified, and how its skill will be called."""

    name: str
    pattern: Pattern
    program: Program
    verified: Verified
    crystal: Crystal


class _DoubtError(Exception):
    """Leaves the making of a program with what it cannot say."""


def crystallize(pattern: Pattern, specs: Mapping[str, ToolSpec]) -> Candidate | str:
    """The program of a pattern, or why there can be none; `specs` are the tools that its agent has."""
    try:
        program = _program(pattern)
        verified = verify(program, specs, _GRANTS)
        for trace in pattern.traces:
            _check(verified, trace)
    except (_DoubtError, ProgramError) as error:
        return str(error)
    newest = pattern.newest
    versions = {step.tool: step.tool_version for step in newest.steps}
    ids = tuple(dict.fromkeys(trace.id for trace in pattern.planned))
    text = hash_of(show(program).encode("utf-8", "surrogatepass"))
    crystal = Crystal(newest.signature, newest.agent, versions, pattern.world, ids, text)
    return Candidate(name_for(newest.skeleton, newest.signature), pattern, program, verified, crystal)


def _program(pattern: Pattern) -> Program:
    bounds = _bounds(pattern)
    if any(
        one.sources != other.sources for a, b in pairwise(bounds) for one, other in zip(a.steps, b.steps, strict=True)
    ):
        raise _DoubtError("the runs do not agree where an argument comes from")
    newest = pattern.newest
    body = [each for index in range(len(newest.steps)) for each in _step(pattern, bounds, index)]
    last = len(newest.steps)
    told = newest.steps[-1].output.strip()
    body.append(Done(Field(Name(f"step{last}"), "text") if told else Text("Done.")))
    return Program(parameters=tuple(_parameters(pattern)), requires=(), body=tuple(body))


def _bounds(pattern: Pattern) -> list[Bound]:
    """The runs of the pattern as binding makes them from what models did, one for each different goal."""
    planned, found = list(pattern.planned), list[Bound]()
    seen: list[Mapping[str, JSON]] = []
    for trace in pattern.traces:
        if any(equal(trace.slots, each) for each in seen):
            continue
        seen.append(trace.slots)
        bound = (
            rebind(Evidence.of(planned, trace.slots), WORKSPACE, leap=True) if trace.slots else again(trace, WORKSPACE)
        )
        if isinstance(bound, Unbound):
            raise _DoubtError(bound.reason)
        found.append(bound)
    return found


def _step(pattern: Pattern, bounds: Sequence[Bound], index: int) -> Iterator[Statement]:
    """A call, and what is expected of its answer."""
    step, bound, name = pattern.newest.steps[index], bounds[0].steps[index], f"step{index + 1}"
    args = tuple((arg, _argument(arg, value, bound.sources, index)) for arg, value in step.args.items())
    conditions = list(_conditions(pattern, bounds, index))
    is_last = index + 1 == len(pattern.newest.steps)
    call = CallTool(step.tool, args)
    yield Let(name, call) if conditions or is_last else Act(call)
    if conditions:
        whole = conditions[0]
        for each in conditions[1:]:
            whole = Binary("and", whole, each)
        yield Expect(whole)


def _argument(name: str, value: JSON, sources: Mapping[str, str], index: int) -> Expression:
    """The value of an argument, leaf by leaf."""
    if isinstance(value, Mapping) and value:
        return Record(tuple((key, _argument(f"{name}.{key}", item, sources, index)) for key, item in value.items()))
    if isinstance(value, list | tuple) and value:
        return Listing(tuple(_argument(f"{name}[{at}]", item, sources, index) for at, item in enumerate(value)))
    source = sources.get(name, "literal")
    found = expression(source, value)
    if found is None:
        raise _DoubtError(f"a program cannot say what '{name}' of step {index + 1} is: {source}")
    return found


def _conditions(pattern: Pattern, bounds: Sequence[Bound], index: int) -> Iterator[Expression]:
    """What the words of an answer must hold, as far as they are the same for every goal."""
    text = Field(Name(f"step{index + 1}"), "text")
    answers = [bound.steps[index].expect for bound in bounds]
    several = [answer.pieces for answer in answers]
    if any(pieces is None for pieces in several):
        outputs = {trace.steps[index].output for trace in pattern.traces}
        said = outputs.pop()
        if outputs or len(said) > _LONGEST_ANSWER or (known := literal(said)) is None:
            raise _DoubtError(f"what step {index + 1} reads decides, and is too long for a program")
        yield Binary("==", text, known)
        return
    words = [[piece for piece in pieces or () if isinstance(piece, str)] for pieces in several]
    same = [_telling(column[0]) for column in zip(*words, strict=False) if len(set(column)) == 1]
    most = max((sum(map(str.isalpha, word)) for word in same), default=0)
    for word in same:
        letters = sum(map(str.isalpha, word))
        if letters >= _FEWEST_LETTERS and 2 * letters >= most and WORKSPACE not in word:
            yield Binary("contains", text, Text(word))


def _telling(text: str) -> str:
    """From the first letter or quote to the last one: what stands around numbers says nothing."""
    found = _EDGES.fullmatch(text)
    return found[1] if found else ""


def _parameters(pattern: Pattern) -> Iterator[Parameter]:
    """The slots of the goals, with the ranges that were seen."""
    for name in pattern.newest.slots:
        yield Parameter(name, _type(name, [trace.slots[name] for trace in pattern.traces]))


def _type(name: str, values: Sequence[JSON]) -> Type:
    kind = _KINDS.get(name.rstrip("0123456789"))
    if kind is None and name.startswith("list") and all(isinstance(value, list) and value for value in values):
        items = [item for value in values for item in value]
        inner = _plain("number" if all(isinstance(item, int | float) for item in items) else "text", items)
        return ListOf(inner, max(map(len, values)))
    if kind is None:
        raise _DoubtError(f"a program has no type for {name}")
    return _plain(kind, values)


def _plain(kind: Kind, values: Sequence[JSON]) -> Plain:
    if kind in ("point", "text", "path"):
        return Plain(kind)
    low, high = min(values), max(values)
    return Plain(kind, _number(low, kind), _number(high, kind))


def _number(value: float, kind: Kind) -> Number:
    unit = {"length": "m", "angle": "deg", "duration": "s"}.get(kind, "")
    return Number(value, unit)


def _check(verified: Verified, trace: Trace) -> None:
    """Raise where the program would not have made the calls of this run, given its answers."""
    told: Result | None = None
    run = steps(verified, trace.slots)
    made = 0
    while True:
        try:
            asked = run.send(told)
        except StopIteration as end:
            finish: Finish = end.value
            if not finish.ok or made != len(trace.steps):
                raise _DoubtError(f"the program does not end as run {trace.run_id} did: {finish.text}") from None
            return
        step = trace.steps[made] if made < len(trace.steps) else None
        if not isinstance(asked, Call) or step is None or not _is_the(asked, step):
            raise _DoubtError(f"call {made + 1} of the program is not that of run {trace.run_id}")
        told = Result(ok=True, text=step.output)
        made += 1


def _is_the(call: Call, step: TraceStep) -> bool:
    return call.tool == step.tool and _alike(dict(call.args), dict(step.args))


def _alike(one: JSON, other: JSON) -> bool:
    """Whether two arguments are the same but for the last bits of numbers."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_alike, one, other))
    if all(isinstance(each, int | float) and not isinstance(each, bool) for each in (one, other)):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def evidence_of(candidate: Candidate) -> str:
    """What it was made of, in words."""
    pattern = candidate.pattern
    return f"{counted(len(pattern.traces), 'run')} with {counted(pattern.goals, 'goal')}"
