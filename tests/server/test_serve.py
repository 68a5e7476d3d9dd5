"""`llmos serve` as it runs: the document's curl lines, a stop while it is blocked, tokens, TLS, an end in order."""

import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from websockets.exceptions import ConnectionClosedError
from websockets.frames import CloseCode
from websockets.sync.client import connect

from llmos.robots.host.doors import HostFiles
from llmos.robots.host.ownership import host_of
from llmos.robots.latch import StopLatch
from llmos.robots.safety_log import newest
from llmos.traces.events import RunFinished, ToolReturned
from llmos.volumes.locks import only_writer
from tests.support.certificates import certificate
from tests.support.disks import fill, tmpfs
from tests.support.homes import Place, make_place
from tests.support.pages import ROOT
from tests.support.runs import all_whole, journals, whole
from tests.support.serving import Serving, has_curl, serving
from tests.support.tapes import calls, says, tape

pytestmark = pytest.mark.system

HOG = """
import time
from llmos import Effect, tool

@tool(effect=Effect.PURE)
async def hog() -> str:
    "Let nobody else do anything for a while."
    end = time.monotonic() + 20
    while time.monotonic() < end:
        pass
    return "done"
"""
HOGGER = "---\nname: hogger\ndescription: Hogs.\ntools: hog\n---\nHog.\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """One service for all that leaves it as it was."""
    if not has_curl():
        pytest.skip("curl is not installed")
    place = make_place(tmp_path_factory.mktemp("serve"))
    place.write("kernel/service.md", "---\nrequests_per_s: 10000\ncommands_per_s: 10000\n---\n")
    with serving(place, "--model", "pocket") as found:
        yield found


@pytest.fixture
def place(tmp_path: Path, require_system: Callable[[str], None]) -> Place:
    """A home for a service of one's own."""
    if not has_curl():
        require_system("curl")
    return make_place(tmp_path)


def lines_of(page: str) -> list[str]:
    """Every curl call of a page, joined over its lines."""
    text = (ROOT / page).read_text("utf-8").replace("\\\n", " ")
    return [line.strip() for line in re.findall(r"^\s*(curl .+)$", text, re.MULTILINE)]


def test_the_curl_lines_of_the_document_are_answered_as_documented(service: Serving) -> None:
    """Health, state, and a goal in plain English, word for word."""
    health = service.get("/health")
    assert health.keys() == {"status", "timestamp", "emergency_stop", "llmos_ready"}
    state = service.get("/state")
    assert state["safety_limits"]["workspace"] == {"x": [-2.0, 2.0], "y": [-2.0, 2.0], "z": [0.0, 3.0]}
    words = ["-X", "POST", "/command", "-H", "Content-Type: application/json"]
    status, said = service.curl(*words, "-d", '{"command": "Show me the cockpit view"}')
    answer = json.loads(said)
    assert (status, answer["success"], answer["agent"]) == (200, True, "operator")
    assert "LLMOS COCKPIT" in answer["response"]


def test_a_goal_moves_the_robot(service: Serving) -> None:
    """By 30 cm, as it was measured."""
    before = service.get("/state")["state"]["position"]["x"]
    status, answer = service.post("/command", {"command": "Move the arm 30cm to the right", "agent": "operator"})
    assert status == 200, answer
    assert service.get("/state")["state"]["position"]["x"] == pytest.approx(before + 0.3, abs=0.02)


def test_every_curl_line_of_the_page_works(service: Serving) -> None:
    """docs/service.md shows nothing that is not so; each line is run as it stands, in order."""
    found = lines_of("docs/service.md")
    assert len(found) >= 10
    for line in found:
        here = line.replace("http://localhost:8000", service.url)
        done = subprocess.run(
            ["bash", "-c", f"{here} -sS -m 60 -w '\\n%{{http_code}}'"], capture_output=True, text=True
        )
        status = done.stdout.rpartition("\n")[2]
        expected = re.search(r"# (\d{3})", line)
        assert status == (expected[1] if expected else "200"), f"{line}\n{done.stdout}{done.stderr}"


