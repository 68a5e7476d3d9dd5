"""Makes a program of runs that went the same way: what came from the goal becomes a parameter, the rest stays.

Knows no model and no volume. It believes nothing that binding does not believe: for values that the runs did not have,
binding is asked, and where it would do nothing or something else, the program does not take such values.
"""

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from llmos.documents.crystal import Crystal, made_with, name_for
from llmos.errors import counted
from llmos.evolution.domains import Domain, Level, NoTypeError, most_decimals
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
    Let,
    Listing,
    Name,
    Program,
    ProgramError,
    Record,
    Statement,
    Text,
)
from llmos.programs.parser import parse
from llmos.programs.printer import program_hash, show
from llmos.programs.verified import Verified
from llmos.programs.verifier import verify
from llmos.runtime.retracing import made_calls, same_call, strays
from llmos.traces.again import again, is_motion, start
from llmos.traces.bound import Bound, Unbound
from llmos.traces.components import components, equal, is_number, leaves
from llmos.traces.evidence import Evidence
from llmos.traces.rebinding import rebind
from llmos.traces.trace import WORKSPACE, Trace

_GRANTS: Final = frozenset(Effect) - {Effect.IRREVERSIBLE}
_LONGEST_ANSWER: Final = 300
"""Characters of an answer that a program compares as a whole."""

