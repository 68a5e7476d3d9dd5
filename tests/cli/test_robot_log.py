"""`llmos robot log`: what stands in the safety log, and whether anybody changed it."""

import json

from tests.support.command_line import CommandLine
from tests.support.pages import ROOT
from tests.support.tapes import calls, says


def test_log_without_lines_is_an_empty_one(llmos: CommandLine) -> None:
    """Before the first order there is nothing, and nothing wrong."""
    assert llmos("robot", "log", "--json").json["lines"] == 0
    assert llmos("robot", "log").out.endswith(f"safety.jsonl: 0 lines; the chain holds. Last hash {'0' * 64}.\n")


def test_orders_stops_and_rearms_are_shown(llmos: CommandLine) -> None:
    """Of agents and of people, in their order."""
    tape = llmos.tape(calls("move_to", x=5, y=0, z=1), calls("go_home"), says())
    llmos("agent", "run", "operator", "go home", "--model", tape)
    llmos("robot", "stop", "arm", "--reason", "smoke")
    llmos("robot", "rearm", "arm", "--yes")
    shown = llmos("robot", "log")
    assert shown.code == 0
    assert "verdict  number 1, verb move_to" in shown.out
    assert "rule workspace, reason X position 5.00m outside workspace [-2, 2]" in shown.out
    assert "stop  by a person at the command line, reason smoke" in shown.out
    assert "the chain holds" in shown.out
    kinds = [line["kind"] for line in llmos("robot", "log", "--last", "3", "--json").json["newest"]]
    assert kinds == ["motion", "stop", "rearm"]


def test_log_that_was_changed_is_told_with_exit_code_1(llmos: CommandLine) -> None:
    """Somebody made a refusal out of a motion; the line is named."""
    for _ in range(3):
        llmos("robot", "stop", "arm")
    path = llmos.place.home / "safety.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(lines[0].replace("arm", "leg") + "".join(lines[1:]))
    said = llmos("robot", "log")
    assert said.code == 1
    fault = "line 2 does not follow the one before it: lines were changed, removed or inserted"
    assert fault in said.out
    assert json.loads(llmos("robot", "log", "--json").out)["fault"] == fault


def test_looser_limits_wait_for_a_rearm_that_names_the_profile(llmos: CommandLine) -> None:
    """The state says which keys wait and for which hash; naming it lets them count, in the next process too."""
    arm = (ROOT / "volumes" / "system" / "robots" / "arm.md").read_text()
    home = ("agent", "run", "operator", "go home", "--model")
    llmos(*home, llmos.tape(calls("go_home"), says()))
    llmos.place.write("user/robots/arm.md", arm.replace("max_tcp_speed_mps: 0.5", "max_tcp_speed_mps: 0.6"))
    state = llmos("robot", "state", "--json").json
    assert state["looser_keys_waiting"] == ["max_tcp_speed_mps"]
    rearmed = llmos("robot", "rearm", "arm", "--profile", state["waiting_profile"], "--yes")
    assert rearmed.code == 0
    assert "waiting_profile" not in llmos("robot", "state", "--json").json
