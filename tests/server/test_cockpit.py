"""What the cockpit asks of the service: the page, previews, commands by hand, lessons, talks, the live line."""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import WebSocketDenialResponse

from llmos.clock import SimulatedClock
from llmos.messages import Reply, Text, Usage
from llmos.robots.verdict import Refusal
from llmos.server.access import Access, Role
from llmos.server.cockpit.jog import Lease, jog
from llmos.server.cockpit.page import FOLDER
from llmos.traces.events import GateVerdict, ModelReplied, MotionMeasured, RunFinished, RunStarted, ToolCalled
from llmos.traces.reading import find_journal, read_journal
from tests.support.journals import finished, started, write_run
from tests.support.service import Served, served
from tests.support.tapes import calls, says


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Served]:
    """A service at rest, with objects around it."""
    with served(tmp_path, calls("move_relative", dx=0.2), says("Moved."), scene="pick-and-place") as found:
        yield found


def order(verb: str, **args: Any) -> dict[str, Any]:
    """The body of a command."""
    return {"verb": verb, "args": args}


def heard(socket: Any, **wanted: Any) -> dict[str, Any]:
    """The next message with these fields."""
    while True:
        message: dict[str, Any] = socket.receive_json()
        if all(message.get(name) == value for name, value in wanted.items()):
            return message


def test_the_page_runs_no_script_but_its_own_files(service: Served) -> None:
    """No inline script, no inline style, nothing from elsewhere; and the policy says so to the browser."""
    page = service.get("/cockpit")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self';" in policy
    assert "unsafe" not in policy
    assert re.findall(r"<script(?![^>]* src=\"/cockpit/static/)", page.text) == []
    assert re.findall(r" (?:style|on\w+)=", page.text) == []


def test_every_file_of_the_page_is_served_and_asks_for_nothing_elsewhere(service: Served) -> None:
    """What the page names exists; no file names an address of another server."""
    named = set(re.findall(r'"/cockpit/static/([\w.]+)"', service.get("/cockpit").text))
    for path in FOLDER.iterdir():
        named |= set(re.findall(r'from "\./([\w.]+)"', path.read_text("utf-8")))
        addresses = re.findall(r"https?://[^\s\"'`)]+", path.read_text("utf-8"))
        assert set(addresses) <= {"http://www.w3.org/2000/svg"}, path
    assert named
    assert {name: service.get(f"/cockpit/static/{name}").status_code for name in named} == dict.fromkeys(named, 200)


@pytest.mark.parametrize("name", ["login.html", "nothing.js", "..%2Fapp.py"])
def test_no_other_file_is_served(service: Served, name: str) -> None:
    """The folder is a list, not a tree to walk."""
    assert service.get(f"/cockpit/static/{name}").status_code == 404


def test_the_stop_button_works_without_a_script(service: Served) -> None:
    """It is a form that posts to the emergency stop."""
    page = service.get("/cockpit").text
    assert re.search(r'<form class="stop"[^>]* method="post" action="/emergency">', page)
    assert service.client.post("/emergency").status_code == 200


def test_a_preview_tells_the_way_and_its_verdict_and_moves_nothing(service: Served) -> None:
    """Around the zone that stands across the straight line, with length and time."""
    before = service.service.snapshot()
    told = service.post("/cockpit/preview", order("move_to", x=1.5, y=1.0, z=0.5)).json()
    assert told["allowed"] is True
    assert told["path"][0] == pytest.approx([0.0, 0.0, 1.0], abs=0.01)
    assert told["path"][-1] == pytest.approx([1.5, 1.0, 0.5], abs=0.01)
    assert told["detour"] is True
    assert told["duration_s"] > 0
    after = service.service.snapshot()
    assert after.version == before.version
    assert after.measured.pose.x == pytest.approx(0.0, abs=0.01)


