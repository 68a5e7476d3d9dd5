"""A Sentience Layer on a clock of its own, and what can happen to it."""

from dataclasses import dataclass, field

from hypothesis import strategies as st

from llmos.autonomy.valence import Valence
from llmos.clock import SimulatedClock
from llmos.documents.kernel import ValenceRules, load_kernel
from llmos.documents.robot_profile import Setpoints
from llmos.documents.valence_checks import FEELINGS
from llmos.settings import system_root

SHIPPED = load_kernel(system_root() / "kernel").valence
REST = Setpoints(safety=0.8, curiosity=0.1, energy=0.6, self_confidence=0.5, boredom=-0.4)

share = st.floats(-1, 1, allow_nan=False)
setpoints = st.builds(Setpoints, safety=share, curiosity=share, energy=share, self_confidence=share, boredom=share)
happenings = st.lists(
    st.tuples(st.floats(0, 600), st.sampled_from(FEELINGS), st.floats(0, 3)),
    max_size=40,
)
"""Seconds of quiet, then something that happens so many times over."""


@dataclass
class Layer:
    """A layer and its clock."""

    rules: ValenceRules = SHIPPED
    rest: Setpoints = REST
    clock: SimulatedClock = field(default_factory=SimulatedClock)
    valence: Valence = field(init=False)

    def __post_init__(self) -> None:
        self.valence = Valence(self.rules, self.rest, self.clock.monotonic_s)

    def wait(self, seconds: float) -> "Layer":
        """Let time pass; nobody looks meanwhile."""
        self.clock.advance(seconds)
        return self

    def feel(self, feeling: str, times: float = 1.0) -> "Layer":
        """Let one thing happen."""
        self.valence.feel(feeling, times)  # type: ignore[arg-type]
        return self

    def live(self, life: list[tuple[float, str, float]]) -> "Layer":
        """A whole list of happenings."""
        for seconds, feeling, times in life:
            self.wait(seconds).feel(feeling, times)
        return self

    @property
    def values(self) -> tuple[float, ...]:
        """The four variables."""
        look = self.valence.look().valence
        return (look.safety, look.curiosity, look.energy, look.self_confidence)
