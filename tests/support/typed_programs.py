"""Random programs that the verifier accepts, and random answers of tools, for hypothesis."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec
from hypothesis import strategies as st

from llmos.messages import JSON, Effect, ToolSpec
from llmos.programs import form
from llmos.programs.form import Expression, ListOf, Number, OneOf, Parameter, Plain, Program, Statement
from llmos.programs.values import Result


def spec(name: str, effect: Effect, required: Sequence[str] = (), **properties: JSON) -> ToolSpec:
    """A tool by its description."""
    schema = {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}
    return ToolSpec(name, "A tool.", schema, effect)


NUMBER, INTEGER, STRING, TRUTH = ({"type": each} for each in ("number", "integer", "string", "boolean"))
TOOLS = {
    each.name: each
    for each in (
        spec("look", Effect.PURE),
        spec("move", Effect.IDEMPOTENT, ("x",), x=NUMBER, turn_deg=NUMBER, count=INTEGER),
        spec("write", Effect.REVERSIBLE, ("path",), path=STRING, **{"-i": TRUTH}, content=STRING),
        spec("put", Effect.IRREVERSIBLE, (), value={}, items={"type": "array"}),
    )
}
CHOICE = st.sampled_from(["", "at rest", "x"])
ANSWERS = st.builds(
    Result,
    st.sampled_from([True, True, True, False]),
    st.sampled_from(["", "at rest", "[1, 2.5, 3]", "[[1,2,3],[4,5,6]]", "null", "{", "7"])
    | st.fixed_dictionaries(
        {
            "a": st.integers(-3, 3) | st.floats(-1e300, 1e300),
            "b": st.booleans(),
            "c": st.sampled_from(["", "at rest", "x"]),
        },
        optional={"d": st.lists(st.integers(0, 5) | st.text(max_size=3), max_size=4), "e": st.none()},
    ).map(lambda value: msgspec.json.encode(value).decode()),
)

NUMERIC = ("number", "whole number", "length", "angle", "duration")
TEXTS = ("", "at rest", 'a "quote"\n', "it's", "\\ü", "x" * 90, '"""', "\x85\U000e0001")
NAMES = ("a", "b", "c", "call", "plus", "class", "sleep", "_", "turn", "TYPES", "range", "field", "None_", "self")