def test_a_stop_works_while_the_service_is_frozen(service: Serving) -> None:
    """Its process does nothing at all, and the stop is answered and holds."""
    with service.frozen():
        status, said = service.curl("-X", "POST", "/emergency")
    assert (status, json.loads(said)["emergency_stop"]) == (200, True)
    assert service.get("/state")["state"]["stop"]["by"] == "127.0.0.1"
    assert service.post("/reset")[1]["rearmed"] is True
    assert service.post("/reset")[1]["homed"] is True


def test_a_stop_works_while_a_tool_blocks_the_event_loop(place: Place) -> None:
    """Code that never gives way: everything else waits, the stop does not."""
    place.write("user/tools/hog.py", HOG)
    place.write("user/agents/hogger.md", HOGGER)
    with serving(place, "--model", tape(place, calls("hog"), says())) as service:
        begun, _ = service.post("/command?wait=false", {"command": "go", "agent": "hogger"})
        assert begun == 202
        while _answers(service):
            pass
        status, said = service.curl("-m", "2", "-X", "POST", "/emergency?reason=hogged")
        assert (status, json.loads(said)["reason"]) == (200, "hogged")
        assert not _answers(service)
        assert StopLatch(place.home / "robots" / "arm.json").stop is not None
        service.process.kill()


FAR = {"x": 1.5, "y": 1.0, "z": 1.5}


def test_a_command_that_failed_is_journaled_as_failed(place: Place) -> None:
    """The robot's process dies between two commands: the first one's end is not taken for the second one's."""
    with serving(place) as service:
        assert service.post("/move", {"x": 0.1, "y": 0.0, "z": 1.0})[0] == 200
        host = host_of(HostFiles(place.home, "arm"))
        assert host is not None
        os.kill(host, signal.SIGKILL)
        status, said = service.post("/move", FAR)
    assert (status, said["rule"]) == (503, "unreachable")
    [entries] = all_whole(place)
    returned, finished = entries[-2].event, entries[-1].event
    assert isinstance(returned, ToolReturned)
    assert isinstance(finished, RunFinished)
    assert (returned.ok, finished.outcome) == (False, "failed")
    assert finished.answer.startswith(f"The robot host of arm (process {host}) has ended")


def test_a_command_that_the_robot_never_heard_of_has_no_journal(place: Place) -> None:
    """Without a robot there is nothing to begin: no journal has an end and no beginning."""
    with serving(place) as service:
        host = host_of(HostFiles(place.home, "arm"))
        assert host is not None
        os.kill(host, signal.SIGKILL)
        assert service.post("/move", FAR)[0] == 503
    assert journals(place) == []


def test_a_command_that_was_interrupted_is_journaled_so(place: Place) -> None:
    """Here by the end of the service, as by whoever hangs up."""
    with serving(place) as service:
        assert service.post("/move?wait=false", FAR)[0] == 202
    [entries] = all_whole(place)
    finished = entries[-1].event
    assert isinstance(finished, RunFinished)
    assert (finished.outcome, finished.answer) == ("interrupted", "It was interrupted before its end.")


def _answers(service: Serving) -> bool:
    """Whether the service itself answers soon."""
    done = subprocess.run(["curl", "-s", "-m", "0.5", f"{service.url}/health"], capture_output=True)
    return done.returncode == 0


def test_a_killed_service_leaves_nothing_running(place: Place) -> None:
    """Its front goes with it, so that the port is free for the next one."""
    with serving(place) as service:
        service.process.send_signal(signal.SIGKILL)
        service.process.wait()
        while subprocess.run(["curl", "-s", f"{service.url}/health"], capture_output=True).returncode != 7:
            pass
        with socket.socket() as next_one:
            next_one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            next_one.bind(("127.0.0.1", service.port))
            assert next_one.getsockname()[1] == service.port