_LONGEST_GOAL: Final = 1_000
_MOST_WITNESSES: Final = 24
_PROBES: Final = 24
_BASES: Final = 2
_EDGES = re.compile(r"[^\w'\"]*(.*?)[^\w'\"]*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A program that was made of a pattern, verified, and how its skill will be called."""

    name: str
    pattern: Pattern
    program: Program
    verified: Verified
    crystal: Crystal
    domain: Domain


class _DoubtError(Exception):
    """Leaves the making of a program with what it cannot say."""


def crystallize(pattern: Pattern, specs: Mapping[str, ToolSpec], domain: Domain | None = None) -> Candidate | str:
    """The program of a pattern, or why there can be none; `specs` are the tools that its agent has.

    With a `domain`, found for more runs than these, the program takes the values of that.
    """
    try:
        maker = _Maker(pattern, specs)
        if domain is None:
            domain = maker.domain()
        program, verified = maker.program(domain)
        maker.retrace(verified)
        crystal = maker.crystal(program, domain)
    except (_DoubtError, ProgramError, NoTypeError) as error:
        return str(error)
    newest = pattern.newest
    name = name_for(newest.skeleton, newest.signature, newest.agent, pattern.world)
    return Candidate(name, pattern, program, verified, crystal, domain)


def evidence_of(candidate: Candidate) -> str:
    """What it was made of, in words."""
    pattern = candidate.pattern
    return f"{counted(len(pattern.traces), 'run')} with {counted(pattern.goals, 'goal')}"


class _Maker:
    """Makes programs of one pattern; what they do is the same, for which values differs."""

    def __init__(self, pattern: Pattern, specs: Mapping[str, ToolSpec]) -> None:
        self._pattern = pattern
        self._specs = specs
        self._witnesses = list(pattern.planned[-_MOST_WITNESSES:])
        self._goals: list[Trace] = []
        for trace in reversed(pattern.traces):
            if not any(equal(dict(trace.slots), dict(each.slots)) for each in self._goals):
                self._goals.append(trace)
        if any(len(trace.goal) > _LONGEST_GOAL for trace in self._goals):
            raise _DoubtError("its goals are too long for the page of a skill")
        self._bounds = self._bound_all()
        self._body = self._statements()

    def domain(self) -> Domain:
        """The widest values for which binding says what the program does."""
        pattern = self._pattern
        found = Domain.of([trace.slots for trace in pattern.traces])
        if not pattern.newest.slots:
            return found
        rng = random.Random(pattern.newest.signature)  # noqa: S311 - probes, no secrets
        for name in found.seen:
            wide = (level for level in found.possible(name) if self._is_bound(found.at(name, level), name, rng))
            found = found.at(name, next(wide, Level.SEEN))
        try:
            self._probe(found, rng)
        except _DoubtError:
            found = found.only_seen()
            self._probe(found, rng)
        return found

    def program(self, domain: Domain) -> tuple[Program, Verified]:
        """The program for these values; ProgramError or a doubt where there is none."""
        program = Program(tuple(domain.parameters()), tuple(domain.requires()), self._body)
        verified = verify(program, self._specs, _GRANTS)
        if parse(show(program)) != program:
            raise _DoubtError("its program does not read as it was meant")
        return program, verified

    def retrace(self, verified: Verified) -> None:
        """Raise where the program does not make the calls of one of the runs."""
        for trace in self._pattern.traces:
            if said := strays(verified, trace):
                raise _DoubtError(said)

    def crystal(self, program: Program, domain: Domain) -> Crystal:
        """Where the program belongs."""
        newest = self._pattern.newest
        with_pose = self._is_fixed()
        begin = start(self._pattern.traces, with_pose=with_pose)
        return Crystal(
            signature=newest.signature,
            goal=newest.goal,
            agent=newest.agent,
            tools={step.tool: step.tool_version for step in newest.steps},
            world=self._pattern.world,
            made_with=made_with(newest.agent_hash, newest.skill_hashes, newest.world),
            start={
                **({"same": dict(begin.same)} if begin.same else {}),
                **({"pose": dict(begin.poses[0])} if begin.poses else {}),
            },
            digits=self._digits(domain),
            traces=tuple(dict.fromkeys(trace.id for trace in self._pattern.planned)),
            program=program_hash(program),
        )

    def _bind(self, slots: Mapping[str, JSON]) -> Bound | Unbound:
        """The run for a goal with these values, as binding makes it from what models did."""
        return rebind(Evidence.of(self._witnesses, slots), WORKSPACE, leap=True)

    def _bound_all(self) -> list[Bound]:
        """The runs of the pattern as binding makes them, one for each different goal."""
        if not self._pattern.newest.slots:
            return [_literal(again(trace, WORKSPACE)) for trace in self._pattern.traces]
        found = []
        for trace in self._goals:
            bound = self._bind(trace.slots)
            if isinstance(bound, Unbound):
                raise _DoubtError(bound.reason)
            found.append(bound)
        return found

    def _statements(self) -> tuple[Statement, ...]:
        newest = self._pattern.newest
        body = [each for index in range(len(newest.steps)) for each in self._step(index)]
        told = newest.steps[-1].output.strip()
        body.append(Done(Field(Name(f"step{len(newest.steps)}"), "text") if told else Text("Done.")))
        return tuple(body)

    def _step(self, index: int) -> Iterator[Statement]:
        """A call, and what is expected of its answer."""
        newest = self._pattern.newest
        step, sources, name = newest.steps[index], self._bounds[0].steps[index].sources, f"step{index + 1}"
        known = components(newest.slots)
        args = tuple((arg, _argument(arg, value, sources, known, index)) for arg, value in step.args.items())
        conditions = list(self._conditions(index))
        call = CallTool(step.tool, args)
        yield Let(name, call) if conditions or index + 1 == len(newest.steps) else Act(call)
        if conditions:
            whole = conditions[0]
            for each in conditions[1:]:
                whole = Binary("and", whole, each)
            yield Expect(whole)

    def _conditions(self, index: int) -> Iterator[Expression]:
        """What the words of an answer must be, as far as they are the same for every goal."""
        text = Field(Name(f"step{index + 1}"), "text")
        answers = [bound.steps[index].expect for bound in self._bounds]
        if any(answer.pieces is None for answer in answers):
            outputs = {trace.steps[index].output for trace in self._pattern.traces}
            said = outputs.pop()
            whole = None if outputs or len(said) > _LONGEST_ANSWER else literal(said)
            if whole is None:
                raise _DoubtError(f"what step {index + 1} reads decides, and is too long or varied for a program")
            yield Binary("==", text, whole)
            return
        several = [_stretches(answer.pieces or ()) for answer in answers]
        first = several[0]
        alone = first[0] if len(first) == 1 and all(each == first for each in several) else None
        known = literal(alone) if isinstance(alone, str) and len(alone) <= _LONGEST_ANSWER else None
        if known is not None:
            yield Binary("==", text, known)
            return
        given = [value for value in components(self._goals[0].slots).values() if isinstance(value, str) and value]
        words = (word for each in first if isinstance(each, str) for word in _without([WORKSPACE, *given], each))
        for word in dict.fromkeys(map(_telling, words)):
            if word and all(any(isinstance(each, str) and word in each for each in other) for other in several):
                yield Binary("contains", text, Text(word))

    def _is_bound(self, domain: Domain, name: str, rng: random.Random) -> bool:
        """Whether binding takes every value that the domain has of one slot, beside the values of runs."""
        values = list(domain.values(name, rng))
        bases = [dict(trace.slots) for trace in self._goals[:_BASES]]
        return all(isinstance(self._bind({**base, name: value}), Bound) for base in bases for value in values)

    def _probe(self, domain: Domain, rng: random.Random) -> None:
        """Raise where binding would do nothing, or something else, for values of the domain in any combination."""
        _, verified = self.program(domain)
        for _ in range(_PROBES):
            slots = domain.draw(rng)
            bound = self._bind(slots)
            if isinstance(bound, Unbound):
                raise _DoubtError(bound.reason)
            made, end = made_calls(verified, slots, [_likely(bound, i, self._pattern) for i in range(len(bound.steps))])
            wanted = [(step.tool, step.args) for step in bound.steps[: len(made)]]
            if (not made and not end.ok) or not all(map(same_call, made, wanted)):
                raise _DoubtError(f"the runs do not show what is to be done for other values: {end.text}".rstrip(": "))

    def _is_fixed(self) -> bool:
        """Whether a motion rests on a number that is none of the goal's, so that it matters where the robot stands."""
        newest, bound = self._pattern.newest, self._bounds[0]
        pairs = zip(newest.steps, bound.steps, strict=True)
        known = [(other.sources, leaves(step.args)) for step, other in pairs if is_motion(newest, step)]
        return any(
            is_number(value) and sources.get(name, "literal") == "literal"
            for sources, args in known
            for name, value in args.items()
        )

    def _digits(self, domain: Domain) -> dict[str, int]:
        """Of which components binding takes no value with more decimals than were seen, and how many that are."""
        found = {}
        base = dict(self._pattern.newest.slots)
        for name, level in domain.levels.items():
            if level is not Level.BETWEEN:
                continue
            values = [value if isinstance(value, list) else [value] for value in domain.seen[name]]
            for axis in range(min(map(len, values))):
                is_list = isinstance(domain.seen[name][0], list)
                finer = domain.finer(name, axis if is_list else None)
                if finer is None:
                    continue
                probe = [*base[name][:axis], finer, *base[name][axis + 1 :]] if is_list else finer
                if isinstance(self._bind({**base, name: probe}), Unbound):
                    part = list(components({name: base[name]}))[axis]
                    found[part] = most_decimals([value[axis] for value in values])
        return found


def with_words(candidate: Candidate, words: str) -> Candidate:
    """The candidate with the hash of the words on its page."""
    return replace(candidate, crystal=replace(candidate.crystal, words=words))


def _literal(bound: Bound) -> Bound:
    """The run with all its arguments as they stand: where they seem to come from, one run does not show."""
    return replace(bound, steps=tuple(replace(step, sources={}) for step in bound.steps))


def _argument(name: str, value: JSON, sources: Mapping[str, str], known: Mapping[str, JSON], index: int) -> Expression:
    """The value of an argument, leaf by leaf."""
    if isinstance(value, Mapping) and value:
        items = ((key, _argument(f"{name}.{key}", item, sources, known, index)) for key, item in value.items())
        return Record(tuple(items))
    if isinstance(value, list | tuple) and value:
        return Listing(tuple(_argument(f"{name}[{at}]", item, sources, known, index) for at, item in enumerate(value)))
    source = sources.get(name, "literal")
    found = expression(name, source, value, known)
    if found is None:
        raise _DoubtError(f"a program cannot say what '{name}' of step {index + 1} is: {source}")
    return found


def _stretches(pieces: Sequence[object]) -> list[object]:
    """What is said without a break as one text; a number that may vary stands between two of them."""
    return [
        "".join(map(str, group)) if is_text else None
        for is_text, group in groupby(pieces, key=lambda piece: isinstance(piece, str))
    ]


def _likely(bound: Bound, index: int, pattern: Pattern) -> str:
    """What a step of a bound run will answer, as far as that is known."""
    expect = bound.steps[index].expect
    return pattern.newest.steps[index].output if expect.pieces is None else expect.shown


def _without(texts: Sequence[str], stretch: str) -> list[str]:
    """What stands around these texts, where they stand alone."""
    several = "|".join(re.escape(each) for each in sorted(texts, key=len, reverse=True))
    return re.split(rf"(?<!\w)(?:{several})(?!\w)", stretch)


def _telling(text: str) -> str:
    """From the first letter or quote to the last one: what stands around numbers says nothing."""
    found = _EDGES.fullmatch(text)
    return found[1] if found and any(map(str.isalnum, found[1])) else ""
