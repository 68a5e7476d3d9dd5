"""Verifies a program before it may run: known tools, types, ranges, bounded loops, every way ends, effects, cost.

Knows a tool only by its description. Nothing else makes a `Verified`, and nothing else runs.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType

from llmos.errors import nearest
from llmos.messages import Effect, ToolSpec
from llmos.programs.arguments import misfit, missing
from llmos.programs.form import (
    EVERY,
    MOST_BLOCKS_DEEP,
    MOST_EXPRESSION_HEIGHT,
    MOST_STATEMENTS,
    Act,
    CallTool,
    Comment,
    Done,
    Expect,
    Expression,
    ForEach,
    If,
    Let,
    Parameter,
    Program,
    ProgramError,
    Repeat,
    Require,
    Statement,
    Stop,
    WaitUntil,
    blocks,
    calls,
    height,
)
from llmos.programs.given import checked
from llmos.programs.grammar import is_name
from llmos.programs.inference import Inference
from llmos.programs.kinds import RESULT, Known, joined, of_type, widened
from llmos.programs.literals import constant
from llmos.programs.values import StoppedError, asked
from llmos.programs.verified import SEAL, Bounds, Cost, Verified
from llmos.programs.walk import bound_in, expressions

BY_NAME = frozenset({"Bash", "Agent"})
"""Tools that a program may call only where they are granted by name: what they do stands in a text."""

_LEAST_EVERY_S = 0.1


def verify(
    program: Program,
    tools: Mapping[str, ToolSpec],
    grants: frozenset[Effect] = frozenset(Effect),
    by_name: frozenset[str] = frozenset(),
    bounds: Bounds | None = None,
) -> Verified:
    """The program as one that may run; raises the first of its ProgramErrors.

    It may call `tools` whose effects are among `grants`; those in BY_NAME only where `by_name` has them.
    """
    check = _Check(tools, grants, by_name, bounds or Bounds())
    cost = check.program(program)
    if check.errors:
        raise min(check.errors, key=lambda error: error.line)
    used = sorted({call.tool for call in calls(program.body)})
    effects = frozenset(tools[name].effect for name in used)
    return Verified(program, tuple(used), effects, cost, MappingProxyType(check.facts), SEAL)


def problems(
    program: Program,
    tools: Mapping[str, ToolSpec],
    grants: frozenset[Effect] = frozenset(Effect),
    by_name: frozenset[str] = frozenset(),
    bounds: Bounds | None = None,
) -> tuple[ProgramError, ...]:
    """Everything that keeps the program from being verified, by line."""
    check = _Check(tools, grants, by_name, bounds or Bounds())
    check.program(program)
    return tuple(sorted(check.errors, key=lambda error: error.line))


class _Check:
    def __init__(
        self, tools: Mapping[str, ToolSpec], grants: frozenset[Effect], by_name: frozenset[str], bounds: Bounds
    ) -> None:
        self.errors: list[ProgramError] = []
        self._tools = tools
        self._grants = grants
        self._by_name = by_name
        self._bounds = bounds
        self._inference = Inference(self._wrong)

    @property
    def facts(self) -> Mapping[int, Known]:
        return self._inference.facts

    def _wrong(self, sentence: str, line: int) -> None:
        self.errors.append(ProgramError(sentence, line))

    def program(self, program: Program) -> Cost:
        """Check all of it; what it costs at most."""
        if not self._is_of_a_size(program):
            return Cost()
        names: dict[str, Known] = {}
        for parameter in program.parameters:
            self._parameter(parameter, names)
        cost = Cost()
        for require in program.requires:
            cost += self._require(require, names)
        more, after = self._block(program.body, names)
        if after is not None:
            last = max((each.line for each in program.body), default=0)
            self._wrong("the program may end without 'done' or 'stop'; say what came of it", last)
        cost += more
        self._within(cost)
        return cost

    def _within(self, cost: Cost) -> None:
        bounds = self._bounds
        if cost.calls > bounds.calls:
            self._wrong(f"it may call tools {cost.calls:,} times; at most {bounds.calls:,} are allowed", 0)
        if cost.waited_s > bounds.waited_s:
            self._wrong(f"it may wait {cost.waited_s:,.0f} s; at most {bounds.waited_s:,.0f} are allowed", 0)
        if cost.parts > bounds.parts:
            self._wrong(f"it may compute {cost.parts:,} things; at most {bounds.parts:,} are allowed", 0)

    def _is_of_a_size(self, program: Program) -> bool:
        """Whether it can be looked at without harm; a program that was read can."""
        level, number, deep = list(program.body), 0, 0
        while level:
            number, deep = number + len(level), deep + 1
            if number > MOST_STATEMENTS or deep > MOST_BLOCKS_DEEP:
                self._wrong("it has too many statements, or too many inside each other", level[0].line)
                return False
            level = [inner for each in level for block in blocks(each) for inner in block]
        for each in expressions(program):
            if height(each) > MOST_EXPRESSION_HEIGHT:
                self._wrong("an expression has too many parts inside each other", each.line)
                return False
        return True

    def _parameter(self, parameter: Parameter, names: dict[str, Known]) -> None:
        if parameter.name in names:
            self._wrong(f"the parameter '{parameter.name}' is given twice", parameter.line)
        self._name(parameter.name, parameter.line)
        names[parameter.name] = of_type(parameter.type)
        self._inference.named.add(parameter.name)
        if parameter.default is None:
            return
        try:
            checked(parameter.name, constant(parameter.default, parameter.type), parameter.type)
        except (ProgramError, StoppedError) as error:
            self._wrong(f"the default does not fit: {error.sentence}", parameter.line)

    def _name(self, name: str, line: int) -> None:
        if not is_name(name):
            self._wrong(f"{ascii(name)[:40]} cannot be a name", line)

    def _require(self, require: Require, names: Mapping[str, Known]) -> Cost:
        self._inference.parts = 0
        if self._inference.condition(require.condition, names) is False:
            self._wrong("this can never hold", require.line)
        self._said(require.otherwise, names)
        return Cost(parts=self._inference.parts)

    def _block(
        self, body: tuple[Statement, ...], names: Mapping[str, Known]
    ) -> tuple[Cost, Mapping[str, Known] | None]:
        """The cost of the statements, and what is named after them; None where no way goes on."""
        cost = Cost()
        now: Mapping[str, Known] | None = names
        for statement in body:
            if isinstance(statement, Comment):
                continue
            if now is None:
                self._wrong("no way leads to this line; the program has ended before it", statement.line)
                return cost, None
            self._inference.parts = 1
            more, now = self._statement(statement, now)
            cost += more
        return cost, now

    def _statement(self, statement: Statement, names: Mapping[str, Known]) -> tuple[Cost, Mapping[str, Known] | None]:
        match statement:
            case If():
                return self._if(statement, names)
            case Repeat() | ForEach():
                return self._loop(statement, names)
            case WaitUntil():
                return self._wait(statement, names)
            case Act(call):
                self._call(call, names)
                return Cost(1, 0, self._inference.parts), names
            case Let():
                return self._let(statement, names)
            case Expect(condition, otherwise):
                if self._inference.condition(condition, names) is False:
                    self._wrong("this can never hold", statement.line)
                self._said(otherwise, names)
                return Cost(parts=self._inference.parts), names
            case Stop(sentence) | Done(sentence):
                self._said(sentence, names)
                return Cost(parts=self._inference.parts), None
            case Comment():
                return Cost(), names

    def _said(self, expression: Expression | None, names: Mapping[str, Known]) -> None:
        """Something that a person reads at the end."""
        if expression is not None:
            known = self._inference.of(expression, names)
            if known.sort in ("result", "none", "point", "list", "object"):
                self._wrong(f"{known.words} cannot be said; write a text", expression.line)

    def _let(self, let: Let, names: Mapping[str, Known]) -> tuple[Cost, Mapping[str, Known]]:
        if isinstance(let.value, CallTool):
            self._call(let.value, names)
            return Cost(1, 0, self._inference.parts), self._bound(let.name, RESULT, names, let.line)
        known = self._inference.of(let.value, names)
        return Cost(parts=self._inference.parts), self._bound(let.name, known, names, let.line)

    def _bound(self, name: str, known: Known, names: Mapping[str, Known], line: int) -> Mapping[str, Known]:
        """The names with one more; a name keeps its kind."""
        self._name(name, line)
        self._inference.named.add(name)
        before = names.get(name)
        if before is not None and (before.sort != known.sort or _inner(before) != _inner(known)):
            other = "one of something else" if before.sort == known.sort else known.words
            self._wrong(f"'{name}' is {before.words} and cannot become {other}; take another name", line)
            return names
        return {**names, name: known}

    def _if(self, statement: If, names: Mapping[str, Known]) -> tuple[Cost, Mapping[str, Known] | None]:
        decided = self._inference.condition(statement.condition, names)
        if decided is not None:
            self._wrong(f"the condition is always {str(decided).lower()}, so a part is never reached", statement.line)
        if not any(not isinstance(each, Comment) for each in (*statement.then, *statement.otherwise)):
            self._wrong("this 'if' does nothing", statement.line)
        cost = Cost(parts=self._inference.parts)
        first, after = self._block(statement.then, names)
        second, other = self._block(statement.otherwise, names)
        return cost + (first | second), _either(after, other)

    def _loop(self, statement: Repeat | ForEach, names: Mapping[str, Known]) -> tuple[Cost, Mapping[str, Known] | None]:
        rounds = self._rounds(statement, names)
        cost = Cost(parts=self._inference.parts)
        changed = bound_in((statement,))
        inside = {name: widened(known) if name in changed else known for name, known in names.items()}
        if isinstance(statement, ForEach):
            items = self._inference.facts[id(statement.items)]
            inside = dict(self._bound(statement.name, items.of or Known("anything"), inside, statement.line))
        if all(isinstance(each, Comment) for each in statement.body):
            self._wrong("this loop does nothing", statement.line)
        more, after = self._block(statement.body, inside)
        if after is None:
            self._wrong("this loop never comes round, for its body always ends the program", statement.line)
        left = {name: widened(known) if name in changed else known for name, known in names.items()}
        return cost + more.times(rounds), left

    def _rounds(self, loop: Repeat | ForEach, names: Mapping[str, Known]) -> int:
        """How often the loop comes round at most; 1 where it is wrong."""
        if isinstance(loop, Repeat):
            known = self._inference.of(loop.count, names)
            if known.sort != "whole number":
                self._wrong(f"'repeat' needs a whole number, not {known.words}", loop.line)
            elif not math.isfinite(known.high):
                self._wrong("nobody knows how often this repeats; give the number a range", loop.line)
            elif known.low < 0 or known.high < 1:
                self._wrong(f"it cannot repeat {min(known.low, known.high):g} times", loop.line)
            else:
                return int(known.high)
            return 1
        known = self._inference.of(loop.items, names)
        length = known.high if known.sort == "list" else math.inf
        if known.sort not in ("list", "anything", "result"):
            self._wrong(f"'for each' needs a list, not {known.words}", loop.line)
        elif not math.isfinite(length) and loop.most is None:
            self._wrong("nobody knows how long this list is; write 'up to N' behind it", loop.line)
        elif length < 1:
            self._wrong("this list is empty", loop.line)
        else:
            return int(min(length, loop.most or length))
        return 1

    def _wait(self, wait: WaitUntil, names: Mapping[str, Known]) -> tuple[Cost, Mapping[str, Known]]:
        within = self._inference.of(wait.within, names)
        every_s = (wait.every or EVERY).canonical
        if within.sort != "duration" and not (within.is_numeric and within.bare):
            self._wrong(f"'within' needs a duration, not {within.words}", wait.line)
        elif not (within.low >= 0 and math.isfinite(within.high)):
            self._wrong("nobody knows how long this waits; give the duration a range from 0 s", wait.line)
        if wait.every is not None and (wait.every.unit not in ("", "s", "ms", "min", "h") or every_s < _LEAST_EVERY_S):
            self._wrong(f"'every' needs a duration of at least {_LEAST_EVERY_S:g} s", wait.line)
            every_s = 1
        self._call(wait.call, names)
        spec = self._tools.get(wait.call.tool)
        if spec is not None and spec.effect is not Effect.PURE:
            self._wrong(f"a wait asks again and again, and {spec.name} changes something", wait.line)
        after = self._bound(wait.name, RESULT, names, wait.line)
        if self._inference.condition(wait.condition, after) is not None:
            self._wrong("this condition does not depend on what is asked", wait.line)
        self._said(wait.otherwise, after)
        longest = within.high if math.isfinite(within.high) else 0
        times = asked(longest, every_s)
        return Cost(times, longest, times * self._inference.parts), after

    def _call(self, call: CallTool, names: Mapping[str, Known]) -> None:
        found = [(name, self._inference.of(value, names), value) for name, value in call.args]
        spec = self._tools.get(call.tool)
        if spec is None:
            self._wrong(f"there is no tool '{call.tool[:40]}' here; {nearest(call.tool, self._tools)}", call.line)
            return
        if call.tool in BY_NAME and call.tool not in self._by_name:
            self._wrong(f"a program may call {call.tool} only where that is granted by name", call.line)
        elif spec.effect not in self._grants:
            self._wrong(f"{call.tool} is {spec.effect}, which is not granted here", call.line)
        if why := missing(spec, [name for name, _ in call.args]):
            self._wrong(why, call.line)
            return
        for name, known, value in found:
            if why := misfit(spec, name, known, value):
                self._wrong(why, value.line or call.line)


def _inner(known: Known) -> object:
    """What must stay the same of a list when its name is bound again; a list in a list never is."""
    if known.sort == "object":
        return object()
    if known.sort != "list" or known.of is None:
        return None
    return known.of.sort if known.of.sort not in ("list", "object", "anything") else object()


def _either(one: Mapping[str, Known] | None, other: Mapping[str, Known] | None) -> Mapping[str, Known] | None:
    """What is named after one way or the other."""
    if one is None or other is None:
        return other if one is None else one
    return {name: joined(known, other[name]) for name, known in one.items() if name in other}
