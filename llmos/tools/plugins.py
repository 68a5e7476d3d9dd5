"""Loads the tools in the `tools/*.py` files of trusted volumes, and loads a file again when its content has changed.

Knows no volume and no trust: it imports what it is given, so only folders of trusted volumes may be given. The broken
version of a file is reported, and the last good one stays in use.
"""

import hashlib
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from llmos.documents.document import Problem
from llmos.errors import LLMosError
from llmos.tools.base import Tool
from llmos.tools.threads import attempt

_LOADING_S = 10.0


@dataclass(frozen=True, slots=True)
class Plugin:
    """One file as it was last loaded; `problem` is set when the file has changed into something that cannot be."""

    path: Path
    content_hash: str
    tools: tuple[Tool, ...]
    problem: Problem | None = None


class Plugins:
    """The plugin files seen so far; `refresh` before each run keeps them current."""

    def __init__(self) -> None:
        self._plugins: dict[Path, Plugin] = {}

    def refresh(
        self, folders: Iterable[Path], taken: Iterable[str] = ()
    ) -> tuple[tuple[Tool, ...], tuple[Problem, ...]]:
        """The tools of these folders, and what is wrong with their files; blocks while changed files are loaded.

        Of two tools with one name the earlier folder's counts, and names that are `taken` count before all.
        """
        paths = [path for folder in folders for path in sorted(folder.glob("*.py")) if not path.name.startswith("_")]
        self._plugins = {path: self._current(path) for path in dict.fromkeys(paths)}
        owners: dict[str, str] = dict.fromkeys(taken, "LLMos itself")
        tools: list[Tool] = []
        problems: list[Problem] = []
        for plugin in self._plugins.values():
            if plugin.problem is not None:
                problems.append(plugin.problem)
            for tool in plugin.tools:
                name = tool.spec.name
                if name in owners:
                    sentence = f"the tool '{name}' is left out; {owners[name]} has it already"
                    problems.append(_problem(plugin.path, sentence))
                else:
                    owners[name] = str(plugin.path)
                    tools.append(tool)
        return tuple(tools), tuple(problems)

    def _current(self, path: Path) -> Plugin:
        before = self._plugins.get(path)
        try:
            source = path.read_bytes()
        except OSError as error:
            kept = before.tools if before else ()
            return Plugin(path, "", kept, _problem(path, f"the file cannot be read: {error.strerror}"))
        content_hash = f"sha256:{hashlib.sha256(source).hexdigest()}"
        if before is not None and before.content_hash == content_hash:
            return before
        return _load(path, source, content_hash, before)


def _load(path: Path, source: bytes, content_hash: str, before: Plugin | None) -> Plugin:
    """The file's tools; where it breaks, those it had before."""
    module = ModuleType(f"llmos_plugin_{path.stem}_{content_hash[-12:]}")
    module.__file__ = str(path)

    def run() -> None:
        exec(compile(source, str(path), "exec"), module.__dict__)  # noqa: S102 - a trusted volume's own program

    sys.modules[module.__name__] = module  # dataclasses and annotations look their module up
    error = attempt(run, _LOADING_S)
    if error is not None:
        del sys.modules[module.__name__]
        kept = before.tools if before else ()
        fate = "; the version before it stays in use" if kept else ""
        return Plugin(path, content_hash, kept, _problem(path, f"{_reason(error)}{fate}", _line(path, error)))
    tools = tuple(value for value in vars(module).values() if isinstance(value, Tool))
    return Plugin(path, content_hash, tuple({tool.spec.name: tool for tool in tools}.values()))


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
