"""`POST /command`: the answer is what was decided about the run, with a status that hides nothing."""

from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread

import pytest

from llmos.traces.events import Event as Happening
from llmos.traces.events import RunStarted
from tests.support.journals import started
from tests.support.runs import journals, whole
from tests.support.service import served
from tests.support.tapes import calls, says


def test_a_goal_that_was_reached(tmp_path: Path) -> None:
    """The document's fields, and the run's."""
    with served(tmp_path, calls("move_to", x=0.3, y=0.0, z=1.0), says("I moved.")) as service:
        answer = service.post("/command", {"command": "Move the arm 30cm to the right", "agent": "operator"})
        assert answer.status_code == 200
        said = answer.json()
        assert said.keys() >= {"success", "command", "agent", "response", "timestamp"}
        assert (said["success"], said["command"]) == (True, "Move the arm 30cm to the right")
        assert (said["mode"], said["mode_reason"]) == ("LEARNER", "the model plans each step")
        assert (said["agent"], said["response"], said["outcome"]) == ("operator", "I moved.", "done")
        assert service.get("/state").json()["state"]["position"]["x"] == pytest.approx(0.3, abs=0.02)
        assert service.get("/state").json()["recent_actions"][-1]["run"] == said["run_id"]


def test_the_operator_is_who_is_asked_when_nobody_is_named(tmp_path: Path) -> None:
    """The document's own curl line names no agent."""
    with served(tmp_path, calls("get_camera_feed", view="cockpit"), says("There.")) as service:
        answer = service.post("/command", {"command": "Show me the cockpit view"})
    assert (answer.status_code, answer.json()["agent"]) == (200, "operator")


def test_a_rovers_driver_is_who_is_asked_when_nobody_is_named(tmp_path: Path) -> None:
    """An operator of arms would know no verb of it."""
    with served(tmp_path, calls("move_to", x=0.2, y=0.0), says("There."), robot="rover") as service:
        answer = service.post("/command", {"command": "Drive to (0.2, 0)"})
    assert (answer.status_code, answer.json()["agent"], answer.json()["outcome"]) == (200, "driver", "done")


def test_an_arm_that_nobody_named_is_no_drivers(tmp_path: Path) -> None:
    """Its words mean other ways to an arm, so nothing moves."""
    with served(tmp_path, calls("move_relative", dx=0.1), says("There.")) as service:
        answer = service.post("/command", {"command": "Drive 1 m forward", "agent": "driver"})
        assert service.get("/state").json()["recent_actions"] == []
    assert answer.status_code == 422
    assert answer.json()["reason"] == "The agent driver drives a rover, and the robot of this session is arm"
    assert answer.json()["suggestion"] == "begin one with --robot rover."


def test_an_arm_that_was_named_is_in_any_hands(tmp_path: Path) -> None:
    """Who named the robot of the service, and then the agent, wanted both."""
    with served(tmp_path, calls("move_relative", dx=0.1), says("There."), robot="arm") as service:
        answer = service.post("/command", {"command": "Drive 1 m forward", "agent": "driver"})
    assert (answer.status_code, answer.json()["agent"]) == (200, "driver")


def test_a_refused_goal_says_which_rule(tmp_path: Path) -> None:
    """409 with the gate's own words, although the model claims that all went well."""
    with served(tmp_path, calls("move_to", x=5.0, y=0.0, z=1.0), says("Done, I am at 5 metres!")) as service:
        answer = service.post("/command", {"command": "Go to (5, 0, 1)"})
    assert answer.status_code == 409
    said = answer.json()
    assert (said["success"], said["outcome"], said["rule"]) == (False, "refused", "workspace")
    assert said["reason"] == "X position 5.00m outside workspace [-2, 2]"
    assert said["response"] == "Done, I am at 5 metres!"


def test_a_goal_that_was_not_reached_is_no_success(tmp_path: Path) -> None:
    """Gripping nothing is a failure, whatever the model says."""
    with served(tmp_path, calls("toggle_tool", activate=True), says("I have it.")) as service:
        answer = service.post("/command", {"command": "Pick up the cube"})
    assert (answer.status_code, answer.json()["rule"]) == (409, "goal-not-reached")
    assert answer.json()["reason"].startswith("The gripper closed on nothing.")


def test_an_agent_that_is_not_there_is_named(tmp_path: Path) -> None:
    """422, with the nearest that is."""
    with served(tmp_path, says()) as service:
        answer = service.post("/command", {"command": "go", "agent": "oprator"})
    assert answer.status_code == 422
    assert "operator" in answer.json()["reason"] + answer.json()["suggestion"]


