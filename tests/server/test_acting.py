"""Moving through the service: what was measured comes back, what was refused says why, and a stop is a stop."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from llmos.robots.host.stopping import latch_of, stop_robot
from llmos.robots.latch import Rearm
from llmos.traces.events import GateVerdict, MotionMeasured, ToolCalled, ToolReturned
from llmos.traces.reading import find_journal, read_journal
from tests.support.runs import all_whole, events, whole
from tests.support.service import Served, served


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Served]:
    """A service at rest, with objects around it."""
    with served(tmp_path, scene="pick-and-place") as found:
        yield found


def near(at: float | None = None, **where: float) -> Any:
    """A pose as it is measured: not to the last digit, headings around the circle."""
    return pytest.approx(where if at is None else at, abs=0.02)


def position(service: Served) -> dict[str, float]:
    """Where the tool is measured to be."""
    return unwrapped(service.get("/state").json()["state"]["position"])


def unwrapped(found: dict[str, float]) -> dict[str, float]:
    """The pose with a heading of almost a full turn as none."""
    return {**found, "theta": 0.0 if found["theta"] > 359.9 else found["theta"]}


def test_move_answers_with_the_measured_pose(service: Served) -> None:
    """The answer comes when the motion has ended, and says where it ended."""
    answer = service.post("/move", {"x": 1.0, "y": 0.5, "z": 1.5, "theta": 90.0})
    assert answer.status_code == 200
    assert answer.json()["success"] is True
    assert unwrapped(answer.json()["position"]) == near(x=1.0, y=0.5, z=1.5, theta=90.0)
    assert position(service) == near(x=1.0, y=0.5, z=1.5, theta=90.0)


def test_without_theta_the_heading_stays(service: Served) -> None:
    """A move says where to, and no more than that."""
    service.post("/move", {"x": 0.2, "y": 0.0, "z": 1.0, "theta": 90.0})
    service.post("/move", {"x": 0.4, "y": 0.0, "z": 1.0})
    assert position(service) == near(x=0.4, y=0.0, z=1.0, theta=90.0)


def test_a_refused_move_says_why_and_moves_nothing(service: Served) -> None:
    """409, in the document's words, with the rule and what would be allowed."""
    answer = service.post("/move", {"x": 5.0, "y": 0.0, "z": 1.0})
    assert answer.status_code == 409
    said = answer.json()
    assert said["success"] is False
    assert said["reason"] == "X position 5.00m outside workspace [-2, 2]"
    assert said["rule"] == "workspace"
    assert said["suggestion"] == "choose x between -2 and 2"
    assert position(service) == near(x=0.0, y=0.0, z=1.0, theta=0.0)


def test_below_ground_is_refused(service: Served) -> None:
    """The document's third dangerous command."""
    answer = service.post("/move", {"x": 0.0, "y": 0.0, "z": -0.5})
    assert (answer.status_code, answer.json()["reason"]) == (409, "Z position -0.50m outside workspace [0, 3]")


def test_a_move_that_need_not_be_waited_for_is_accepted(service: Served) -> None:
    """202 at once; whether it is allowed is known before."""
    answer = service.post("/move?wait=false", {"x": 0.3, "y": 0.0, "z": 1.0})
    assert (answer.status_code, answer.json()["accepted"]) == (202, True)
    assert service.post("/move?wait=false", {"x": 5.0, "y": 0.0, "z": 1.0}).status_code == 409


def test_nobody_resets_while_another_motion_is_under_way(service: Served) -> None:
    """The journal of a motion is not ended under it; the service goes on as before."""
    assert service.post("/move?wait=false", {"x": 1.8, "y": 0.0, "z": 1.0}).status_code == 202
    answer = service.post("/reset")
    assert (answer.status_code, answer.json()["rule"]) == (409, "one-operator")
    assert service.get("/health").status_code == 200


def test_the_tool_grips_what_is_there(service: Served) -> None:
    """The answer names what is held."""
    service.post("/move", {"x": 1.5, "y": 1.0, "z": 0.5})
    answer = service.post("/tool", {"activate": True})
    assert answer.status_code == 200
    assert answer.json()["tool_active"] is True
    assert answer.json()["holding"] is not None


def test_a_tool_that_closed_on_nothing_says_so(service: Served) -> None:
    """The tool is active, as asked; that it holds nothing is told, not hidden."""
    answer = service.post("/tool", {"activate": True})
    assert (answer.status_code, answer.json()["tool_active"], answer.json()["holding"]) == (200, True, None)
    assert answer.json()["message"].startswith("The gripper closed on nothing.")