def test_a_preview_of_what_is_refused_says_why(service: Served) -> None:
    """In the gate's words, with what it would allow."""
    told = service.post("/cockpit/preview", order("move_to", x=5.0, y=0.0, z=1.0)).json()
    assert (told["allowed"], told["rule"]) == (False, "workspace")
    assert told["reason"] == "X position 5.00m outside workspace [-2, 2]"


def test_a_command_by_hand_is_carried_out_and_journaled(service: Served) -> None:
    """Like every motion: verdict before, measurement after."""
    told = service.post("/cockpit/perform", order("move_to", x=-0.3, y=0.0, z=1.0)).json()
    assert told["success"] is True
    assert told["position"]["x"] == pytest.approx(-0.3, abs=0.02)
    entries = read_journal(find_journal(service.place.home, service.service.direct.run_id))
    kinds = [type(entry.event) for entry in entries]
    assert kinds.index(GateVerdict) < kinds.index(MotionMeasured)


def test_a_run_says_what_its_decisions_rest_on(service: Served) -> None:
    """What a person commanded rests on the person's grant, line by line; as `llmos why` says it."""
    service.post("/cockpit/perform", order("move_to", x=-0.3, y=0.0, z=1.0))
    decisions = service.get(f"/cockpit/runs/{service.service.direct.run_id}/why").json()["decisions"]
    [gate] = [each for each in decisions if each["kind"] == "gate"]
    assert (gate["allowed"], gate["inner"]) == (True, True)
    [basis] = gate["bases"]
    assert basis["quote"] == "- {to: person, verbs: [move_to, move_relative, toggle_tool, go_home]}"
    assert f"arm.md:{basis['line']}" in basis["place"]
    assert service.get("/cockpit/runs/20260101-000000-abcdef/why").status_code == 422


def test_savings_are_measured_from_the_journals(service: Served) -> None:
    """Where nothing was replayed there are none; a replay is held against the model's run before it."""
    told = service.get("/cockpit/savings").json()["savings"]
    assert (told["runs"], told["goals"], told["tokens"]) == (0, [], 0)
    clock, reply = SimulatedClock(), Reply((Text("ready"),), "end", Usage(90, 10), "m")
    home = service.place.home
    write_run(home, [started("r", "Go to 1"), ModelReplied.of(1, reply, 0.5, 1.0), finished(duration_s=4.0)], clock)
    clock.advance(1.0)
    write_run(home, [started("r", "Go to 2", mode="FOLLOWER"), finished(duration_s=1.0)], clock)
    told = service.get("/cockpit/savings").json()["savings"]
    assert (told["runs"], told["tokens"], told["cost_usd"], told["seconds"]) == (1, 100, 0.5, 3.0)
    assert told["goals"][0] == {
        "agent": "operator",
        "goal": "go to {number}",
        "replays": 1,
        "runs": 1,
        "saved": {"tokens": 100, "cost_usd": 0.5, "seconds": 3.0},
    }


def test_a_refused_command_is_a_409_with_its_reason(service: Served) -> None:
    """Never a success with a hidden failure."""
    answer = service.post("/cockpit/perform", order("move_to", x=5.0, y=0.0, z=1.0))
    assert answer.status_code == 409
    assert answer.json()["reason"] == "X position 5.00m outside workspace [-2, 2]"


@pytest.mark.parametrize("body", [order("fly"), order("move_to", x="1"), {"verb": "go_home", "more": 1}, {}])
def test_nonsense_is_refused_before_the_gate(service: Served, body: dict[str, Any]) -> None:
    """422, and a sentence."""
    answer = service.post("/cockpit/perform", body)
    assert answer.status_code == 422
    assert answer.json()["reason"]


def test_half_a_surrogate_pair_is_no_name_of_an_argument(service: Served) -> None:
    """JSON can smuggle it in; it is refused at the door, and nothing is remembered of it."""
    headers = {"Content-Type": "application/json"}
    body = r'{"verb": "move_to", "args": {"\ud800": 1}}'
    answer = service.client.post("/cockpit/perform", content=body, headers=headers)
    assert (answer.status_code, answer.json()["rule"]) == (422, "well-formed")
    assert service.get("/state").json()["recent_actions"] == []


