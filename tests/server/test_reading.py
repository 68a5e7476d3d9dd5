"""What can be asked of the service without moving anything, in the words of the RoboOS document."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.service import Served, served


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Served]:
    """A service at rest."""
    with served(tmp_path) as found:
        yield found


def test_the_root_lists_what_there_is(service: Served) -> None:
    """Whoever finds the address learns where to go on, and every address that is listed is there."""
    about = service.get("/").json()
    assert about["service"] == "LLMos"
    listed = {entry.split()[1] for entry in about["endpoints"]} - {"/cockpit", "/ws"}
    assert listed - {"/openapi.json"} <= set(service.get("/openapi.json").json()["paths"])


def test_health_has_the_fields_of_the_document(service: Served) -> None:
    """Status, time, stop and readiness."""
    health = service.get("/health").json()
    assert health.keys() == {"status", "timestamp", "emergency_stop", "llmos_ready"}
    assert (health["status"], health["emergency_stop"], health["llmos_ready"]) == ("healthy", False, True)


def test_state_has_the_fields_of_the_document(service: Served) -> None:
    """Position, tool, stop and time; the limits; the last actions."""
    found = service.get("/state").json()
    assert found.keys() == {"state", "safety_limits", "recent_actions"}
    assert found["state"]["position"] == pytest.approx(
        {"x": 0.0, "y": 0.0, "z": 1.0, "theta": found["state"]["position"]["theta"]}, abs=0.02
    )
    assert (found["state"]["tool_active"], found["state"]["emergency_stop"]) == (False, False)
    limits = found["safety_limits"]
    assert limits["workspace"] == {"x": [-2.0, 2.0], "y": [-2.0, 2.0], "z": [0.0, 3.0]}
    assert limits["max_speed"] == 0.5
    assert isinstance(limits["prohibited_zones"], list)
    assert found["recent_actions"] == []


def test_what_is_measured_stands_beside_what_was_commanded(service: Served) -> None:
    """Two places, two names: a setpoint is no evidence."""
    state = service.get("/state").json()["state"]
    assert state["commanded"].keys() == {"x", "y", "z", "theta", "tool_active"}
    assert "commanded" not in state["position"]


def test_safety_tells_of_refusals(service: Served) -> None:
    """Each refused command with its target and its reason, as the document has it, and how many there were."""
    service.post("/move", {"x": 5.0, "y": 0.0, "z": 1.0})
    safety = service.get("/safety").json()
    assert safety.keys() >= {"current_position_safe", "reason", "emergency_stop", "violations", "sentience_safety"}
    assert safety["zone_distances_m"]["operator station"] > 0.5
    assert (safety["current_position_safe"], safety["reason"]) == (True, None)
    assert safety["violations"]["total_violations"] == 1
    [violation] = safety["violations"]["violations"]
    assert violation["tool"] == "move_to"
    assert violation["target"] == {"x": 5.0, "y": 0.0, "z": 1.0}
    assert violation["reason"] == "X position 5.00m outside workspace [-2, 2]"
    assert violation["rule"] == "workspace"


def test_sentience_says_so_when_there_is_none(service: Served) -> None:
    """The fields are there in any case."""
    told = service.get("/sentience").json()
    fields = {"enabled", "valence", "latent_mode", "mode_description", "policy", "robotics_profile", "timestamp"}
    assert told.keys() >= fields


@pytest.mark.parametrize(
    ("view", "title"), [("cockpit", "LLMOS COCKPIT"), ("operator", "OPERATOR VIEW"), ("camera", "Camera of the")]
)
def test_views_are_text(service: Served, view: str, title: str) -> None:
    """The ASCII views of the document come as text, not wrapped in JSON."""
    answer = service.post("/view", {"view_type": view})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert title in answer.text


def test_looking_works_while_stopped(service: Served) -> None:
    """The stop keeps nobody from seeing what happened."""
    assert service.post("/emergency").status_code == 200
    for path in ("/", "/health", "/state", "/safety", "/sentience", "/metrics", "/openapi.json"):
        assert service.get(path).status_code == 200, path
    assert service.post("/view", {"view_type": "operator"}).status_code == 200
    assert service.get("/health").json()["emergency_stop"] is True


def test_metrics_count_what_happened(service: Served) -> None:
    """Requests, verdicts by rule, motions, and whether the robot is stopped."""
    service.post("/move", {"x": 0.1, "y": 0.0, "z": 1.0})
    service.post("/move", {"x": 5.0, "y": 0.0, "z": 1.0})
    service.post("/emergency")
    page = service.get("/metrics")
    assert page.headers["content-type"].startswith("text/plain; version=0.0.4")
    for line in (
        'llmos_requests_total{method="POST",path="/move",status="409"} 1.0',
        'llmos_verdicts_total{rule="workspace",verb="move_to"} 1.0',
        'llmos_motions_total{reached="true",verb="move_to"} 1.0',
        "llmos_emergency_stop 1.0",
    ):
        assert line in page.text.splitlines()


def test_what_is_not_there_is_a_sentence(service: Served) -> None:
    """A wrong address and a wrong method are refusals like any other."""
    assert service.get("/nothing").json() == {
        "success": False,
        "reason": "There is nothing at this address",
        "rule": "not-found",
        "suggestion": "GET / lists what there is",
    }
    answer = service.get("/emergency")
    assert (answer.status_code, answer.json()["reason"]) == (405, "This address does not take this method")
    assert answer.headers["allow"] == "POST"


def test_no_page_loads_scripts_from_elsewhere(service: Served) -> None:
    """The pages of FastAPI that would are not there."""
    assert service.get("/docs").status_code == service.get("/redoc").status_code == 404
