"""Checks documents as they lie in files and folders, and lists what is wrong or odd about each (`llmos agent check`).

Knows which document is which by its place. What loads has no error, only warnings.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from llmos.documents.agent import agent_from
from llmos.documents.command import command_from
from llmos.documents.document import BrokenDocumentError, Document, Problem
from llmos.documents.frontmatter import read_document
from llmos.documents.kernel import RULES
from llmos.documents.keys import leaves
from llmos.documents.places import LED_OUT, Found, Kind, documents_in, leads_out
from llmos.documents.robot_profile import robot_profile_from
from llmos.documents.scenario import scenario_from
from llmos.documents.scene import scene_from
from llmos.documents.skill import skill_from
from llmos.documents.unread import Known, Named, unknown_names, unread_commands, unread_keys
from llmos.errors import DocumentError, nearest

Look: TypeAlias = Callable[[Document], Iterable[Problem]]
"""Looks at a skill for something that documents do not know, such as its program."""


def check_paths(paths: Sequence[Path], known: Known | None = None, look: Look | None = None) -> list[Problem]:
    """All problems of these files, and of the documents in these folders, sorted by path and line.

    Tools and skills that are not in `known` are told; with None nothing is said about them. `look` is taken at every
    skill that loads. Raises DocumentError for a path that does not exist.
    """
    problems: set[Problem] = set()
    names: dict[tuple[Kind, Path, str], Path] = {}
    for path in paths:
        _check_exists(path)
        unreadable: list[OSError] = []
        found = list(documents_in(path, unreadable.append))
        problems.update(Problem(str(error.filename), 1, "error", _why(error)) for error in unreadable)
        if not found and not unreadable:
            problems.add(
                Problem(str(path), 1, "warning", "there is no agent, skill, command or rule below this folder")
            )
        for each in found:
            problems.update(_check(each, known, names, look))
    return sorted(problems, key=lambda problem: (problem.path, problem.line, problem.sentence))


def _check_exists(path: Path) -> None:
    try:
        if path.exists():
            return
        known = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
    except OSError as error:
        raise DocumentError(f"{path}: {_why(error)}") from None
    raise DocumentError(f"{path}: there is no such file or folder; {nearest(path.name, known)}")


def _why(error: OSError) -> str:
    return f"the folder cannot be read: {error.strerror}"


def _check(
    found: Found, known: Known | None, names: dict[tuple[Kind, Path, str], Path], look: Look | None
) -> Iterator[Problem]:
    """The problems of one document; `names` are those of the documents before it. What leads out is not read."""
    kind, path, passed_over = found
    if leads_out(path):
        yield Problem(str(path), 1, "error", LED_OUT)
        return
    if passed_over:
        yield Problem(str(path), 1, "warning", passed_over)
    try:
        name, named, document = _load(kind, read_document(path))
    except BrokenDocumentError as error:
        yield error.problem
        return
    yield from document.problems
    if kind not in ("agent", "skill", "command"):
        return
    yield from unread_keys(kind, document)
    yield from unread_commands(document) if kind != "agent" else ()
    yield from unknown_names(document, named, known) if known is not None else ()
    yield from look(document) if look is not None and kind == "skill" else ()
    folder = path.parent.parent if kind == "skill" else path.parent
    if passed_over:
        return
    first = names.setdefault((kind, folder, name), path)
    if first != path:
        yield document.warning("name", f"the name '{name}' is taken by {first}, so this {kind} is never found")


def _load(kind: Kind, document: Document) -> tuple[str, Named, Document]:
    """Name of a document, what it names, and itself with all its problems; raises DocumentError as its reader does."""
    match kind:
        case "agent":
            agent = agent_from(document)
            named = {"tools": agent.tools, "disallowed_tools": agent.disallowed_tools, "skills": agent.skills}
            return agent.name, named, agent.document
        case "skill":
            skill = skill_from(document)
            return skill.name, {"allowed_tools": skill.allowed_tools}, skill.document
        case "command":
            command = command_from(document)
            return command.name, {"allowed_tools": command.allowed_tools}, command.document
        case "robot":
            robot_profile_from(document)
        case "scene":
            scene_from(document)
        case "scenario":
            scenario_from(document)
        case "kernel":
            list(leaves(_rules_of(document), document))
    return document.path.stem, {}, document


def _rules_of(document: Document) -> type:
    stem = document.path.stem
    if stem not in RULES:
        raise document.wrong("", f"'{stem}' is no rules document; {nearest(stem, RULES)}")
    return RULES[stem]
