"""Adds the zones of a scene to the limits of the robot that stands in it.

Knows no gate. A scene makes a robot's world smaller and never larger: it cannot replace or take away a zone.
"""

from dataclasses import replace

from llmos.documents.robot_checks import home_clearance_m
from llmos.documents.robot_profile import RobotProfile
from llmos.documents.scene import Scene
from llmos.documents.scene_check import Point


def profile_in(scene: Scene, profile: RobotProfile) -> RobotProfile:
    """The profile as it holds in this scene.

    Raises DocumentError when a zone of the scene has the name of one of the profile's, or covers the robot's home.
    """
    home = Point(profile.home.x_m, profile.home.y_m, profile.home.z_m)
    for name, zone in scene.zones.items():
        key = f"zones.{name}"
        if name in profile.zones:
            sentence = f"is also a zone of the robot '{profile.name}', which it keeps; rename it"
            raise scene.document.wrong(key, f"'{key}' {sentence}")
        if home_clearance_m(profile, zone, home) <= 0.0:
            where = ", ".join(f"{value:g}" for value in home)
            sentence = f"covers home ({where}) of the robot '{profile.name}'; move the zone, or choose another robot"
            raise scene.document.wrong(key, f"'{key}' {sentence}")
    return replace(profile, zones={**profile.zones, **scene.zones}) if scene.zones else profile
