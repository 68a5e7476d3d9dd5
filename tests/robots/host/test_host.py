"""A robot host on the simulated clock: leases, stops, ends and floods, judged by the setpoints that the robot got."""

import contextlib
import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from llmos.documents.robot_profile import RobotProfile
from llmos.robots.base import Commanded, RobotError
from llmos.robots.caution import CALM, Caution
from llmos.robots.controls import Order, Principal
from llmos.robots.host.doors import HostFiles
from llmos.robots.host.stop_listener import call_stop
from llmos.robots.host.wire import (
    MOST_BYTES,
    VERSION,
    Cancel,
    Dispatch,
    Done,
    Ended,
    Failed,
    Halt,
    Hello,
    Judge,
    Limits,
    Permit,
    Rearmed,
    Renew,
    Ruled,
    State,
    Welcome,
    framed,
)
from llmos.robots.latch import Stop
from llmos.robots.moving.motion import stopping
from tests.support.disks import remount_read_only, tmpfs
from tests.support.hosts import PATIENCE_S, Caller, HostRig, Time, serving
from tests.support.robots import arm_profile, unsafe

ARM = arm_profile()
T = ARM.control_period_s
ADA = Principal("person", "Ada")
AWAY = {"x": 1.5, "y": 1.0, "z": 1.5}


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[HostRig]:
    """The shipped arm, as fast as the machine can."""
    with serving(tmp_path, ARM, Time()) as rig:
        yield rig


def ask_away(caller: Caller, caution: Caution = CALM) -> None:
    """Ask for a motion of several seconds."""
    caller.say(Judge(1, Order("move_to", AWAY, ADA, caution=caution), preview=False))
    caller.say(Dispatch(1, caller.hear(Ruled).ruling))


def send_away(
    rig: HostRig, caller: Caller, on_command: Callable[[int], object] = lambda _: None, caution: Caution = CALM
) -> None:
    """Begin a motion of several seconds, and let time run from then on."""
    begun = Event()
    rig.robot.on_command = lambda number: (begun.set(), on_command(number))
    ask_away(caller, caution)
    assert begun.wait(PATIENCE_S)
    run(rig)


def run(rig: HostRig) -> None:
    """Let time pass."""
    assert rig.time is not None
    rig.time.run()


def renewing(caller: Caller) -> Callable[[int], None]:
    """Renews the lease ten times a second."""
    return lambda number: caller.say(Renew(1)) if number % 10 == 0 else None


def speeds(sent: list[tuple[float, Commanded]]) -> list[tuple[float, float]]:
    """When each setpoint was sent, and how fast it went on from the one before."""
    steps = itertools.pairwise(sent)
    return [
        (at, math.dist(a.pose.point, b.pose.point) / (at - before)) for (before, a), (at, b) in steps if at > before
    ]


def rest_after(rig: HostRig, since_s: float) -> float:
    """The seconds from a moment to the last setpoint that moved."""
    return max((at for at, speed in speeds(rig.robot.sent) if speed > 0), default=since_s) - since_s


def test_a_client_that_falls_silent_decelerates_the_robot(rig: HostRig) -> None:
    """After 0.3 s without a renewal it brakes, within its limits and within the computed stop time; then it is told."""
    with rig.caller() as caller:
        send_away(rig, caller)
        motion = caller.hear(Done).result.motion
    assert motion is not None
    assert motion.halted is not None
    assert str(motion.halted) == "Nothing was heard of the client for 0.3 s; stay connected while the robot moves."
    began_s = next(at for at, speed in speeds(rig.robot.sent) if speed > 0)
    assert rest_after(rig, began_s) <= ARM.client_timeout_s + stopping(ARM).time_s + 3 * T
    assert unsafe(rig.robot.sent) == []
    assert math.dist(motion.after.pose.point, motion.before.pose.point) < 0.5


def test_a_client_that_renews_its_lease_arrives(rig: HostRig) -> None:
    """The same motion goes to its end while somebody waits for it."""
    with rig.caller() as caller:
        send_away(rig, caller, renewing(caller))
        result = caller.hear(Done).result
    assert result.ok
    assert result.measured.pose.point == pytest.approx((1.5, 1.0, 1.5), abs=0.002)


