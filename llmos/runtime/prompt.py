"""Render what a model is told from the Jinja templates in `kernel/prompts/`.

Document text enters as values and is never parsed as a template. The system prompt holds nothing that changes between
steps or runs - no time, no run id, no robot state - so that prompt caches hit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from llmos.documents.agent import Agent
from llmos.documents.skill import Skill
from llmos.errors import DocumentError, nearest
from llmos.messages import ToolSpec

if TYPE_CHECKING:
    from jinja2 import Environment

_SUFFIX = ".md.jinja"


class Described(Protocol):
    """Anything of a catalogue: a skill or an agent."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def description(self) -> str:
        """What it is for, in one paragraph."""
        ...


@dataclass(frozen=True, slots=True)
class PromptParts:
    """The values that a system prompt is made of."""

    rules: str
    agent: Agent
    opened: Sequence[Skill]
    skills: Sequence[Described]
    agents: Sequence[Described]
    tools: Sequence[ToolSpec]
    environment: Sequence[str]


class Prompts:
    """The templates of one folder; `template` names come from `kernel/models.md`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def system(self, template: str, parts: PromptParts) -> str:
        """The system prompt in the given template."""
        return self.render(
            template,
            rules=parts.rules.strip(),
            agent=parts.agent,
            opened=parts.opened,
            skills=[catalogued(entry) for entry in parts.skills],
            agents=[catalogued(entry) for entry in parts.agents],
            tools=parts.tools,
            environment=parts.environment,
        )

    def render(self, template: str, /, **values: object) -> str:
        """Any template of the folder; DocumentError names those there are.

        What UTF-8 cannot hold, such as the bytes of a strange file name, becomes a question mark.
        """
        path = self._folder / f"{template}{_SUFFIX}"
        if not path.is_file():
            known = [other.name.removesuffix(_SUFFIX) for other in self._folder.glob(f"*{_SUFFIX}")]
            raise DocumentError(f"There is no prompt '{template}' in {self._folder}; {nearest(template, known)}")
        text = _environment(self._folder).get_template(path.name).render(values).strip()
        return text.encode("utf-8", "replace").decode()


@dataclass(frozen=True, slots=True)
class _Line:
    name: str
    description: str


def catalogued(entry: Described) -> _Line:
    """The entry with its description on a single line, so that a document cannot forge another entry."""
    return _Line(" ".join(entry.name.split()), " ".join(entry.description.split()))


@cache
def _environment(folder: Path) -> "Environment":
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    # Markdown is no HTML, so nothing is escaped; what is inserted reaches a model, never a browser.
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folder), undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True
    )
