"""Writing agents and skills into a person's own volume: from a template, by editing, or by an agent that writes them.

Knows no terminal. What does not load is never committed; every change is one commit with its reason.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from llmos.boot.kit import tool_names
from llmos.boot.known import known_to
from llmos.boot.library import Library
from llmos.documents.agent import Agent, read_agent
from llmos.documents.document import Problem
from llmos.documents.naming import is_plain
from llmos.documents.skill import read_skill
from llmos.errors import DocumentError, LLMosError, ModelError
from llmos.programs.checking import check_documents
from llmos.runtime.prompt import Prompts
from llmos.settings import system_root
from llmos.volumes.edit import copy_for_edit, write_document
from llmos.volumes.state import Entry
from llmos.volumes.volume import Volume

Kind = Literal["agent", "skill"]

_EXAMPLES = ("critic", "operator")


@dataclass(frozen=True, slots=True)
class Written:
    """A document as it stands now: `commit` is None when nothing changed, `warnings` is what is odd about it."""

    path: Path
    commit: str | None
    warnings: tuple[Problem, ...] = ()


@dataclass(slots=True)
class Draft:
    """An agent that a run is to write. Once it ended, `removed` is what it left half-made, relative to the volume."""

    path: Path
    root: Path
    before: frozenset[Path]
    removed: list[str] = field(default_factory=list)

    def others(self) -> list[str]:
        """What else stands below `agents/` that did not before, relative to the volume."""
        found = _files(self.path.parent) - self.before - {self.path}
        return sorted(each.relative_to(self.root).as_posix() for each in found)


class Author:
    """Writes to the user volume of one home."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._prompts = Prompts(system_root() / "kernel" / "prompts")

    @property
    def user(self) -> Volume:
        """The person's own volume."""
        return self._library.volume("user")

    def new(self, kind: Kind, name: str) -> Written:
        """A new agent or skill that says what to write where; LLMosError for a name that is taken or impossible."""
        path = self.place(kind, name)
        text = self._prompts.render(f"new-{kind}", name=name, title=name.replace("-", " ").capitalize()) + "\n"
        relative = path.relative_to(self.user.root)
        reason = f"Add the {kind} {name}\nBegun from a template."
        return Written(path, write_document(self.user, relative, text, reason))

    def place(self, kind: Kind, name: str) -> Path:
        """Where a new document of this name goes; LLMosError when it cannot be called so."""
        if not is_plain(name):
            raise LLMosError(
                f"'{name}' cannot name {_a(kind)}: take small letters and digits, words joined by '-', at most 64."
            )
        documents = self._library.registry.snapshot()
        there = {entry.name: entry for entry in (documents.agents() if kind == "agent" else documents.skills())}
        if name in there:
            hint = f"; `llmos agent edit {name}` changes it" if kind == "agent" else ""
            raise LLMosError(f"There is {_a(kind)} '{name}' already: {there[name].path}{hint}.")
        folder = self.user.root / f"{kind}s"
        path = folder / f"{name}.md" if kind == "agent" else folder / name / "SKILL.md"
        if path.exists():
            raise LLMosError(f"{path} is there already; mend it, remove it, or take another name.")
        return path

    def goal(self, name: str, wish: str) -> str:
        """What the agent that writes agents is asked to do."""
        documents = self._library.registry.snapshot()
        examples = [documents.entry("agent", each).path.read_text("utf-8") for each in _EXAMPLES]
        tools = ", ".join(sorted(tool_names(documents.code_folders("tools"))))
        return self._prompts.render("new-agent-goal", name=name, wish=wish.strip(), tools=tools, examples=examples)

    def open(self, name: str) -> tuple[Path, Path]:
        """The file of an agent to edit, in the user volume, and the one that it was copied from: mostly itself.

        A file there that does not load is opened as it is, for that is what has to be mended.
        """
        own = self.user.root / "agents" / f"{name}.md"
        if own.is_file() and not _loads(own):
            return own, own
        entry: Entry = self._library.registry.snapshot().entry("agent", name)
        return copy_for_edit(entry, self.user), entry.path

    def keep(self, kind: Kind, path: Path, reason: str, trailers: Mapping[str, str] | None = None) -> Written:
        """Commit a document that was written, if it loads; DocumentError, and no commit, when it does not."""
        _load(kind, path)
        odd = check_documents([path], known_to([path], self._library.registry))
        commit = self._library.commit([path.relative_to(self.user.root)], reason, trailers)
        return Written(path, commit, tuple(odd))

    @contextmanager
    def drafting(self, path: Path) -> Iterator[Draft]:
        """While a run writes the agent at `path`: what it puts below `agents/` and nobody commits is taken away."""
        draft = Draft(path, self.user.root, _files(path.parent))
        try:
            yield draft
        finally:
            uncommitted = self.changes()
            wanted = path.relative_to(draft.root).as_posix()
            for name in (each for each in (*draft.others(), wanted) if each in uncommitted):
                (draft.root / name).unlink(missing_ok=True)
                draft.removed.append(name)

    def keep_agent(self, draft: Draft, wish: str, run_id: str) -> Written:
        """Commit an agent that a run wrote; ModelError when it wrote none, or none that is whole."""
        path, name = draft.path, draft.path.stem
        if not path.is_file():
            others = ", ".join(draft.others())
            instead = f"wrote {others} instead of {path}; nothing was kept." if others else ""
            raise ModelError(f"The run {run_id} {instead or f'ended without writing {path}.'}")
        try:
            lack = _lack(read_agent(path), name)
        except DocumentError as error:
            raise ModelError(f"{error}; nothing was kept.") from error
        if lack:
            raise ModelError(f"The run {run_id} wrote {path} {lack}; nothing was kept.")
        return self.keep("agent", path, f"Add the agent {name}\n{wish.strip()}", {"Run": run_id})

    def changes(self) -> set[str]:
        """What in the user volume differs from its last commit, relative to its root."""
        return set(self._library.user.changes()) if self._library.user.exists else set()


def _files(folder: Path) -> frozenset[Path]:
    return frozenset(each for each in folder.rglob("*") if not each.is_dir())


def _lack(agent: Agent, name: str) -> str:
    """What keeps an agent that can be read from being the wanted one; empty when nothing does."""
    if agent.name != name:
        return f"with the name '{agent.name}'"
    if "description" not in agent.document.keys:
        return "without a description"
    return "" if agent.body else "without instructions"


def _loads(path: Path) -> bool:
    try:
        read_agent(path)
    except DocumentError:
        return False
    return True


def _load(kind: Kind, path: Path) -> object:
    return read_agent(path) if kind == "agent" else read_skill(path)


def _a(kind: Kind) -> str:
    return "an agent" if kind == "agent" else "a skill"
