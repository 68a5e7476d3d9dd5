"""A robot that does not follow its setpoints is halted: by how far, for how long, and what it does then."""

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.boot.drivers import DRIVERS
from llmos.clock import SimulatedClock
from llmos.documents.robot_profile import Tracking as Limits
from llmos.documents.robot_profile import read_robot_profile
from llmos.robots.base import Commanded, Measured, Pose, Velocity
from llmos.robots.controls import Principal
from llmos.robots.faults import Axis, Faults, FaultyRobot
from llmos.robots.gate import Gate
from llmos.robots.judgement.tracking import Tracking
from llmos.robots.latch import StopLatch
from llmos.robots.moving.motion import stopping
from llmos.robots.pace import SimulatedPace
from llmos.robots.pilot import Pilot
from llmos.robots.planner import Planner
from tests.support.drivers import require_physics
from tests.support.robots import SYSTEM, WatchedRobot, arm_profile, shipped_scene, unsafe

ARM = replace(arm_profile(), tracking=Limits(max_error_m=0.05, max_error_deg=10.0, lag_s=0.1))
ADA = Principal("person", "Ada")
TURN = math.radians


def measured(x: float, at_s: float, y: float = 0.0, theta_deg: float = 0.0) -> Measured:
    """A robot that says where it is."""
    return Measured(at_s, Pose(x, y, 1.0, TURN(theta_deg)), Velocity(), False, None, {})


def tracked(*sent: tuple[float, float, float]) -> Tracking:
    """After these setpoints: when, x and theta_deg."""
    (at_s, x, theta_deg), *more = sent
    tracking = Tracking(at_s, Pose(x, 0.0, 1.0, TURN(theta_deg)))
    for at_s, x, theta_deg in more:
        tracking.sent(at_s, Pose(x, 0.0, 1.0, TURN(theta_deg)))
    return tracking


STILL = ((0.0, 0.0, 0.0),)
ONE_STEP = ((0.0, 0.0, 0.0), (1.0, 0.2, 0.0))
RUN = tuple((n * 0.05, n * 0.04, 0.0) for n in range(21))  # to x 0.8 at 1 s, at 0.8 m/s
SPIN = tuple((n * 0.05, 0.0, n * 30.0) for n in range(21))  # to 600 degrees at 1 s


@pytest.mark.parametrize(
    ("sent", "seen", "said"),
    [
        (STILL, measured(0.0, 5.0), None),
        (STILL, measured(0.0499, 5.0), None),
        (STILL, measured(0.0501, 5.0), "0.05"),
        (STILL, measured(0.0, 5.0, y=-0.0501), "0.05"),
        (STILL, measured(0.0, 5.0, theta_deg=9.9), None),
        (STILL, measured(0.0, 5.0, theta_deg=350.1), None),
        (STILL, measured(0.0, 5.0, theta_deg=349.9), "10.1°"),
        (STILL, measured(0.0, 5.0, theta_deg=180.0), "180.0°"),
        (STILL, measured(math.nan, 5.0), "nanm"),
        (STILL, measured(0.0, 5.0, theta_deg=math.nan), "nan°"),
        (STILL, measured(math.inf, 5.0), "infm"),
        (ONE_STEP, measured(0.0, 1.0), None),
        (ONE_STEP, measured(0.2, 1.0), None),
        (ONE_STEP, measured(0.1, 1.0), None),
        (ONE_STEP, measured(0.1, 1.0, y=0.06), "0.06"),
        (ONE_STEP, measured(0.26, 1.0), "0.06"),
        (ONE_STEP, measured(-0.06, 1.0), "0.06"),
        (ONE_STEP, measured(0.0, 1.099), None),
        (ONE_STEP, measured(0.0, 1.101), "0.20"),
        (ONE_STEP, measured(0.2, 1.101), None),
        (ONE_STEP, measured(0.2, 0.999), "0.20"),
        (ONE_STEP, measured(0.0, 0.999), None),
        (RUN, measured(0.8, 1.0), None),
        (RUN, measured(0.68, 1.0), None),
        (RUN, measured(0.66, 1.0), "0.06"),
        (RUN, measured(0.86, 1.0), "0.06"),
        (RUN, measured(0.4, 0.5), None),
        (RUN, measured(0.6, 0.5), "0.20"),
        (SPIN, measured(0.0, 1.0, theta_deg=600.0), None),
        (SPIN, measured(0.0, 1.0, theta_deg=240.0), None),
        (SPIN, measured(0.0, 1.0, theta_deg=171.0), None),
        (SPIN, measured(0.0, 1.0, theta_deg=169.0), "11.0°"),
        (SPIN, measured(0.0, 1.0, theta_deg=251.0), "11.0°"),
    ],
)  # fmt: skip
def test_measurement_is_held_against_what_the_lag_leaves_open(
    sent: tuple[tuple[float, float, float], ...], seen: Measured, said: str | None
) -> None:
    """As far as the limit, as late as the lag, between two setpoints, either way round, and never a NaN."""
    refusal = tracked(*sent).check(seen, ARM)
    assert (refusal is None) == (said is None)
    if refusal is not None:
        assert refusal.rule == "tracking"
        assert str(said) in refusal.reason


