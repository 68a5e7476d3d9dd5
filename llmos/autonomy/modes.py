"""Which mode holds: thresholds on deviations from the setpoints, with hysteresis and dwell.

Knows no event and no robot. Each threshold is a Schmitt trigger with an off-delay: it tightens at once and loosens only
after a while, so that modes do not chatter. Between two events a deviation decays exponentially, so the moments of
crossing are computed and nothing depends on how often somebody looks.
"""

import math
from dataclasses import dataclass

from llmos.autonomy.sentience import Mode, Vector
from llmos.documents.kernel_rules import ValenceRules


@dataclass(slots=True)
class Threshold:
    """Tight while a deviation is below `enter`; loose when it was at `release` or above for `dwell_s` on end.

    `enter` is below `release`. It begins as it stands at rest, with a deviation of 0.
    """

    enter: float
    release: float
    dwell_s: float
    tight: bool = False
    calm_since_s: float | None = None

    def __post_init__(self) -> None:
        self.tight = self.enter > 0.0

    def follow(self, deviation: float, tau_s: float, start_s: float, end_s: float) -> None:
        """Let `deviation`, as it is at `start_s`, decay towards 0 until `end_s`."""
        if deviation < self.enter:
            self._tighten()
        if self.tight:
            self._calm(deviation, tau_s, start_s, end_s)
        if not self.tight and deviation * math.exp((start_s - end_s) / tau_s) < self.enter:
            self._tighten()

    def _tighten(self) -> None:
        self.tight, self.calm_since_s = True, None

    def _calm(self, deviation: float, tau_s: float, start_s: float, end_s: float) -> None:
        """Look for the stretch in which the deviation is at `release` or above, and loosen when it is long enough."""
        calm_s, over_s = self._stretch(deviation, tau_s, start_s)
        if calm_s > end_s:
            self.calm_since_s = None
            return
        if self.calm_since_s is None or calm_s > start_s:
            self.calm_since_s = calm_s
        if min(over_s, end_s) - self.calm_since_s >= self.dwell_s:
            self.tight, self.calm_since_s = False, None
        elif over_s < end_s:
            self.calm_since_s = None

    def _stretch(self, deviation: float, tau_s: float, start_s: float) -> tuple[float, float]:
        """When the decaying deviation comes to `release`, and when it leaves it again; infinity for never."""
        if deviation < self.release:
            rises = deviation < self.release < 0.0
            return (start_s + tau_s * math.log(deviation / self.release) if rises else math.inf), math.inf
        if self.release <= 0.0:
            return start_s, math.inf
        return start_s, start_s + tau_s * math.log(deviation / self.release)


class ModeWatch:
    """Follows the deviations of all variables and says which mode holds; `boredom` is one of curiosity, below 0."""

    def __init__(self, rules: ValenceRules, boredom: float) -> None:
        def below(enter: float) -> Threshold:
            return Threshold(enter, enter + rules.hysteresis, rules.dwell_s)

        self._safety = {"recovery": below(rules.recovery_safety), "cautious": below(rules.cautious_safety)}
        self._energy = {"recovery": below(rules.recovery_energy)}
        self._curiosity = {
            "precise": below(rules.precision_curiosity),
            "uninventive": below(rules.adaptive_curiosity),
            "bored": Threshold(boredom, min(boredom + rules.hysteresis, boredom / 2), rules.dwell_s),
        }
        self._confidence = {
            "precise": below(rules.precision_confidence),
            "uninventive": below(rules.adaptive_confidence),
        }
        self._tau_s = {name: each.tau_s for name, each in rules.variables.items()}

    def follow(self, deviation: Vector, start_s: float, end_s: float) -> None:
        """Let the deviations, as they are at `start_s`, decay until `end_s`."""
        for name, thresholds, value in (
            ("safety", self._safety, deviation.safety),
            ("energy", self._energy, deviation.energy),
            ("curiosity", self._curiosity, deviation.curiosity),
            ("self_confidence", self._confidence, deviation.self_confidence),
        ):
            for each in thresholds.values():
                each.follow(value, self._tau_s[name], start_s, end_s)

    @property
    def bored(self) -> bool:
        """Whether routine has gone on for so long that attention slips."""
        return self._curiosity["bored"].tight

    @property
    def mode(self) -> Mode:
        """The tightest mode that some threshold calls for."""
        if self._safety["recovery"].tight or self._energy["recovery"].tight:
            return "RECOVERY"
        if self._safety["cautious"].tight:
            return "CAUTIOUS"
        if self._curiosity["precise"].tight or self._confidence["precise"].tight:
            return "PRECISION"
        if self._curiosity["uninventive"].tight or self._confidence["uninventive"].tight:
            return "STANDARD"
        return "ADAPTIVE"