@dataclass
class Maker:
    """Draws a program that makes sense: it knows what is named, and what each name stands for."""

    draw: Callable[..., object]
    names: dict[str, str] = field(default_factory=dict)
    budget: int = 25

    def pick(self, *options: object) -> object:
        """One of these."""
        return self.draw(st.sampled_from(options))

    def of(self, *kinds: str) -> list[str]:
        """The names of such kinds."""
        return [name for name, kind in self.names.items() if kind in kinds]

    def number(self, kind: str = "number", deep: int = 2) -> Expression:
        """A number, length, ... of this kind."""
        self.budget -= 1
        ways = ["literal"]
        ways += ["name"] * 3 * bool(self.of(kind))
        ways += ["sum", "scaled", "negative"] * (deep > 0 and self.budget > 0)
        ways += ["axis"] * (kind == "length" and bool(self.of("point")))
        ways += ["unknown"] * (kind == "number" and bool(self.of("result")) and deep > 0)
        match self.pick(*ways):
            case "name":
                return form.Name(self.pick(*self.of(kind)))
            case "sum":
                return form.Binary(self.pick("+", "-"), self.number(kind, deep - 1), self.number(kind, deep - 1))
            case "scaled":
                if kind == "whole number":
                    return form.Binary("*", self.number(kind, deep - 1), self.number(kind, deep - 1))
                return form.Binary(self.pick("*", "/"), self.number(kind, deep - 1), self.number("number", deep - 1))
            case "negative":
                return form.Negative(self.number(kind, deep - 1))
            case "axis":
                return form.Field(form.Name(self.pick(*self.of("point"))), self.pick("x", "y", "z"))
            case "unknown":
                return self.unknown()
            case _:
                whole = kind == "whole number"
                value = self.draw(st.integers(-4, 9) if whole else st.sampled_from([0.5, 2, 1e300, -1.25, 1e300, 3]))
                unit = {"length": "cm", "angle": "rad", "duration": "min"}.get(kind, "")
                return Number(value, self.pick("", unit) if value < 100 else "")

    def unknown(self) -> Expression:
        """Something of a tool's answer."""
        name = form.Name(self.pick(*self.of("result")))
        key = self.pick("a", "b", "c", "d", "x")
        return self.pick(form.Field(name, key), form.Item(name, form.Text(key)), form.Item(name, Number(0)))

    def text(self, deep: int = 2) -> Expression:
        """A text."""
        ways = ["literal"] + ["name"] * 2 * bool(self.of("text")) + ["result"] * bool(self.of("result"))
        ways += ["join"] * (deep > 0)
        match self.pick(*ways):
            case "name":
                return form.Name(self.pick(*self.of("text")))
            case "result":
                return form.Field(form.Name(self.pick(*self.of("result"))), "text")
            case "join":
                other = self.pick("text", "number", "boolean", *["unknown"] * bool(self.of("result")))
                right = {"text": self.text, "number": self.number, "boolean": self.condition, "unknown": self.unknown}
                return form.Binary("+", self.text(deep - 1), right[other]())
            case _:
                return form.Text(
                    self.pick("", "at rest", 'a "quote"\n', "it's", "\\ü", "x" * 90, '"""', "\x85\U000e0001")
                )

    def condition(self, deep: int = 2) -> Expression:
        """Something true or false."""
        ways = ["order", "equal", "contains"] + ["name"] * 2 * bool(self.of("boolean"))
        ways += ["ok", "unknown", "unknown"] * bool(self.of("result")) + ["and", "or", "not"] * (deep > 0)
        match self.pick(*ways):
            case "name":
                return form.Name(self.pick(*self.of("boolean")))
            case "order":
                kind = self.pick(*NUMERIC)
                sign = self.pick("<", "<=", ">", ">=", "==", "!=")
                return form.Binary(sign, self.number(kind, 1), self.number(kind, 1))
            case "equal":
                return form.Binary(self.pick("==", "!="), self.text(1), self.text(1))
            case "contains":
                return form.Binary("contains", self.text(1), self.text(1))
            case "ok":
                return form.Field(form.Name(self.pick(*self.of("result"))), "ok")
            case "unknown":
                sign = self.pick("==", "!=", "<", ">=", "contains")
                left, right = self.unknown(), self.pick(self.unknown(), self.number(deep=0), form.Truth(True))
                return self.pick(form.Binary(sign, left, right), left)
            case "not":
                return form.Not(self.condition(deep - 1))
            case sign:
                return form.Binary(sign, self.condition(deep - 1), self.condition(deep - 1))

    def call(self) -> form.CallTool:
        """A call that fits its tool."""
        fails = self.pick(False, False, True)
        match self.pick("look", "move", "write", "put"):
            case "move":
                args = [("x", self.number(self.pick("number", "length")))]
                args += self.pick([], [("turn_deg", self.number("angle"))], [("count", self.number("whole number"))])
                return form.CallTool("move", tuple(args), fails)
            case "write":
                args = [("path", self.text()), *self.pick([], [("-i", self.condition(1))], [("content", self.text())])]
                return form.CallTool("write", tuple(args), fails)
            case "put":
                parts = tuple(self.pick(self.text(1), self.number(), form.Nothing()) for _ in range(2))
                value = self.pick(
                    form.Listing(parts),
                    form.Record((("k", parts[0]), ('q"', parts[1]))),
                    form.Point(self.number("length"), self.number("number"), Number(0)),
                    parts[0],
                )
                return form.CallTool("put", (("value", value), ("items", form.Listing(parts[:1]))), fails)
            case _:
                return form.CallTool("look", (), fails)

    def block(self, deep: int, *, ends: bool = False) -> tuple[Statement, ...]:
        """Statements; what they name is known to those behind them."""
        found = [self.statement(deep) for _ in range(self.draw(st.integers(1, 3)))]
        if ends:
            found.append(form.Done(self.pick(self.text(), self.number(), self.condition())))
        return tuple(found)

    def inner(self, deep: int, *, ends: bool = False) -> tuple[Statement, ...]:
        """A block whose names are forgotten behind it."""
        before = dict(self.names)
        found = self.block(deep, ends=ends)
        self.names = before
        return found

    def statement(self, deep: int) -> Statement:
        """One statement."""
        self.budget -= 1
        ways = ["act", "let", "let", "ask", "ask", "expect", "comment"]
        ways += ["if", "repeat", "for", "wait"] * 2 * (deep > 0)
        match self.pick(*ways):
            case "let":
                return self.let()
            case "ask":
                name = self.pick(*NAMES)
                asked = self.call()
                if self.names.setdefault(name, "result") != "result":
                    return form.Act(asked)
                return form.Let(name, asked)
            case "expect":
                return form.Expect(self.condition(), self.pick(None, self.text()))
            case "comment":
                return form.Comment(self.pick("why", 'end """'))
            case "if":
                condition = self.condition()
                then = self.inner(deep - 1, ends=self.pick(False, False, True))
                return form.If(condition, then, self.pick((), self.inner(deep - 1)))
            case "repeat":
                count = self.pick(Number(2), *map(form.Name, self.of("count")))
                return form.Repeat(count, self.inner(deep - 1))
            case "for":
                return self.for_each(deep)
            case "wait":
                return self.wait()
            case _:
                return form.Act(self.call())

    def let(self) -> Statement:
        """A name for a value, of the kind that the name has already."""
        name = self.pick(*NAMES)
        kind = self.names.get(name) or self.pick(*NUMERIC, "text", "boolean")
        if kind not in (*NUMERIC, "text", "boolean"):
            return form.Act(self.call())
        value = {"text": self.text, "boolean": self.condition}.get(kind, lambda: self.number(kind))()
        self.names[name] = kind
        return form.Let(name, value)

    def for_each(self, deep: int) -> Statement:
        """A loop over a list."""
        before = dict(self.names)
        name = self.pick(*(each for each in NAMES if each not in self.names)) if len(self.names) < len(NAMES) else "zz"
        lists = self.of("list")
        unknown = self.of("result") and self.pick(True, False)
        items = (
            self.unknown()
            if unknown
            else form.Name(self.pick(*lists))
            if lists
            else form.Listing((Number(1), Number(2)))
        )
        self.names[name] = "unknown item"
        loop = form.ForEach(name, items, self.block(deep - 1), self.pick(2, 3) if unknown else self.pick(None, 2))
        self.names = before
        return loop

    def wait(self) -> Statement:
        """A wait for a tool's answer."""
        free = [name for name in NAMES if self.names.get(name, "result") == "result"] or ["zz"]
        name = self.pick(*free)
        call = form.CallTool("look", (), self.pick(False, True))
        self.names[name] = "result"
        condition = self.pick(
            form.Binary("contains", form.Field(form.Name(name), "text"), form.Text("at")),
            form.Field(form.Name(name), "b"),
        )
        every = self.pick(None, Number(0.3), Number(500, "ms"))
        return form.WaitUntil(
            condition, name, call, Number(self.pick(0, 1, 2.5), "s"), every, self.pick(None, self.text())
        )