def test_half_a_surrogate_pair_from_a_model_breaks_no_page(service: Served) -> None:
    """What UTF-8 cannot hold is shown as U+FFFD, as it stands in the journal; every page goes on."""
    command = {"verb": "move_to", "\ud800": "\ud83d"}
    with service.client.websocket_connect("/cockpit/live") as socket, service.client.websocket_connect("/ws") as feed:
        heard(socket, type="state")
        verdict = GateVerdict(command=command, allowed=False, rule="arguments", reason="\udc00", suggestion="")
        service.service.system.bus.publish(verdict, "r")
        beat = heard(socket, type="beat")
        assert (beat["reason"], beat["args"]) == ("\ufffd", {"\ufffd": "\ufffd"})
        assert heard(socket, type="state")
        assert feed.receive_json()["type"] == "state_update"
    assert service.get("/state").json()["recent_actions"][-1]["args"] == {"\ufffd": "\ufffd"}
    assert service.get("/safety").status_code == 200
    assert service.get("/cockpit/actions").status_code == 200


def test_rearming_permits_motion_and_starts_none(service: Served) -> None:
    """Twice in a row as well: unlike /reset it never sends the robot home."""
    service.post("/cockpit/perform", order("move_to", x=-0.3, y=0.0, z=1.0))
    service.post("/emergency")
    assert service.post("/cockpit/rearm").json() == {"success": True, "rearmed": True}
    assert service.post("/cockpit/rearm").json() == {"success": True, "rearmed": False}
    assert service.service.snapshot().measured.pose.x == pytest.approx(-0.3, abs=0.02)


def push(service: Served, way: dict[str, float]) -> Refusal | None:
    """Hold a button of the pad until nothing more is allowed that way; what forbids it."""

    async def held() -> Refusal | None:
        return await jog(service.service, "somebody", way, Lease(math.inf))

    found: Refusal | None = service.client.portal.call(held)
    return found


def test_a_hand_moves_the_robot_as_far_as_the_gate_lets_it(service: Served) -> None:
    """Held towards the edge of the workspace it ends there, and the answer says why."""
    refusal = push(service, {"dz": 1.0})
    assert refusal is not None
    assert refusal.rule == "workspace"
    assert service.service.snapshot().measured.pose.z == pytest.approx(3.0, abs=0.02)


def test_a_hand_cannot_push_into_a_zone(service: Served) -> None:
    """It ends in front of it, by the margin that the gate keeps, and is not led around."""
    service.post("/cockpit/perform", order("move_to", x=-1.0, y=0.0, z=0.6))
    refusal = push(service, {"dx": 1.0})
    assert refusal is not None
    assert refusal.rule == "zone"
    assert -0.3 < service.service.snapshot().measured.pose.x < -0.05
    assert push(service, {"dx": 1.0}) is not None


def test_a_hand_that_lets_go_leaves_the_robot_at_rest(service: Served) -> None:
    """The line that jogs answers when it stands still."""
    with service.client.websocket_connect("/cockpit/jog") as socket:
        socket.send_json({"dx": -1})
        socket.send_json({})
        assert socket.receive_json() == {"success": True}
    assert service.service.snapshot().moving is None


def test_a_rearm_moves_nothing_where_a_button_is_still_held(service: Served) -> None:
    """What a stop ended is refused once, begins by no repeated message, and begins at once when pressed anew."""
    with service.client.websocket_connect("/cockpit/jog") as socket:
        service.post("/emergency")
        socket.send_json({"dx": -1})
        assert socket.receive_json()["rule"] == "emergency-stop"
        socket.send_json({"dx": -1})
        service.post("/cockpit/rearm")
        socket.send_json({"dx": -1})
        with service.service.arbiter.claim("Bob", "a walk"):
            socket.send_json({})
            socket.send_json({"dx": -1})
            assert socket.receive_json()["rule"] == "one-operator"
        assert service.service.snapshot().measured.pose.x == pytest.approx(0.0, abs=1e-6)
        socket.send_json({})
        socket.send_json({"dx": -1})
        socket.send_json({})
        assert socket.receive_json() == {"success": True}


