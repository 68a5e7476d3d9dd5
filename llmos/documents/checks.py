"""Checks documents as they lie in files and folders, and lists what is wrong or odd about each (`llmos agent check`).

Knows the kind of a document by its place. What loads has no error, only warnings.
"""

from collections.abc import Sequence
from pathlib import Path

from llmos.documents.agent import agent_from
from llmos.documents.command import command_from
from llmos.documents.document import BrokenDocumentError, Problem
from llmos.documents.frontmatter import read_document
from llmos.documents.skill import skill_from


def check_paths(paths: Sequence[Path], known_tools: frozenset[str] | None = None) -> list[Problem]:
    """All problems of these files, and of the documents in these folders, sorted by path and line."""
    problems: list[Problem] = []
    for path in paths:
        for each in sorted(path.rglob("*.md")) if path.is_dir() else [path]:
            problems += _check(each, known_tools)
    return sorted(problems, key=lambda problem: (problem.path, problem.line))


def _check(path: Path, known_tools: frozenset[str] | None) -> Sequence[Problem]:
    del known_tools
    make = (
        skill_from
        if path.name.lower() == "skill.md"
        else command_from
        if path.parent.name == "commands"
        else agent_from
    )
    try:
        return make(read_document(path)).document.problems
    except BrokenDocumentError as error:
        return [error.problem]
