"""`llmos init`: makes a home where there is none, and what is missing of one."""

from pathlib import Path

import click

from llmos.cli.options import Place, as_json, print_json
from llmos.cli.system import notice


@click.command()
@click.argument("path", required=False, type=Place())
@as_json
def init(path: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """Make the home at PATH (default: LLMOS_HOME, else ~/.llmos).

    It holds your volumes, each a git repository of its own, your journals, models and settings. What is there already
    stays as it is.
    """
    from llmos.settings import read_environment, system_root
    from llmos.volumes.home import init_home

    environment = read_environment()
    home = environment.home if path is None else environment.at(path).home
    done = init_home(home, system_root())
    if as_json:
        print_json({"home": str(home), "done": done})
        return
    for line in done or [f"{home} is whole already"]:
        click.echo(line)
    if home != environment.home:
        notice(f"To use it, set LLMOS_HOME={home}.")