def test_killed_in_the_midst_of_a_motion_it_comes_up_stopped(place: Place) -> None:
    """The robot decelerates by itself, and a person has to look before anything moves again."""
    with serving(place) as service:
        assert service.post("/move?wait=false", {"x": -1.9, "y": 1.9, "z": 2.5})[0] == 202
        while service.get("/state")["state"]["speed_mps"] < 0.1:
            pass
        service.process.kill()
    with only_writer(place.home / "run" / "arm.lock"):
        pass  # the host has let go of it: it ends by itself, once the robot stands still
    with serving(place) as service:
        state = service.get("/state")["state"]
        assert state["emergency_stop"] is True
        assert "ended while it was moving" in state["stop"]["reason"]
        assert service.post("/move", {"x": 0.1, "y": 0.0, "z": 1.0})[1]["rule"] == "emergency-stop"
        assert service.post("/reset")[1]["rearmed"] is True
    why = "the program that drove it ended while it was moving"
    assert f"It is stopped: {why}. Look at it, then rearm it in the cockpit or by POST /reset." in service.said


def test_a_full_disk_breaks_neither_the_service_nor_the_stop(tmp_path: Path, place: Place) -> None:
    """What was begun for nobody fails alone; the stop holds, says that it is not on disk, and outlasts the fullness."""
    with tmpfs(tmp_path / "disk", "size=8m") as disk, serving(make_place(disk)) as service:
        assert service.post("/move", {"x": 0.05, "y": 0.0, "z": 1.0})[0] == 200
        filler = fill(disk)
        answers = [service.post("/move?wait=false", {"x": x, "y": 0.0, "z": 1.0}) for x in (0.1, 0.2, 0.3)]
        assert {status for status, _ in answers} <= {202, 409, 507}  # begun, not yet ended, or refused at once
        status, stopped = service.post("/emergency")
        assert (status, stopped["success"]) == (200, True)
        assert stopped["warning"].startswith("the stop is in force, but could not be put on disk")
        assert any(service.get("/state")["state"]["emergency_stop"] for _ in range(500))  # as soon as the host tells
        filler.unlink()
        status, refused = service.post("/move", {"x": 0.1, "y": 0.0, "z": 1.0})
        assert (status, refused["rule"]) == (409, "emergency-stop")
        assert service.post("/reset")[1]["rearmed"] is True
        assert service.post("/move", {"x": 0.1, "y": 0.0, "z": 1.0})[0] == 200


def test_without_its_robots_host_it_says_so_and_ends(place: Place) -> None:
    """What wants the robot is told what to do, a stop holds and is written down; whoever looks after it sees exit 1."""
    with serving(place) as service:
        host = host_of(HostFiles(place.home, "arm"))
        assert host is not None
        os.kill(host, signal.SIGKILL)
        status, answer = service.post("/move", {"x": 0.5, "y": 0.5, "z": 1.0})
        assert (status, answer["reason"]) == (503, f"The robot host of arm (process {host}) has ended")
        assert answer["suggestion"] == "start again what it was driven with."
        assert service.curl("-X", "POST", "/emergency?reason=smoke")[0] == 200
        assert service.process.wait(60) == 1
    assert service.said[-1] == (
        f"llmos: The service ends, because its robot is gone: The robot host of arm (process {host}) has ended; start "
        "again what it was driven with."
    )
    assert [line["detail"] for line in newest(place.home / "safety.jsonl", 1)] == [
        {"by": "127.0.0.1", "reason": "smoke"}
    ]


def test_without_its_robots_host_its_lines_stay_open_and_say_so(place: Place) -> None:
    """A button that is held is refused like any order, once for each time it is pressed; they end with the service."""
    with serving(place) as service:
        address = f"ws://127.0.0.1:{service.port}"
        host = host_of(HostFiles(place.home, "arm"))
        assert host is not None
        with connect(f"{address}/cockpit/jog") as hand, connect(f"{address}/cockpit/live") as page:
            hand.send('{"dx": 1}')
            while service.get("/state")["state"]["speed_mps"] < 0.1:
                hand.send('{"dx": 1}')
            os.kill(host, signal.SIGKILL)
            gone = {"reason": f"The robot host of arm (process {host}) has ended", "rule": "unreachable"}
            gone["suggestion"] = "start again what it was driven with."
            assert json.loads(hand.recv(30)) == {"success": False, **gone}
            for way in ('{"dy": 1}', '{"dx": 1}'):
                hand.send(way)
                hand.send(way)
                assert json.loads(hand.recv(30)) == {"success": False, **gone}
            with connect(f"{address}/ws") as listener:
                assert json.loads(listener.recv(30)) == {"type": "error", **gone}
            with pytest.raises(ConnectionClosedError) as closed:
                list(page)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == CloseCode.SERVICE_RESTART
        assert service.process.wait(60) == 1


