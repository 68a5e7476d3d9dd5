"""Loads what the `tools/*.py` and `drivers/*.py` of trusted volumes offer, again when a file's content has changed.

Knows no volume and no trust: it imports what it is given, so only folders of trusted volumes may be given. The broken
version of a file is reported, and the last good one stays in use.
"""

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Generic, TypeVar

from llmos.documents.document import Problem, hash_of
from llmos.errors import LLMosError
from llmos.tools.base import Tool
from llmos.tools.opening import read_whole
from llmos.tools.threads import attempt

T = TypeVar("T")

_MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """What is looked for in a file: values of these types, each with a name; `noun` is what a person calls one."""

    noun: str
    types: tuple[type[T], ...]
    name_of: Callable[[T], str]


TOOLS: Kind[Tool] = Kind("tool", (Tool,), lambda tool: tool.spec.name)


@dataclass(frozen=True, slots=True)
class Plugin(Generic[T]):
    """One file as it was last loaded; `problem` is set when the file has changed into something that cannot be."""

    path: Path
    content_hash: str
    offers: tuple[T, ...]
    problem: Problem | None = None


class Plugins(Generic[T]):
    """The plugin files seen so far; `refresh` before each use keeps them current.

    A file may take `loading_s` to be imported.
    """

    def __init__(self, kind: Kind[T], loading_s: float = 10.0) -> None:
        self._kind = kind
        self._loading_s = loading_s
        self._plugins: dict[Path, Plugin[T]] = {}

    def refresh(self, folders: Iterable[Path], taken: Iterable[str] = ()) -> tuple[tuple[T, ...], tuple[Problem, ...]]:
        """What these folders offer, and what is wrong with their files; blocks while changed files are loaded.

        Of two with one name the earlier folder's counts, and names that are `taken` count before all.
        """
        paths = [path for folder in folders for path in sorted(folder.glob("*.py")) if not path.name.startswith("_")]
        self._plugins = {path: self._current(path) for path in dict.fromkeys(paths)}
        owners: dict[str, str] = dict.fromkeys(taken, "LLMos itself")
        offers: list[T] = []
        problems: list[Problem] = []
        for plugin in self._plugins.values():
            if plugin.problem is not None:
                problems.append(plugin.problem)
            for offer in plugin.offers:
                name = self._kind.name_of(offer)
                if name in owners:
                    sentence = f"the {self._kind.noun} '{name}' is left out; {owners[name]} has it already"
                    problems.append(Problem(str(plugin.path), 1, "warning", sentence))
                else:
                    owners[name] = str(plugin.path)
                    offers.append(offer)
        return tuple(offers), tuple(problems)

    def _current(self, path: Path) -> Plugin[T]:
        before = self._plugins.get(path)
        kept = before.offers if before else ()
        try:
            source = read_whole(_place(path), _MOST_BYTES)
        except LLMosError as error:
            return Plugin(path, "", kept, _problem(path, str(error)))
        content_hash = hash_of(source)
        if before is not None and before.content_hash == content_hash:
            return before
        return self._load(Plugin(path, content_hash, kept), source)

    def _load(self, found: Plugin[T], source: bytes) -> Plugin[T]:
        """The plugin with what its new source offers; where that breaks, as it was found, with the problem."""
        module = ModuleType(f"llmos_plugin_{found.path.stem}_{found.content_hash[-12:]}")
        module.__file__ = str(found.path)

        def run() -> None:
            exec(compile(source, found.path, "exec"), module.__dict__)  # noqa: S102 - a trusted volume's own program

        sys.modules[module.__name__] = module  # dataclasses and annotations look their module up
        error = attempt(run, self._loading_s)
        if error is not None:
            del sys.modules[module.__name__]
            fate = "; the version before it stays in use" if found.offers else ""
            return replace(found, problem=_problem(found.path, f"{_reason(error)}{fate}", _line(found.path, error)))
        values = [value for value in vars(module).values() if isinstance(value, self._kind.types)]
        return replace(found, offers=tuple({self._kind.name_of(value): value for value in values}.values()))


def _place(path: Path) -> Path:
    """Where the file really is; raises LLMosError where a link leads out of its folder, to what nobody has trusted."""
    real = Path(os.path.realpath(path))
    if real.parent != Path(os.path.realpath(path.parent)):
        raise LLMosError(f"this is a link to {real}, outside of the folder; put the file itself here")
    return real


def _problem(path: Path, sentence: str, line: int = 1) -> Problem:
    return Problem(str(path), line, "error", sentence)


def _reason(error: BaseException) -> str:
    if isinstance(error, LLMosError):
        return str(error)
    return f"the file cannot be loaded: {type(error).__name__}: {error}"


def _line(path: Path, error: BaseException) -> int:
    """The line of the file at which it broke."""
    if isinstance(error, SyntaxError):
        return error.lineno or 1
    line, trace = 1, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
