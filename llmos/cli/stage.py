"""Where demonstrations are shown: what is said, what is asked, what happens, and whether it went as it should.

Knows no demonstration. Everything is printed in plain lines, coloured where the terminal can.
"""

import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from shutil import get_terminal_size
from tempfile import TemporaryDirectory
from textwrap import wrap
from typing import TYPE_CHECKING, Final

import click

from llmos.cli.render import call_text, printable
from llmos.cli.story import Line, Story
from llmos.errors import ModelError, RefusedError
from llmos.traces.events import Event, GateVerdict, RunStarted, SafetyAssessed, ToolReturned

if TYPE_CHECKING:
    from llmos.boot import LLMOS
    from llmos.runtime.outcome import RunOutcome

_WIDEST: Final = 92
_BEFORE_UNIT: Final = re.compile(r"(?<=\d) (?=s\b)")
_GLUE: Final = "\N{NO-BREAK SPACE}"
_COLOURS: Final = {"done": "green", "refused": "yellow", "failed": "red"}


@dataclass(frozen=True, slots=True)
class Setting:
    """Who drives what, and how fast."""

    model: str
    robot: str
    realtime: bool = False


@dataclass(slots=True)
class Stage:
    """Prints a demonstration and remembers what did not go as it should."""

    setting: Setting
    events: list[Event] = field(default_factory=list)
    """Everything that happened since the newest system was opened."""
    _story: Story = field(default_factory=Story)
    _wrong: list[str] = field(default_factory=list)
    _quiet: bool = False

    def title(self, number: int, name: str, seen: str) -> None:
        """The head of a demonstration."""
        rule = "─" * line_width()
        click.secho(rule, fg="cyan")
        click.secho(f"Demo {number} · {name}", fg="cyan", bold=True)
        for line in wrap(f"{seen} · model {self.setting.model}, robot {self.setting.robot}", line_width()):
            click.secho(line, dim=True)
        click.secho(rule, fg="cyan")

    def say(self, text: str) -> None:
        """Something that the audience should know."""
        click.echo()
        for line in wrap(printable(text), line_width()):
            click.secho(line, italic=True)

    def show(self, text: str) -> None:
        """Lines as they are, such as a view."""
        for line in printable(text).splitlines():
            click.echo(f"  {line}")

    def expect(self, holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads like a sentence
        """What must hold for the demonstration to have shown what it promises."""
        if not holds:
            self._wrong.append(otherwise)
            click.secho(f"  ✗ not as promised: {printable(otherwise)}", fg="red")

    def curtain(self) -> int:
        """The end: 0 when all went as it should, else 1."""
        click.echo()
        if self._wrong:
            click.secho(f"{len(self._wrong)} of this demonstration did not go as it should.", fg="red", bold=True)
            return 1
        click.secho("Everything was shown, and decided on measured state.", fg="green")
        return 0

    @asynccontextmanager
    async def system(self, *, scene: str, mode: str = "auto") -> "AsyncIterator[LLMOS]":
        """A system with a robot that begins anew in this scene; what happens in it is told."""
        from llmos.boot.options import Options
        from llmos.boot.system import LLMOS
        from llmos.cli.system import make_home
        from llmos.traces.bus import Bus

        make_home()
        self.events.clear()
        bus = Bus()
        bus.subscribe(self._hear)
        setting = self.setting
        with TemporaryDirectory() as nowhere:  # no demonstration needs a file, and it may be started from anywhere
            where = Options(robot=setting.robot, scene=scene, realtime=setting.realtime, workspace=Path(nowhere))
            options = replace(where, model=setting.model, mode=mode)
            async with LLMOS(options=options, bus=bus) as system:
                require_no_stop(system, setting.robot)
                yield system

    async def ask(self, system: "LLMOS", goal: str) -> "RunOutcome":
        """Have the operator do something, and tell how it went."""
        click.echo()
        click.echo(f"{click.style('>', fg='cyan', bold=True)} {click.style(printable(goal), bold=True)}")
        outcome = await system.execute(goal, agent="operator")
        if "\n" in outcome.answer:
            self.show(outcome.answer)
        if outcome.outcome == "failed" and not outcome.steps:
            raise ModelError(outcome.reason)  # no model answers, so nothing can be shown
        badge = f" {outcome.outcome.upper()} "
        coloured = click.style(badge, fg="black", bg=_COLOURS.get(outcome.outcome, "red"))
        reason = "Nothing moved." if self._told(outcome.reason) else printable(outcome.reason)
        self._wrapped(reason, before=f"  {coloured} ", width=len(badge) + 3)
        return outcome

    @contextmanager
    def muted(self) -> Iterator[None]:
        """What happens meanwhile is remembered and not shown."""
        self._quiet = True
        yield
        self._quiet = False

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Figures in columns."""
        widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]

        def line(cells: Sequence[str]) -> str:
            first, *others = (
                cell.ljust(width) if column == 0 else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
            )
            return "  " + "  ".join((first, *others))

        click.echo()
        click.secho(line(head), bold=True)
        for row in rows:
            click.echo(line(row))

    @property
    def _refused(self) -> list[GateVerdict]:
        return [event for event in self.events if isinstance(event, GateVerdict) and not event.allowed]

    def _told(self, reason: str) -> bool:
        """Whether the audience has seen this refusal or veto already."""
        told = [each.reason for each in self._refused]
        told += [each.reason for each in self.events if isinstance(each, SafetyAssessed) and each.verdict == "veto"]
        return any(each in reason for each in told)

    def _hear(self, event: Event, run: str) -> None:
        self.events.append(event)
        lines = self._story.tell(event, run)
        if self._quiet or (isinstance(event, RunStarted) and event.parent is None):
            return  # the title has said who drives what
        if isinstance(event, GateVerdict) and not event.allowed:
            self._tell_refusal(event)
        elif not (isinstance(event, ToolReturned) and self._refused and self._refused[-1].reason in event.text):
            for line in lines:
                self._tell(line)

    def _tell_refusal(self, event: GateVerdict) -> None:
        """Who wanted what, which rule forbids it, why, and what would be allowed."""
        call = call_text(str(event.command.get("verb")), {k: v for k, v in event.command.items() if k != "verb"})
        click.echo(f"  {call}")
        click.secho(f"  ✗ refused by rule '{event.rule}'", fg="red", bold=True)
        for word, text in (("why", event.reason), ("instead", event.suggestion)):
            self._wrapped(printable(text), before=f"    {word:<8} ", width=13)

    def _tell(self, line: Line) -> None:
        """A line of the story, in colour, and on several lines where it is long."""
        colour = line.style if line.style in ("green", "red", "yellow") else None
        glued = _BEFORE_UNIT.sub(_GLUE, line.text)
        for text in wrap(glued, line_width(), initial_indent="  ", subsequent_indent="        "):
            click.secho(text.replace(_GLUE, " "), fg=colour, bold=line.style == "bold", dim=line.style == "dim")

    def _wrapped(self, text: str, *, before: str, width: int) -> None:
        """Text behind a word of that width, hanging."""
        first, *others = wrap(text, line_width() - width) or [""]
        click.echo(before + first)
        for line in others:
            click.echo(" " * width + line)


def require_no_stop(system: "LLMOS", robot: str) -> None:
    """Raise RefusedError where nothing can be shown, because the emergency stop is latched."""
    stop = system.pilot("the audience").snapshot().stop
    if stop is not None:
        how = f"look at the robot, then `llmos robot rearm {robot}`"
        raise RefusedError(f"The emergency stop of {robot} is latched ({stop.reason}); {how}.")


def line_width() -> int:
    """How wide lines may be here."""
    return max(40, min(_WIDEST, get_terminal_size((_WIDEST, 24)).columns - 1))