def test_a_goal_that_is_too_long_is_refused(tmp_path: Path) -> None:
    """The kernel says how long one may be."""
    with served(tmp_path, says()) as service:
        answer = service.post("/command", {"command": "x" * 200_000})
    assert (answer.status_code, answer.json()["success"]) == (422, False)


def test_a_run_that_need_not_be_waited_for(tmp_path: Path) -> None:
    """202 with the run's id, under which its journal stands."""
    with served(tmp_path, calls("go_home"), says("Home.")) as service:
        answer = service.post("/command?wait=false", {"command": "Go home"})
        assert answer.status_code == 202
        while service.service.arbiter.holder:
            service.get("/health")
        assert whole(next(path for path in journals(service.place) if path.stem == answer.json()["run_id"]))


def test_a_wrong_agent_is_told_without_waiting_too(tmp_path: Path) -> None:
    """What cannot begin is no 202."""
    with served(tmp_path, says()) as service:
        assert service.post("/command?wait=false", {"command": "go", "agent": "nobody"}).status_code == 422
        assert service.service.arbiter.holder == ""


def test_one_has_the_robot_while_an_agent_works(tmp_path: Path) -> None:
    """A second command and a direct move are refused, looking and stopping are not, and an interrupt ends the run."""
    with served(tmp_path, calls("move_to", x=1.9, y=1.9, z=1.0), says("Moved."), realtime=True) as service:
        ended, answers = Event(), []

        def command() -> None:
            answers.append(service.post("/command", {"command": "Go far away"}))
            ended.set()

        worker = Thread(target=command)
        worker.start()
        while not (holder := service.get("/state").json()["state"]["busy"]):
            pass
        assert holder == "agent operator (Go far away)"
        second = service.post("/command", {"command": "Go home"})
        assert (second.status_code, second.json()["rule"]) == (409, "one-operator")
        assert service.post("/move", {"x": 0.0, "y": 0.0, "z": 1.0}).json()["rule"] == "one-operator"
        assert service.get("/state").status_code == 200
        while not service.get("/state").json()["state"]["moving"]:
            pass
        assert service.post("/interrupt").json()["message"] == "The run ends; the robot decelerates"
        worker.join()
    assert (answers[0].status_code, answers[0].json()["outcome"]) == (409, "interrupted")


@pytest.mark.parametrize(
    ("path", "body"),
    [("/command?wait=false", {"command": "Go away"}), ("/cockpit/say", {"agent": "operator", "text": "Go away"})],
)
def test_whoever_began_a_run_it_can_be_ended(tmp_path: Path, path: str, body: dict[str, str]) -> None:
    """One has the robot, so there is one run to end, by a command or by the cockpit; here as soon as it has begun."""
    often = {"requests_per_s": 100_000, "commands_per_s": 100_000}
    with served(tmp_path, calls("move_to", x=1.9, y=1.9, z=1.0), says("Moved."), rules=often) as service:
        running, ended = service.service.running, []

        def end(event: Happening, _: str) -> None:
            if isinstance(event, RunStarted):
                ended.append(running.goes_on(event.run_id) and running.interrupt())

        service.service.system.bus.subscribe(end)
        assert service.post(path, body).status_code == 202
        while service.service.arbiter.holder:
            service.get("/health")
        assert ended == [True]
        [run] = service.get("/cockpit/runs").json()["runs"]
        assert (run["outcome"], running.goes_on(run["run_id"]), running.interrupt()) == ("interrupted", False, False)


@pytest.mark.parametrize("path", ["/interrupt", "/cockpit/runs/r/interrupt"])
def test_both_addresses_end_the_run_that_has_the_robot(tmp_path: Path, path: str) -> None:
    """Whatever began it; the id of another run ends nothing."""
    with served(tmp_path) as service, ExitStack() as stack:
        claim = service.service.running.claim("agent operator", "a walk")
        scope = service.client.portal.call(stack.enter_context, claim)
        service.service.system.bus.publish(started("r", "Walk"))
        assert service.post("/cockpit/runs/q/interrupt").status_code == 422
        assert not scope.cancel_called
        assert service.post(path).status_code == 200
        assert scope.cancel_called


def test_interrupting_nothing_is_no_mistake(tmp_path: Path) -> None:
    """It says that there was nothing."""
    with served(tmp_path) as service:
        assert service.post("/interrupt").json()["message"] == "No run is under way"
