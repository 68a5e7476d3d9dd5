"""What moves a robot's Sentience Layer, and which mode follows from it, with the shipped rules."""

from typing import Any

import pytest

from llmos.autonomy.sentience import LATENT
from llmos.autonomy.valence import Valence
from llmos.clock import SimulatedClock
from llmos.documents.robot_checks import home_clearance_m
from llmos.documents.scene import Point, read_scene
from llmos.documents.scene_zones import profile_in
from llmos.documents.valence_checks import FEELINGS, MODES
from llmos.messages import Effect, Usage
from llmos.traces.events import (
    Event,
    GateVerdict,
    ModelFailed,
    ModelReplied,
    MotionMeasured,
    PermissionDecided,
    RunFinished,
    RunStarted,
    ToolCalled,
    ToolReturned,
)
from tests.support.robots import SYSTEM, arm_profile
from tests.support.valence import REST, SHIPPED, Layer

MOVE = {"verb": "move_to", "x": 1.0, "y": 1.0, "z": 1.0}
STOP = {"verb": "emergency_stop"}


def started(run: str = "r1", goal: str = "go", **more: Any) -> RunStarted:
    """A run with the robot begins."""
    return RunStarted(run_id=run, agent="operator", goal=goal, model="m", mode="LEARNER", robot="arm: x", **more)


def finished(outcome: Any) -> RunFinished:
    """A run ends."""
    return RunFinished(outcome=outcome, answer="", usage=Usage(), cost_usd=0.0, steps=1, duration_s=1.0)


def test_the_shipped_arm_rests_in_precision() -> None:
    """The document's normal mode of a robot: exact movements, high safety, ready."""
    look = Layer().valence.look()
    assert (look.mode, look.latent_mode) == ("PRECISION", "auto_contained")
    assert look.mode_description == "PRECISION mode - Focused on exact, controlled movements"
    assert look.robotics_profile.precision_mode
    assert look.robotics_profile.operational_readiness
    assert (look.robotics_profile.safety_priority, look.robotics_profile.safety_condition) == ("HIGH", "normal")


def test_it_begins_at_its_setpoints() -> None:
    """Not at somebody else's defaults."""
    assert Layer().values == (REST.safety, REST.curiosity, REST.energy, REST.self_confidence)


def test_after_one_time_constant_a_third_of_a_push_is_left() -> None:
    """The decay is one of time, per variable: 37 percent after tau."""
    layer = Layer().feel("stopped")
    layer.wait(SHIPPED.variables["safety"].tau_s)
    assert layer.values[0] - REST.safety == pytest.approx(-0.5 * 0.3679, abs=1e-3)


def test_each_variable_has_a_time_of_its_own() -> None:
    """Two variables that were pushed alike come back at different speeds."""
    assert len({each.tau_s for each in SHIPPED.variables.values()}) > 1
    layer = Layer().feel("motion_missed").wait(100)
    safety, energy = layer.values[0] - REST.safety, layer.values[2] - REST.energy
    assert safety > energy  # both were pushed by -0.08


def test_two_refused_requests_do_not_change_the_mode() -> None:
    """A person who tries the limits twice does not change how the robot behaves; one who goes on does."""
    layer = Layer().feel("refused").feel("refused")
    assert layer.valence.mode == "PRECISION"
    assert layer.feel("refused", 4).valence.mode == "CAUTIOUS"


def test_an_emergency_stop_makes_it_cautious_and_a_mishap_after_it_recovering() -> None:
    """RECOVERY is entered by itself."""
    layer = Layer().feel("stopped")
    assert layer.valence.mode == "CAUTIOUS"
    layer.feel("motion_halted")
    look = layer.valence.look()
    assert (look.mode, look.robotics_profile.safety_condition) == ("RECOVERY", "critical")
    assert not look.robotics_profile.operational_readiness
    assert (look.speed_factor, look.extra_margin_m, look.max_step_m) == (0.3, 0.06, 0.25)


def test_motions_that_miss_wear_it_out_until_it_recovers() -> None:
    """Low energy leads to RECOVERY as well."""
    layer = Layer()
    for _ in range(8):
        layer.wait(1).feel("motion_missed")
    assert layer.valence.mode == "RECOVERY"


def test_calm_brings_it_back_step_by_step() -> None:
    """RECOVERY, CAUTIOUS and PRECISION follow each other as time passes, each after its dwell time."""
    layer = Layer().feel("stopped").feel("motion_halted")
    modes = [layer.wait(1).valence.mode for _ in range(400)]
    assert list(dict.fromkeys(modes)) == ["RECOVERY", "CAUTIOUS", "PRECISION"]


