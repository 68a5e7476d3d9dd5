"""A robot's Sentience Layer (valence): how careful it is just now, driven by what happens to it.

Knows no robot and no gate; it listens to events, and whoever gives orders asks it how cautious they must be. It can
only tighten: a `Caution` cannot say anything looser than a profile.
"""

from collections.abc import Callable

from llmos.autonomy.dynamics import pushed, relaxed
from llmos.autonomy.feelings import Feelings
from llmos.autonomy.modes import ModeWatch
from llmos.autonomy.sentience import LATENT, Condition, Level, Mode, Policy, RoboticsProfile, Sentience, Vector
from llmos.documents.kernel_rules import Conduct, ValenceRules
from llmos.documents.robot_profile import Setpoints
from llmos.documents.valence_checks import Feeling
from llmos.robots.caution import Caution
from llmos.traces.events import Event

_HIGH, _MODERATE = 0.6, 0.3
_SHOWN_DIGITS = 4


class Valence:
    """The state of one robot's layer, which begins at its setpoints; `now_s` is the robot's own clock.

    It hears events through a bus: `bus.subscribe(valence.hear)`. With `latch`, which gives the emergency stop that
    holds (None for none) and how many rearms there were, each new stop is felt whoever pressed it, also one that a
    rearm ended before anybody looked; a stop that changes nothing is not.
    """

    def __init__(
        self,
        rules: ValenceRules,
        setpoints: Setpoints,
        now_s: Callable[[], float],
        latch: Callable[[], tuple[object, int]] | None = None,
    ) -> None:
        self._rules = rules
        self._latch = latch or (lambda: (None, 0))
        self._hears_stops = latch is None
        self._felt_stop, self._rearms = self._latch()
        self._setpoint = Vector(setpoints.safety, setpoints.curiosity, setpoints.energy, setpoints.self_confidence)
        self._now_s = now_s
        self._state = self._setpoint
        self._at_s = now_s()
        self._feelings = Feelings()
        self._tau_s = {name: each.tau_s for name, each in rules.variables.items()}
        self._cautions = {mode: _caution(mode, rules.modes[mode.lower()]) for mode in LATENT}
        self._modes = ModeWatch(rules, setpoints.boredom - setpoints.curiosity)

    def hear(self, event: Event, run: str) -> None:
        """Feel whatever the event means."""
        for feeling, times in self._feelings.of(event, run):
            if feeling == "stopped" and not self._hears_stops:
                self._go_on()
            else:
                self.feel(feeling, times)

    def feel(self, feeling: Feeling, times: float = 1.0) -> None:
        """Let one thing happen, `times` as strong as usual."""
        self._go_on()
        self._push(feeling, times)

    def _push(self, feeling: Feeling, times: float) -> None:
        self._state = pushed(self._state, self._rules.impulses[feeling], times)
        self._modes.follow(self._deviation, self._at_s, self._at_s)

    @property
    def mode(self) -> Mode:
        """The mode that holds now."""
        self._go_on()
        return self._modes.mode

    @property
    def conduct(self) -> Conduct:
        """What that mode demands."""
        return self._rules.modes[self.mode.lower()]

    @property
    def bored(self) -> bool:
        """Whether routine has gone on for so long that attention slips."""
        self._go_on()
        return self._modes.bored

    def caution(self) -> Caution:
        """By how much an order that is given now is tightened."""
        return self._cautions[self.mode]

    def look(self) -> Sentience:
        """Everything there is to show, as it is now."""
        mode = self.mode
        conduct = self._rules.modes[mode.lower()]
        return Sentience(
            valence=_rounded(self._state),
            setpoints=self._setpoint,
            mode=mode,
            mode_description=f"{mode} mode - {conduct.description}",
            policy=Policy(conduct.exploration_rate, conduct.verbosity, self_improvement_enabled=False),
            robotics_profile=RoboticsProfile(
                safety_priority=_level(self._setpoint.safety),
                safety_condition=_CONDITIONS.get(mode, "normal"),
                precision_mode=conduct.exact,
                operational_readiness=mode != "RECOVERY",
            ),
            bored=self._modes.bored,
            speed_factor=conduct.speed_factor,
            extra_margin_m=conduct.extra_margin_m,
            max_step_m=conduct.max_step_m,
        )

    @property
    def _deviation(self) -> Vector:
        state, rest = self._state, self._setpoint
        return Vector(
            state.safety - rest.safety,
            state.curiosity - rest.curiosity,
            state.energy - rest.energy,
            state.self_confidence - rest.self_confidence,
        )

    def _go_on(self) -> None:
        """Let be felt what has passed since last: time, of which a clock that runs backwards passes none, and stops."""
        now_s = max(self._now_s(), self._at_s)
        self._modes.follow(self._deviation, self._at_s, now_s)
        dt_s, tau = now_s - self._at_s, self._tau_s
        state, rest = self._state, self._setpoint
        self._state = Vector(
            relaxed(state.safety, rest.safety, tau["safety"], dt_s),
            relaxed(state.curiosity, rest.curiosity, tau["curiosity"], dt_s),
            relaxed(state.energy, rest.energy, tau["energy"], dt_s),
            relaxed(state.self_confidence, rest.self_confidence, tau["self_confidence"], dt_s),
        )
        self._at_s = now_s
        felt, before, (stop, rearms) = self._felt_stop, self._rearms, self._latch()
        self._felt_stop, self._rearms = stop, rearms
        came_and_went = stop is None and felt is None and rearms != before
        if came_and_went or (stop is not None and stop != felt):
            self._push("stopped", 1.0)


def _caution(mode: Mode, conduct: Conduct) -> Caution:
    reason = f"the robot is in {mode} mode"
    return Caution(conduct.speed_factor, conduct.extra_margin_m, conduct.max_step_m, reason)


_CONDITIONS: dict[Mode, Condition] = {"CAUTIOUS": "guarded", "RECOVERY": "critical"}


def _level(setpoint: float) -> Level:
    """How much a variable matters, by its setpoint."""
    return "HIGH" if setpoint >= _HIGH else "MODERATE" if setpoint >= _MODERATE else "LOW"


def _rounded(state: Vector) -> Vector:
    return Vector(
        round(state.safety, _SHOWN_DIGITS),
        round(state.curiosity, _SHOWN_DIGITS),
        round(state.energy, _SHOWN_DIGITS),
        round(state.self_confidence, _SHOWN_DIGITS),
    )