@pytest.mark.parametrize("factor", [1.0, 0.5, 0.2])
def test_a_client_that_grows_cautious_slows_its_motion_down(rig: HostRig, factor: float) -> None:
    """From the renewal that says so the setpoints brake within their limits to the share of speed that is left."""
    said_at: list[float] = []

    def renew(number: int) -> None:
        if number % 10 == 0:
            caution = Caution(factor, reason="a test") if number >= 150 else CALM
            caller.say(Renew(1, caution))
            said_at.extend([rig.robot.sent[-1][0]] if number >= 150 else [])

    with rig.caller() as caller:
        send_away(rig, caller, renew)
        result = caller.hear(Done).result
    assert result.ok
    fastest = max(speed for at, speed in speeds(rig.robot.sent) if at > said_at[0] + 1.0)
    assert 0.9 * factor <= fastest / ARM.max_tcp_speed_mps <= factor * 1.001
    assert unsafe(rig.robot.sent) == []


@pytest.mark.anyio
async def test_renewals_carry_what_the_client_feels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two renewals have come before time runs: the whole motion crawls."""
    monkeypatch.setattr("llmos.robots.host.client._RENEWALS_PER_TIMEOUT", 600)
    monkeypatch.setattr("llmos.robots.host.line._SILENCE_S", PATIENCE_S)  # while time stands still, nothing is told
    with serving(tmp_path, replace(ARM, client_timeout_s=60.0), Time()) as rig:
        assert rig.time is not None
        run(rig)
        felt = itertools.count()
        client = rig.client(heed=lambda: (next(felt) == 2 and run(rig), Caution(0.1))[1])
        rig.time.hold()
        result = await client.dispatch(await client.judge(Order("move_to", {"x": 0.1, "y": 0.0, "z": 1.0}, ADA)))
        assert result.ok
        fastest = max(speed for _, speed in speeds(rig.robot.sent))
        assert 0.09 <= fastest / rig.profile.max_tcp_speed_mps <= 0.1 * 1.001


def test_a_client_cannot_make_its_motion_less_cautious_than_its_order(rig: HostRig) -> None:
    """What renewals say is added to what the order said; the calmest of them changes nothing."""
    with rig.caller() as caller:
        send_away(rig, caller, renewing(caller), Caution(0.3))
        assert caller.hear(Done).result.ok
    assert max(speed for _, speed in speeds(rig.robot.sent)) <= 0.3 * ARM.max_tcp_speed_mps * 1.001


def test_who_only_looks_on_takes_no_caution_away(rig: HostRig) -> None:
    """Of what all clients feel the tightest counts."""
    cautious = Caution(0.3)
    with contextlib.ExitStack() as calm, rig.caller() as caller:
        for _ in range(8):
            calm.enter_context(rig.caller()).hear(Welcome)
        send_away(rig, caller, lambda number: caller.say(Renew(1, cautious)) if number % 10 == 1 else None)
        assert caller.hear(Done).result.ok
    later = [speed for at, speed in speeds(rig.robot.sent) if at > rig.robot.sent[0][0] + 1.5]
    assert max(later) <= 0.3 * ARM.max_tcp_speed_mps * 1.001


def test_caution_of_a_client_ends_with_its_motion(rig: HostRig) -> None:
    """Nobody else is slower for it."""
    with rig.caller() as caller:
        send_away(rig, caller, lambda number: caller.say(Renew(1, Caution(0.5))) if number % 10 == 0 else None)
        assert caller.hear(Done).result.ok
        assert [guest.caution for guest in rig.host._guests] == [CALM]


@pytest.mark.parametrize("how", ["hang up", "cancel", "garbage", "half a message"])
def test_whoever_goes_in_the_middle_leaves_a_robot_at_rest(rig: HostRig, how: str) -> None:
    """Gone, given up or no longer to be understood: it decelerates at once, and the host serves the next."""
    away = Event()
    with rig.caller() as caller:
        renew = renewing(caller) if how == "cancel" else lambda _: None
        send_away(rig, caller, lambda number: (renew(number), away.set() if number == 20 else None))
        assert away.wait(PATIENCE_S)
        last_words = {"cancel": framed(Cancel(1)), "garbage": b"\xff" * 99, "half a message": framed(Cancel(1))[:-1]}
        caller.say(last_words.get(how, b""))
        if how == "cancel":
            motion = caller.hear(Done).result.motion
            assert motion is not None
            assert motion.halted is not None
            assert motion.halted.rule == "cancelled"
    with rig.caller() as other:
        while other.hear(State).moving:
            pass
    assert unsafe(rig.robot.sent) == []
    assert rig.latch.stop is None
    assert not rig.files.moving.exists()


def test_a_motion_that_was_left_behind_counts_until_the_next(rig: HostRig) -> None:
    """Whoever drives the robot again has looked after it."""
    away, time = Event(), rig.time
    assert time is not None
    with rig.caller() as caller:
        send_away(rig, caller, lambda number: (time.hold(), away.set()) if number == 20 else None)
        assert away.wait(PATIENCE_S)  # no time passes in which its lease could end
    with rig.caller() as other:
        other.hear(Welcome)
        time.run()
        while other.hear(State).moving:
            pass
        assert rig.host.abandoned
        time.hold()
        send_away(rig, other, renewing(other))
        assert other.hear(Done).result.ok
    assert not rig.host.abandoned


def test_who_gives_up_is_told_so_however_long_it_brakes(rig: HostRig) -> None:
    """At full speed that takes longer than a client may be silent; silence is not the reason then."""

    def speak(number: int) -> None:
        if number <= 150:
            caller.say(Cancel(1) if number == 150 else Renew(1))

    with rig.caller() as caller:
        send_away(rig, caller, speak)
        motion = caller.hear(Done).result.motion
    assert motion is not None
    assert motion.halted is not None
    assert motion.halted.rule == "cancelled"
    assert rest_after(rig, rig.robot.sent[149][0]) > ARM.client_timeout_s


def test_an_order_that_is_given_up_before_it_begins_moved_nothing(rig: HostRig) -> None:
    """It is told as refused, and not by the motion that was before it."""
    with rig.caller() as caller:
        send_away(rig, caller, renewing(caller))
        assert caller.hear(Done).result.ok
        caller.say(Judge(2, Order("go_home", {}, ADA), preview=False))
        ruling, sent = caller.hear(Ruled).ruling, len(rig.robot.sent)
        caller.say(framed(Dispatch(2, ruling)) + framed(Cancel(2)))
        result = caller.hear(Done).result
    assert result.motion is None
    assert result.refusal is not None
    assert (result.refusal.rule, len(rig.robot.sent)) == ("cancelled", sent)


def test_a_number_that_is_in_use_takes_no_lease_away(rig: HostRig) -> None:
    """Who dispatches twice by one number is hung up on, so that its motion decelerates; the host serves the next."""
    with rig.caller() as caller:
        caller.say(Judge(2, Order("go_home", {}, ADA), preview=True))
        ruling = caller.hear(Ruled).ruling
        send_away(rig, caller, lambda number: caller.say(Dispatch(1, ruling)) if number == 20 else None)
        failed = caller.hear(Failed)
        assert (failed.id, failed.kind) == (0, "WireError")
        assert failed.sentence == "A motion with the number 1 is under way already; give each a number of its own."
        assert caller.is_hung_up()
    with rig.caller() as other:
        while other.hear(State).moving:
            pass
    assert unsafe(rig.robot.sent) == []
    assert speeds(rig.robot.sent)[-1][1] == 0.0
    assert not rig.files.moving.exists()


def test_a_number_is_free_again_after_its_motion(rig: HostRig) -> None:
    """Only what is under way keeps its number."""
    with rig.caller() as caller:
        caller.say(Judge(1, Order("go_home", {}, ADA), preview=True))
        ruling = caller.hear(Ruled).ruling
        for _ in range(2):
            caller.say(Dispatch(1, ruling))  # refused, because a preview approves nothing
            assert caller.hear(Done).result.refusal is not None


def test_a_stop_decelerates_with_the_next_setpoint(rig: HostRig) -> None:
    """On whichever thread the latch is tripped: the next tick brakes, and the robot rests within the computed time."""
    tripped: list[float] = []

    def trip(number: int) -> None:
        if number == 150 and not tripped:
            tripped.append(rig.robot.sent[-1][0])
            rig.latch.trip(Stop("now", "Ada", "smoke"))

    with rig.caller() as caller:
        renew = renewing(caller)
        send_away(rig, caller, lambda number: (trip(number), renew(number)))
        motion = caller.hear(Done).result.motion
    assert motion is not None
    assert motion.halted is not None
    assert motion.halted.rule == "emergency-stop"
    braking = [speed for at, speed in speeds(rig.robot.sent) if at >= tripped[0]]
    assert all(after < before for before, after in itertools.pairwise(braking) if before > 1e-9)
    assert rest_after(rig, tripped[0]) <= stopping(ARM).time_s + 2 * T
    assert unsafe(rig.robot.sent) == []


def test_the_stop_door_stops_what_another_client_moves(rig: HostRig) -> None:
    """It latches, is in every state from then on, and the gate has written down who it was."""
    address = rig.files.read_address()
    assert address is not None
    with rig.caller() as caller:
        send_away(rig, caller)
        call_stop(address.stop, address.key, "Bob", "smoke", PATIENCE_S)
        while (stop := caller.hear(State).stop) is None:
            pass
        assert (stop.by, stop.reason) == ("Bob", "smoke")
        while not rig.gate.booked:
            caller.hear(State)
    assert rig.gate.booked == [("Bob", "smoke")]


def test_only_one_moves_at_a_time(rig: HostRig) -> None:
    """A second client's order is refused while the first one's is carried out, and never mixed into it."""
    with rig.caller() as first, rig.caller() as second:
        send_away(rig, first, renewing(first))
        while second.hear(State).moving is None:
            pass
        second.say(Judge(7, Order("go_home", {}, ADA), preview=False))
        refusal = second.hear(Ruled).ruling.verdict.refusal
        assert refusal is not None
        assert refusal.rule == "one-motion"
        assert first.hear(Done).result.ok
    assert unsafe(rig.robot.sent) == []


def tightened() -> RobotProfile:
    """The shipped profile after somebody let clients be silent for a tenth of a second only."""
    return replace(ARM, client_timeout_s=0.1, document=replace(ARM.document, content_hash=f"sha256:{'1' * 64}"))


def test_limits_that_change_are_told_once_and_count(rig: HostRig) -> None:
    """States are read by them from then on, and leases end by them."""
    assert rig.time is not None
    run(rig)
    with rig.caller() as caller:
        caller.hear(State)
        rig.gate._limits.offer(tightened())
        assert caller.hear(Limits).profile.values["client_timeout_s"] == 0.1
        assert {type(caller.hear_next()) for _ in range(10)} == {State}
        rig.time.hold()
        send_away(rig, caller)
        motion = caller.hear(Done).result.motion
    assert motion is not None
    assert motion.halted is not None
    assert motion.halted.reason == "Nothing was heard of the client for 0.1 s"


def test_how_a_motion_ended_is_told_to_everybody_once(rig: HostRig) -> None:
    """Also to who only looks on."""
    with rig.caller() as caller, rig.caller() as other:
        send_away(rig, caller, renewing(caller))
        mine, theirs = caller.hear(Ended).motion, other.hear(Ended).motion
        assert mine == theirs == caller.hear(Done).result.motion
        assert {type(other.hear_next()) for _ in range(10)} == {State}


def test_a_motion_is_noted_on_disk_for_as_long_as_it_lasts(rig: HostRig) -> None:
    """So that whoever starts after a crash knows that there was one."""
    noted: list[bool] = []
    with rig.caller() as caller:
        send_away(rig, caller, lambda _: noted.append(rig.files.moving.exists()))
        caller.say(Cancel(1))
        caller.hear(Done)
    assert noted
    assert all(noted)
    assert not rig.files.moving.exists()


def test_an_order_that_is_refused_meanwhile_takes_no_note_away(rig: HostRig) -> None:
    """The note is for the motion that goes on."""
    noted: list[bool] = []

    def look(number: int) -> None:
        renew(number)
        noted.append(rig.files.moving.exists())
        if number == 20:
            caller.say(Dispatch(2, ruling))

    with rig.caller() as caller:
        renew = renewing(caller)
        caller.say(Judge(2, Order("go_home", {}, ADA), preview=True))
        ruling = caller.hear(Ruled).ruling
        send_away(rig, caller, look)
        assert not caller.hear(Done).result.ok
        assert caller.hear(Done).result.ok
    assert len(noted) > 100
    assert all(noted)


def test_a_note_that_cannot_be_taken_away_ends_nothing(tmp_path: Path) -> None:
    """The disk takes nothing any more: the motion ends as it would, and the note disarms the next host."""
    with tmpfs(tmp_path / "home", "size=1m") as home, serving(home, ARM, Time()) as rig, rig.caller() as caller:
        renew = renewing(caller)
        send_away(rig, caller, lambda number: (renew(number), remount_read_only(home) if number == 20 else None))
        assert caller.hear(Done).result.ok
        assert rig.files.moving.exists()


def test_an_ending_host_brings_the_robot_to_rest_first(tmp_path: Path) -> None:
    """The motion decelerates within its limits; sockets, address and note are gone."""
    away = Event()
    with serving(tmp_path, ARM, Time()) as rig, rig.caller() as caller:
        time = rig.time
        assert time is not None
        send_away(rig, caller, lambda number: (time.hold(), away.set()) if number == 20 else None)
        assert away.wait(PATIENCE_S)
        rig.end()  # in the midst of the motion, however slow this machine is
        time.run()
        assert caller.is_hung_up()
    assert unsafe(rig.robot.sent) == []
    assert speeds(rig.robot.sent)[-1][1] == 0.0
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == []


def test_a_home_that_takes_no_file_moves_nothing(tmp_path: Path) -> None:
    """A motion that could not be noted is not begun, and the sentence says why; the stop still works."""
    with (
        tmpfs(tmp_path / "home", "size=1m") as home,
        serving(home, ARM, Time()) as rig,
        rig.caller() as caller,
    ):
        remount_read_only(home)
        ask_away(caller)
        failed = caller.hear(Failed)
        assert (failed.id, failed.kind) == (1, "StorageError")
        assert failed.sentence.startswith(f"cannot note that the robot moves in {rig.files.moving}: ")
        assert rig.robot.sent == []
        caller.say(Halt(2, "Ada", "smoke"))
        assert caller.hear(Done).result.warning
        assert rig.latch.stop is not None


def test_of_two_orders_at_once_none_relies_on_the_note_of_the_other(tmp_path: Path) -> None:
    """Both were approved while the robot rested; where no note can be made, the second moves as little as the first."""
    with tmpfs(tmp_path / "home", "size=1m") as home, serving(home, ARM, Time()) as rig, rig.caller() as caller:
        for number, to in enumerate((AWAY, {"x": 0.1, "y": 0.0, "z": 1.0})):
            caller.say(Judge(number, Order("move_to", to, ADA), preview=False))
        orders = [Dispatch(number, caller.hear(Ruled).ruling) for number in range(2)]
        assert all(order.ruling.verdict.allowed for order in orders)
        remount_read_only(home)
        caller.say(b"".join(map(framed, orders)))
        run(rig)
        assert [caller.hear(Failed).kind for _ in orders] == ["StorageError"] * 2
        assert rig.robot.sent == []


def test_a_driver_that_fails_ends_the_host(tmp_path: Path) -> None:
    """Nothing goes on as if it were there, and nothing is left that looks like a host."""
    broken = RobotError("The arm does not answer.")
    with pytest.raises(ExceptionGroup) as caught:
        break_driver(tmp_path, broken)
    assert caught.value.exceptions == (broken,)
    assert HostFiles(tmp_path, "arm").read_address() is None


def break_driver(home: Path, error: Exception) -> None:
    """Let the driver of a host fail, and wait for its end."""
    with serving(home, ARM, Time()) as rig, rig.caller() as caller:
        run(rig)
        caller.hear(State)
        rig.robot.broken = error
        assert caller.is_hung_up()
        rig.thread.join(PATIENCE_S)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ([Hello(1, "wrong", "Eve")], "A greeting with the key of this home comes first."),
        ([Renew(1)], "A greeting with the key of this home comes first."),
        ([b"\x00\x00\x00\x01\xc1"], "A message cannot be understood: "),
        ([(10**9).to_bytes(4, "big")], "A message of 1000000000 bytes was announced, more than the 1000000 allowed."),
    ],
)
def test_strangers_are_told_and_hung_up_on(rig: HostRig, said: list[Hello], sentence: str) -> None:
    """No key, no greeting, no sense: one sentence."""
    address = rig.files.read_address()
    assert address is not None
    with Caller(address.controls) as caller:
        caller.say(*said)
        assert caller.hear(Failed).sentence.startswith(sentence)
        assert caller.is_hung_up()


def test_a_second_greeting_is_told_and_hung_up_on(rig: HostRig) -> None:
    """It could only mean that two speak over one connection; the host serves the next."""
    address = rig.files.read_address()
    assert address is not None
    with rig.caller() as caller:
        caller.say(Hello(VERSION, address.key, "another"))
        assert caller.hear(Failed).sentence == "One greeting is enough."
        assert caller.is_hung_up()
    with rig.caller() as other:
        other.hear(Welcome)


def test_who_does_not_greet_learns_nothing_and_is_hung_up_on(rig: HostRig, monkeypatch: pytest.MonkeyPatch) -> None:
    """States are for those who can read the home; a seat is not kept for the silent."""
    address = rig.files.read_address()
    assert address is not None
    with rig.caller() as other:
        other.hear(Welcome)
        run(rig)
        monkeypatch.setattr("llmos.robots.host.guest._HELLO_WITHIN_S", 0.2)
        with Caller(address.controls) as silent:
            other.hear(Limits)
            rig.gate._limits.offer(tightened())
            other.hear(Limits)
            assert silent.hear_next() == Failed(0, "WireError", "No greeting came within 0.2 s.")
            assert silent.is_hung_up()
        other.hear(State)


def test_no_more_are_let_in_than_there_are_seats(rig: HostRig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is one too many is hung up on, and those inside are served on."""
    monkeypatch.setattr("llmos.robots.host.robot_host._MOST_GUESTS", 2)
    address = rig.files.read_address()
    assert address is not None
    run(rig)
    with rig.caller() as first, rig.caller() as second:
        first.hear(Welcome), second.hear(Welcome)
        with Caller(address.controls) as third:
            assert third.socket.recv(1) == b""
        first.hear(State), second.hear(State)


