"""The ladder of a home: its rules, what must hold of a skill that climbs, and which skills are on it.

Knows how parts fit together; what climbing means, `llmos.evolution` knows.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from llmos.boot.kit import tool_names
from llmos.clock import Clock
from llmos.documents.kernel import EvolutionRules
from llmos.evolution.promotion import Ladder
from llmos.evolution.safety import safety_suite
from llmos.evolution.standing import LADDER, Standing, standing_of
from llmos.volumes.capabilities import PROGRAMS

if TYPE_CHECKING:
    from llmos.messages import ToolSpec
    from llmos.volumes.lookups import Lookups


def make_ladder(
    home: Path, rules: EvolutionRules, clock: Clock, specs: "Mapping[str, ToolSpec] | None" = None
) -> Ladder:
    """The ladder of a home; with `specs`, what the tools promise, programs are verified and not only read."""
    return Ladder(home, rules, clock, safety_suite(tool_names(), lambda page: wrong_programs(page, specs)))


def standings(documents: "Lookups") -> tuple[Standing, ...]:
    """The skills that count and stand on a rung of the ladder."""
    found = (standing_of(entry) for entry in documents.skills())
    return tuple(each for each in found if each.tier in LADDER)


def wrong_programs(page: Path, specs: "Mapping[str, ToolSpec] | None" = None) -> list[str]:
    """What is wrong with the programs of a SKILL.md, a sentence each with its place."""
    from llmos.documents.frontmatter import read_document
    from llmos.documents.structure import fences
    from llmos.programs.form import ProgramError
    from llmos.programs.parser import parse
    from llmos.programs.verifier import verify

    document = read_document(page)
    wrong = []
    for fence in fences(document.body):
        if fence.language.startswith(PROGRAMS):
            try:
                program = parse(fence.text, document.body_line + fence.line - 1)
                if specs is not None:
                    verify(program, specs)
            except ProgramError as error:
                wrong.append(f"{page}: {error}")
    return wrong
