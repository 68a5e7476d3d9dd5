"""`llmos why`: every decision of a run in order, with the lines that it rests on.

Knows no event; what a decision rests on is found by `llmos.traces.why`.
"""

import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from llmos.cli.options import as_json, print_json
from llmos.cli.render import printable
from llmos.cli.system import environment, library, notice

if TYPE_CHECKING:
    from llmos.traces.basis import Basis
    from llmos.traces.why import Decision

_LONGEST_QUOTE = 240
_KIND_WIDTH = 10

_Piece: TypeAlias = tuple[str, dict[str, Any]]
"""Some words, and how they look where there are colours."""


@click.command("why")
@click.argument("run_id")
@as_json
def why(run_id: str, as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """Say what each decision of a run rests on: rule, sentence, trace, verdict, measured motion."""
    from llmos.boot.why import why_of
    from llmos.traces.reading import find_run
    from llmos.traces.why import told

    home = environment().home
    path = find_run(home, run_id)
    with library() as opened:
        made = why_of(path, opened, notice)
    if as_json:
        print_json({"run_id": path.stem, "journal": str(path), "decisions": [told(each) for each in made]})
        return
    if not made:
        notice(f"No decision stands in {path}: the run has only begun, or was cut off before it made one.")
    shorter = _shorter(home)
    for decision in made:
        for line in _lines(decision, shorter):
            click.echo(line)


def _lines(decision: "Decision", shorter: Callable[[str], str]) -> Iterator[str]:
    """A decision, why, and below it what it rests on."""
    indent = "  " if decision.inner else ""
    colour = {True: "green", False: "red", None: None}[decision.allowed]
    below = f"{indent}{'':<{_KIND_WIDTH + 1}}"
    head: _Piece = (f"{decision.kind:<{_KIND_WIDTH}}", {"fg": colour, "bold": not decision.inner})
    yield from _flow([head, (decision.what, {})], indent, below)
    if decision.why:
        yield from _flow([("" if decision.inner else "because", {}), (decision.why, {})], below, f"{below}  ")
    for basis in decision.bases:
        yield from _flow(_told(basis, shorter), below, f"{below}  ")


def _flow(pieces: Sequence[_Piece], indent: str, further: str) -> Iterator[str]:
    """The pieces one after the other behind `indent`; on a terminal also behind `further`, line by line."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    line, room = indent, len(indent)
    for text, style in pieces:
        for word in printable(text).split(" ") if text else ():
            gap = "" if room == len(indent) else " "
            if width is not None and room + len(gap) + len(word) > width and room > len(further):
                yield line.rstrip()
                line, room, gap = further, len(further), ""
            line += gap + (click.style(word, **style) if word and style else word)
            room += len(gap) + len(word)
    yield line.rstrip()


def _told(basis: "Basis", shorter: Callable[[str], str]) -> list[_Piece]:
    """One basis: kind, place, quote, and how the place stands today."""
    passage = basis.passage
    head: _Piece = (f"{basis.kind}:", {"dim": True})
    if passage is None:
        return [head, (basis.sentence, {})]
    quote = " ".join(passage.quote.split())
    quote = quote if len(quote) <= _LONGEST_QUOTE else f"{quote[: _LONGEST_QUOTE - 1]}…"
    remarks = "; ".join(filter(None, (basis.sentence, passage.note)))
    pieces: list[_Piece] = [head, (passage.place(shorter), {"fg": "cyan"})]
    pieces += [(f"“{quote}”", {})] if quote else []
    return [*pieces, *([(f"({remarks})", {"dim": True})] if remarks else [])]


def _shorter(home: Path) -> Callable[[str], str]:
    """A path without the folder of the home or of LLMos itself."""
    from llmos.settings import system_root

    roots = [root.resolve() for root in (home, system_root())]

    def shorten(path: str) -> str:
        found = next((root for root in roots if Path(path).is_relative_to(root)), None)
        return path if found is None else Path(path).relative_to(found).as_posix()

    return shorten
