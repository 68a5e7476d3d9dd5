"""Decides a run by its scene's own check, where the goal is the one that the scene was made for.

Knows no model. It can make an outcome worse, never better: a run that did all it set out to do, and less than the goal
asks, has failed.
"""

from collections.abc import Sequence
from dataclasses import replace

from llmos.documents.scene import Scene
from llmos.robots.base import Measured
from llmos.robots.evidence.outcome import PhysicalOutcome
from llmos.robots.evidence.scene_check import check_scene, measured_in
from llmos.robots.verdict import Motion


def by_scene(
    found: PhysicalOutcome | None, scene: Scene, goal: str, motions: Sequence[Motion], now: Measured
) -> PhysicalOutcome | None:
    """The outcome, held against what the scene asks for; as it is for every other goal."""
    if not scene.goal or _plain(goal) != _plain(scene.goal):
        return found
    findings = check_scene(scene, [*measured_in(motions), now])
    missing = [finding.sentence for finding in findings if not finding.holds]
    checks = {"checks": [{"holds": finding.holds, "sentence": finding.sentence} for finding in findings]}
    if found is None:
        return PhysicalOutcome("failed", missing[0], checks) if missing else None
    if found.outcome != "done" or not missing:
        return replace(found, evidence={**found.evidence, **checks})
    return PhysicalOutcome("failed", missing[0], {**found.evidence, **checks})


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".!")
