"""A skill: how something is done; a folder with a SKILL.md (Agent Skills standard with Claude Code's extra keys).

Knows no tool and runs nothing.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from llmos.documents.document import Document
from llmos.documents.fields import Fields
from llmos.documents.frontmatter import read_document
from llmos.documents.limits import Limits
from llmos.documents.naming import described, named, not_empty

QUARANTINE = "llmos-quarantine"
"""The key in `metadata` that says why nobody may use the skill for now; a commit sets it, its undoing lifts it."""

LENS = "llmos-lens"
"""The flag in `metadata` of a way of looking at an agent's failures; who proposes edits is handed it, nobody else."""

LIMITS = Limits(keys=frozenset({"disable_model_invocation"}), metadata=frozenset({QUARANTINE, LENS}))
"""What keeps a skill from being offered; where one was meant and cannot be read, there is no skill."""

_MOST = {"description": 1024, "compatibility": 500}
"""The most characters that the standard allows."""


@dataclass(frozen=True, slots=True)
class Skill:
    """How something is done; the body is read by a model only when it opens the skill.

    `description` says what and when, Claude Code's `when_to_use` included. `allowed_tools` None: it names none.
    A skill that is not `offered` (`disable-model-invocation`, in quarantine, or a lens) is opened by a person only.
    `metadata` holds texts; the keys that only LLMos reads begin with `llmos-`.
    """

    name: str
    description: str
    allowed_tools: tuple[str, ...] | None
    offered: bool
    metadata: Mapping[str, str]
    body: str
    folder: Path
    document: Document

    @property
    def is_lens(self) -> bool:
        """Whether it is a way of looking at an agent's failures."""
        return self.metadata.get(LENS) == "true"

    @property
    def quarantine(self) -> str:
        """Why it is in quarantine; empty when it is not."""
        return self.metadata.get(QUARANTINE, "")


def read_skill(path: Path) -> Skill:
    """The skill of a SKILL.md; raises DocumentError when there is none in it."""
    return skill_from(read_document(path))


def skill_from(document: Document) -> Skill:
    """The skill of a document that was read; what is odd about it joins the document's problems."""
    not_empty(document)
    LIMITS.check(document)
    fields = Fields(document)
    folder = document.path.parent
    name = named(fields, folder.name)
    description = described(fields)
    _check(fields, name, folder.name)
    when = fields.text("when_to_use")
    skill = Skill(
        name=name,
        description=f"{description} {when}" if when else description,
        allowed_tools=fields.words("allowed_tools"),
        offered=_is_offered(fields),
        metadata=fields.metadata,
        body=document.prose,
        folder=folder,
        document=document,
    )
    if not skill.body:
        fields.warn("", "there are no instructions below the frontmatter")
    return skill if not fields.problems else replace(skill, document=document.with_problems(fields.problems))


def _is_offered(fields: Fields) -> bool:
    hidden = fields.flag("disable_model_invocation", default=False) or fields.metadata_flag(LENS, default=False)
    return not hidden and not fields.metadata.get(QUARANTINE)


def _check(fields: Fields, name: str, folder: str) -> None:
    """Where the file departs from the standard; it loads all the same."""
    if folder and name != folder and unicodedata.normalize("NFKC", name) != unicodedata.normalize("NFKC", folder):
        fields.warn("name", f"the name '{name}' differs from its folder's, '{folder}'")
    for key, most in _MOST.items():
        written = fields.document.keys.get(key)
        if isinstance(written, str) and len(written.strip()) > most:
            fields.warn(key, f"'{key}' has {len(written.strip())} characters; {most} are allowed by the standard")