def test_a_threshold_alone_is_not_enough_to_leave_a_mode() -> None:
    """Past threshold and hysteresis, the mode still holds for the dwell time."""
    layer = Layer().feel("refused", 6)  # 0.36 below the setpoint
    assert layer.valence.mode == "CAUTIOUS"
    layer.wait(65.5)  # 0.25 = threshold and hysteresis is crossed after 180 ln(0.36 / 0.25) = 65.6 s
    assert layer.valence.mode == "CAUTIOUS"
    layer.wait(4.9)
    assert layer.valence.mode == "CAUTIOUS"
    layer.wait(0.5)
    assert layer.valence.mode == "PRECISION"


def test_many_new_goals_make_it_standard_and_then_adaptive() -> None:
    """Curiosity is unusual for a robot and takes a while to open a looser mode."""
    layer = Layer().feel("goal_new", 4)
    assert layer.valence.mode == "PRECISION"
    assert layer.wait(5.1).valence.mode == "STANDARD"
    layer.feel("goal_new", 4)
    assert layer.wait(5.1).valence.mode == "ADAPTIVE"
    assert layer.valence.caution().speed_factor == 1.0


def test_doubt_closes_the_looser_modes() -> None:
    """A robot that loses confidence goes back to exact movements, curious or not."""
    layer = Layer().feel("goal_new", 4).wait(5.1)
    assert layer.valence.mode == "STANDARD"
    assert layer.feel("motion_missed", 2.5).valence.mode == "PRECISION"


def test_routine_bores_it() -> None:
    """The same goal again and again; one new goal alone does not wake it."""
    layer = Layer()
    for _ in range(9):
        layer.wait(1).feel("goal_repeated")
    assert layer.valence.bored
    assert layer.valence.mode == "PRECISION"
    assert not layer.wait(300).valence.bored


def test_the_view_has_the_field_names_that_other_programs_know() -> None:
    """As `/sentience` and `/safety` answer; priority and condition are reported apart."""
    look = Layer().valence.look()
    told = look.as_json()
    assert told["enabled"] is True
    assert told["valence"] == {"safety": 0.8, "curiosity": 0.1, "energy": 0.6, "self_confidence": 0.5}
    assert told["latent_mode"] == "auto_contained"
    assert told["policy"] == {"exploration_rate": 0.05, "verbosity": "normal", "self_improvement_enabled": False}
    assert told["robotics_profile"] == {
        "safety_priority": "HIGH",
        "safety_condition": "normal",
        "precision_mode": True,
        "operational_readiness": True,
    }
    assert look.safety_json() == {
        "safety_valence": 0.8,
        "priority": "HIGH",
        "condition": "normal",
        "level": "normal",
    }


def test_the_panel_of_instruments_has_it_on_one_line() -> None:
    """Short enough for the frame, whatever the mode is called."""
    assert Layer().valence.look().line == "PRECISION: safety 0.80, energy 0.60, curiosity 0.10"
    assert max(len(mode) for mode in LATENT) == len("PRECISION")


def test_the_modes_of_kernel_and_code_are_the_same() -> None:
    """None is missing on either side."""
    assert sorted(mode.lower() for mode in LATENT) == sorted(MODES)


EVENTS: list[tuple[Event, str]] = [
    (GateVerdict(command=MOVE, allowed=False, rule="workspace"), "refused"),
    (GateVerdict(command=STOP, allowed=True), "stopped"),
    (MotionMeasured(command=MOVE, reached=True), "motion_reached"),
    (MotionMeasured(command=MOVE, reached=False), "motion_missed"),
    (MotionMeasured(command=MOVE, reached=False, halted="clearance"), "motion_halted"),
    (ToolReturned(call_id="1", tool="Read", ok=False, duration_s=0.1), "tool_failed"),
    (ModelFailed(model="m", reason="busy"), "model_failed"),
    (PermissionDecided(tool="x", question="?", allowed=False, by="person"), "person_refused"),
    (started("r2", "go"), "goal_repeated"),
    (started("r2", "something else"), "goal_new"),
    (finished("done"), "run_done"),
    (finished("failed"), "run_failed"),
    (finished("interrupted"), "run_interrupted"),
]


@pytest.mark.parametrize(("event", "feeling"), EVENTS, ids=[feeling for _, feeling in EVENTS])
def test_an_event_of_the_journal_is_felt(event: Event, feeling: str) -> None:
    """Each of them moves the state exactly as its impulse says."""
    heard, felt = Layer(), Layer()
    for layer in (heard, felt):
        layer.valence.hear(started(), "r1")
    heard.valence.hear(event, "r1")
    assert heard.values == felt.feel(feeling).values
    assert heard.values != Layer().values


def test_every_impulse_belongs_to_an_event() -> None:
    """No feeling of the kernel can never be had; dollars are counted by what a reply cost."""
    assert {feeling for _, feeling in EVENTS} | {"dollar_spent"} == set(FEELINGS)