def test_a_listener_that_never_reads_is_let_go_and_others_hear_on(place: Place) -> None:
    """What is old is not kept for it, and nobody waits for it."""
    place.write("kernel/service.md", "---\nslow_client_s: 0.3\n---\n")
    upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    upgrade += "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
    with serving(place) as service, socket.socket() as deaf, connect(f"ws://127.0.0.1:{service.port}/ws?hz=30") as good:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", service.port))
        deaf.sendall(f"GET /ws?hz=30 HTTP/1.1\r\nHost: localhost\r\n{upgrade}".encode())
        listening = "llmos_listeners 2.0"
        while listening not in service.curl("/metrics")[1]:
            good.recv()
        while listening in service.curl("/metrics")[1]:
            assert json.loads(good.recv())["type"] == "state_update"
        assert json.loads(good.recv())["type"] == "state_update"


def test_a_websocket_that_is_refused_is_no_error_of_the_service(place: Place) -> None:
    """By the endpoint or at the door: the client gets the answer, and the log stays as it is."""
    words = ["-H", "Upgrade: websocket", "-H", "Connection: Upgrade", "-H", "Sec-WebSocket-Version: 13"]
    words += ["-H", "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg=="]
    with serving(place) as service:
        began = len(service.said)
        assert service.curl(*words, "/ws?hz=0")[0] == 422
        assert service.curl(*words, "-H", "Origin: https://evil.example", "/ws")[0] == 403
    assert not [line for line in service.said[began:] if "ASGI" in line]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_in_order(place: Place, how: signal.Signals) -> None:
    """By Ctrl-C or SIGTERM, with open WebSockets too, and exit code 0."""
    with serving(place) as service:
        words = ["-m", "30", "--no-buffer", "-H", "Upgrade: websocket", "-H", "Connection: Upgrade"]
        words += ["-H", "Sec-WebSocket-Version: 13", "-H", "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg=="]
        listener = subprocess.Popen(["curl", "-s", *words, f"{service.url}/ws"], stdout=subprocess.PIPE)
        assert listener.stdout is not None
        assert listener.stdout.read(10)
        service.process.send_signal(how)
        assert service.process.wait(timeout=60) == 0
        listener.communicate()


def test_what_is_under_way_ends_with_the_service(place: Place) -> None:
    """A motion that somebody waits for decelerates, and the service still ends in order."""
    with serving(place) as service:
        body = ["-X", "POST", "-H", "Content-Type: application/json", "-d", '{"x": -1.9, "y": 1.9, "z": 2.5}']
        mover = subprocess.Popen(["curl", "-s", *body, f"{service.url}/move"], stdout=subprocess.PIPE)
        while service.get("/state")["state"]["speed_mps"] < 0.1:
            pass
        service.process.terminate()
        assert service.process.wait(timeout=60) == 0
        mover.communicate()
    [journal] = (place.home / "journals").rglob("*.jsonl")
    whole(journal)


@pytest.mark.parametrize("moving", [False, True])
def test_a_signal_to_its_whole_group_leaves_the_robot_at_rest_and_armed(place: Place, moving: bool) -> None:
    """As one to it alone: what moves comes to rest before its host goes, and no person needs to look at it."""
    with serving(place) as service:
        if moving:
            assert service.post("/move?wait=false", {"x": -1.9, "y": 1.9, "z": 2.5})[0] == 202
            while service.get("/state")["state"]["speed_mps"] < 0.1:
                pass
        os.killpg(service.process.pid, signal.SIGTERM)
        assert service.process.wait(timeout=60) == 0
    assert StopLatch(place.home / "robots" / "arm.json").stop is None
    motions = [line["detail"] for line in newest(place.home / "safety.jsonl", 10) if line["kind"] == "motion"]
    assert [(motion["halted"], motion["reached"]) for motion in motions] == [("cancelled", False)] * moving


