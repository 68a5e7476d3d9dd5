"""The tool Skill: hand a skill's instructions to the model, and the list of files that belong to it.

Knows no volume; whoever knows the skills is passed in.
"""

from functools import partial
from itertools import islice
from pathlib import Path
from typing import Protocol

from llmos.documents.skill import Skill
from llmos.errors import LLMosError
from llmos.messages import Effect
from llmos.tools.base import Tool, tool
from llmos.tools.threads import run_in_thread
from llmos.tools.walk import Walk, ignore

_MOST_FILES = 100


class SkillSource(Protocol):
    """Where skills are found."""

    def skill(self, name: str) -> Skill:
        """The skill of this name; raises DocumentError with the nearest one."""
        ...


def skill_tool(source: SkillSource) -> Tool:
    """Skill, over these skills."""

    @tool(effect=Effect.PURE, name="Skill")
    async def skill(skill: str) -> str:
        """Open a skill: returns its instructions, and the files that come with it.

        Args:
            skill: The skill's name, as it stands in the list of skills.

        """
        found = source.skill(skill)
        if found.quarantine:
            raise LLMosError(f"the skill '{found.name}' is in quarantine ({found.quarantine}); do it in another way")
        if not found.offered:
            raise LLMosError(f"the skill '{found.name}' is opened by a person only (disable-model-invocation)")
        return _opened(found, await run_in_thread(partial(_files, found.folder)))

    return skill


def _files(folder: Path) -> list[str]:
    """What comes with a skill, beside its instructions."""
    paths = Walk(folder, ignore(frozenset())).paths()
    return [each for each in islice(paths, _MOST_FILES) if each.lower() != "skill.md"]


def _opened(skill: Skill, files: list[str]) -> str:
    """The form that clients of the Agent Skills standard use for an opened skill."""
    listed = "".join(f"\n<file>{each}</file>" for each in files)
    resources = f"\n\nFolder: {skill.folder}\n<skill_resources>{listed}\n</skill_resources>" if files else ""
    return f'<skill_content name="{skill.name}">\n{skill.body.strip()}{resources}\n</skill_content>'
