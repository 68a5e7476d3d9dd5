"""What the Sentience Layer shows of itself: valence, mode and what they mean for the robot, as values to read.

Knows no formula: `valence` computes, this module is what prompts, the service and the cockpit are given.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from llmos.messages import JSON

Mode = Literal["PRECISION", "STANDARD", "CAUTIOUS", "RECOVERY", "ADAPTIVE"]
LatentMode = Literal["auto_contained", "balanced", "cautious", "recovery", "auto_creative"]
Level = Literal["LOW", "MODERATE", "HIGH"]
Condition = Literal["normal", "guarded", "critical"]

LATENT: Mapping[Mode, LatentMode] = {
    "PRECISION": "auto_contained",
    "STANDARD": "balanced",
    "CAUTIOUS": "cautious",
    "RECOVERY": "recovery",
    "ADAPTIVE": "auto_creative",
}
"""The name that other programs know each mode by."""


@dataclass(frozen=True, slots=True)
class Vector:
    """The four variables, each in [-1, 1]."""

    safety: float
    curiosity: float
    energy: float
    self_confidence: float


@dataclass(frozen=True, slots=True)
class Policy:
    """What the mode asks of whoever thinks; `self_improvement_enabled` is false wherever a robot is attached."""

    exploration_rate: float
    verbosity: Literal["terse", "normal", "detailed"]
    self_improvement_enabled: bool


@dataclass(frozen=True, slots=True)
class RoboticsProfile:
    """What the mode means for the robot.

    `safety_priority` is how much safety matters here (the setpoint), `safety_condition` how things stand at the moment;
    `operational_readiness` is false while the robot recovers.
    """

    safety_priority: Level
    safety_condition: Condition
    precision_mode: bool
    operational_readiness: bool


@dataclass(frozen=True, slots=True)
class Sentience:
    """One look at the layer; `mode_description` begins with the mode's name, e.g. `PRECISION mode - ...`.

    `speed_factor`, `extra_margin_m` and `max_step_m` are by how much orders are tightened just now.
    """

    valence: Vector
    setpoints: Vector
    mode: Mode
    mode_description: str
    policy: Policy
    robotics_profile: RoboticsProfile
    bored: bool
    speed_factor: float
    extra_margin_m: float
    max_step_m: float | None

    @property
    def latent_mode(self) -> LatentMode:
        """The mode by the name that other programs know."""
        return LATENT[self.mode]

    @property
    def line(self) -> str:
        """The mode and what it mostly hangs on, on one line of a panel of instruments."""
        felt = self.valence
        return f"{self.mode}: safety {felt.safety:.2f}, energy {felt.energy:.2f}, curiosity {felt.curiosity:.2f}"

    def as_json(self) -> dict[str, JSON]:
        """What `/sentience` answers (whoever answers adds `timestamp`) and what `state_update` carries."""
        return {"enabled": True, "latent_mode": self.latent_mode, **asdict(self)}

    def safety_json(self) -> dict[str, JSON]:
        """`sentience_safety` of `/safety`: the valence, how much it matters, and how things stand, apart."""
        profile = self.robotics_profile
        return {
            "safety_valence": self.valence.safety,
            "priority": profile.safety_priority,
            "condition": profile.safety_condition,
            "level": profile.safety_condition,
        }
