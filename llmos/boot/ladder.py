"""The ladder of a home: its rules, what must hold of a skill that climbs, and which skills are on it.

Knows how parts fit together; what climbing means, `llmos.evolution` knows.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from llmos.boot.kit import tool_names
from llmos.clock import Clock
from llmos.documents.kernel import EvolutionRules
from llmos.errors import nearest
from llmos.evolution.promotion import Ladder
from llmos.evolution.review import review
from llmos.evolution.safety import safety_suite
from llmos.evolution.standing import LADDER, Standing, standing_of

if TYPE_CHECKING:
    from llmos.volumes.lookups import Lookups


def make_ladder(home: Path, rules: EvolutionRules, clock: Clock, folders: Iterable[Path] = ()) -> Ladder:
    """The ladder of a home; `folders` hold the tools of its volumes, beside those that LLMos has itself."""
    tools = tool_names(folders)
    return Ladder(home, rules, clock, safety_suite(lambda page: wrong_program(page, tools)))


def standings(documents: "Lookups") -> tuple[Standing, ...]:
    """The skills that count and stand on a rung of the ladder."""
    found = (standing_of(entry) for entry in documents.skills())
    return tuple(each for each in found if each.tier in LADDER)


def after_use(ladder: Ladder, documents: "Lookups", name: str, tools: Mapping[str, str]) -> str:
    """Do what the rules demand of a skill that was used, and say so; empty where nothing was due. Raises as the ladder.

    `tools` are the versions of the tools as they are now. It blocks on git.
    """
    moved = review(ladder, standing_of(documents.entry("skill", name)), tools)
    return "" if moved is None else f"{moved.commit.subject}."


def wrong_program(page: Path, tools: frozenset[str]) -> list[str]:
    """Why the program of a SKILL.md can never run in a house with these tools, a clause with its place.

    What the tools promise is not known here: before each run the program is verified against that as well.
    """
    from llmos.documents.frontmatter import read_document
    from llmos.programs.blocks import program_of
    from llmos.programs.form import ProgramError, calls
    from llmos.programs.verifier import BY_NAME

    try:
        program = program_of(read_document(page))
    except ProgramError as error:
        return [f"{page}: {error}"]
    called = {call.tool: call.line for call in (calls(program.body) if program else ())}
    barred = [f"{page}:{line}: a program may not call {name}" for name, line in called.items() if name in BY_NAME]
    unknown = [(name, line) for name, line in called.items() if name not in tools]
    return [*barred, *(f"{page}:{line}: there is no tool '{name}'; {nearest(name, tools)}" for name, line in unknown)]