def test_an_object_that_fell_is_no_success(service: Served) -> None:
    """Opening in mid-air drops what was held: 409, and where it lies."""
    service.post("/move", {"x": 1.5, "y": 1.0, "z": 0.5})
    service.post("/tool", {"activate": True})
    service.post("/move", {"x": 1.0, "y": 1.0, "z": 2.0})
    answer = service.post("/tool", {"activate": False})
    assert (answer.status_code, answer.json()["rule"]) == (409, "postcondition")
    assert "fell" in answer.json()["reason"]


def test_an_emergency_stop_latches(service: Served) -> None:
    """Nothing moves afterwards, and the refusal says who stopped it and why."""
    answer = service.post("/emergency?reason=smoke")
    assert answer.status_code == 200
    assert (answer.json()["emergency_stop"], answer.json()["reason"]) == (True, "smoke")
    refused = service.post("/move", {"x": 0.1, "y": 0.0, "z": 1.0})
    assert (refused.status_code, refused.json()["rule"]) == (409, "emergency-stop")
    assert "by 127.0.0.1: smoke" in refused.json()["reason"]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"x" * 2_000_000])
def test_a_stop_takes_any_body_and_any_type(service: Served, body: bytes) -> None:
    """Whoever presses the button need not know JSON."""
    answer = service.client.post("/emergency", content=body, headers={"Content-Type": "text/plain"})
    assert (answer.status_code, answer.json()["success"]) == (200, True)


def test_reset_while_stopped_only_rearms(service: Served) -> None:
    """The robot stays where it is; a second reset sends it home."""
    service.post("/move", {"x": 0.3, "y": 0.0, "z": 1.0})
    service.post("/emergency")
    first = service.post("/reset").json()
    assert (first["rearmed"], first["homed"]) == (True, False)
    assert first["next"] == "POST /reset once more sends it home"
    assert unwrapped(first["position"]) == near(x=0.3, y=0.0, z=1.0, theta=0.0)
    assert position(service) == near(x=0.3, y=0.0, z=1.0, theta=0.0)
    second = service.post("/reset").json()
    assert (second["rearmed"], second["homed"]) == (False, True)
    assert unwrapped(second["position"]) == near(x=0.0, y=0.0, z=1.0, theta=0.0)


def test_a_stop_is_felt_also_when_it_is_taken_back_at_once(service: Served) -> None:
    """Between stop and rearm nobody looked at the robot; it remembers all the same, and so do its actions."""
    service.post("/move", {"x": 0.3, "y": 0.0, "z": 1.0})
    stop_robot(service.place.home, "arm", "Ann", "smoke", service.service.system.clock)  # as the front does
    assert service.post("/reset").json()["rearmed"] is True
    assert service.get("/sentience").json()["mode"] == "CAUTIOUS"
    tools = [action["tool"] for action in service.get("/state").json()["recent_actions"]]
    assert tools == ["move_to", "emergency_stop", "rearm"]


def test_a_stop_and_its_rearm_outside_the_service_are_felt(service: Served) -> None:
    """Although both were over before anybody looked."""
    home, clock = service.place.home, service.service.system.clock
    assert service.get("/sentience").json()["mode"] == "PRECISION"
    stop_robot(home, "arm", "Ann", "smoke", clock)
    Rearm(latch_of("arm", home), clock.now)("Ann")
    assert service.get("/sentience").json()["mode"] == "CAUTIOUS"


def test_reset_comes_home_from_afar_in_recovery(service: Served) -> None:
    """Where no move may be longer than 0.25 m it takes several; an agent or a plain move is refused as before."""
    service.post("/move", {"x": -1.2, "y": 1.4, "z": 1.9, "theta": 90.0})
    for _ in range(2):
        service.post("/emergency")
        service.post("/reset")
    assert service.get("/sentience").json()["mode"] == "RECOVERY"
    refused = service.post("/move", {"x": 0.0, "y": 0.0, "z": 1.0})
    assert (refused.status_code, refused.json()["rule"]) == (409, "step")
    home = service.post("/reset")
    assert (home.status_code, home.json().get("homed")) == (200, True), home.json()
    assert unwrapped(home.json()["position"]) == near(x=0.0, y=0.0, z=1.0, theta=0.0)
    tools = [action["tool"] for action in service.get("/state").json()["recent_actions"]]
    assert tools == ["move_to"] * (len(tools) - 1) + ["go_home"]
    assert len(tools) > 8


