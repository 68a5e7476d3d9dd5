"""Says what is wrong with the program of a document, without the tools that it will have.

Knows tools by name only; arguments and effects are judged where the program is about to run.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from llmos.documents.checks import check_paths
from llmos.documents.document import Document, Problem
from llmos.documents.unread import Known
from llmos.messages import Effect, ToolSpec
from llmos.programs.blocks import program_of
from llmos.programs.form import Program, ProgramError, calls
from llmos.programs.verifier import BY_NAME, problems

_ANY = {"type": "object", "additionalProperties": True}


def check_documents(paths: Sequence[Path], known: Known | None = None) -> list[Problem]:
    """What `check_paths` finds, and what is wrong with the programs of skills; raises DocumentError as it does."""
    return check_paths(paths, known, partial(program_problems, known_tools=known.tools if known else None))


def program_problems(document: Document, known_tools: frozenset[str] | None = None) -> Iterator[Problem]:
    """An error for whatever keeps the program of this document from running, wherever it runs.

    With `known_tools`, a tool that is not among them is a warning, for a volume may bring it.
    """
    path = str(document.path)
    try:
        program = program_of(document)
    except ProgramError as error:
        yield Problem(path, error.line, "error", f"the program cannot be read: {error.sentence}")
        return
    if program is None:
        return
    for each in problems(program, _named(program), by_name=BY_NAME):
        yield Problem(path, each.line or document.body_line, "error", f"the program cannot run: {each.sentence}")
    for call in calls(program.body):
        if known_tools is not None and call.tool not in known_tools:
            yield Problem(path, call.line, "warning", f"the program calls '{call.tool}', which is no tool of LLMos")


def _named(program: Program) -> Mapping[str, ToolSpec]:
    """The tools that it calls, as if they took anything."""
    return {call.tool: ToolSpec(call.tool, "", _ANY, Effect.PURE) for call in calls(program.body)}
