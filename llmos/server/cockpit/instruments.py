"""What the instrument panel and the map show: the robot as it is measured, and what surrounds it.

Knows no page. Metres, seconds, degrees; everything is read from one snapshot.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict

import msgspec

from llmos.autonomy.sentience import Sentience
from llmos.documents.robot_profile import RobotProfile
from llmos.messages import JSON
from llmos.robots.base import Measured
from llmos.robots.controls import Snapshot
from llmos.robots.judgement.zones import clearance
from llmos.server.service import Service

_PERCENTILE = 0.99


def setup_json(service: Service) -> dict[str, JSON]:
    """What changes only with the documents: workspace, zones, places, limits."""
    snapshot = service.snapshot()
    profile, scene = snapshot.profile, service.body.scene
    box, home = profile.workspace, profile.home
    return {
        "type": "setup",
        "robot": snapshot.robot_name,
        "profile": profile.name,
        "kind": profile.kind,
        "hash": profile.document.content_hash,
        "scene": scene.name,
        "workspace": {axis: list(getattr(box, f"{axis}_m")) for axis in "xyz"},
        "home": {"x": home.x_m, "y": home.y_m, "z": home.z_m, "theta_deg": home.theta_deg},
        "zones": zones_json(profile.zones),
        "places": {name: list(point) for name, point in scene.places.items()},
        "cube_edge_m": scene.cube_edge_m,
        "tool_radius_m": profile.tool.radius_m,
        "max_speed_mps": profile.max_tcp_speed_mps,
        "max_observation_age_s": profile.max_observation_age_s,
        "near_m": {
            "keepout": profile.distances.hard_stop_m,
            "human_slow": profile.human.slow_m,
            "human_stop": profile.human.stop_m,
        },
    }


def state_json(service: Service) -> dict[str, JSON]:
    """What changes with every tick."""
    snapshot = service.snapshot()
    measured, stop = snapshot.measured, snapshot.stop
    pose = measured.pose
    return {
        "type": "state",
        "pose": {"x": _short(pose.x), "y": _short(pose.y), "z": _short(pose.z), "theta_deg": _short(pose.theta_deg)},
        "speed_mps": _short(measured.velocity.speed_mps),
        "gripper_closed": measured.gripper_closed,
        "holding": measured.holding,
        "objects": {name: [_short(each) for each in point] for name, point in sorted(measured.objects.items())},
        "zones": clearances(snapshot.profile, measured),
        "battery": measured.battery,
        "clearance_m": measured.clearance_m,
        "moving": snapshot.moving,
        "busy": service.arbiter.holder or None,
        "stop": None if stop is None else {"since": stop.since, "by": stop.by, "reason": stop.reason},
        "pending": snapshot.pending,
        "control": control_sentence(snapshot),
        "sentience": sentience_json(service.sentience()),
    }


def clearances(profile: RobotProfile, measured: Measured) -> dict[str, float]:
    """Metres from the tool, with what it holds, to each zone by name; not above zero inside one."""
    at, loaded = measured.pose.point, measured.holding is not None
    return {name: _short(clearance(zone, at, at, profile.tool, loaded=loaded)) for name, zone in profile.zones.items()}


def zones_json(zones: Mapping[str, object]) -> dict[str, JSON]:
    """Zones by name, in the keys of the profile."""
    found = {name: msgspec.to_builtins(zone) for name, zone in zones.items()}
    return {name: {key: value for key, value in zone.items() if value is not None} for name, zone in found.items()}


def sentience_json(sentience: Sentience | None) -> dict[str, JSON] | None:
    """Valence with its setpoints and the mode; None for a robot that has no Sentience Layer."""
    if sentience is None:
        return None
    return {
        "valence": asdict(sentience.valence),
        "setpoints": asdict(sentience.setpoints),
        "mode": sentience.mode,
        "says": sentience.mode_description,
        "speed_factor": sentience.speed_factor,
        "extra_margin_m": sentience.extra_margin_m,
        "max_step_m": sentience.max_step_m,
    }


def control_sentence(snapshot: Snapshot) -> str | None:
    """How regular the control loop is; None when no real time passes there."""
    periods = sorted(snapshot.period_s)
    if not periods:
        return None
    late = periods[min(len(periods) - 1, int(len(periods) * _PERCENTILE))]
    mean = sum(periods) / len(periods)
    return f"{1 / mean:.0f} Hz, p99 {late * 1000:.1f} ms" if mean > 0 else None


def _short(value: float) -> float:
    """To a tenth of a millimetre, without a minus before zero; what is no number is shown as very far away."""
    return round(value, 4) + 0.0 if math.isfinite(value) else 1e9