def test_a_hand_that_was_refused_at_the_border_may_press_again(service: Served) -> None:
    """The way back is open at once, and the way that was refused is judged anew."""
    push(service, {"dz": 1.0})
    with service.client.websocket_connect("/cockpit/jog") as socket:
        for _ in range(2):
            socket.send_json({"dz": 1})
            assert socket.receive_json()["rule"] == "workspace"
            socket.send_json({})
        socket.send_json({"dz": -1})
        socket.send_json({})
        assert socket.receive_json() == {"success": True}


def test_nonsense_on_the_line_that_jogs_lets_go(service: Served) -> None:
    """What cannot be understood moves nothing."""
    with service.client.websocket_connect("/cockpit/jog") as socket:
        socket.send_text('{"dx": "fast"}')
    assert service.service.snapshot().moving is None


def test_a_viewer_may_look_and_not_move(tmp_path: Path) -> None:
    """Neither by a button nor by the line that jogs; stopping is everybody's."""
    access = Access(tokens={Role.VIEWER: "look"}, hosts=frozenset({"testserver"}))
    with served(tmp_path, access=access, client={"headers": {"authorization": "Bearer look"}}) as service:
        assert service.get("/cockpit").status_code == 200
        assert service.post("/cockpit/perform", order("go_home")).status_code == 403
        with pytest.raises(WebSocketDenialResponse), service.client.websocket_connect("/cockpit/jog"):
            pass
        assert service.client.post("/emergency").status_code == 200