PARAMETERS: dict[str, tuple[form.Type, st.SearchStrategy]] = {
    "side": (Plain("length", Number(5, "cm"), Number(50, "cm")), st.sampled_from([0.05, 0.2, 0.5])),
    "free": (Plain("length"), st.floats(-1e308, 1e308)),
    "count": (Plain("whole number", Number(0), Number(3)), st.integers(0, 3)),
    "p": (Plain("point"), st.just([0.5, -1, 2.25])),
    "word": (Plain("text"), st.sampled_from(["", "at rest", "é\n"])),
    "lambda": (OneOf(("at rest", 'b"')), st.sampled_from(["at rest", 'b"'])),
    "flag": (Plain("boolean"), st.booleans()),
    "lists": (ListOf(Plain("number"), 3), st.lists(st.integers(0, 3), max_size=3)),
}
KINDS = {"side": "length", "free": "length", "count": "count", "p": "point", "word": "text", "lambda": "text",
         "flag": "boolean", "lists": "list"}  # fmt: skip


@st.composite
def sensible_programs(draw: Callable[..., object]) -> tuple[Program, dict[str, JSON]]:
    """A program and what is given to it; nearly all are accepted by the verifier."""
    chosen = draw(st.lists(st.sampled_from(sorted(PARAMETERS)), unique=True, max_size=4))
    maker = Maker(draw, {name: KINDS[name] for name in chosen})
    parameters = tuple(Parameter(name, PARAMETERS[name][0]) for name in chosen)
    values = {name: draw(PARAMETERS[name][1]) for name in chosen}
    require = bool(chosen) and draw(st.integers(0, 4)) == 0
    requires = (form.Require(maker.condition(1), maker.pick(None, form.Text("no"))),) if require else ()
    return Program(parameters, requires, maker.block(2, ends=True)), values
