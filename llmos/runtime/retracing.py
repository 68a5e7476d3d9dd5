"""Compares a program with a run that was made without it: whether it makes exactly the calls of that run.

Knows no tool and no model. The program is told what the tools answered then.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final

from llmos.messages import JSON
from llmos.programs.form import ProgramError
from llmos.programs.interpreter import Call, Finish, steps
from llmos.programs.values import Result
from llmos.programs.verified import Verified
from llmos.traces.trace import WORKSPACE, Trace

PATHS: Final = frozenset({"file_path", "path"})
"""Arguments in which a path from the workspace's root and the relative one are the same file."""

_EXACT = 1e-9


def strays(program: Verified, trace: Trace) -> str:
    """How the program strays from the run, in a clause; empty where it makes its calls and ends well."""
    calls = [(step.tool, step.args) for step in trace.steps]
    made, end = made_calls(program, trace.slots, [step.output for step in trace.steps])
    for number, (mine, other) in enumerate(zip(made, calls, strict=False), start=1):
        if not same_call(mine, other):
            return f"call {number} of the program is not that of run {trace.run_id}"
    if not end.ok or len(made) != len(calls):
        return f"the program does not end as run {trace.run_id} did: {end.text}"
    return ""


def made_calls(
    program: Verified, values: Mapping[str, JSON], answers: Sequence[str]
) -> tuple[list[tuple[str, Mapping[str, JSON]]], Finish]:
    """The calls that the program makes where tools answer so one after the other, and how it ends."""
    made: list[tuple[str, Mapping[str, JSON]]] = []
    told: Result | None = None
    try:
        run = steps(program, values)
        while True:
            asked = run.send(told)
            told = None
            if isinstance(asked, Call):
                made.append((asked.tool, asked.args))
                if len(made) > len(answers):
                    return made, Finish(ok=False, text="it makes more calls than the run did", line=asked.line)
                told = Result(ok=True, text=answers[len(made) - 1])
    except ProgramError as error:
        return made, Finish(ok=False, text=error.sentence, line=error.line)
    except StopIteration as end:
        finish: Finish = end.value
        return made, finish


def same_call(one: tuple[str, Mapping[str, JSON]], other: tuple[str, Mapping[str, JSON]]) -> bool:
    """Whether two calls do the same: the tool, and the arguments but for the last bits of numbers."""
    return one[0] == other[0] and _alike(_relative(one[1]), _relative(other[1]))


def relative(name: str, value: JSON) -> JSON:
    """An argument as it is from within the workspace."""
    if name not in PATHS or not isinstance(value, str):
        return value
    return "." if value == WORKSPACE else value.removeprefix(f"{WORKSPACE}/")


def _relative(args: Mapping[str, JSON]) -> dict[str, JSON]:
    return {name: relative(name, value) for name, value in args.items()}


def _alike(one: JSON, other: JSON) -> bool:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_alike, one, other))
    if all(isinstance(each, int | float) and not isinstance(each, bool) for each in (one, other)):
        return math.isclose(one, other, rel_tol=_EXACT, abs_tol=_EXACT)
    return bool(one == other) and type(one) is type(other)
