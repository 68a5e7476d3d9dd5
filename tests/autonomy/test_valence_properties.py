"""The laws of the Sentience Layer, whatever happens to it: bounded, stable, calm, and never looser than the profile."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.autonomy.valence import Valence
from llmos.documents.robot_profile import Setpoints
from llmos.documents.valence_checks import FEELINGS, Feeling
from tests.support.valence import REST, SHIPPED, Layer, happenings, setpoints, share

Life = list[tuple[float, str, float]]


@given(setpoints, happenings)
def test_every_variable_stays_within_its_bounds(rest: Setpoints, life: Life) -> None:
    """Whatever happens, however often, no variable leaves [-1, 1]."""
    assert all(-1.0 <= value <= 1.0 for value in Layer(rest=rest).live(life).values)


@given(happenings, st.lists(st.floats(0, 100), max_size=20))
def test_the_state_does_not_depend_on_how_often_somebody_looks(life: Life, looks: list[float]) -> None:
    """A quiet time passed in many steps ends where the same time passed at once does, modes included."""
    watched, left_alone = Layer().live(life), Layer().live(life)
    for seconds in looks:
        watched.wait(seconds).valence.look()
    left_alone.wait(sum(looks))
    assert watched.values == pytest.approx(left_alone.values, abs=1e-3)
    one, other = watched.valence, left_alone.valence
    if one.mode != other.mode:  # a crossing at this very moment may be rounded either way
        watched.wait(0.01)
        left_alone.wait(0.01)
    assert one.mode == other.mode


@given(setpoints, happenings, st.floats(0, 1000))
def test_without_input_every_variable_comes_nearer_to_its_setpoint(rest: Setpoints, life: Life, dt_s: float) -> None:
    """The distance to the setpoint never grows while nothing happens."""
    layer = Layer(rest=rest).live(life)
    mu = (rest.safety, rest.curiosity, rest.energy, rest.self_confidence)
    before = [abs(value - at) for value, at in zip(layer.values, mu, strict=True)]
    after = [abs(value - at) for value, at in zip(layer.wait(dt_s).values, mu, strict=True)]
    assert all(far <= near + 1e-4 for near, far in zip(before, after, strict=True))


@given(happenings, happenings)
def test_two_lives_grow_alike_once_nothing_happens(one: Life, other: Life) -> None:
    """The past is forgotten: after a long quiet time only the setpoints are left, and the mode of rest."""
    first, second = Layer().live(one).wait(5000), Layer().live(other).wait(5000)
    assert first.values == pytest.approx(second.values, abs=1e-3)
    assert first.valence.mode == second.valence.mode == "PRECISION"


@given(happenings, st.lists(st.floats(0.01, 2), min_size=1, max_size=200))
def test_modes_do_not_chatter(life: Life, looks: list[float]) -> None:
    """In quiet, a mode is left at most once per dwell time, however often it is looked at."""
    layer = Layer().live(life)
    seen = [(layer.clock.monotonic_s(), layer.valence.mode)]
    for seconds in looks:
        now = layer.wait(seconds).valence.mode
        if now != seen[-1][1]:
            seen.append((layer.clock.monotonic_s(), now))
    assert len({mode for _, mode in seen}) == len(seen), seen  # none is come back to


@given(st.floats(-0.02, 0.02), st.integers(10, 60))
def test_a_trembling_input_at_a_threshold_does_not_switch_the_mode(tremble: float, times: int) -> None:
    """What moves a variable by less than the hysteresis, up and down, changes the mode once at most."""
    rules = replace(SHIPPED, impulses={**SHIPPED.impulses, "refused": replace(SHIPPED.impulses["refused"], safety=1.0)})
    layer = Layer(rules=rules).feel("refused", SHIPPED.cautious_safety)
    modes = [layer.valence.mode]
    for number in range(times):
        layer.wait(0.2).feel("refused", tremble if number % 2 else -tremble)
        modes.append(layer.valence.mode)
    assert sum(one != other for one, other in pairwise(modes)) <= 1, modes


@given(setpoints, happenings, st.floats(0, 600))
def test_it_only_ever_tightens(rest: Setpoints, life: Life, dt_s: float) -> None:
    """No life makes an order faster, a margin narrower or a move longer than the profile has it."""
    caution = Layer(rest=rest).live(life).wait(dt_s).valence.caution()
    assert 0.0 < caution.speed_factor <= 1.0
    assert caution.extra_margin_m >= 0.0
    assert caution.max_step_m is None or caution.max_step_m > 0.0


@given(happenings, st.sampled_from(["refused", "motion_halted", "stopped", "person_refused"]))
def test_what_goes_wrong_never_makes_it_less_cautious(life: Life, mishap: str) -> None:
    """At the moment after a mishap orders are at least as tight as at the moment before it."""
    layer = Layer().live(life)
    before = layer.valence.caution()
    after = layer.feel(mishap).valence.caution()
    assert after.speed_factor <= before.speed_factor
    assert after.extra_margin_m >= before.extra_margin_m
    assert before.max_step_m is None or after.max_step_m == before.max_step_m


@given(share)
def test_at_rest_the_mode_is_precision_whatever_the_setpoints(safety: float) -> None:
    """Modes are relative to setpoints, so a profile cannot be written that rests in a looser one."""
    assert Layer(rest=replace(REST, safety=safety, curiosity=-safety)).valence.mode == "PRECISION"


@pytest.mark.parametrize("feeling", FEELINGS)
def test_a_clock_that_runs_backwards_passes_no_time(feeling: Feeling) -> None:
    """A robot's clock that was set back neither undoes nor speeds up anything."""
    now = [10.0]
    valence = Valence(SHIPPED, REST, lambda: now[0])
    valence.feel(feeling)
    before = valence.look()
    now[0] = 3.0
    assert valence.look() == before
