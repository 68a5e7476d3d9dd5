"""Which limits count: an edited profile tightens at once, loosens by a person's word, and a restart forgets nothing."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio
import anyio.from_thread
import pytest

from llmos.documents.document import hash_of
from llmos.documents.robot_profile import RobotProfile
from llmos.documents.scene import Point
from llmos.documents.zone import Sphere
from llmos.errors import RefusedError, StorageError
from llmos.robots.caution import Caution
from llmos.robots.gate import Gate
from llmos.robots.latch import StopLatch
from llmos.robots.pace import SimulatedPace
from llmos.robots.pilot import Pilot
from llmos.robots.profile.accepted import AcceptedLimits
from llmos.robots.profile.in_force import InForce
from llmos.robots.safety_log import SafetyLog
from llmos.robots.simulators.kinematic import KinematicArm
from tests.support.robots import OPERATOR, Rig, WatchedRobot, arm_profile, rig, shipped_scene, unsafe

pytestmark = pytest.mark.anyio

ARM = arm_profile()
BALL = Sphere(Point(1.0, 0.0, 1.0), 0.1)


def edited(**changes: Any) -> RobotProfile:
    """The shipped profile after somebody edited it."""
    words = hash_of(repr(sorted(changes.items())).encode())
    return replace(ARM, **changes, document=replace(ARM.document, content_hash=words))


SLOW, FAST = edited(max_tcp_speed_mps=0.1), edited(max_tcp_speed_mps=2.0)
MIXED = edited(max_tcp_speed_mps=2.0, zones={**ARM.zones, "ball": BALL})


def kept(folder: Path) -> AcceptedLimits:
    """What this home accepted."""
    return AcceptedLimits(folder / "robots" / "arm.accepted")


def test_tighter_counts_at_once_and_looser_waits(tmp_path: Path) -> None:
    """Of a profile with both, the tighter half counts; the looser half names the hash that a person must name."""
    limits = InForce(ARM, {}, accepted=kept(tmp_path))
    limits.offer(SLOW)
    assert (limits.profile.max_tcp_speed_mps, limits.pending) == (0.1, None)
    limits.offer(MIXED)
    assert limits.profile.max_tcp_speed_mps == 0.1
    assert "ball" in limits.profile.zones
    assert (limits.pending, limits.waiting) == (MIXED.document.content_hash, ("max_tcp_speed_mps",))


async def test_back_to_what_was_accepted_is_looser_than_what_came_between(tmp_path: Path) -> None:
    """Once a limit is tightened, going back needs a person as well."""
    limits = InForce(ARM, {}, accepted=kept(tmp_path))
    limits.offer(SLOW)
    limits.offer(ARM)
    assert (limits.profile.max_tcp_speed_mps, limits.pending) == (0.1, ARM.document.content_hash)
    await limits.accept(ARM.document.content_hash)
    assert (limits.profile.max_tcp_speed_mps, limits.pending) == (0.5, None)


async def test_naming_another_hash_accepts_nothing(tmp_path: Path) -> None:
    """The profile may have changed since the person looked at it; no hash at all leaves everything as it is."""
    limits = InForce(ARM, {}, accepted=kept(tmp_path))
    limits.offer(FAST)
    with pytest.raises(RefusedError) as caught:
        await limits.accept("sha256:else")
    assert str(caught.value) == (
        f"The robot's profile is not sha256:else but {FAST.document.content_hash}; look at it again."
    )
    await limits.accept("")
    assert limits.profile.max_tcp_speed_mps == 0.5


async def test_restart_forgets_nothing(tmp_path: Path) -> None:
    """What a robot was tightened to counts in the next process; what a person accepted does too."""
    first = InForce(ARM, {}, accepted=kept(tmp_path))
    first.offer(SLOW)
    await first.save()
    second = InForce(FAST, {}, accepted=kept(tmp_path))
    assert (second.profile.max_tcp_speed_mps, second.pending) == (0.1, FAST.document.content_hash)
    await second.accept(FAST.document.content_hash)
    third = InForce(FAST, {}, accepted=kept(tmp_path))
    assert (third.profile.max_tcp_speed_mps, third.pending) == (2.0, None)


async def test_robot_that_is_new_to_a_home_is_accepted_as_it_is(tmp_path: Path) -> None:
    """The first profile is the one that a person installed; it is remembered."""
    limits = InForce(ARM, {}, accepted=kept(tmp_path))
    before = limits.unsaved
    await limits.save()
    assert (before, limits.unsaved) == (True, False)
    known = kept(tmp_path).read(ARM)
    assert known is not None
    assert known == replace(ARM, document=known.document)


async def test_zones_of_a_scene_are_no_part_of_what_is_accepted(tmp_path: Path) -> None:
    """Another scene tomorrow loosens nothing."""
    limits = InForce(ARM, {"ball": BALL}, accepted=kept(tmp_path))
    await limits.save()
    assert "ball" in limits.profile.zones
    assert InForce(ARM, {}, accepted=kept(tmp_path)).pending is None


def test_key_that_profiles_did_not_have_then_is_taken_from_the_newest(tmp_path: Path) -> None:
    """A newer release with one more limit finds the limits of the one before it; what was left out stays out."""
    store = kept(tmp_path)
    store.write(edited(zones={}, max_step_m=None, max_tcp_speed_mps=0.2))
    path = tmp_path / "robots" / "arm.accepted"
    content = json.loads(path.read_text())
    del content["values"]["max_tcp_jerk_mps3"]
    content["values"]["forgotten_key"] = 1
    path.write_text(json.dumps(content))
    known = store.read(replace(ARM, max_step_m=0.5))
    assert known is not None
    assert (known.max_tcp_jerk_mps3, known.max_tcp_speed_mps) == (ARM.max_tcp_jerk_mps3, 0.2)
    assert (known.zones, known.max_step_m) == ({}, None)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"path":"a","content_hash":"b","body":"","values":{"human":1}}'])
async def test_accepted_limits_that_cannot_be_understood_stop_everything(tmp_path: Path, content: bytes) -> None:
    """Nobody knows what was accepted, so nothing moves until a person names the profile's hash."""
    (tmp_path / "robots").mkdir()
    (tmp_path / "robots" / "arm.accepted").write_bytes(content)
    limits = InForce(ARM, {}, accepted=kept(tmp_path))
    assert limits.undecided is not None
    assert limits.undecided.rule == "limits"
    assert limits.undecided.suggestion == (
        f"a person must look at the robot's profile and rearm it naming {ARM.document.content_hash}"
    )
    await limits.accept(ARM.document.content_hash)
    assert limits.undecided is None


