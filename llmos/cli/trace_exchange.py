"""`llmos trace export | import | prune`: traces as bundles for others and from others, and those of no more use.

Knows no format; a person says what is taken up and how far it is trusted.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from llmos.cli.asking import confirm
from llmos.cli.options import Place, as_json, print_json, yes
from llmos.cli.render import printable
from llmos.cli.system import environment, library, make_home, notice, rules
from llmos.cli.table import show_rows
from llmos.errors import LLMosError, counted

if TYPE_CHECKING:
    from llmos.boot.library import Library
    from llmos.traces.bundle import Content
    from llmos.traces.library import TraceLibrary
    from llmos.volumes.volume import Volume

_LONGEST_LIST = 10
_COMMITTED_AT_ONCE = 200  # as many paths as a command line holds everywhere


@click.command("export")
@click.argument("file", type=Place(dir_okay=False))
@click.option("--skeleton", metavar="WORDS", default="", help="Only traces whose goals hold all these words.")
@click.option("--agent", metavar="NAME", default="", help="Only traces of this agent.")
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="Made on this day (UTC) or later."
)
@click.option(
    "--volume", metavar="NAME", default="", help="Only traces of this volume; by default of all trusted ones."
)
@click.option("--sensitive", is_flag=True, help="Take sensitive traces along, encrypted.")
@as_json
def export_traces(
    *, file: Path, skeleton: str, agent: str, since: datetime | None, volume: str, sensitive: bool, as_json: bool
) -> None:
    """Write traces to FILE, one compressed file that `llmos trace import` takes up elsewhere."""
    from llmos import __version__
    from llmos.clock import RealClock
    from llmos.traces.bundle import pack, texts

    words = environment().trace_passphrase or (_passphrase() if sensitive else "")
    day = "" if since is None else since.date().isoformat()
    left_out: list[str] = []
    with library() as opened, traces_of(opened, _exported(opened, volume), words) as known:
        chosen = [
            trace
            for _, trace in known.all()
            if agent in ("", trace.agent)
            and trace.created >= day
            and all(word.casefold() in trace.skeleton.casefold() for word in skeleton.split())
        ]
        if not chosen:
            closed = known.closed() if sensitive else 0
            more = f" {counted(closed, 'trace')} could not be read with this passphrase." if closed else ""
            raise LLMosError(f"There is no such trace; nothing was written.{more}")
        found = texts(known, chosen, left_out.append, sensitive=sensitive)
        try:
            manifest = pack(file, found, RealClock().now().isoformat(timespec="seconds"), __version__)
        except LLMosError:
            _list(left_out)
            raise
    told = {"file": str(file), "traces": len(manifest.traces), "hash": manifest.hash, "left_out": left_out}
    if as_json:
        print_json(told)
        return
    _list(left_out)
    click.echo(f"Wrote {counted(len(manifest.traces), 'trace')} to {printable(str(file))} ({manifest.hash[:19]}…)")


@click.command("import")
@click.argument("file", type=Place(dir_okay=False, exists=True))
@click.option("--volume", metavar="NAME", default="user", show_default=True, help="The volume that gets them.")
@click.option("--sensitive", is_flag=True, help="Ask for the passphrase that encrypted ones were encrypted with.")
@yes
@as_json
def import_traces(file: Path, volume: str, sensitive: bool, yes: bool, as_json: bool) -> int:  # noqa: FBT001 - click's flags
    """Take up the traces of FILE, after they were shown and you said yes.

    What somebody else did is no experience of yours: they are marked, count as never used, and are done again only as
    far as the volume is trusted.
    """
    from llmos.clock import RealClock
    from llmos.traces.bundle import take_up, unpack
    from llmos.traces.encryption import Passphrase

    make_home()
    own = environment().trace_passphrase or ""
    words = _passphrase() if sensitive else own
    with library() as opened:
        target = opened.volume(volume)
        if not target.writable:
            raise LLMosError(f"The volume '{volume}' is not kept in the home, so nothing is taken up there.")
        content = unpack(file, Passphrase(words) if words else None, _objection)
        if not as_json:
            _list(content.left_out)
        if not content.traces:
            raise LLMosError(f"{file} holds no trace that can be taken up.")
        if not confirm(_question(content, target), yes=yes):
            return 1
        mark = f"{RealClock().now():%Y-%m-%d} {file.name} {content.manifest.hash[:19]}"
        with traces_of(opened, [target], own or words) as known:
            there = {path.name for path, _ in known.all()}
            kept, refused = take_up(known, target.root, content, mark)
        again = sum(path.name in there for path in kept)
        history = opened.history(target)
        for start in range(0, len(kept) if history.exists else 0, _COMMITTED_AT_ONCE):
            some = kept[start : start + _COMMITTED_AT_ONCE]
            history.commit(some, f"Take up {counted(len(some), 'trace')}\nImported from {file.name}.")
    left_out = [*content.left_out, *refused]
    if as_json:
        told = {"volume": volume, "traces": len(kept) - again, "already": again}
        print_json({**told, "hash": content.manifest.hash, "left_out": left_out})
        return 0
    _list(refused)
    already = f"; {again} {'was' if again == 1 else 'were'} there already" if again else ""
    click.echo(f"Took {counted(len(kept) - again, 'trace')} up into {volume}{already}.")
    if not target.trusted:
        notice(f"None of them is used until `llmos volume trust {volume}`.")
    return 0


@click.command("prune")
@click.option("--volume", metavar="NAME", default="user", show_default=True, help="The volume that is looked through.")
@click.option("--dry-run", is_flag=True, help="Only say what would go, and why.")
@as_json
def prune(volume: str, dry_run: bool, as_json: bool) -> None:  # noqa: FBT001 - click's flags
    """Remove the traces that the rules in `kernel/memory.md` do not keep; git still has them."""
    from llmos.clock import RealClock

    with library() as opened:
        target = opened.volume(volume)
        if not target.writable or not opened.history(target).exists:
            raise LLMosError(f"The volume '{volume}' has no history of its own, so nothing is deleted from it.")
        with traces_of(opened, [target], environment().trace_passphrase or "") as known:
            history, now = opened.history(target), RealClock().now()
            gone = known.prune(target.root, rules().memory, now, history.commit, dry_run=dry_run)
    rows = [(each.trace.id, each.path.name, each.reason) for each in gone]
    nothing = f"Every trace of {volume} is kept."
    show_rows("pruned", ("trace", "file", "reason"), rows, as_json=as_json, nothing=nothing)


@contextmanager
def traces_of(opened: "Library", volumes: "list[Volume]", passphrase: str = "") -> "Iterator[TraceLibrary]":
    """The traces of these volumes."""
    from llmos.boot.embeddings import meanings_of
    from llmos.traces.library import TraceLibrary

    roots = [(each.name, each.root) for each in volumes]
    here = environment()
    meanings = meanings_of(here, rules().models.embeddings)
    with TraceLibrary.open(
        opened.home, roots, notice, secrets=here.secrets, passphrase=passphrase, meanings=meanings
    ) as found:
        yield found


def trusted(opened: "Library") -> "list[Volume]":
    """The volumes whose traces count."""
    return [each for each in opened.volumes if each.keeps_traces]


def _exported(opened: "Library", name: str) -> "list[Volume]":
    if not name:
        return trusted(opened)
    volume = opened.volume(name)
    if not volume.trusted:
        raise LLMosError(f"The volume '{name}' is not trusted; `llmos volume trust {name}` changes that.")
    return [volume]


def _objection(trace: object) -> str:
    """What speaks against a trace: its goal is not the one that it says it reached."""
    from llmos.runtime.goals import parse_goal, values
    from llmos.traces.trace import Trace

    assert isinstance(trace, Trace)
    goal = parse_goal(trace.goal)
    if goal.signature != trace.signature or values(goal) != dict(trace.slots):
        return "its goal is not the one that its skeleton and slots are of"
    return ""


def _question(content: "Content", target: "Volume") -> str:
    agents = ", ".join(f"{name} ({number})" for name, number in sorted(content.agents.items()))
    tools = ", ".join(f"{name} ({number})" for name, number in sorted(content.tools.items()))
    what = counted(len(content.traces), "trace")
    return f"Take {what} of {agents} up into {target.name}? Done again, they call {tools}."


def _passphrase() -> str:
    """The words that a person types now; where nobody is there to ask, those of the environment."""
    if sys.stdin.isatty():
        answer: str = click.prompt("Passphrase", hide_input=True, err=True)
        return answer
    words = environment().trace_passphrase
    if not words:
        raise LLMosError("Sensitive traces need a passphrase; set LLMOS_TRACE_PASSPHRASE.")
    return words


def _list(sentences: "list[str] | tuple[str, ...]") -> None:
    """What was left out, of many the first."""
    for sentence in sentences[:_LONGEST_LIST]:
        notice(printable(sentence))
    if len(sentences) > _LONGEST_LIST:
        notice(f"... and {counted(len(sentences) - _LONGEST_LIST, 'more', 'more')}.")