def test_sentences() -> None:
    """What, how much, and what to look for."""
    assert str(tracked(*STILL).check(measured(0.07, 1.0), ARM)) == (
        "The robot is measured 0.070m beside its commanded way, more than max_error_m 0.05; "
        "look for what holds it back: an obstacle, or a drive that sticks or slips."
    )
    assert str(tracked(*STILL).check(measured(0.0, 1.0, theta_deg=20.0), ARM)) == (
        "The robot is measured turned 20.0° off its commanded way, more than max_error_deg 10; "
        "look for what holds it back: an obstacle, or a drive that sticks or slips."
    )


def test_what_is_forgotten_makes_no_error() -> None:
    """A setpoint that was held for long is still the one in force."""
    tracking = tracked((0.0, 0.0, 0.0), (1.0, 0.2, 0.0))
    assert tracking.check(measured(0.2, 9.0), ARM) is None
    tracking.sent(9.0, Pose(0.4, 0.0, 1.0, 0.0))
    assert tracking.check(measured(0.2, 9.05), ARM) is None
    assert tracking.check(measured(0.0, 9.06), ARM) is not None


steps = st.lists(st.tuples(st.floats(0.001, 0.2), st.floats(-0.1, 0.1), st.floats(-30, 30)), min_size=1, max_size=20)


@given(steps=steps, lag_s=st.floats(0.0, 0.099), between=st.floats(0, 1))
def test_robot_that_only_lags_is_never_halted(
    steps: list[tuple[float, float, float]], lag_s: float, between: float
) -> None:
    """Wherever it was sent within the lag, and on the line between two setpoints of that time, it may be."""
    track = [(0.0, 0.0, 0.0)]
    for after_s, way, turn in steps:
        track.append((track[-1][0] + after_s, track[-1][1] + way, track[-1][2] + turn))
    tracking = tracked(*track)
    until_s = track[-1][0] + 0.1
    current = max(n for n, each in enumerate(track) if each[0] <= until_s - lag_s)
    places = list(pairwise(track[current:])) or [(track[current],) * 2]
    (_, x, theta), (_, x2, theta2) = places[0]
    seen = measured(x + between * (x2 - x), until_s, theta_deg=theta + between * (theta2 - theta))
    assert tracking.check(seen, replace(ARM, tracking=Limits(1e-6, 1e-4, 0.1))) is None


# the same in motion

FAULTS = [
    pytest.param("x", Faults(stuck_axis="x", from_s=1.0), id="stuck x"),
    pytest.param("y", Faults(stuck_axis="y", from_s=1.5), id="stuck y"),
    pytest.param("z", Faults(stuck_axis="z", from_s=1.0), id="stuck z"),
    pytest.param("theta_rad", Faults(stuck_axis="theta_rad", from_s=1.0), id="stuck turn"),
    pytest.param("x", Faults(slipping_axis="x", from_s=1.0), id="slipping x"),
    pytest.param("theta_rad", Faults(slipping_axis="theta_rad", from_s=1.0), id="slipping turn"),
]


class Tried:
    """A robot with faults behind a gate."""

    def __init__(self, name: str, driver: str, faults: Faults, folder: Path) -> None:
        self.profile = read_robot_profile(SYSTEM / "robots" / f"{name}.md")
        scene = shipped_scene("arena" if name == "rover" else "empty")
        self.clock = SimulatedClock()
        robot = FaultyRobot(DRIVERS[driver].make(self.profile, scene, faults), faults)
        self.robot = WatchedRobot(robot, self.clock)
        self.gate = Gate(self.profile, self.robot, SimulatedPace(self.clock), StopLatch(folder / "stop.json"))
        self.pilot = Pilot(self.gate, ADA, plan=Planner(scene))

    @property
    def sent(self) -> list[tuple[float, Commanded]]:
        """The setpoints."""
        return self.robot.sent