def test_dollars_are_felt_as_they_are_spent() -> None:
    """The cost of each reply counts, not the sum of all so far."""
    layer = Layer()
    layer.valence.hear(started(), "r1")
    before = layer.values[2]
    for step in (1, 2):
        reply = ModelReplied(
            step=step, parts=(), stop_reason="end", model="m", usage=Usage(), cost_usd=0.5, duration_s=1.0
        )
        layer.valence.hear(reply, "r1")
    assert layer.values[2] - before == pytest.approx(2 * 0.5 * -0.16)


def test_a_refused_motion_is_felt_once() -> None:
    """The tool that hands the refusal to the model has not failed on top of that."""
    layer, other = Layer(), Layer()
    for each in (layer, other):
        each.valence.hear(started(), "r1")
    refusal = GateVerdict(command=MOVE, allowed=False, rule="workspace")
    layer.valence.hear(ToolCalled(call_id="1", tool="move_to", effect=Effect.IDEMPOTENT), "r1")
    layer.valence.hear(refusal, "r1")
    layer.valence.hear(ToolReturned(call_id="1", tool="move_to", ok=False, duration_s=0.0), "r1")
    other.valence.hear(refusal, "r1")
    assert layer.values == other.values


def test_runs_without_the_robot_leave_it_cold() -> None:
    """What an agent does to files is not the robot's affair."""
    layer = Layer()
    layer.valence.hear(RunStarted(run_id="f", agent="coder", goal="go", model="m", mode="LEARNER"), "f")
    layer.valence.hear(ToolReturned(call_id="1", tool="Read", ok=False, duration_s=0.1), "f")
    layer.valence.hear(finished("failed"), "f")
    assert layer.values == Layer().values


def test_a_delegated_run_is_no_new_goal() -> None:
    """The goal is the person's; how agents divide it counts once."""
    layer = Layer()
    layer.valence.hear(started(), "r1")
    before = layer.values
    layer.valence.hear(started("r2", "check it first", parent="r1"), "r2")
    assert layer.values == before


def test_a_motion_that_was_cancelled_is_nobodys_fault() -> None:
    """Ctrl-C is no mishap."""
    layer = Layer()
    layer.valence.hear(MotionMeasured(command=MOVE, reached=False, halted="cancelled"), "")
    assert layer.values == Layer().values


def test_a_motion_that_no_run_ordered_is_felt_too() -> None:
    """A person at the web page moves the same robot."""
    layer = Layer()
    layer.valence.hear(GateVerdict(command=STOP, allowed=True), "")
    assert layer.valence.mode == "CAUTIOUS"


def test_a_stop_is_felt_whoever_presses_it_and_once() -> None:
    """The latch tells, with or without an event of the journal; pressing again changes nothing."""
    latched: list[str] = []
    clock = SimulatedClock()
    valence = Valence(SHIPPED, REST, clock.monotonic_s, lambda: (latched[-1] if latched else None, 0))
    assert valence.mode == "PRECISION"
    latched.append("Ann, 10:00")
    assert valence.look().valence.safety == pytest.approx(0.3)
    valence.hear(GateVerdict(command=STOP, allowed=True), "")
    assert valence.look().valence.safety == pytest.approx(0.3)
    latched.append("Ben, 10:05")
    assert valence.mode == "RECOVERY"


def test_a_stop_that_a_rearm_ended_before_anybody_looked_is_felt_once() -> None:
    """And the rearm of a stop that was felt is nothing new, also where it is told before that the stop is over."""
    latch: list[tuple[str | None, int]] = [(None, 3)]
    valence = Valence(SHIPPED, REST, SimulatedClock().monotonic_s, lambda: latch[-1])
    latch.append((None, 4))
    assert valence.look().valence.safety == pytest.approx(0.3)
    assert valence.look().valence.safety == pytest.approx(0.3)
    latch.append(("Ben, 10:05", 4))
    once_more = valence.look().valence
    for seen in (("Ben, 10:05", 5), (None, 5)):
        latch.append(seen)
        assert valence.look().valence == once_more


def test_a_stop_that_was_latched_before_is_not_felt() -> None:
    """A process that begins with a stopped robot begins at rest; its gate refuses all motion anyway."""
    valence = Valence(SHIPPED, REST, SimulatedClock().monotonic_s, lambda: ("Ann, yesterday", 0))
    assert valence.mode == "PRECISION"


def test_the_widest_margin_leaves_the_way_home_open() -> None:
    """In every shipped scene: after a stop the arm is at its most careful, and home is where a person sends it."""
    home = arm_profile().home
    widest_m = max(mode.extra_margin_m for mode in SHIPPED.modes.values())
    for path in sorted((SYSTEM / "scenes").glob("*.md")):
        profile = profile_in(read_scene(path), arm_profile())
        rooms = [
            home_clearance_m(profile, each, Point(home.x_m, home.y_m, home.z_m)) for each in profile.zones.values()
        ]
        assert min(rooms) > widest_m, path.stem
