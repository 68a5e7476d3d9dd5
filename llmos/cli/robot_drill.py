"""`llmos robot drill`: practises the emergency stop and writes down what was found, with its date.

Knows no gate. After each stop it is the person who rearms.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from llmos.cli.asking import confirm
from llmos.cli.options import as_json, print_json, robot, run_async, scene, yes
from llmos.cli.robot_home import PERSON, tell_of
from llmos.cli.system import environment, make_home, notice
from llmos.errors import LLMosError

if TYPE_CHECKING:
    from llmos.robots.drill import Report


@click.command("drill")
@robot
@scene
@click.option("--realtime", is_flag=True, help="Let the simulated robot move at the speed of a real one.")
@yes
@as_json
def drill(robot: str | None, scene: str | None, realtime: bool, yes: bool, as_json: bool) -> int:  # noqa: FBT001
    """Practise the emergency stop: move, stop by every way there is, measure, try to move, rearm.

    The report is kept in the home below robots/drills/. Exit 1 when a stop was not as it must be.
    """
    make_home()
    report, path = run_async(lambda: _practise(robot, scene, realtime=realtime, yes=yes))
    if as_json:
        from msgspec import to_builtins

        print_json({**to_builtins(report), "passed": report.passed, "file": str(path)})
    else:
        click.echo(path.read_text("utf-8"), nl=False)
    return 0 if report.passed else 1


async def _practise(robot: str | None, scene: str | None, *, realtime: bool, yes: bool) -> "tuple[Report, Path]":
    from llmos.boot.options import Options
    from llmos.boot.practice import keep_report, make_drill
    from llmos.boot.system import LLMOS
    from llmos.robots.host.stopping import latch_of

    async with LLMOS(options=Options(robot=robot, scene=scene, realtime=realtime)) as system:
        body = system.robot()
        tell_of(body)
        if not confirm(f"Move {body.name} about, and stop it several times?", yes=yes):
            raise LLMosError("The drill was not begun.")

        async def rearm() -> None:
            latch = latch_of(body.profile.name, environment().home)
            mark = latch.mark
            if confirm(f"Rearm {body.profile.name}, which the drill has stopped?", yes=yes):
                latch.check(mark)  # what came while a person thought it over is no drill
                await body.rearm(PERSON)

        report = await make_drill(body, environment().home, PERSON, rearm).run(notice)
        return report, keep_report(report, body.name, environment().home, system.clock.now())
