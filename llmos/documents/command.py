"""A command: a prompt that a person calls by name (`commands/NAME.md`, Claude Code's slash commands).

Knows no shell: what a body asks to be run stays text.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from llmos.documents.document import Document
from llmos.documents.fields import Fields
from llmos.documents.frontmatter import read_document
from llmos.documents.naming import described, not_empty
from llmos.documents.places import name_at


@dataclass(frozen=True, slots=True)
class Command:
    """A prompt with a name, which is that of its file; `$ARGUMENTS` in the body stands for what a person adds."""

    name: str
    description: str
    argument_hint: str
    allowed_tools: tuple[str, ...] | None
    model: str
    body: str
    document: Document


def read_command(path: Path) -> Command:
    """The command of a file; raises DocumentError when there is none in it."""
    return command_from(read_document(path))


def command_from(document: Document) -> Command:
    """The command of a document that was read; what is odd about it joins the document's problems."""
    not_empty(document)
    fields = Fields(document)
    command = Command(
        name=name_at("command", document.path),
        description=described(fields),
        argument_hint=_hint(fields),
        allowed_tools=fields.words("allowed_tools"),
        model=fields.text("model") or "inherit",
        body=document.prose,
        document=document,
    )
    if not command.body:
        fields.warn("", "there is no prompt below the frontmatter")
    return command if not fields.problems else replace(command, document=document.with_problems(fields.problems))


def _hint(fields: Fields) -> str:
    """`argument-hint: [file]` is a list to YAML; it was meant as text."""
    value = fields.document.keys.get("argument_hint")
    if isinstance(value, list):
        return " ".join(f"[{item}]" for item in value)
    return fields.text("argument_hint") or ""
