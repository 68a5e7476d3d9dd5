"""`llmos robot`: looks at robots, stops them, and lets a person permit motion again.

No robot host runs yet: what is shown is the simulator at the profile's initial state, and what lasts is the stop.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from llmos.cli.asking import confirm
from llmos.cli.completion import names
from llmos.cli.groups import Group
from llmos.cli.options import as_json, print_json, robot, run_async, scene, yes
from llmos.cli.render import printable
from llmos.cli.system import environment, library, make_home, notice
from llmos.cli.table import show_rows
from llmos.errors import LLMosError, nearest

if TYPE_CHECKING:
    from llmos.boot.body import Body
    from llmos.robots.camera import View
    from llmos.robots.latch import Stop

_PERSON = "a person at the command line"


@click.group("robot", cls=Group)
def robots() -> None:
    """Look at robots, stop them, let them move again."""


@robots.command("list")
@as_json
def list_robots(as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """List the robot profiles, and which of the robots are stopped."""
    from llmos.robots.stopping import latch_of

    with library() as opened:
        entries = opened.registry.robots()
        stops = {entry.name: latch_of(entry.name, opened.home).stop for entry in entries}
    columns = ("name", "volume", "stopped", "description")
    rows = [(each.name, each.volume.name, stops[each.name] is not None, each.description) for each in entries]
    show_rows("robots", columns, rows, as_json=as_json, nothing="There is no robot profile in any volume.")


@robots.command("state")
@robot
@scene
@as_json
def state(robot: str | None, scene: str | None, as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """Show the measured state: metres, degrees, objects and places."""
    with _body(robot, scene) as body:
        measured = {"robot": body.name, "scene": body.scene.name, **body.state()}
    if as_json:
        print_json(measured)
        return
    for key, value in measured.items():
        shown = ", ".join(f"{name} {place}" for name, place in value.items()) if isinstance(value, dict) else value
        click.echo(f"{key.replace('_', ' '):<10} {shown if shown != '' else 'none'}")


@robots.command("view")
@click.argument("which", type=click.Choice(["cockpit", "operator", "camera"]), default="cockpit")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the camera's picture there (PNG).")
@click.option(
    "--angle", type=click.Choice(["overview", "above", "gripper"]), default="overview", help="Where that is taken from."
)
@robot
@scene
def view(
    which: Literal["cockpit", "operator", "camera"],
    out: Path | None,
    angle: "View",
    robot: str | None,
    scene: str | None,
) -> None:
    """Show instruments (cockpit), a map from above (operator) or what the camera sees."""
    if out is not None and which != "camera":
        raise LLMosError(f"Only the camera takes pictures; try `llmos robot view camera --out {out}`.")
    with _body(robot, scene) as body:
        click.echo(printable(run_async(lambda: body.view(which))))
        if out is not None:
            _write(out, run_async(lambda: body.picture(angle)))
            notice(f"The picture is in {out}.")


def _write(out: Path, picture: bytes) -> None:
    try:
        out.write_bytes(picture)
    except OSError as error:
        raise LLMosError(f"The picture cannot be written to {out}: {error.strerror}.") from error


@contextmanager
def _body(robot: str | None, scene: str | None) -> "Iterator[Body]":
    """The simulated robot, at rest again afterwards."""
    from llmos.boot.body import open_body
    from llmos.boot.preferences import with_preferences

    here = with_preferences(environment())
    with library() as opened:
        body = open_body(opened.registry, here.home, robot or here.robot or "", scene or "")
    notice(f"{body.name}, at its initial state: simulated worlds end with their run.")
    try:
        yield body
    finally:
        body.close()


@robots.command("stop")
@click.argument("name", required=False, shell_complete=names("robots"))
@click.option("--reason", default="stopped by a person", show_default=True, help="Why, for whoever rearms.")
@as_json
def stop(name: str | None, reason: str, as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """Stop the robot NAME, or every robot of this home, until a person rearms it.

    This takes effect in every process that drives the robot, and lasts through restarts. A NAME that is none stops
    them all.
    """
    from llmos.robots.stopping import latch_of
    from llmos.clock import RealClock
    from llmos.robots.latch import Stop

    home = environment().home  # and no page of it, which might be broken
    known = _known(home)
    chosen = [name] if name in known else known
    for each in chosen:
        latch = latch_of(each, home)
        latch.trip(Stop(RealClock().now().isoformat(), _PERSON, reason))
        latch.save()
    if name is not None and name not in known:
        raise LLMosError(f"There is no robot '{name}', so every robot was stopped: {', '.join(known)}.")
    if as_json:
        print_json({"stopped": chosen})
    else:
        click.echo(f"Stopped: {', '.join(map(printable, chosen))}. Nothing moves until `llmos robot rearm`.")
    make_home()


@robots.command("rearm")
@click.argument("name", required=False, shell_complete=names("robots"))
@yes
@as_json
def rearm(name: str | None, yes: bool, as_json: bool) -> int:  # noqa: FBT001 - click's flags
    """Let the robot NAME, or the one that is stopped, move again; it stays where it is.

    Only a person may do this: it asks, unless told --yes.
    """
    from llmos.robots.stopping import latch_of
    from llmos.clock import RealClock
    from llmos.robots.latch import Rearm

    home = environment().home
    chosen = _the_stopped(home) if name is None else _require(name, home)
    held = latch_of(chosen, home).stop if chosen else None
    rearmed = held is not None and confirm(f"Rearm {chosen}? {_why(held)}", yes=yes)
    if rearmed:
        Rearm(latch_of(chosen, home), RealClock().now)(_PERSON)
    if as_json:
        print_json({"robot": chosen or None, "rearmed": rearmed})
    elif held is None:
        click.echo(f"{chosen} is not stopped." if chosen else "No robot is stopped.")
    else:
        click.echo(f"{chosen} may move again; it is where it was." if rearmed else f"{chosen} stays stopped.")
    return 0 if rearmed or held is None else 1


def _why(stop: "Stop") -> str:
    since = f" since {stop.since}" if stop.since else ""
    by = f" by {stop.by}" if stop.by else ""
    return f"It is stopped{by}{since}: {stop.reason}."


def _known(home: Path) -> list[str]:
    """Every robot of the home: those with a profile, and those with a stop although their profile is gone."""
    latched = {file.stem for file in (home / "robots").glob("*.json")}
    with library() as opened:
        return sorted(latched | {entry.name for entry in opened.registry.robots()})


def _require(name: str, home: Path) -> str:
    known = _known(home)
    if name not in known:
        raise LLMosError(f"There is no robot '{name}'; {nearest(name, known)}")
    return name


def _the_stopped(home: Path) -> str:
    """The one robot that is stopped; empty when none is."""
    from llmos.robots.stopping import latch_of

    stopped = [name for name in _known(home) if latch_of(name, home).stop]
    if len(stopped) > 1:
        raise LLMosError(f"Several robots are stopped, so say which: {', '.join(stopped)}.")
    return stopped[0] if stopped else ""
