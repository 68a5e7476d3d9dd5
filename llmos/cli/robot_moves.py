"""`llmos robot move` and `home`: a person's command through the gate, journaled like any other.

Knows no limit; what the gate refuses is told with its reason and what would be allowed.
"""

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

import click

from llmos.cli.options import as_json, print_json, robot, run_async, scene
from llmos.cli.render import printable
from llmos.cli.robot_home import PERSON, tell_of
from llmos.cli.system import make_home, notice
from llmos.errors import RefusedError, counted

if TYPE_CHECKING:
    from llmos.boot.body import Body
    from llmos.boot.system import LLMOS
    from llmos.messages import JSON
    from llmos.robots.controls import Ruling
    from llmos.robots.verdict import Result

_LEAST_M, _LEAST_DEG = 0.005, 0.5  # what two decimals and whole degrees would show as nothing
_realtime = click.option("--realtime", is_flag=True, help="Move the simulated robot at the speed of a real one.")


@click.command("move", context_settings={"ignore_unknown_options": True})  # so that a number may be negative
@click.argument("x", type=float)
@click.argument("y", type=float)
@click.argument("z", type=float, required=False)
@click.option("--theta", type=float, metavar="DEG", help="Heading to turn to, 0 to 360 degrees; else it stays.")
@robot
@scene
@_realtime
@as_json
def move(
    x: float,
    y: float,
    z: float | None,
    theta: float | None,
    robot: str | None,
    scene: str | None,
    realtime: bool,  # noqa: FBT001 - click's flag
    as_json: bool,  # noqa: FBT001 - click's flag
) -> int:
    """Move the robot to X Y Z, in metres; one that drives on the floor has no Z."""
    given = {"x": x, "y": y, "z": z, "theta_deg": theta}
    args = {name: value for name, value in given.items() if value is not None}
    return _drive("move_to", args, robot, scene, realtime=realtime, as_json=as_json)


@click.command("home")
@robot
@scene
@_realtime
@as_json
def home(robot: str | None, scene: str | None, realtime: bool, as_json: bool) -> int:  # noqa: FBT001 - click's flags
    """Move the robot to the home of its profile."""
    return _drive("go_home", {}, robot, scene, realtime=realtime, as_json=as_json)


def _drive(
    verb: str, args: "Mapping[str, JSON]", robot: str | None, scene: str | None, *, realtime: bool, as_json: bool
) -> int:
    """The exit code: 0 there, 1 not there, 3 refused or halted by a rule, 130 interrupted."""
    from anyio import CancelScope

    from llmos.boot.options import Options
    from llmos.boot.system import LLMOS
    from llmos.cli.interruption import interruptible
    from llmos.runtime.outcome import EXIT_CODES

    make_home()

    async def work() -> "Result | None":
        scope = CancelScope()
        with interruptible(scope, lambda _: notice("Coming to rest.")), scope:
            async with LLMOS(options=Options(robot=robot, scene=scene, realtime=realtime)) as system:
                body = system.robot()
                tell_of(body)
                return await _perform(system, body, verb, args)
        return None

    result = run_async(work)
    if result is None:
        return EXIT_CODES["interrupted"]
    refusal = result.refusal
    if as_json:
        print_json(_answer(result))
        return 3 if refusal else int(not result.ok)
    from llmos.robots.evidence.report import result_sentence, with_way

    if refusal:
        raise RefusedError(with_way(str(refusal), result))
    click.echo(printable(result_sentence(result)))
    return int(not result.ok)


async def _perform(system: "LLMOS", body: "Body", verb: str, args: "Mapping[str, JSON]") -> "Result":
    """Say how long it will take, and then do it."""
    from llmos.robots import homing
    from llmos.robots.controls import Principal
    from llmos.server.direct import DirectRun

    pilot = body.pilot(Principal("person", PERSON.removeprefix("a person ")))
    direct = DirectRun(system, body, f"{verb} at the command line")
    ruling = await pilot.preview(verb, args)
    if ruling.verdict.allowed and ruling.path:
        notice(_announced(ruling))
    elif verb == "go_home" and (way := await homing.foresee(pilot)) is not None:
        several = f"in about {way.moves} moves, {way.duration_s:.0f} s of the robot's time"
        notice(f"Moving {way.length_m:.2f} m {several}; Ctrl-C stops it.")
    try:
        return await direct.perform(verb, args, lambda: homing.perform(pilot, verb, args), PERSON)
    finally:
        await direct.close()


def _announced(ruling: "Ruling") -> str:
    """How far the way is and how long it takes; a robot that is there already is not told to move."""
    legs = list(pairwise(ruling.path))
    way_m = sum(math.dist(a.point, b.point) for a, b in legs)
    turn_deg = math.degrees(sum(abs(b.theta_rad - a.theta_rad) for a, b in legs))
    corners = len(ruling.path) - 2
    if way_m >= _LEAST_M:
        around = f" around {counted(corners, 'corner')}" if corners else ""
        doing = f"Moving {way_m:.2f} m{around}"
    elif turn_deg >= _LEAST_DEG:
        doing = f"Turning {turn_deg:.0f}°"
    else:
        return "It is there already."
    return f"{doing}, {ruling.duration_s:.1f} s of the robot's time; Ctrl-C stops it."


def _answer(result: "Result") -> "dict[str, JSON]":
    """As the service answers `POST /move`: what became of it, and where the tool is by measurement."""
    from llmos.robots.evidence.record import measured_json

    refusal = result.refusal
    return {
        "success": result.ok,
        "command": {**result.verdict.args, "verb": result.verdict.verb},
        "rule": refusal.rule if refusal else None,
        "reason": refusal.reason if refusal else None,
        "suggestion": refusal.suggestion if refusal else None,
        "duration_s": round(result.duration_s, 3),
        "measured": measured_json(result.measured),
    }
