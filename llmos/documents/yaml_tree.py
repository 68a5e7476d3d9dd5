"""Reads YAML into plain values with the place of every key, without the surprises of YAML 1.1.

Knows no document. Only `true`, `false`, `null` and decimal numbers are more than text: `no`, `on`, `007`, `12:30`,
dates and tags stay text, so that a name is what was written. Runs on libyaml where PyYAML has it.
"""

import math
import re
from typing import Any, NamedTuple

import yaml

from llmos.messages import JSON

MAX_DEPTH = 50
MAX_VALUES = 10_000
"""More than this and the file is an attack or an accident: aliases can make a kilobyte unfold to gigabytes."""

_SAFE_NESTING = 500
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*(?:_[0-9]+)*)")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?")
_WORDS = {
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
}  # fmt: skip
_Node = Any  # PyYAML's nodes have no types
_Parser: type[Any] = vars(yaml.cyaml)["CParser"] if yaml.__with_libyaml__ else yaml.BaseLoader


class _Loader(_Parser):  # type: ignore[misc]
    """Composes nodes without a guess at their types, which is most of what PyYAML's own loaders spend."""

    def descend_resolver(self, _parent: _Node, _index: _Node) -> None:
        """PyYAML tells where it is; nobody wants to know."""

    def ascend_resolver(self) -> None:
        """The way back."""

    def resolve(self, _kind: _Node, _value: str | None, _implicit: object) -> str:
        """The tag of a node, which nobody reads."""
        return ""


class TooLargeError(ValueError):
    """The text unfolds to too many values or nests too deeply."""


class Entry(NamedTuple):
    """One key of a mapping.

    `start` and `column` place the key in the text, `end` is where its value ends; `spelled` is the text of a number or
    truth value; `children` are the keys below, when the value is a mapping, and `flow` says that it stands in braces.
    """

    key: str
    start: int
    column: int
    end: int
    value: JSON
    spelled: str | None = None
    flow: bool = False
    children: "tuple[Entry, ...]" = ()

    def moved(self, by: int) -> "Entry":
        """The same entry in a text that has this much more before it."""
        children = tuple(child.moved(by) for child in self.children)
        return self._replace(start=self.start + by, end=self.end + by, children=children)


class Tree(NamedTuple):
    """The keys of a mapping in their order, doubled ones included; `flow`: it stands in braces."""

    entries: tuple[Entry, ...]
    flow: bool = False


def read_yaml(text: str) -> Tree | None:
    """The mapping in a text; None when it is YAML, but a list or a text.

    Raises yaml.YAMLError when it is not YAML, TooLargeError when it is too much of it.
    """
    try:
        root = _root(text)
    except UnicodeEncodeError:
        raise yaml.YAMLError("it holds half a character") from None
    if root is None:
        return Tree(())
    if not isinstance(root, yaml.MappingNode):
        return None
    return Tree(_Builder().entries(root, 1), bool(root.flow_style))


def _root(text: str) -> _Node:
    _check_nesting(text)
    loader = _Loader(text)
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


class _Builder:
    """Makes values of nodes and counts them."""

    def __init__(self) -> None:
        self._left = MAX_VALUES

    def entries(self, mapping: _Node, depth: int) -> tuple[Entry, ...]:
        return tuple([self._entry(key, node, depth) for key, node in mapping.value])

    def _entry(self, key: _Node, node: _Node, depth: int) -> Entry:
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.YAMLError("a key must be a word, not a list or a mapping")
        self._count(depth)
        begin, end = key.start_mark, key.end_mark.index  # an alias has the place of its anchor, which is before its key
        if isinstance(node, yaml.ScalarNode):
            text, end = node.value, max(end, node.end_mark.index)
            value = text if node.style else _plain(text)
            spelled = None if value is text or value is None else text
            return Entry(key.value, begin.index, begin.column, end, value, spelled)
        flow = bool(node.flow_style)
        if isinstance(node, yaml.SequenceNode):
            value = [self._value(item, depth + 1) for item in node.value]
            return Entry(key.value, begin.index, begin.column, max(end, _end(node)), value, None, flow)
        children = self.entries(node, depth + 1)
        end = children[-1].end if children and not flow else max(end, node.end_mark.index)
        return Entry(key.value, begin.index, begin.column, end, _first(children), None, flow, children)

    def _value(self, node: _Node, depth: int) -> JSON:
        self._count(depth)
        if isinstance(node, yaml.ScalarNode):
            return node.value if node.style else _plain(node.value)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, depth + 1) for item in node.value]
        return _first(self.entries(node, depth + 1))

    def _count(self, depth: int) -> None:
        self._left -= 1
        if self._left < 0:
            raise TooLargeError(f"unfolds to more than {MAX_VALUES} values")
        if depth > MAX_DEPTH:
            raise TooLargeError(f"nests more than {MAX_DEPTH} levels deep")


def _first(children: tuple[Entry, ...]) -> dict[str, JSON]:
    """A mapping in which the first of two equal keys stands."""
    values: dict[str, JSON] = {}
    for child in children:
        values.setdefault(child.key, child.value)
    return values


def _end(node: _Node) -> int:
    """Where a value ends; a block ends with its last item, not where libyaml finds the next key."""
    while not isinstance(node, yaml.ScalarNode) and node.value and not node.flow_style:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return int(node.end_mark.index)


def _plain(text: str) -> JSON:
    """The value of a word that stands without quotes."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in "+-.0123456789" and len(text) < 400:
        if _INT.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text) and math.isfinite(number := float(text)):
            return number
    return text


def _check_nesting(text: str) -> None:
    """Refuse what would overflow the C stack when it is composed; counting is cheap, reading events is exact."""
    if text.count("[") + text.count("{") + text.count("- ") + text.count("? ") < _SAFE_NESTING:
        return
    depth = 0
    loader = _Loader(text)
    try:
        while loader.check_event():
            event = loader.get_event()
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    raise TooLargeError(f"nests more than {MAX_DEPTH} levels deep")
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    finally:
        loader.dispose()