@pytest.fixture(params=["kinematic", pytest.param("mujoco-arm", marks=pytest.mark.system)])
def driver(request: pytest.FixtureRequest, require_system: Callable[[str], None]) -> str:
    """Each arm in turn."""
    if request.param != "kinematic":
        require_physics(require_system)
    return str(request.param)


@pytest.mark.anyio
@pytest.mark.parametrize(("axis", "faults"), FAULTS)
async def test_arm_that_does_not_follow_is_halted(driver: str, axis: Axis, faults: Faults, tmp_path: Path) -> None:
    """Soon after the error passes the limit it brakes within its limits, and then stays where it was held."""
    tried = Tried("arm", driver, faults, tmp_path)
    result = await tried.pilot.move_to(1.0, 1.2, 1.8, 170.0)
    assert result.refusal is not None
    assert result.refusal.rule == "tracking"
    assert result.motion is not None
    assert not result.ok
    limits = tried.profile.tracking
    late_s = limits.lag_s + limits.max_error_m / (tried.profile.max_tcp_speed_mps / 4) + stopping(tried.profile).time_s
    assert tried.clock.monotonic_s() < faults.from_s + late_s + tried.profile.settle_time_s
    assert unsafe(tried.sent[:-1]) == []  # the last one says: stay
    stay = tried.gate.snapshot()
    assert math.dist(stay.commanded.pose.point, stay.measured.pose.point) < 1e-6
    assert abs(getattr(result.motion.commanded.pose, axis) - getattr(result.measured.pose, axis)) > 0.02


@pytest.mark.anyio
async def test_arm_that_is_freed_does_not_jump(driver: str, tmp_path: Path) -> None:
    """What held it lets go after the halt; it stays, and a new order begins from there."""
    tried = Tried("arm", driver, Faults(stuck_axis="x", from_s=1.0), tmp_path)
    halted = await tried.pilot.move_to(1.0, 1.2, 1.8)
    assert halted.refusal is not None
    tried.robot._robot._faults = Faults()  # type: ignore[attr-defined]
    for _ in range(100):
        tried.clock.advance(0.01)
        after = tried.gate.tick()
    assert math.dist(after.pose.point, halted.measured.pose.point) < 1e-3
    assert (await tried.pilot.move_to(0.5, 0.0, 1.0)).ok


@pytest.mark.anyio
@pytest.mark.parametrize(("name", "plain"), [("arm", "kinematic"), ("rover", "kinematic-rover")])
async def test_sensor_that_is_late_but_right_halts_nothing(name: str, plain: str, tmp_path: Path) -> None:
    """A measurement is held against what was in force when it was taken."""
    tried = Tried(name, plain, Faults(delay_s=0.3), tmp_path)
    target = {"x": 1.0, "y": 1.0, "z": 1.0} if name == "arm" else {"x": 1.0, "y": 0.5}
    result = await tried.pilot.perform("move_to", target)
    assert result.refusal is None, str(result.refusal)


@pytest.mark.anyio
@pytest.mark.parametrize("plain", ["kinematic-rover", pytest.param("mujoco-rover", marks=pytest.mark.system)])
@pytest.mark.parametrize("axis", ["x", "theta_rad"])
async def test_rover_that_does_not_follow_is_halted(
    plain: str, axis: Axis, tmp_path: Path, require_system: Callable[[str], None]
) -> None:
    """Wheels that no longer drive, or no longer turn it."""
    if plain != "kinematic-rover":
        require_physics(require_system)
    tried = Tried("rover", plain, Faults(stuck_axis=axis, from_s=0.5), tmp_path)
    result = await tried.pilot.perform("move_to", {"x": 1.0, "y": -0.8, "theta_deg": 180})
    assert result.refusal is not None
    assert result.refusal.rule == "tracking"
    end = tried.gate.snapshot()
    assert math.dist(end.commanded.pose.point, end.measured.pose.point) < 0.05


@pytest.mark.anyio
async def test_stop_of_a_robot_that_is_held_ends_the_pressing_too(tmp_path: Path) -> None:
    """Stopped before the error counts, but held farther off when it has braked: it stays where it is."""
    tried = Tried("arm", "kinematic", Faults(stuck_axis="x", from_s=1.0), tmp_path)

    def stop(number: int) -> None:
        if number == 148:
            tried.gate._execution.trip("a test", "it was time")

    tried.robot.on_command = stop
    result = await tried.pilot.move_to(2.0, 0.0, 1.0)
    assert result.refusal is not None
    assert result.refusal.rule == "emergency-stop"
    assert result.motion is not None
    assert result.motion.commanded.pose.x > result.measured.pose.x + 0.05
    assert tried.gate.snapshot().commanded.pose.x == result.measured.pose.x
