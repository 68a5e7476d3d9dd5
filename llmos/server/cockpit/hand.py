"""A person's own commands from the cockpit: one at a time, journaled before anything moves.

Knows no page. Everything goes through the person's pilot to the gate, like the REST endpoints.
"""

import itertools
import math
from collections.abc import Mapping, Sequence

from llmos.messages import JSON
from llmos.robots import homing
from llmos.robots.base import Pose
from llmos.robots.controls import Principal, Ruling
from llmos.robots.verdict import Result
from llmos.server.direct import DirectRun
from llmos.server.service import Service

_STRAIGHT_M = 0.005


async def perform(
    service: Service, who: str, verb: str, args: Mapping[str, JSON], run: DirectRun | None = None
) -> Result:
    """Carry out one command; `run` is the journal of it, by default that of all direct commands.

    Raises BusyError when somebody else has the robot.
    """
    pilot = service.pilot(Principal("person", who))
    with service.arbiter.claim(who, verb):
        return await (run or service.direct).perform(verb, args, lambda: homing.perform(pilot, verb, args), who)


def preview_json(ruling: Ruling) -> dict[str, JSON]:
    """The verdict on a command that was only previewed, and the way that it would take."""
    refusal, path = ruling.verdict.refusal, way_of(ruling)
    why = {} if refusal is None else _why(refusal.rule, refusal.reason, refusal.suggestion)
    return {
        "allowed": ruling.verdict.allowed,
        "path": [list(pose.point) for pose in path],
        "length_m": length_m(path),
        "duration_s": ruling.duration_s,
        "detour": length_m(path) > math.dist(path[0].point, path[-1].point) + _STRAIGHT_M if path else False,
        **why,
    }


def way_of(ruling: Ruling) -> Sequence[Pose]:
    """The way of an order: of an allowed one the path that it takes, of a refused one what it asked for."""
    return ruling.path or ruling.order.via


def length_m(path: Sequence[Pose]) -> float:
    """How long a way is."""
    return sum(math.dist(a.point, b.point) for a, b in itertools.pairwise(path))


def result_json(result: Result) -> dict[str, JSON]:
    """What came of a command: the verdict, and what was measured."""
    pose, refusal = result.measured.pose, result.refusal
    why = {} if refusal is None else _why(refusal.rule, refusal.reason, refusal.suggestion)
    if refusal is None and not result.ok:
        why = _why("reached", "The motion did not end where it should, by measurement", "look at the robot")
    return {
        "success": result.ok,
        "allowed": result.verdict.allowed,
        "position": {"x": pose.x, "y": pose.y, "z": pose.z, "theta": pose.theta_deg},
        "holding": result.measured.holding,
        "duration_s": result.duration_s,
        **why,
    }


def _why(rule: str, reason: str, suggestion: str) -> dict[str, JSON]:
    return {"rule": rule, "reason": reason, "suggestion": suggestion}