def test_a_browser_without_a_token_is_led_to_the_login(tmp_path: Path) -> None:
    """The page alone: everything else answers 401 as a program expects it."""
    access = Access(tokens={Role.VIEWER: "look"}, hosts=frozenset({"testserver"}))
    with served(tmp_path, access=access) as service:
        answer = service.get("/cockpit", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        assert service.get("/cockpit/agents", follow_redirects=False).status_code == 401


def test_a_lesson_becomes_a_run_of_tool_calls(service: Served) -> None:
    """What was kept is what is in the journal, each with a verdict and a measurement, and the run is done."""
    service.post("/cockpit/teach", {"action": "begin", "goal": "Wave"})
    service.post("/cockpit/teach", {"action": "keep"})
    service.post("/cockpit/perform", order("move_to", x=-0.2, y=0.0, z=1.0))
    run_id = service.post("/cockpit/teach", {"action": "finish"}).json()["run_id"]
    events = [entry.event for entry in read_journal(find_journal(service.place.home, run_id))]
    started, finished = events[0], events[-1]
    assert isinstance(started, RunStarted)
    assert isinstance(finished, RunFinished)
    assert (started.goal, finished.outcome) == ("Wave", "done")
    assert [event.tool for event in events if isinstance(event, ToolCalled)] == ["move_to", "move_to"]
    assert service.get("/cockpit/teach").json() == {"lesson": None}


def test_lessons_out_of_turn_are_sentences(service: Served) -> None:
    """Nothing to keep, nothing to finish, and one lesson at a time."""
    said = [
        service.post("/cockpit/teach", {"action": action}).json() for action in ("keep", "begin", "begin", "finish")
    ]
    assert [each.get("reason") for each in said] == [
        "no lesson is being recorded",
        None,
        "a lesson is being recorded already, “What a person showed”",
        "nothing has been shown yet",
    ]


def test_a_lesson_whose_journal_the_disk_refused_begins_anew(service: Served) -> None:
    """What it shows as its steps is what stands in the journal that it will end with."""
    service.post("/cockpit/teach", {"action": "begin", "goal": "Wave"})
    service.post("/cockpit/teach", {"action": "keep"})
    [journal] = service.place.home.glob("journals/*/*/*.jsonl")
    journal.unlink()
    assert service.post("/cockpit/teach", {"action": "keep"}).status_code == 507
    assert service.get("/cockpit/teach").json()["lesson"] == {"goal": "Wave", "steps": []}
    assert len(service.post("/cockpit/teach", {"action": "keep"}).json()["lesson"]["steps"]) == 1
    run_id = service.post("/cockpit/teach", {"action": "finish"}).json()["run_id"]
    assert run_id != journal.stem
    events = [entry.event for entry in read_journal(find_journal(service.place.home, run_id))]
    assert len([event for event in events if isinstance(event, ToolCalled)]) == 1


@pytest.mark.parametrize("action", ["finish", "discard"])
def test_no_lesson_ends_while_one_of_its_steps_is_under_way(service: Served, action: str) -> None:
    """409 with who moves the robot; its journal stays open for what the step comes to, and ends with the next try."""
    service.post("/cockpit/teach", {"action": "begin", "goal": "Wave"})
    service.post("/cockpit/teach", {"action": "keep"})
    with service.service.arbiter.claim("Ada", "move_to"):
        answer = service.post("/cockpit/teach", {"action": action})
        assert (answer.status_code, answer.json()["rule"]) == (409, "one-operator")
        assert answer.json()["reason"] == "Ada has the robot (move_to)"
    assert service.get("/cockpit/teach").json()["lesson"]["goal"] == "Wave"
    assert service.post("/cockpit/perform", order("move_to", x=-0.2, y=0.0, z=1.0)).status_code == 200
    assert service.post("/cockpit/teach", {"action": action}).json()["lesson"] is None


def test_a_command_in_words_is_told_beat_for_beat(service: Served) -> None:
    """Goal, decision, verdict, motion, answer and outcome, all of the talk that was begun."""
    with service.client.websocket_connect("/cockpit/live") as socket:
        talk = service.post("/cockpit/say", {"agent": "operator", "text": "Move 20 cm to the right"}).json()["talk"]
        for kind in ("goal", "decision", "verdict", "motion", "answer", "outcome"):
            beat = heard(socket, type="beat", kind=kind)
            assert beat["talk"] == talk
    assert beat["outcome"] == "done"


def test_a_page_hears_what_was_spent_when_a_run_has_been_counted(service: Served) -> None:
    """Nothing at first, and one run once the first has ended."""
    with service.client.websocket_connect("/cockpit/live") as socket:
        assert heard(socket, type="spent")["runs"] == 0
        service.post("/cockpit/say", {"agent": "operator", "text": "Move 20 cm to the right"})
        heard(socket, type="beat", kind="outcome")
        assert heard(socket, type="spent", runs=1)["tokens"] >= 0


def test_a_talk_with_nobody_is_a_sentence(service: Served) -> None:
    """The nearest agent is named."""
    answer = service.post("/cockpit/say", {"agent": "operatr", "text": "Hello"})
    assert answer.status_code == 422
    assert "operator" in json.dumps(answer.json())


def test_what_could_not_begin_takes_no_talks_place(tmp_path: Path) -> None:
    """However often somebody is refused because another has the robot, a conversation that was had goes on."""
    said, often = {"agent": "operator", "text": "Say hello"}, {"requests_per_s": 100_000, "commands_per_s": 100_000}
    with served(tmp_path, says("Hello."), says("Hello again."), rules=often) as service:
        talk = service.post("/cockpit/say", said).json()["talk"]
        while service.service.arbiter.holder:
            service.get("/health")
        with service.service.arbiter.claim("Ada", "a walk"):
            assert {service.post("/cockpit/say", said).status_code for _ in range(35)} == {409}
        assert service.post("/cockpit/say", {**said, "talk": talk}).json()["talk"] == talk


def test_the_live_line_begins_with_what_stands_and_goes_on_with_what_moves(service: Served) -> None:
    """First the setup, then states that carry every instrument."""
    with service.client.websocket_connect("/cockpit/live") as socket:
        setup, state = socket.receive_json(), heard(socket, type="state")
    assert setup["type"] == "setup"
    assert setup["zones"]["operator station"]["kind"] == "human"
    assert set(setup["zones"]) == set(state["zones"]) == {"operator station", "glass globe"}
    assert state["stop"] is None
    assert state["sentience"]["valence"].keys() == {"safety", "curiosity", "energy", "self_confidence"}


def test_the_lists_name_what_the_home_has(service: Served) -> None:
    """Agents, skills and volumes with where they are; a document by its name."""
    agents = {each["name"]: each for each in service.get("/cockpit/agents").json()["agents"]}
    assert agents["operator"]["volume"] == "user"
    assert agents["operator"]["shadows"]
    assert service.get("/cockpit/documents/agent/operator").json()["text"].startswith("---\nname: operator")
    assert service.get("/cockpit/documents/agent/operatr").status_code == 422
    assert {each["name"] for each in service.get("/cockpit/volumes").json()["volumes"]} >= {"system", "user"}
    assert service.get("/cockpit/skills").status_code == 200


def test_a_document_that_has_gone_is_a_sentence(service: Served) -> None:
    """404 with where it was: its name is known until somebody looks at the folder again."""
    path = service.place.home / "user/agents/operator.md"
    path.unlink()
    answer = service.get("/cockpit/documents/agent/operator")
    assert (answer.status_code, answer.json()["rule"]) == (404, "not-found")
    assert answer.json()["reason"] == "the file of the agent operator cannot be read: No such file or directory"
    assert answer.json()["suggestion"] == f"look at {path}"


def test_a_run_is_listed_and_explained(service: Served) -> None:
    """The timeline has the decision before the verdict before the motion, each with its time."""
    with service.client.websocket_connect("/cockpit/live") as socket:
        service.post("/cockpit/say", {"agent": "operator", "text": "Move 20 cm to the right"})
        run_id = heard(socket, type="beat", kind="outcome")["run"]
    assert run_id in [run["run_id"] for run in service.get("/cockpit/runs").json()["runs"]]
    told = service.get(f"/cockpit/runs/{run_id}").json()
    kinds = [beat["kind"] for beat in told["beats"]]
    assert kinds[0] == "goal"
    assert kinds[-1] == "outcome"
    assert kinds.index("decision") < kinds.index("verdict") < kinds.index("motion")
    assert told["going_on"] is False
    answer = service.post(f"/cockpit/runs/{run_id}/interrupt")
    assert answer.json()["reason"] == f"the run {run_id} is not going on here"


def test_the_newest_commands_are_there_for_a_page_that_opens_later(service: Served) -> None:
    """Verdict and end of each, as the live line told them."""
    service.post("/cockpit/perform", order("move_to", x=5.0, y=0.0, z=1.0))
    service.post("/cockpit/perform", order("go_home"))
    told = service.get("/cockpit/actions").json()["actions"]
    assert [(beat["kind"], beat.get("allowed"), beat.get("reached")) for beat in told] == [
        ("verdict", False, None),
        ("verdict", True, None),
        ("motion", None, True),
    ]


def test_the_camera_says_in_words_what_it_sees(service: Served) -> None:
    """With a picture where there is something to draw with, and with the reason where there is not."""
    told = service.get("/cockpit/camera").json()
    assert "cube at (1.50, 1.00, 0.50)" in told["words"]
    assert (told["picture"] or "").startswith("data:image/png;base64,") or told["why"]


def test_without_viser_the_arena_says_so_and_names_the_map(service: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence with how to get it, not an empty frame."""
    monkeypatch.setitem(__import__("sys").modules, "viser", None)
    said = service.post("/cockpit/arena/open").json()
    assert said["reason"] == "the 3D arena needs viser, which is not installed"
    assert said["suggestion"] == "install it with `pip install 'llmos[service]'`; the map shows the same robot"