def test_reset_clears_the_history(service: Served) -> None:
    """What is shown begins anew; the journals keep everything."""
    service.post("/move", {"x": 5.0, "y": 0.0, "z": 1.0})
    service.post("/reset")
    assert service.get("/safety").json()["violations"] == {"total_violations": 0, "violations": []}
    assert [action["tool"] for action in service.get("/state").json()["recent_actions"]] == ["go_home"]
    assert len(all_whole_but_open(service)) == 1


def all_whole_but_open(service: Served) -> list[Any]:
    """The journals of direct commands that are closed, each of them whole."""
    open_one = service.service.direct.run_id
    paths = sorted((service.place.home / "journals").rglob("*.jsonl"))
    return [whole(path) for path in paths if path.stem != open_one]


def test_direct_commands_are_a_trace_like_any_other(tmp_path: Path) -> None:
    """Tool calls with verdicts and measured ends between them, in a journal that is whole when the service ends."""
    with served(tmp_path) as service:
        service.post("/move", {"x": 0.2, "y": 0.0, "z": 1.0})
        service.post("/move", {"x": 5.0, "y": 0.0, "z": 1.0})
    [entries] = all_whole(service.place)
    kinds = [type(entry.event) for entry in entries]
    assert kinds[1:5] == [ToolCalled, GateVerdict, MotionMeasured, ToolReturned]
    assert kinds[5:8] == [ToolCalled, GateVerdict, ToolReturned]
    assert [event.ok for event in events(entries, ToolReturned)] == [True, False]
    assert entries[0].event.agent == "person 127.0.0.1"


def test_actions_are_told_with_their_ends(service: Served) -> None:
    """Verb, arguments, outcome and measured end, the newest last; a stop from anywhere is among them."""
    service.post("/move", {"x": 0.2, "y": 0.0, "z": 1.0})
    service.post("/move", {"x": 5.0, "y": 0.0, "z": 1.0})
    service.post("/emergency")
    service.get("/state")
    first, second, third = service.get("/state").json()["recent_actions"]
    assert (first["tool"], first["success"], first["measured"]["x"]) == ("move_to", True, near(0.2))
    assert (second["success"], second["rule"]) == (False, "workspace")
    assert (third["tool"], third["by"]) == ("emergency_stop", "127.0.0.1")


def test_two_operators_are_told_of_each_other(service: Served) -> None:
    """Who has the robot keeps it until done; the other is refused and told by whom."""
    with service.service.arbiter.claim("Ada", "move_to"):
        answer = service.post("/move", {"x": 0.1, "y": 0.0, "z": 1.0})
        assert service.post("/emergency").status_code == 200
    assert (answer.status_code, answer.json()["rule"]) == (409, "one-operator")
    assert answer.json()["reason"] == "Ada has the robot (move_to)"
    assert answer.json()["suggestion"] == "wait until that is done, or stop it"


def test_many_at_once_never_interleave(service: Served) -> None:
    """Twenty callers at once: each gets a motion of its own or a refusal, and the robot ends where one of them said."""
    begin, answers = Event(), []

    def ask(number: int) -> None:
        begin.wait()
        answers.append(service.post("/move", {"x": number / 100, "y": 0.0, "z": 1.0}))

    threads = [Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    begin.set()
    for thread in threads:
        thread.join()
    moved = [answer.json()["position"]["x"] for answer in answers if answer.status_code == 200]
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert moved
    assert position(service)["x"] in [near(x) for x in moved]


def test_a_journal_that_the_disk_refused_is_followed_by_a_new_one(service: Served) -> None:
    """One command is refused, unmoved; the next is journaled elsewhere, and nobody has to reset anything."""
    first, second = {"x": 0.1, "y": 0.0, "z": 1.0}, {"x": 0.2, "y": 0.0, "z": 1.0}
    assert service.post("/move", first).status_code == 200
    broken = service.service.direct.run_id
    find_journal(service.place.home, broken).unlink()
    assert service.post("/move", second).status_code == 507
    assert service.service.snapshot().measured.pose.x == pytest.approx(0.1, abs=0.02)
    assert service.post("/move", second).status_code == 200
    fresh = service.service.direct.run_id
    assert fresh not in ("", broken)
    entries = read_journal(find_journal(service.place.home, fresh))
    assert [entry.event.tool for entry in entries if isinstance(entry.event, ToolCalled)] == ["move_to"]
