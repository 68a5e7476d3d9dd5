"""The step `tiers` of `llmos evolve` on a running system: skills that climb and fall.

Knows how parts fit together; what climbing means, `llmos.evolution` knows.
"""

from typing import TYPE_CHECKING

from llmos.boot.ladder import make_ladder, standings
from llmos.evolution.climbing import Climbing

if TYPE_CHECKING:
    from llmos.boot.system import LLMOS


def tier_step(system: "LLMOS", _: object, __: object) -> Climbing:
    """Skills that climb and fall."""
    registry = system.library.registry
    folders = registry.code_folders("tools")
    ladder = make_ladder(system.environment.home, system.rules.evolution, system.clock, folders)
    return Climbing(ladder, lambda: standings(registry.snapshot()))