def test_another_address_demands_a_token(place: Place) -> None:
    """It is printed once; without it nothing is told, and with a viewer's one may stop."""
    with serving(place, "--host", "0.0.0.0") as service:
        tokens = dict(re.findall(r"^  (viewer|operator|admin) +(\S+)$", "\n".join(service.said), re.MULTILINE))
        assert set(tokens) == {"viewer", "operator", "admin"}
        assert service.curl("/state")[0] == 401
        assert service.curl("-X", "POST", "/emergency")[0] == 401
        assert service.get("/health", "-H", f"Authorization: Bearer {tokens['viewer']}")["status"] == "healthy"
        assert service.curl("-X", "POST", "-H", f"Authorization: Bearer {tokens['viewer']}", "/emergency")[0] == 200
        assert service.post("/reset", {}, "-H", f"Authorization: Bearer {tokens['operator']}")[1]["rearmed"] is True


def test_every_refusal_arrives(place: Place) -> None:
    """Also those that are given before the body was read, however long it is."""
    place.write("kernel/service.md", "---\ncommands_per_s: 1\n---\n")
    long = place.root / "long.json"
    long.write_bytes(b" " * 2_000_000)
    with serving(place) as service:
        answers = [service.post("/move", {"x": 9, "y": 0, "z": 1, "theta": 0})[0] for _ in range(40)]
        assert set(answers) == {409, 429}
        for _ in range(10):
            given = ["-X", "POST", "-H", "Content-Type: application/json", "--data-binary", f"@{long}", "/view"]
            assert service.curl(*given)[0] == 413


def test_tls_serves_the_same(place: Place) -> None:
    """With a certificate: TLS 1.2 or newer, strict transport security, secure cookies."""
    cert, key = certificate(place.root)
    with serving(place, "--certfile", str(cert), "--keyfile", str(key)) as service:
        assert service.url.startswith("https://127.0.0.1:")
        there = ["--cacert", str(cert), "--resolve", f"localhost:{service.port}:127.0.0.1"]
        address = f"https://localhost:{service.port}"
        status, said = service.curl(*there, "-i", f"{address}/health")
        assert (status, "strict-transport-security" in said) == (200, True)
        assert service.curl(*there, "-X", "POST", f"{address}/emergency")[0] == 200
        old = subprocess.run(["curl", "-s", *there, "--tls-max", "1.1", f"{address}/health"], capture_output=True)
        assert old.returncode != 0


def test_openapi_fuzzing_finds_no_server_error(service: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    """Schemathesis over the OpenAPI document: whatever it makes up, there is no 5xx."""
    schemathesis = pytest.importorskip("schemathesis")
    monkeypatch.chdir(service.place.root)
    schema: Any = schemathesis.openapi.from_url(f"{service.url}/openapi.json")
    asked = 0

    for operation in schema.get_all_operations():
        endpoint = operation.ok()
        most = 8 if endpoint.path == "/command" else 40  # each goal is a run of a model

        @given(case=endpoint.as_strategy())
        @settings(max_examples=most, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        def holds(case: Any) -> None:
            nonlocal asked
            answer = case.call()
            asked += 1
            assert answer.status_code < 500, answer.text

        holds()
    assert asked > 100
    service.post("/reset")


@pytest.mark.parametrize(
    ("command", "agent"),
    [("", "operator"), ("go", ""), ("\x00", "operator"), ("go", "../../x"), ("go", "nobody"), ("🤖" * 500, "operator")],
)
def test_odd_goals_find_no_server_error(service: Serving, command: str, agent: str) -> None:
    """Goals and agents that nobody would write."""
    status, said = service.post("/command", {"command": command, "agent": agent})
    assert status in (200, 402, 409, 422), said
    assert said["success"] is (status == 200)
