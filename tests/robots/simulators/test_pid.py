"""The PID controller reaches its setpoint, stays within its bounds, and does not wind up."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from llmos.robots.simulators.pid import Gains, Pid

T = 0.01
GAINS = Gains(proportional=2.0, integral=1.0, derivative=0.05, low=-1.0, high=1.0)
anything = st.floats(allow_nan=True, allow_infinity=True)


def driven(pid: Pid, setpoint: float, seconds: float, *, position: float = 0.0, load: float = 0.0) -> list[float]:
    """The positions of a body whose speed is the output less a load."""
    positions = [position]
    for _ in range(round(seconds / T)):
        positions.append(positions[-1] + (pid.step(setpoint, positions[-1], T) - load) * T)
    return positions


def test_it_reaches_the_setpoint_against_a_load() -> None:
    """The integral takes away what a load would leave of the error."""
    assert driven(Pid(GAINS), 3.0, 30, load=0.2)[-1] == pytest.approx(3.0, abs=1e-3)


def test_a_long_way_at_the_bound_winds_nothing_up() -> None:
    """After ten seconds at full output it overshoots no more than after a short way."""
    far = max(driven(Pid(GAINS), 10.0, 40)) - 10.0
    near = max(driven(Pid(GAINS), 0.4, 40)) - 0.4
    assert far <= near + 0.05


def test_a_new_setpoint_gives_no_kick() -> None:
    """The derivative is of the measurement, so a setpoint that jumps moves the output by its proportion only."""
    pid = Pid(Gains(0.1, 0.0, 5.0, -10.0, 10.0))
    assert pid.step(0.0, 0.0, T) == 0.0
    assert pid.step(1.0, 0.0, T) == pytest.approx(0.1)


def test_a_heading_goes_the_shorter_way() -> None:
    """From 350 to 10 degrees it turns by 20, not back by 340."""
    assert Pid(GAINS, wraps=True).step(math.radians(10), math.radians(350), T) > 0.0


@example([(1e308, -1e308, T), (-1e308, 1e308, T), (1e308, 1e308, 5e-324)])
@given(st.lists(st.tuples(anything, anything, anything), max_size=50))
def test_no_input_takes_the_output_out_of_its_bounds(steps: list[tuple[float, float, float]]) -> None:
    """Nor makes it anything but a number, whatever comes in, in whatever order."""
    pid = Pid(GAINS)
    for setpoint, measured, period_s in steps:
        assert -1.0 <= pid.step(setpoint, measured, period_s) <= 1.0


def test_what_means_nothing_forgets_what_was() -> None:
    """A sensor that drops out brings the output to rest, and the next step begins anew."""
    pid = Pid(GAINS)
    driven(pid, 5.0, 2)
    assert pid.step(5.0, math.nan, T) == 0.0
    assert pid.step(0.0, 0.0, T) == 0.0


@pytest.mark.parametrize("wrong", [(math.nan, 0, 0, -1, 1), (1, 0, 0, 1, 1), (1, 0, 0, 2, -2), (1, math.inf, 0, -1, 1)])
def test_gains_that_bound_nothing_are_refused(wrong: tuple[float, ...]) -> None:
    """A controller without bounds is none."""
    with pytest.raises(ValueError, match="gains must be finite and low below high, not "):
        Gains(*wrong)
