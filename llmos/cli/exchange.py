"""`llmos volume add | trust | pull | push`: what others wrote comes in, and a person says how far it is trusted."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from llmos.cli.asking import confirm
from llmos.cli.options import as_json, print_json, yes
from llmos.cli.render import printable
from llmos.cli.system import library, make_home, notice
from llmos.errors import LLMosError, RefusedError
from llmos.settings import current_folder

if TYPE_CHECKING:
    from llmos.boot.library import Library
    from llmos.volumes.capabilities import Capability
    from llmos.volumes.volume import Volume

HERE: Final = "."
"""What the working directory is called where a volume's name is asked for."""


@click.command("add")
@click.argument("source", metavar="PATH_OR_GIT_URL")
@click.option("--name", default="", help="What to call it; by default the last part of its address.")
@as_json
def add(source: str, name: str, as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """Take a volume into the home: a copy of PATH_OR_GIT_URL, never the place itself. It is not trusted yet."""
    from llmos.clock import RealClock
    from llmos.volumes.sources import add_volume

    make_home()
    with library() as opened:
        added = add_volume(opened.home, source, name, RealClock())
    if as_json:
        print_json({"volume": added.name, "path": str(added.root), "trusted": False})
        return
    click.echo(f"Added {added.name}: {added.root}")
    notice(f"Nothing in it is used until `llmos volume trust {added.name}`.")


@click.command("trust")
@click.argument("name")
@click.option("--revoke", is_flag=True, help="Take the word back; nothing of it is used any more.")
@yes
@as_json
def trust(name: str, revoke: bool, yes: bool, as_json: bool) -> int:  # noqa: FBT001 - click's flags
    """Trust the volume NAME, or with a dot the documents of this folder.

    What they can do, beyond what was trusted before, is shown first.
    """
    make_home()
    with library() as opened:
        root = current_folder() if name == HERE else _added(opened, name).root
        able = _capabilities(root, here=name == HERE)
        new = () if revoke else opened.trust.widened(root, able)
        if not as_json:
            _list_capabilities(new)
        trusted = not revoke and confirm(f"Trust {root}?", yes=yes)
        if trusted:
            opened.trust.trust(root, able)
        elif revoke:
            opened.trust.distrust(root)
    if as_json:
        print_json({"volume": name, "path": str(root), "trusted": trusted, "capabilities": list(new)})
    else:
        click.echo(f"{root} is {'trusted' if trusted else 'not trusted'}.")
    return 0 if trusted is not revoke else 1


def _added(opened: "Library", name: str) -> "Volume":
    volume = opened.volume(name)
    if volume.tier != "added":
        raise LLMosError(f"The volume '{name}' is yours; only volumes that were added, and this folder, need a word.")
    return volume


def _capabilities(root: Path, *, here: bool) -> "frozenset[Capability]":
    from llmos.volumes.capabilities import of_tree
    from llmos.volumes.mounting import workspace_capabilities

    return workspace_capabilities(root) if here else of_tree(root)


def _list_capabilities(sentences: Sequence[str]) -> None:
    for sentence in sentences:
        notice(f"  {printable(sentence)}")


@click.command("pull")
@click.argument("name", required=False)
@yes
@as_json
def pull(name: str | None, yes: bool, as_json: bool) -> int:  # noqa: FBT001 - click's flags
    """Take up what is new at the origin of the volume NAME, or of every volume that has one.

    Changes of prose pass. What a trusted volume could not do before waits for a person's word; exit code 3 while it
    does.
    """
    make_home()
    with library() as opened:
        ask = sys.stdin.isatty() and not as_json
        results = [(each.name, *_take_up(opened, each, yes=yes, ask=ask)) for each in _with_origin(opened, name)]
    waits = any(waiting for _, _, waiting in results)
    if as_json:
        keys = ("volume", "merged", "waiting")
        print_json({"pulled": [dict(zip(keys, result, strict=True)) for result in results]})
    else:
        for volume, merged, waiting in results:
            state = "brought up to date" if merged else "nothing new"
            click.echo(f"{volume}: {'not taken up, it waits for your word' if waiting else state}")
        for volume, _, waiting in results:
            if waiting:
                notice(f"`llmos volume pull {volume} --yes` takes it up all the same.")
    return RefusedError.exit_code if waits else 0


def _take_up(opened: "Library", volume: "Volume", *, yes: bool, ask: bool) -> tuple[bool, tuple[str, ...]]:
    """Whether something was merged, and what still waits for a person's word; a yes is for the very commit shown."""
    from llmos.clock import RealClock
    from llmos.volumes import sources

    _keep_counts(opened, volume)
    pulled = sources.pull(volume, None, RealClock())
    if pulled.waiting:
        _list_capabilities(pulled.waiting)
        if yes or (ask and confirm(f"Let {volume.name} do this from now on?", yes=False)):
            pulled = sources.pull(volume, pulled.commit, RealClock())
    if pulled.merged and volume.trusted and volume.tier == "added":
        opened.trust.trust(volume.root, _capabilities(volume.root, here=False))
    return pulled.merged, pulled.waiting


def _keep_counts(opened: "Library", volume: "Volume") -> None:
    """What was counted since the last commit goes along; uncommitted, it would stand in the way of a merge."""
    from llmos.evolution.settling import keep_counts

    if volume.tier != "added":
        keep_counts(opened.history(volume))


@click.command("push")
@click.argument("name", required=False)
@as_json
def push(name: str | None, as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """Send the commits of the volume NAME, or of every volume that has an origin, there."""
    from llmos.clock import RealClock
    from llmos.volumes import sources

    make_home()
    with library() as opened:
        volumes = [each for each in _with_origin(opened, name) if name or each.tier != "added"]
        for each in volumes:
            _keep_counts(opened, each)
            sources.push(each, RealClock())
    if as_json:
        print_json({"pushed": [each.name for each in volumes]})
    for each in () if as_json else volumes:
        click.echo(f"{each.name}: pushed")


def _with_origin(opened: "Library", name: str | None) -> "list[Volume]":
    """The volume of this name, else all that have an origin; LLMosError when there is none."""
    if name is not None:
        volume = opened.volume(name)
        if not volume.writable:
            raise LLMosError(f"The volume '{name}' is not kept in the home, so it is exchanged by other means.")
        return [volume]
    kept = [volume for volume in opened.volumes if volume.writable and opened.history(volume).exists]
    found = [each for each in kept if opened.history(each).git.run("config", "remote.origin.url").status == 0]
    if not found:
        root = opened.home / "user"
        raise LLMosError(f"No volume has an origin; add one: git -C {root} remote add origin URL.")
    return found
