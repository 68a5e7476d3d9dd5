"""Follows a text through a GBNF grammar, letter by letter: what a backend allows, where it does not tell.

Knows no tokens and no model. Reads what `gbnf.py` writes: literals, sets, names, groups, `|`, `*`, `+`, `?`, `{m,n}`.
Syntax: https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

_WORDS = re.compile(
    r'(?:\s|#[^\n]*)*(?:(?P<rule>[\w-]+)\s*::=|(?P<name>[\w-]+)|"(?P<literal>(?:[^"\\]|\\.)*)"'
    r"|(?P<set>\[(?:[^\]\\]|\\.)*\])|(?P<times>[*+?]|\{\d+(?:,\d*)?\})|(?P<mark>[()|])|\Z)"
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t"}
_TIMES: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}


@dataclass(eq=False, slots=True)
class _Node:
    """A place in a rule: it takes a letter, calls a rule, or goes on in several ways; one that does none ends it."""

    takes: Callable[[str], object] | None = None
    letter: str | None = None
    """The only one that it takes; None where it takes any of a set."""
    rule: str = ""
    after: "list[_Node]" = field(default_factory=list)


_Piece: TypeAlias = Callable[[_Node], _Node]
"""Makes the nodes of an expression before the one that follows it, and gives the first of them."""
_Stack: TypeAlias = "tuple[_Node, _Stack | None]"
State: TypeAlias = "frozenset[_Stack]"
"""Every way in which the text so far can be read, as what must follow; empty when the grammar has no such text."""
_END = _Node(letter="")


class GrammarWalk:
    """A grammar whose root is `root`, without left recursion (llama.cpp refuses it); what was walked is remembered."""

    def __init__(self, source: str) -> None:
        self._rules: dict[str, _Node] = {}
        self._known: dict[tuple[State, str], State] = {}
        self._same: dict[State, State] = {}
        for name, piece in _read(source):
            self._rules[name] = piece(_END)
        self.start = self._state([(self._rules["root"], None)])

    def after(self, state: State, text: str) -> State:
        """Where `text` leads from `state`."""
        for letter in text:
            if (state, letter) not in self._known:
                taken = [(node.after[0], rest) for node, rest in state if node.takes is not None and node.takes(letter)]
                self._known[state, letter] = self._state(taken)
            state = self._known[state, letter]
        return state

    @staticmethod
    def may_end(state: State) -> bool:
        """Whether the text may end here."""
        return (_END, None) in state

    @staticmethod
    def forces(state: State) -> bool:
        """Whether but one letter can follow, or nothing but the end; a set counts as several letters."""
        letters = {node.letter for node, _ in state}
        return len(letters) == 1 and None not in letters

    def _state(self, stacks: list[_Stack]) -> State:
        """The stacks with all that is done without taking a letter; equal states are the same object."""
        found, waiting = set[_Stack](), list(stacks)
        reached = set[_Stack]()
        while waiting:
            stack = waiting.pop()
            if stack in reached:
                continue
            reached.add(stack)
            node, rest = stack
            if node is _END and rest is not None:
                waiting.append(rest)
            elif node is _END or node.takes is not None:
                found.add(stack)
            elif node.rule:
                (after,) = node.after
                waiting.append((self._rules[node.rule], rest if after is _END else (after, rest)))
            else:
                waiting += [(after, rest) for after in node.after]
        state = frozenset(found)
        return self._same.setdefault(state, state)


@lru_cache(maxsize=16)
def grammar_walk(source: str) -> GrammarWalk:
    """The walk through a grammar that is used again and again."""
    return GrammarWalk(source)


def _read(source: str) -> Iterator[tuple[str, _Piece]]:
    words = [match for match in _WORDS.finditer(source) if match.lastgroup]
    starts = [number for number, word in enumerate(words) if word["rule"]]
    for start, end in zip(starts, [*starts[1:], len(words)], strict=True):
        yield words[start]["rule"], _either(iter(words[start + 1 : end]))


def _either(words: "Iterator[re.Match[str]]") -> _Piece:
    """Alternatives up to the end of a group or a rule."""
    options: list[list[_Piece]] = [[]]
    for word in words:
        match word.lastgroup, word[word.lastgroup or 0]:
            case "mark", ")":
                break
            case "mark", "|":
                options.append([])
            case "mark", _:
                options[-1].append(_either(words))
            case "times", written:
                options[-1].append(_repeated(options[-1].pop(), *_times(written)))
            case "literal", written:
                options[-1] += [_letter(letter.__eq__, letter) for letter in _unescaped(written)]
            case "set", written:
                options[-1].append(_letter(re.compile(written).fullmatch))
            case _, name:
                options[-1].append(_call(name))
    pieces = [_sequence(option) for option in options]
    return lambda after: _Node(after=[piece(after) for piece in pieces])


def _letter(takes: Callable[[str], object], letter: str | None = None) -> _Piece:
    return lambda after: _Node(takes=takes, letter=letter, after=[after])


def _call(name: str) -> _Piece:
    return lambda after: _Node(rule=name, after=[after])


def _sequence(pieces: list[_Piece]) -> _Piece:
    def make(after: _Node) -> _Node:
        for piece in reversed(pieces):
            after = piece(after)
        return after

    return make


def _repeated(piece: _Piece, least: int, most: int | None) -> _Piece:
    def make(after: _Node) -> _Node:
        node = after
        if most is None:
            node = _Node()
            node.after = [piece(node), after]
        for _ in range((most or least) - least):
            node = _Node(after=[piece(node), after])
        for _ in range(least):
            node = piece(node)
        return node

    return make


def _times(written: str) -> tuple[int, int | None]:
    if written in _TIMES:
        return _TIMES[written]
    least, comma, most = written[1:-1].partition(",")
    return int(least), int(most) if most else None if comma else int(least)


def _unescaped(written: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else _LETTERS.get(found[2], found[2]), written)
