"""Finds the way for an order, on what is known of the robot and of the scene that it stands in.

Knows no gate and gives no order: the poses that it returns are a proposal, like everything that is asked of a robot.
"""

from collections.abc import Mapping

from llmos.documents.scene import Scene
from llmos.messages import JSON
from llmos.robots.base import Pose
from llmos.robots.controls import Snapshot
from llmos.robots.judgement.asked import MOVES, check_arguments, check_finite, check_verb, names_heading, target_of
from llmos.robots.judgement.driving import driven
from llmos.robots.moving.postcondition import is_near
from llmos.robots.path import plan_path
from llmos.robots.surroundings import surroundings


class Planner:
    """Ways around the zones in force, and over what stands in one scene."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def __call__(self, verb: str, args: Mapping[str, JSON], known: Snapshot, extra_m: float = 0.0) -> tuple[Pose, ...]:
        """The poses between start and target; none where the way is straight, where there is none, or nothing moves.

        `extra_m` is kept beyond what the profile demands. An order that is wrong in itself, or of a robot that measures
        no position, has no way either: the gate says what is wrong.
        """
        profile = known.profile
        if (
            verb not in MOVES
            or check_finite(args)
            or check_verb(verb, profile.kind)
            or check_arguments(verb, args, profile.kind)
        ):
            return ()
        measured, sent = known.measured, known.commanded.pose
        start = sent if is_near(measured.pose, sent, profile) else measured.pose
        if not start.is_finite:
            return ()
        target = target_of(verb, args, start, profile)
        way = plan_path(start, target, surroundings(profile, self._scene, measured, extra_m))
        if way and profile.kind == "rover":
            return driven(way, target.theta_rad if names_heading(verb, args) else None)[1:]
        return way[1:-1] if way else ()
