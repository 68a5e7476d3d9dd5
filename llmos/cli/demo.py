"""`llmos demo`: the five demonstrations of a robot that is driven in plain English, and a menu of them."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import fill, wrap
from typing import TYPE_CHECKING, Final

import click

from llmos.cli.options import run_async
from llmos.cli.system import library
from llmos.errors import LLMosError

if TYPE_CHECKING:
    from llmos.cli.stage import Setting

TITLES: Final = (
    ("Basic robot operation", "plain English becomes motion, seen on instruments and from above"),
    ("The safety gate", "three dangerous commands, refused before anything moves, with reasons"),
    ("Operator and safety officer", "one looks, one acts, one reviews; a veto keeps work from beginning"),
    ("What repeating costs", "the same job three times, tokens and seconds as measured"),
    ("Your turn", "type what the robot shall do"),
)
"""The demonstrations in their order: name, and what is seen."""


@click.command("demo")
@click.argument("number", required=False, type=click.IntRange(1, len(TITLES)))
@click.option("--model", metavar="M", default="pocket", show_default=True, help="Whose model drives; see `model list`.")
@click.option("--robot", metavar="R", default="arm", show_default=True, help="The robot profile to drive.")
@click.option("--realtime", is_flag=True, help="Move the simulated robot at the speed of a real one.")
def demo(number: int | None, model: str, robot: str, *, realtime: bool) -> int:
    """Show one of five demonstrations; without NUMBER, a menu."""
    from llmos.cli.stage import Setting

    _require_arm(robot)
    setting = Setting(model, robot, realtime=realtime)
    if number is not None:
        return _show(number, setting)
    _menu()
    if not sys.stdin.isatty():
        return 0
    return _choose(setting)


def _require_arm(name: str) -> None:
    """Raise LLMosError for a robot that cannot show what the demonstrations show."""
    from llmos.documents.robot_profile import read_robot_profile

    with library() as opened:
        profile = read_robot_profile(opened.registry.robot(name))
    if profile.kind != "arm":
        raise LLMosError(
            f"The demonstrations are for an arm, and '{name}' is a {profile.kind}; try "
            f"`llmos robot move 0.5 -0.8 --robot {name} --scene arena`."
        )


def _require_ready(setting: "Setting") -> None:
    """Raise what would keep the operator from driving with this model, before anything is shown of it."""
    from llmos.boot.options import Options
    from llmos.boot.system import LLMOS
    from llmos.cli.stage import require_no_stop
    from llmos.cli.system import make_home

    async def look(nowhere: Path) -> None:
        async with LLMOS(options=Options(model=setting.model, robot=setting.robot, workspace=nowhere)) as system:
            system.require("operator")
            require_no_stop(system, setting.robot)

    make_home()
    with TemporaryDirectory() as nowhere:  # it may be asked from a folder in which no agent may be let loose
        run_async(lambda: look(Path(nowhere)))


def _menu() -> None:
    """The five titles."""
    from llmos.cli.stage import line_width

    click.secho("LLMos demonstrations", bold=True)
    for number, (title, seen) in enumerate(TITLES, start=1):
        click.echo(f"  {click.style(str(number), fg='cyan', bold=True)}  {click.style(title, bold=True)}")
        for line in wrap(seen, line_width() - 5):
            click.secho(f"     {line}", dim=True)
    click.echo("\n" + fill("llmos demo NUMBER shows one; --model M has another model drive.", line_width()))


def _choose(setting: "Setting") -> int:
    """Ask for numbers until the person has had enough; the worst exit code."""
    worst = 0
    while (answer := click.prompt("\nWhich one (1-5, Enter leaves)", default="", show_default=False).strip()) != "":
        if answer.casefold() in ("q", "quit", "exit"):
            break
        if answer in map(str, range(1, len(TITLES) + 1)):
            worst = max(worst, _show(int(answer), setting))
        else:
            click.echo(f"There are 1 to {len(TITLES)}.", err=True)
    return worst


def _show(number: int, setting: "Setting") -> int:
    """One demonstration; 0 when everything in it went as it says."""
    from llmos.cli import shows
    from llmos.cli.stage import Stage

    _require_ready(setting)
    title, seen = TITLES[number - 1]
    if number == len(TITLES):
        return shows.your_turn(setting, title)
    stage = Stage(setting)
    stage.title(number, title, seen)
    acts = (shows.basics, shows.gate, shows.officer, shows.repeating)
    run_async(lambda: acts[number - 1](stage))
    return stage.curtain()
