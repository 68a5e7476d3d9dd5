"""Random programs for hypothesis: any form that can be written, whether or not it makes sense."""

from hypothesis import strategies as st

from llmos.programs import form
from llmos.programs.form import UNITS, Expression, ListOf, Number, OneOf, Plain, Program, Statement
from llmos.programs.grammar import KEYWORDS

WORDS = st.sampled_from(["a", "b", "start", "side", "point1", "m", "s", "h", "result", "_x"])
LABELS = st.sampled_from(["move_to", "Read", "call", "in", "-i", "my tool", 'quo"te', "ünï"])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["", "line\n", "a\n\n  b\n", "\n", "tab\there\n", "no end\nhere", "| bar\n", 'q"\\\n', "\r\n", "\u2028\n", "```\n"]
)
FLOATS = st.floats(-1e12, 1e12, allow_nan=False, allow_infinity=False)
NUMBERS = st.builds(Number, st.integers(-(10**9), 10**9) | FLOATS, st.sampled_from(["", "", *UNITS]))
COMMENTS = st.sampled_from(["why", "# twice", "", "ends: here"])
OPERATORS = st.sampled_from(["+", "-", "*", "/", "==", "!=", "<", "<=", ">", ">=", "contains", "and", "or"])
LEAVES: st.SearchStrategy[Expression] = (
    NUMBERS
    | st.builds(form.Text, TEXTS)
    | st.builds(form.Truth, st.booleans())
    | st.just(form.Nothing())
    | st.builds(form.Name, WORDS)
)


def _larger(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    return (
        st.builds(form.Field, inner, WORDS | st.sampled_from(["x", "text", "end", "ok"]))
        | st.builds(form.Item, inner, inner)
        | st.builds(form.Point, inner, inner, inner)
        | st.builds(form.Listing, st.lists(inner, max_size=3).map(tuple))
        | st.builds(form.Record, st.dictionaries(TEXTS, inner, max_size=2).map(lambda each: tuple(each.items())))
        | st.builds(form.Negative, inner)
        | st.builds(form.Not, inner)
        | st.builds(form.Binary, OPERATORS, inner, inner)
    )


EXPRESSIONS: st.SearchStrategy[Expression] = st.recursive(LEAVES, _larger, max_leaves=6)
CALLS = st.builds(
    form.CallTool,
    LABELS,
    st.dictionaries(LABELS, EXPRESSIONS, max_size=3).map(lambda each: tuple(each.items())),
    st.booleans(),
)
SIMPLE: st.SearchStrategy[Statement] = (
    st.builds(form.Act, CALLS)
    | st.builds(form.Let, WORDS, EXPRESSIONS | CALLS)
    | st.builds(form.WaitUntil, EXPRESSIONS, WORDS, CALLS, EXPRESSIONS, st.none() | NUMBERS, st.none() | EXPRESSIONS)
    | st.builds(form.Expect, EXPRESSIONS, st.none() | EXPRESSIONS)
    | st.builds(form.Stop, EXPRESSIONS)
    | st.builds(form.Done, EXPRESSIONS)
    | st.builds(form.Comment, COMMENTS)
)


def _blocks(inner: st.SearchStrategy[Statement]) -> st.SearchStrategy[Statement]:
    body = st.lists(inner, max_size=3).map(tuple)
    return (
        st.builds(form.If, EXPRESSIONS, body, body)
        | st.builds(form.Repeat, EXPRESSIONS, body)
        | st.builds(form.ForEach, WORDS, EXPRESSIONS, body, st.none() | st.integers(1, form.MOST_ITEMS))
    )


STATEMENTS: st.SearchStrategy[Statement] = st.recursive(SIMPLE, _blocks, max_leaves=6)


def _ranged(kind: form.Kind) -> st.SearchStrategy[Plain]:
    units = [unit for unit, (of, _, _) in UNITS.items() if of == kind] or [""]
    values = st.integers(-100, 100) if kind == "whole number" else st.integers(-100, 100) | FLOATS
    ends = st.builds(Number, values, st.sampled_from(units))
    return st.tuples(ends, ends).map(lambda both: Plain(kind, *sorted(both, key=lambda each: each.canonical)))


PLAIN = st.sampled_from(form.KINDS).map(Plain) | st.sampled_from(sorted(form.NUMERIC)).flatmap(_ranged)
CHOICES = st.lists(TEXTS, min_size=1, max_size=3, unique=True).map(lambda each: OneOf(tuple(each)))
TYPES: st.SearchStrategy[form.Type] = (
    PLAIN | CHOICES | st.builds(ListOf, PLAIN | CHOICES, st.integers(1, form.MOST_ITEMS))
)
NOTES = st.lists(COMMENTS, max_size=2).map(tuple)
PROGRAMS: st.SearchStrategy[Program] = st.builds(
    Program,
    st.lists(st.builds(form.Parameter, WORDS, TYPES, st.none() | EXPRESSIONS, NOTES), max_size=3).map(tuple),
    st.lists(st.builds(form.Require, EXPRESSIONS, st.none() | EXPRESSIONS, NOTES), max_size=2).map(tuple),
    st.lists(STATEMENTS, max_size=5).map(tuple),
)
FRAGMENTS = st.sampled_from(
    [*sorted(KEYWORDS), *UNITS, "x", "1", "2.5", '"t"', "(", ")", "[", "]", "{", "}", "=", "==", "..", ".", ",", ":",
     "+", "-", "*", "/", "<", "\n", "  ", "\t", "# c", "|", "\x00", "\\", "'", "é", "length", "text", "point"]
)  # fmt: skip
RUBBISH = st.lists(FRAGMENTS, max_size=40).map(" ".join) | st.text(max_size=60)
"""Texts that look like programs to various degrees."""
