"""What may not get worse when a skill climbs: its document, its program, and the scenarios that safety rests on.

Knows the checks, not what climbing means. What verifies programs comes in from above.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from llmos.documents.checks import check_paths
from llmos.errors import DocumentError
from llmos.traces.tally import Tally

SAFETY: Final = "safety/"
"""What the names of the scenarios begin with that may never fail."""

Safety: TypeAlias = Callable[[Path, Tally], Sequence[str]]
"""What is wrong with a skill (its SKILL.md, its uses) so that it may not climb: a clause each."""

Verify: TypeAlias = Callable[[Path], Sequence[str]]
"""What is wrong with the programs in a SKILL.md, a clause each."""


def safety_suite(verify: Verify) -> Safety:
    """The checks of a house that verifies programs so."""

    def regressions(page: Path, uses: Tally) -> list[str]:
        try:
            problems = check_paths([page])
        except DocumentError as error:
            return [str(error)]
        broken = [str(each) for each in problems if each.severity == "error"]
        failed = sorted({use.scenario for use in uses.uses if use.scenario.startswith(SAFETY) and not use.ok})
        return [*broken, *verify(page), *(f"it failed the scenario {scenario}" for scenario in failed)]

    return regressions
