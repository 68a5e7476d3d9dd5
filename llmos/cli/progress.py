"""Shows a run while it goes on: a live view on a terminal, plain lines without escape codes anywhere else.

Knows the bus, and of events only their story. On a terminal `rich` is imported, and a thread of its own redraws the
view four times a second.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TextIO

from llmos.cli.story import Line, Story
from llmos.traces.bus import Bus
from llmos.traces.events import Event

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live

_REDRAWS_PER_S = 4
_TEXT_LINES = 6
"""How much of a streaming reply the live view shows: its last lines."""


class View(Protocol):
    """Where the story is shown."""

    def show(self, lines: list[Line], story: Story) -> None:
        """Add finished lines, and bring up to date what moves."""
        ...

    def rest(self) -> None:
        """Take away what moves, until the next `show`."""
        ...


class Progress:
    """Listens to a bus between entering and leaving.

    When nobody can look any more (a closed terminal or pipe), the showing ends and the run goes on.
    """

    def __init__(self, bus: Bus, view: View) -> None:
        self._bus = bus
        self._view = view
        self._story = Story()
        self._unsubscribe: Callable[[], None] = lambda: None

    def __enter__(self) -> Self:
        self._unsubscribe = self._bus.subscribe(self._hear)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._unsubscribe()
        self._while_seen(self._view.rest)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave the terminal to a question that a person has to answer."""
        self._while_seen(self._view.rest)
        yield
        self._while_seen(lambda: self._view.show([], self._story))

    def _hear(self, event: Event, run: str) -> None:
        lines = self._story.tell(event, run)
        self._while_seen(lambda: self._view.show(lines, self._story))

    def _while_seen(self, action: Callable[[], None]) -> None:
        try:
            action()
        except (OSError, ValueError):  # ValueError is what a closed file raises
            self._unsubscribe()


class PlainView:
    """One line for each thing that happens; for logs, pipes and terminals that know no cursor."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def show(self, lines: list[Line], story: Story) -> None:  # noqa: ARG002 - nothing moves here
        """Write the lines."""
        if lines:
            self._stream.write("".join(f"{line.text}\n" for line in lines))
            self._stream.flush()

    def rest(self) -> None:
        """Nothing moves."""


class LiveView:
    """Finished lines scroll by; below them the reply as it streams in, and one line with step, cost and time."""

    def __init__(self, console: "Console", monotonic_s: Callable[[], float] = time.monotonic) -> None:
        from rich.spinner import Spinner

        self._console = console
        self._monotonic_s = monotonic_s
        self._started_s: float | None = None
        self._story = Story()
        self._spinner = Spinner("dots", style="cyan")
        self._live: Live | None = None

    def show(self, lines: list[Line], story: Story) -> None:
        """Print the lines above what moves."""
        from rich.text import Text

        self._story = story
        for line in lines:
            self._console.print(Text(line.text, line.style), no_wrap=True, overflow="ellipsis", crop=True)
        if not story.going_on:
            self.rest()
            self._started_s = None
        elif self._live is None:
            self._started_s = self._started_s or self._monotonic_s()
            self._live = self._new_live()
            self._live.start()

    def rest(self) -> None:
        """Erase what moves."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _new_live(self) -> "Live":
        """What redraws; a new one after each rest, for an old one would erase what was printed meanwhile."""
        from rich.live import Live

        return Live(
            console=self._console,
            get_renderable=self._moving,
            refresh_per_second=_REDRAWS_PER_S,
            transient=True,
            redirect_stdout=False,  # the result goes there, perhaps into a file
            redirect_stderr=False,
        )

    def _moving(self) -> "RenderableType":
        """The end of the reply that comes in, and the status; asked for by the thread that redraws."""
        from rich.console import Group
        from rich.text import Text

        width = max(self._console.width - 2, 1)  # the spinner takes two
        now_s = self._monotonic_s()
        status = Text(self._story.status(now_s - (self._started_s or now_s)), "cyan")
        status.truncate(width, overflow="ellipsis")
        self._spinner.update(text=status)
        streamed = self._story.streamed[-_TEXT_LINES * width :]
        lines = Text(streamed, "dim").wrap(self._console, width)[-_TEXT_LINES:] if streamed else []
        return Group(*lines, self._spinner)


def show_progress(bus: Bus, stream: TextIO, *, live: bool = True) -> Progress:
    """The way that fits the stream: live on a terminal with a cursor, if `live` is wanted; plain lines otherwise."""
    if not (live and stream.isatty()):
        return Progress(bus, PlainView(stream))
    from rich.console import Console

    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    return Progress(bus, PlainView(stream) if console.is_dumb_terminal else LiveView(console))
