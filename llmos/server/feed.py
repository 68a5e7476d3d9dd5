"""The state of the robot as the outside reads it: the field names of the RoboOS document, and what came later.

Knows no HTTP. Metres, seconds, and degrees for `theta`. Encoded at most once per tick, however many listen.
"""

import math
from collections.abc import Mapping

import msgspec

from llmos.documents.robot_profile import RobotProfile
from llmos.messages import JSON
from llmos.robots.base import Pose, RobotError
from llmos.robots.controls import Snapshot
from llmos.robots.judgement.rules import check_workspace
from llmos.robots.judgement.zones import Fence
from llmos.robots.verdict import Refusal
from llmos.server.answers import refusal_of
from llmos.server.encoding import to_json
from llmos.server.service import Service

_FULL_TURN_DEG = 360.0


def now(service: Service) -> str:
    """The time as answers have it: ISO 8601, UTC, milliseconds."""
    return service.system.clock.now().isoformat(timespec="milliseconds")


def state_json(service: Service, snapshot: Snapshot) -> dict[str, JSON]:
    """What is known of the robot now; `position` is measured, `commanded` is only what it was told."""
    measured, stop = snapshot.measured, snapshot.stop
    service.history.see(stop)
    return {
        "position": pose_json(measured.pose),
        "tool_active": measured.gripper_closed,
        "emergency_stop": stop is not None,
        "timestamp": now(service),
        "robot": snapshot.robot_name,
        "moving": snapshot.moving,
        "speed_mps": short(measured.velocity.speed_mps),
        "holding": measured.holding,
        "objects": {name: [short(each) for each in point] for name, point in sorted(measured.objects.items())},
        "commanded": {**pose_json(snapshot.commanded.pose), "tool_active": snapshot.commanded.gripper_closed},
        "stop": None if stop is None else {"since": stop.since, "by": stop.by, "reason": stop.reason},
        "busy": service.arbiter.holder or None,
        "version": snapshot.version,
        "pending_profile": snapshot.pending,
        "notes": dict(snapshot.notes),
    }


def sentience_json(service: Service) -> dict[str, JSON]:
    """The Sentience Layer as `/sentience` and `state_update` tell it; a robot without one says so."""
    found = service.sentience()
    if found is not None:
        return found.as_json()
    empty: dict[str, JSON] = {}
    described = "This robot has no Sentience Layer"
    told: dict[str, JSON] = {"enabled": False, "latent_mode": "none", "mode_description": described}
    return {**told, "valence": empty, "policy": empty, "robotics_profile": empty}


def limits_json(profile: RobotProfile) -> dict[str, JSON]:
    """The limits in force."""
    box = profile.workspace
    return {
        "workspace": {axis: list(getattr(box, f"{axis}_m")) for axis in "xyz"},
        "max_speed": profile.max_tcp_speed_mps,
        "max_rotation_dps": profile.max_rotation_dps,
        "prohibited_zones": zones_json(profile),
    }


def zones_json(profile: RobotProfile) -> list[JSON]:
    """Every zone by name with its shape, in the keys of the profile."""
    zones: Mapping[str, object] = getattr(profile, "zones", {})
    return [{"name": name, **msgspec.to_builtins(zone)} for name, zone in zones.items()]


def why_unsafe(snapshot: Snapshot) -> str | None:
    """What is wrong with where the robot is measured to be; None when nothing is."""
    measured, profile = snapshot.measured, snapshot.profile
    loaded = measured.holding is not None
    refusal = check_workspace(measured.pose, profile) or Fence(profile).check_measured(measured.pose, loaded=loaded)
    return refusal.reason if refusal else None


def zone_distances(snapshot: Snapshot) -> dict[str, JSON]:
    """Metres from the tool, with what it holds, to each zone by name; not above zero inside one."""
    measured, fence = snapshot.measured, Fence(snapshot.profile)
    found = fence.distances(measured.pose.point, loaded=measured.holding is not None)
    return {name: short(away_m) for name, away_m in found.items()}


def pose_json(pose: Pose) -> dict[str, JSON]:
    """A pose in metres and degrees."""
    return {"x": short(pose.x), "y": short(pose.y), "z": short(pose.z), "theta": _heading(pose)}


def _heading(pose: Pose) -> float | None:
    """Degrees in [0, 360), also where rounding would make a full turn."""
    theta = short(pose.theta_deg)
    return 0.0 if theta == _FULL_TURN_DEG else theta


def short(value: float) -> float | None:
    """To a tenth of a millimetre or degree, without a minus before zero; None for what JSON has no number for."""
    return round(value, 4) + 0.0 if math.isfinite(value) else None


class StateFeed:
    """The newest `state_update` message, made anew when the last one is older than a tick."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._tick_s = 1.0 / service.rules.max_state_hz
        self._made_s = -math.inf
        self._text = ""

    def newest(self) -> str:
        """The message as text; a refusal while nothing can be known of the robot."""
        now_s = self._service.system.clock.monotonic_s()
        if not now_s - self._made_s < 0.9 * self._tick_s:
            try:
                message = self._update()
            except RobotError as error:
                message = error_json(refusal_of(error))
            self._text, self._made_s = to_json(message).decode(), now_s
        return self._text

    def _update(self) -> dict[str, JSON]:
        state = state_json(self._service, self._service.snapshot())
        return {"type": "state_update", "state": state, "sentience": sentience_json(self._service)}


def error_json(refusal: Refusal) -> dict[str, JSON]:
    """What `/ws` says instead of what was asked for."""
    return {"type": "error", "reason": refusal.reason, "rule": refusal.rule, "suggestion": refusal.suggestion}