class Watched(AcceptedLimits):
    """Lets something happen on the event loop while it writes, once what is written has been chosen."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.meanwhile: Callable[[], object] = lambda: None

    def write(self, profile: RobotProfile) -> None:
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        anyio.from_thread.run_sync(meanwhile)
        super().write(profile)


class Edits:
    """A profile document that somebody edits while the robot moves."""

    def __init__(self) -> None:
        self.next: RobotProfile | None = None

    def __call__(self) -> RobotProfile | None:
        found, self.next = self.next, None
        return found


def edited_rig(folder: Path, profile: RobotProfile = ARM, accepted: AcceptedLimits | None = None) -> tuple[Rig, Edits]:
    """A rig whose profile may change."""
    made, edits = rig(folder, "empty"), Edits()
    robot = WatchedRobot(KinematicArm(profile, shipped_scene("empty")), made.clock)
    latch = StopLatch(folder / "robots" / "arm.json")
    gate = Gate(profile, robot, SimulatedPace(made.clock), latch, accepted=accepted or kept(folder), newest=edits)
    return replace(made, gate=gate, robot=robot, latch=latch, profile=profile, pilot=Pilot(gate, OPERATOR)), edits


async def test_motion_under_way_slows_at_the_next_tick(tmp_path: Path) -> None:
    """A speed limit that falls while the arm moves is kept within what braking takes, and never exceeded after."""
    arm, edits = edited_rig(tmp_path, edited(zones={}))

    def edit(sent: int) -> None:
        if sent == 150:
            edits.next = edited(zones={}, max_tcp_speed_mps=0.1)

    arm.robot.on_command = edit
    assert (await arm.pilot.move_to(1, 0, 1)).ok
    assert unsafe(arm.robot.sent) == []
    late = [b for (at_s, a), (_, b) in zip(arm.robot.sent, arm.robot.sent[1:], strict=False) if at_s > 2.5 and a != b]
    speeds = [abs(b.pose.x - a.pose.x) / 0.01 for a, b in pairwise(late)]
    assert max(speeds) <= 0.1 * 1.001


async def test_zone_that_appears_on_the_rest_of_the_way_halts_it(tmp_path: Path) -> None:
    """The whole rest of the way is judged again, so the arm brakes before the zone and not in it."""
    arm, edits = edited_rig(tmp_path, edited(zones={}))

    def edit(sent: int) -> None:
        if sent == 50:
            edits.next = edited(zones={"ball": BALL})

    arm.robot.on_command = edit
    result = await arm.pilot.move_to(1.8, 0, 1)
    assert result.refusal is not None
    assert result.refusal.rule == "zone"
    assert result.measured.pose.x < 0.5
    assert unsafe(arm.robot.sent) == []


@pytest.mark.parametrize(("extra_m", "rule"), [(0.0, ""), (0.3, ""), (0.4, "zone")])
async def test_zone_that_appears_beside_the_way_is_as_wide_as_caution_says(
    tmp_path: Path, extra_m: float, rule: str
) -> None:
    """An order that was given with a wider margin keeps it, also of what nobody knew of when it was judged."""
    arm, edits = edited_rig(tmp_path, edited(zones={}))

    def edit(sent: int) -> None:
        if sent == 50:
            edits.next = edited(zones={"ball": replace(BALL, center_m=Point(1.0, 0.5, 1.0))})  # 0.31 m from the tool

    arm.robot.on_command = edit
    result = await Pilot(arm.gate, OPERATOR, caution=lambda: Caution(extra_margin_m=extra_m)).move_to(1.8, 0, 1)
    assert (result.refusal.rule if result.refusal else "") == rule
    assert result.ok is not bool(rule)
    assert result.measured.pose.x < (0.5 if rule else 2.0)  # it brakes at once, and not where the margin begins


async def test_zone_that_appears_around_the_arm_lets_it_out_and_no_deeper(tmp_path: Path) -> None:
    """A zone edited to cover the robot: it brakes within its limits, then only ways out are taken."""
    arm, edits = edited_rig(tmp_path, edited(zones={}))
    edits.next = edited(zones={"ball": Sphere(Point(0.3, 0, 1), 0.5)})
    assert (await arm.pilot.move_to(0.1, 0, 1)).refusal is not None
    result = await arm.pilot.move_to(0.3, 0, 1)
    assert str(result.refusal).startswith("The tool is 0.")
    assert "zone 'ball', and this move does not lead away from it; first move away from it, by dx -" in str(
        result.refusal
    )
    assert (await arm.pilot.move_to(-0.5, 0, 1)).ok


async def test_rearm_that_names_the_profile_lets_its_limits_count(tmp_path: Path) -> None:
    """Neither the edit nor a rearm without the hash makes the arm faster."""
    arm, edits = edited_rig(tmp_path, edited(zones={}))
    faster = edited(zones={}, max_tcp_speed_mps=1.0)
    edits.next = faster
    assert arm.gate.snapshot().pending == faster.document.content_hash
    assert arm.gate.snapshot().notes == {"looser_keys_waiting": ["max_tcp_speed_mps"]}
    await arm.gate.rearm("Ada")
    assert arm.gate.profile.max_tcp_speed_mps == 0.5
    with pytest.raises(RefusedError):
        await arm.gate.rearm("Ada", "sha256:old")
    await arm.gate.rearm("Ada", faster.document.content_hash)
    assert (arm.gate.profile.max_tcp_speed_mps, arm.gate.snapshot().pending) == (1.0, None)


async def test_limits_that_no_line_tells_of_are_not_accepted(tmp_path: Path) -> None:
    """Where the safety log takes nothing the looser limits go on to wait, in this process and on disk."""
    arm, edits = edited_rig(tmp_path, ARM)
    await arm.pilot.move_to(0.1, 0, 1)  # so that the shipped limits are what was accepted
    log = SafetyLog(tmp_path / "safety.jsonl", tmp_path / "safety.lock", arm.clock.now)
    log.path.mkdir()
    gate = Gate(ARM, arm.robot, SimulatedPace(arm.clock), arm.latch, log=log, accepted=kept(tmp_path), newest=edits)
    edits.next = FAST
    gate.tick()
    with pytest.raises(StorageError, match="cannot write the safety log to"):
        await gate.rearm("Ada", FAST.document.content_hash)
    assert (gate.profile.max_tcp_speed_mps, gate.snapshot().pending) == (0.5, FAST.document.content_hash)
    known = kept(tmp_path).read(ARM)
    assert known is not None
    assert known.max_tcp_speed_mps == 0.5


@dataclass(frozen=True)
class Meanwhile:
    """What comes while a person's acceptance of `FAST` is written, and what must be in force after it."""

    profile: RobotProfile
    speed_mps: float
    zones: frozenset[str]
    waiting: tuple[str, ...]


