"""Which limits count: those of the profile, and the zones that a scene adds.

Knows no document on disk and no driver.
"""

from collections.abc import Mapping
from dataclasses import replace

from llmos.documents.robot_profile import RobotProfile
from llmos.documents.zone import Zone
from llmos.robots.verdict import Refusal
from llmos.robots.zones import Fence


class InForce:
    """`profile` holds the limits that count now, `version` grows with every change of them."""

    def __init__(self, profile: RobotProfile, zones: Mapping[str, Zone]) -> None:
        self._zones = zones
        self.version = 0
        self._set(profile)

    @property
    def pending(self) -> str | None:
        """The hash of a profile whose looser limits wait for a person."""
        return None

    @property
    def undecided(self) -> Refusal | None:
        """Why no limits can be trusted, if so."""
        return None

    def accept(self, profile_hash: str) -> None:
        """A person lets the looser limits of the profile with this hash count."""

    def _set(self, profile: RobotProfile) -> None:
        self.profile = with_zones(profile, self._zones)
        self.fence = Fence(self.profile)
        self.version += 1


def with_zones(profile: RobotProfile, more: Mapping[str, Zone]) -> RobotProfile:
    """The profile with these zones added; where two have one name, both count."""
    zones = dict(profile.zones)
    for name, zone in more.items():
        if zones.get(name) != zone:
            zones[_free(name, zones)] = zone
    return replace(profile, zones=zones)


def _free(name: str, taken: Mapping[str, Zone]) -> str:
    number, free = 2, name
    while free in taken:
        number, free = number + 1, f"{name} ({number})"
    return free
