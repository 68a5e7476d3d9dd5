"""House rules that a reader of the code can count on, held over every file of the interpreter."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median
from typing import NamedTuple

import pytest

from llmos.settings import system_root

ROOT = system_root() / "llmos"
Function = ast.FunctionDef | ast.AsyncFunctionDef

LONGEST_FILE, LONGEST_FUNCTION, MEDIAN_FILE, MEDIAN_FUNCTION = 400, 60, 120, 10
MOST_METHODS = 5

BROAD_EXCEPTS = {
    "tools/toolbox.py:Toolbox.call": "a tool's mistake is a result for the model",
    "robots/moving/execution.py:Execution.carry_out": "whatever fails in the control loop stops the robot, and passes",
    "robots/devices/registry.py:_in_a_sentence": "a device that is broken keeps no other from being stopped",
    "models/embedding.py:OnnxEmbedder._speaking": "onnxruntime and tokenizers raise nothing narrower",
    "server/background.py:_alone": "a task that breaks is told with its traceback, and ends alone",
    "tools/threads.py:_Work._run": "what a thread raised is raised again by whoever waits for it",
}
"""The only places that may catch what they do not name, beside those that only clean up and raise it again."""

AVOIDED = {"data", "engine", "handler", "helper", "helpers", "info", "manager", "processor", "util", "utils"}


class Source(NamedTuple):
    """One file, read and parsed."""

    name: str
    text: str
    tree: ast.Module


@cache
def sources() -> tuple[Source, ...]:
    """Every file of the interpreter."""
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        text = path.read_text("utf-8")
        found.append(Source(path.relative_to(ROOT).as_posix(), text, ast.parse(text)))
    assert len(found) > 50
    return tuple(found)


def named(source: Source) -> Iterator[tuple[str, Function | ast.ClassDef]]:
    """Functions and classes with their dotted names."""

    def below(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function | ast.ClassDef]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, Function | ast.ClassDef):
                yield f"{prefix}{child.name}", child
                yield from below(child, f"{prefix}{child.name}.")
            else:
                yield from below(child, prefix)

    yield from below(source.tree, "")


def length(node: Function) -> int:
    """Lines of a function, decorators left out."""
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def test_no_file_is_long() -> None:
    """A file that does not fit into a head has two tasks."""
    lengths = {source.name: source.text.count("\n") for source in sources()}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}
    assert median(lengths.values()) <= MEDIAN_FILE


def test_no_function_is_long() -> None:
    """A function fits on a page, and most on a few lines."""
    lengths = {
        f"{source.name}:{name}": length(node)
        for source in sources()
        for name, node in named(source)
        if isinstance(node, Function)
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}
    assert median(lengths.values()) < MEDIAN_FUNCTION


def test_the_environment_is_read_in_one_place() -> None:
    """Only `settings.py` knows that there are environment variables."""
    readers = {
        source.name
        for source in sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv", "getenvb", "putenv"}
    }
    assert readers == {"settings.py"}


def test_broad_excepts_stand_where_the_plan_allows_them() -> None:
    """Our own bugs are never swallowed: what catches everything is listed here with its reason, or raises it again."""
    found = {}
    for source in sources():
        for name, node in named(source):
            if isinstance(node, Function):
                found |= {f"{source.name}:{name}": each for each in ast.walk(node) if is_broad(each)}
    swallowing = {name for name, node in found.items() if not ends_in_raise(node) or catches(node) == "Exception"}
    assert swallowing == set(BROAD_EXCEPTS)


def catches(node: ast.AST) -> str:
    """What an except clause names."""
    assert isinstance(node, ast.ExceptHandler)
    return ast.unparse(node.type) if node.type else "BaseException"


def is_broad(node: ast.AST) -> bool:
    """Whether it is an except clause that catches everything."""
    return isinstance(node, ast.ExceptHandler) and bool(re.search(r"\b(Base)?Exception\b", catches(node)))


def ends_in_raise(node: ast.AST) -> bool:
    """Whether an except clause raises again what it caught."""
    assert isinstance(node, ast.ExceptHandler)
    last = node.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


@pytest.mark.parametrize("word", [r"^ *print\(", r"\b(TODO|FIXME|XXX|HACK)\b", r"\bunittest\b", r"\btime\.sleep\("])
def test_what_never_stands_in_the_interpreter(word: str) -> None:
    """Nothing is printed past the command line's own door, put off to later, faked or slept through."""
    found = [
        f"{source.name}:{number}"
        for source in sources()
        for number, line in enumerate(source.text.splitlines(), 1)
        if re.search(word, line)
    ]
    assert found == []


def test_protocols_are_small() -> None:
    """A door has at most five methods."""
    large = {
        f"{source.name}:{name}"
        for source in sources()
        for name, node in named(source)
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "Protocol" for base in node.bases)
        if sum(isinstance(each, Function) for each in node.body) > MOST_METHODS
    }
    assert large == set()


def test_dataclasses_have_slots() -> None:
    """A value has the fields that it declares and no others."""
    without = {
        f"{source.name}:{name}"
        for source in sources()
        for name, node in named(source)
        for decorator in node.decorator_list
        if (written := ast.unparse(decorator)).startswith("dataclass") and "slots=True" not in written
    }
    assert without == set()


def test_names_say_what_is_inside() -> None:
    """Words that fit everything name nothing."""
    empty = set()
    for source in sources():
        for name in (Path(source.name).stem, *(each for each, _ in named(source))):
            last = name.rpartition(".")[2]
            words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+", last)}
            if words & AVOIDED or last.lower() == "context":
                empty.add(f"{source.name}:{name}")
    assert empty == set()


def test_prose_for_models_is_not_in_python() -> None:
    """No string in the code is as long as a prompt; prompts live in markdown."""
    longest = 600  # characters; the longest sentence for a person has half of that
    long = {
        f"{source.name}:{node.lineno}"
        for source in sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) > longest
        if node.value not in docstrings(source) and "CREATE TABLE" not in node.value
    }
    assert long == set()


def docstrings(source: Source) -> set[str]:
    """The docstrings of a file, as they stand."""
    nodes = [source.tree, *(node for _, node in named(source))]
    first = [node.body[0] for node in nodes if node.body]
    return {
        each.value.value
        for each in first
        if isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant) and isinstance(each.value.value, str)
    }
