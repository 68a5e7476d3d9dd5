"""By how much an order is to be carried out more carefully than the profile demands; it can say nothing looser.

Knows no reason of its own: whoever gives an order may add one, and whoever waits for a motion goes on to say it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite

from llmos.documents.robot_profile import RobotProfile


@dataclass(frozen=True, slots=True)
class Caution:
    """Limits below those of the profile, for one order.

    `speed_factor` in (0, 1] scales the speed limits, `extra_margin_m` >= 0 widens every zone and narrows nothing else,
    `max_step_m` is the longest move (None: as the profile has it), and `reason` says why, for a refusal's sentence.
    Raises ValueError for values that would loosen anything.
    """

    speed_factor: float = 1.0
    extra_margin_m: float = 0.0
    max_step_m: float | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        if not 0.0 < self.speed_factor <= 1.0:
            raise ValueError(f"a caution cannot scale speeds by {self.speed_factor}")
        if not (self.extra_margin_m >= 0.0 and isfinite(self.extra_margin_m)):
            raise ValueError(f"a caution cannot widen margins by {self.extra_margin_m} m")
        if self.max_step_m is not None and not self.max_step_m > 0.0:
            raise ValueError(f"a caution cannot shorten moves to {self.max_step_m} m")

    def step_limit_m(self, profile: RobotProfile) -> float | None:
        """The longest move that profile and caution both allow; None where neither sets a limit."""
        return min((each for each in (self.max_step_m, profile.max_step_m) if each is not None), default=None)

    def tighter(self, other: "Caution") -> "Caution":
        """What keeps both: the slower speed, the wider margin, the shorter step, and whichever reasons there are."""
        steps = [each for each in (self.max_step_m, other.max_step_m) if each is not None]
        return Caution(
            min(self.speed_factor, other.speed_factor),
            max(self.extra_margin_m, other.extra_margin_m),
            min(steps, default=None),
            "; ".join(dict.fromkeys(each for each in (self.reason, other.reason) if each)),
        )


CALM = Caution()
"""Nothing beyond the profile."""


@dataclass(slots=True)
class Heed:
    """Whatever caution is heeded just now: a gate asks, and who feels it may come later."""

    caution: Callable[[], Caution] = lambda: CALM

    def __call__(self) -> Caution:
        """By how much is tightened at this moment."""
        return self.caution()