FASTER = edited(max_tcp_speed_mps=5.0, zones={})
SHIPPED = frozenset(ARM.zones)


@pytest.mark.parametrize(
    "came",
    [
        Meanwhile(FASTER, 2.0, SHIPPED, ("max_tcp_speed_mps", "zones")),
        Meanwhile(edited(max_tcp_speed_mps=2.0, zones={}), 2.0, SHIPPED, ("zones",)),
        Meanwhile(MIXED, 2.0, SHIPPED | {"ball"}, ()),
        Meanwhile(ARM, 0.5, SHIPPED, ()),
        Meanwhile(SLOW, 0.1, SHIPPED, ()),
        Meanwhile(FAST, 2.0, SHIPPED, ()),
    ],
    ids=["looser", "without zones", "one zone more", "back again", "slower", "the same"],
)
async def test_what_comes_while_an_acceptance_is_written_is_not_accepted_by_it(tmp_path: Path, came: Meanwhile) -> None:
    """A person accepts what was looked at; an edit in that moment is judged against it like any other."""
    store = Watched(tmp_path / "robots" / "arm.accepted")
    arm, edits = edited_rig(tmp_path, ARM, store)
    edits.next = FAST
    assert arm.gate.snapshot().pending == FAST.document.content_hash

    def edit() -> None:
        edits.next = came.profile
        arm.gate.tick()

    store.meanwhile = edit
    await arm.gate.rearm("Ada", FAST.document.content_hash)
    now = arm.gate.snapshot()
    assert (now.profile.max_tcp_speed_mps, frozenset(now.profile.zones)) == (came.speed_mps, came.zones)
    assert now.pending == (came.profile.document.content_hash if came.waiting else None)
    assert now.notes.get("looser_keys_waiting", []) == list(came.waiting)
    known = kept(tmp_path).read(ARM)
    assert known is not None
    assert known.document.content_hash == FAST.document.content_hash


async def test_what_is_tightened_while_limits_are_written_is_written_next(tmp_path: Path) -> None:
    """A restart forgets no tightening, whenever it came."""
    store = Watched(tmp_path / "robots" / "arm.accepted")
    arm, edits = edited_rig(tmp_path, ARM, store)

    def edit() -> None:
        edits.next = SLOW
        arm.gate.tick()

    store.meanwhile = edit
    for _ in range(2):
        await arm.pilot.move_to(0.1, 0, 1)
    known = kept(tmp_path).read(ARM)
    assert known is not None
    assert known.max_tcp_speed_mps == 0.1


async def test_rearm_with_a_wrong_hash_lifts_no_stop(tmp_path: Path) -> None:
    """Whoever looked at another profile has not looked at this robot."""
    arm, _ = edited_rig(tmp_path)
    await arm.gate.stop("Ada", "smoke")
    with pytest.raises(RefusedError):
        await arm.gate.rearm("Ada", "sha256:old")
    assert arm.gate.snapshot().stop is not None
    await anyio.lowlevel.checkpoint()
