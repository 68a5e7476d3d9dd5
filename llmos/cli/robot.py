"""`llmos robot`: looks at robots; the commands that move and stop them stand in files of their own.

What is shown is the robot of a running host, or else a simulator at the profile's initial state.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from llmos.cli.groups import Group
from llmos.cli.options import Place, as_json, print_json, robot, run_async, scene
from llmos.cli.render import printable
from llmos.cli.robot_drill import drill
from llmos.cli.robot_home import body_of
from llmos.cli.robot_log import log
from llmos.cli.robot_moves import home, move
from llmos.cli.robot_recordings import recordings
from llmos.cli.robot_stop import rearm, stop
from llmos.cli.system import library, notice, notice_refused
from llmos.cli.table import show_rows
from llmos.errors import DocumentError, LLMosError

if TYPE_CHECKING:
    from llmos.boot.devices import Found
    from llmos.messages import JSON
    from llmos.robots.camera import View
    from llmos.volumes.state import Entry

_DEVICE = ("device", "kind", "model", "simulated", "well", "reads")


@click.group("robot", cls=Group)
def robots() -> None:
    """Look at robots, stop them, let them move again."""


@robots.command("list")
@as_json
def list_robots(as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """List the robot profiles, which of the robots are stopped, which a host runs, and the devices attached here."""
    from llmos.boot.devices import DeviceFinder
    from llmos.robots.host.doors import HostFiles
    from llmos.robots.host.ownership import host_of
    from llmos.robots.host.stopping import latch_of

    with library() as opened:
        entries = opened.registry.robots()
        notice_refused(opened.registry, "robot")
        stops = {entry.name: latch_of(entry.name, opened.home).stop for entry in entries}
        hosts = {entry.name: host_of(HostFiles(opened.home, entry.name)) for entry in entries}
        found = DeviceFinder().find(opened.registry)
    devices = run_async(lambda: _device_rows(found))
    columns = ("name", "volume", "stopped", "host", "description")
    rows = [
        (each.name, each.volume.name, stops[each.name] is not None, hosts[each.name], _described(each))
        for each in entries
    ]
    if as_json:
        robots = [dict(zip(columns, row, strict=True)) for row in rows]
        print_json({"robots": robots, "devices": [dict(zip(_DEVICE, row, strict=True)) for row in devices]})
        return
    show_rows("robots", columns, rows, as_json=False, nothing="There is no robot profile in any volume.")
    if devices:
        click.echo()
        show_rows("devices", _DEVICE, devices, as_json=False, nothing="")
    for sentence in (*found.sentences, *(f"{each.path}:{each.line}: {each.sentence}" for each in found.problems)):
        click.echo(printable(sentence), err=True)


def _described(entry: "Entry") -> str:
    """What a profile says of its robot, or why it cannot be used."""
    from llmos.documents.robot_profile import read_robot_profile

    try:
        read_robot_profile(entry.path)
    except DocumentError as error:
        return f"cannot be used: {error}"
    return entry.description


async def _device_rows(found: "Found") -> list[tuple[object, ...]]:
    """Each device with what it reads now, or what is wrong with it."""
    rows: list[tuple[object, ...]] = []
    for meta in found.devices.metas:
        health = await found.devices.health(meta.name)
        units = {channel.name: channel.unit for channel in meta.channels}
        values = await found.devices.read(meta.name) if health.ok else {}
        reads = ", ".join(f"{name} {value} {units.get(name, '')}".strip() for name, value in values.items())
        rows.append((meta.name, meta.kind, meta.model, meta.simulated, health.ok, reads or health.sentence))
    return rows


@robots.command("state")
@robot
@scene
@as_json
def state(robot: str | None, scene: str | None, as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """Show the measured state: metres, degrees, objects and places."""
    with body_of(robot, scene) as body:
        measured = {"robot": body.name, "scene": body.scene.name, **body.state(), **body.limits_waiting()}
    if as_json:
        print_json(measured)
        return
    for key, value in measured.items():
        click.echo(f"{key.replace('_', ' '):<10} {_shown(value) or 'none'}")


def _shown(value: "JSON") -> str:
    """A value as a person reads it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(f"{name} {place}" for name, place in value.items()) if isinstance(value, dict) else str(value)


@robots.command("view")
@click.argument("which", type=click.Choice(["cockpit", "operator", "camera"]), default="cockpit")
@click.option("--out", type=Place(dir_okay=False), help="Write the camera's picture there (PNG).")
@click.option(
    "--angle", type=click.Choice(["overview", "above", "onboard"]), default="overview", help="Where that is taken from."
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
    with body_of(robot, scene) as body:
        click.echo(printable(run_async(lambda: body.view(which))))
        if out is not None:
            _write(out, run_async(lambda: body.picture(angle)))
            notice(f"The picture is in {out}.")


def _write(out: Path, picture: bytes) -> None:
    try:
        out.write_bytes(picture)
    except OSError as error:
        raise LLMosError(f"The picture cannot be written to {out}: {error.strerror}.") from error


for _command in (move, home, stop, rearm, drill, log, recordings):
    robots.add_command(_command)