def test_a_seat_is_free_again_when_its_guest_has_gone(rig: HostRig) -> None:
    """However many come one after another."""
    for _ in range(40):
        with rig.caller() as caller:
            assert caller.hear(Welcome).robot_name == "kinematic arm (simulated)"


def test_a_client_may_ask_as_often_as_it_likes_one_after_another(rig: HostRig) -> None:
    """Only what is not answered or not read yet is counted."""
    run(rig)
    with rig.caller() as caller:
        for number in range(100):
            caller.say(Judge(number, Order("go_home", {}, ADA), preview=True))
            assert caller.hear(Ruled).id == number


def test_an_answer_too_long_for_the_wire_is_told_in_its_place(rig: HostRig) -> None:
    """An order fits, and its verdict with the order in it does not: the client hears so, and is served on."""
    run(rig)
    with rig.caller() as caller:
        caller.say(Judge(1, Order("move_to", {"x": "9" * (MOST_BYTES - 200)}, ADA), preview=True))
        failed = caller.hear(Failed)
        assert (failed.id, failed.kind, failed.sentence[:11]) == (1, "WireError", "A Ruled of ")
        caller.say(Judge(2, Order("go_home", {}, ADA), preview=True))
        assert caller.hear(Ruled).id == 2


def test_who_does_not_read_the_last_word_is_let_go(rig: HostRig, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has been told more than its connection holds: nobody keeps a seat by not listening."""
    monkeypatch.setattr("llmos.robots.host.guest._LAST_WORD_WITHIN_S", 0.05)
    run(rig)
    with rig.caller() as deaf, rig.caller() as other:
        other.hear(State)
        deaf.say(Judge(1, Order("move_to", {"x": "9" * (MOST_BYTES // 3)}, ADA), preview=True), b"\xff" * 99)
        assert any(other.hear(State) and len(rig.host._guests) == 1 for _ in range(20_000))


def test_of_a_flood_that_asks_for_no_answer_a_few_words_are_read_per_tick(rig: HostRig) -> None:
    """Renewals are counted nowhere else, and reading ten thousand of them at once would keep the robot waiting."""
    question = Judge(1, Order("go_home", {}, ADA), preview=True)
    with rig.caller() as flooder, rig.caller() as other:
        flooder.say(framed(Renew(1)) * 100 + framed(question))
        other.say(question)
        began_s = other.hear(State).measured.timestamp_s
        other.hear(Ruled)  # what is read without a tick has been read by now
        run(rig)
        while not isinstance(reply := flooder.hear_next(), Ruled):
            if isinstance(reply, State):
                answered_s = reply.measured.timestamp_s
    assert answered_s - began_s >= 6 * T - 1e-9


def test_a_host_of_another_version_says_so(rig: HostRig) -> None:
    """Two programs of different ages on one home."""
    address = rig.files.read_address()
    assert address is not None
    with Caller(address.controls) as caller:
        caller.say(Hello(99, address.key, "a test"))
        said = caller.hear(Failed).sentence
    assert said == "This host speaks version 2, not 99; end it and start it again."


def test_a_flood_is_cut_off_and_disturbs_nobody(rig: HostRig) -> None:
    """Ten thousand orders at once: the flooder is hung up on, another's motion arrives within the limits."""
    flood = framed(Judge(1, Order("go_home", {}, ADA), preview=True)) * 10_000
    with rig.caller() as flooder, rig.caller() as other:
        send_away(rig, other, renewing(other))
        flooder.socket.settimeout(0.5)
        with contextlib.suppress(OSError):
            flooder.say(flood)
        assert flooder.is_hung_up()
        assert other.hear(Done).result.ok
    assert unsafe(rig.robot.sent) == []


def test_a_client_that_never_reads_holds_up_nobody(rig: HostRig) -> None:
    """States that are not read are left out; the answers to others come all the same."""
    run(rig)
    with rig.caller(), rig.caller() as other:
        for _ in range(2000):
            other.hear(State)
        other.say(Judge(1, Order("go_home", {}, ADA), preview=True))
        assert other.hear(Ruled).ruling.verdict.allowed


def test_the_first_words_say_who_and_what(rig: HostRig) -> None:
    """The robot's name, its scene, its limits; then states with the control ticks since the last one."""
    run(rig)
    with rig.caller() as caller:
        welcome = caller.hear(Welcome)
        assert (welcome.robot_name, welcome.scene.values["name"]) == ("kinematic arm (simulated)", "pick-and-place")
        assert caller.hear(State).period_s == pytest.approx([T] * 2)


def test_a_person_rearms_through_the_host(rig: HostRig) -> None:
    """And is told what had stopped the robot."""
    with rig.caller() as caller:
        caller.say(Halt(1, "Bob", "smoke"))
        caller.hear(Done)
        caller.say(Permit(2, "Ada", ""))
        stop = caller.hear(Rearmed).stop
        assert stop is not None
        assert stop.by == "Bob"
        assert rig.latch.stop is None


def test_a_stop_that_is_booked_late_does_not_stop_again_what_was_rearmed_since(rig: HostRig) -> None:
    """The books follow the latch by a tick; a person may have seen the stop and rearmed in between."""
    address = rig.files.read_address()
    assert address is not None
    with rig.caller() as caller:
        call_stop(address.stop, address.key, "Bob", "smoke", PATIENCE_S)
        caller.say(Permit(1, "Ada", ""))
        assert caller.hear(Rearmed).stop is not None
        assert rig.gate.booked == []  # no tick has passed yet
        run(rig)
        while not rig.gate.booked:
            caller.hear(State)
        for _ in range(3):
            assert caller.hear(State).stop is None
