"""A run is shown as it goes on: as lines where nobody watches, live where somebody does, and never dangerously."""

import io
import os
import re
import subprocess
import sys

import pytest
from rich.console import Console

from llmos.cli.progress import LiveView, PlainView, Progress, show_progress
from llmos.messages import Effect, Message, Reply, Text, ToolCall, ToolResult, Usage
from llmos.traces.bus import Bus
from llmos.traces.events import (
    BudgetWarned,
    DocumentBroken,
    Event,
    GateVerdict,
    LeadEnded,
    MessageAdded,
    ModelFailed,
    ModelReplied,
    MotionMeasured,
    PermissionDecided,
    RunFinished,
    RunStarted,
    TextStreamed,
    ToolCalled,
    ToolReturned,
    Waiting,
)
from tests.support.journals import finished, small_run, started

CALL = ToolCall("c1", "Read", {"file_path": "a"})
SMALL_RUN = """\
operator on local:pocket.gguf
mode LEARNER: no trace of this goal
 1  I move there.
 1  move_to(x=1.5, y=1.0, z=0.5) -> arrived at (1.500, 1.000, 0.500) [gate ok, 0.8 s]
 1  gate refused: X position 9.00m outside workspace [-2, 2]; stay within -2 and 2
 1  move_to(x=9.0, y=0.0, z=0.5) failed: X position 9.00m outside workspace [-2, 2] [0.0 s]
"""


def asked(text: str = "", step: int = 1, call: ToolCall = CALL) -> ModelReplied:
    """A reply that asks for a tool."""
    return ModelReplied.of(step, Reply((Text(text), call), "tools", Usage(1000, 10), "m"), 0.5, 0.1)


def plain(*events: Event | tuple[Event, str]) -> str:
    """What a pipe gets of these events; those without a run belong to `r`."""
    bus, stream = Bus(), io.StringIO()
    with show_progress(bus, stream):
        for one in events:
            event, run = one if isinstance(one, tuple) else (one, "r")
            bus.publish(event, run)
    return stream.getvalue()


def live(events: list[Event], width: int = 100, **more: object) -> str:
    """All that a terminal of this width gets of these events, escape codes included."""
    bus, stream = Bus(), io.StringIO()
    console = Console(file=stream, force_terminal=True, width=width, height=20, highlight=False, markup=False, **more)
    with Progress(bus, LiveView(console, lambda: 7.0)):
        for event in events:
            bus.publish(event, "r")
    return stream.getvalue()


def visible(output: str) -> str:
    """Terminal output without its escape codes."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", output)


def test_a_pipe_gets_one_line_for_each_thing_that_happens() -> None:
    """Steps, calls with results and verdicts; the answer is the result of the command and not told here."""
    assert plain(*small_run("r")) == SMALL_RUN


def test_who_runs_on_what_is_told_again_only_where_it_changed() -> None:
    """In a conversation the model and the robot stay, and the way to work changes now and then."""
    again, other = started("s", mode="LEARNER"), started("t", mode="FOLLOWER")
    told = plain((started("r", mode="LEARNER"), "r"), (finished(), "r"), (again, "s"), (finished(), "s"), (other, "t"))
    assert [line.partition(":")[0] for line in told.splitlines()] == [
        "operator on local",
        "mode LEARNER",
        "mode FOLLOWER",
    ]


def test_a_pipe_gets_no_escape_codes_whatever_models_and_tools_say() -> None:
    """A log can be read, and a model cannot drive the terminal on which it is read."""
    evil = "\x1b[2J\x1b]0;owned\x07\u202e"
    call = ToolCall("c1", evil, {evil: evil})
    said = plain(
        started("r", agent=evil, model=evil, mode_reason=evil, model_reason=evil),
        asked(evil, call=call),
        TextStreamed(evil),
        ToolCalled(call_id="c1", tool=evil, args={evil: evil}, effect=Effect.PURE),
        GateVerdict(command={}, allowed=False, rule=evil, reason=evil, suggestion=evil),
        PermissionDecided(tool=evil, question=evil, allowed=False, by="policy"),
        ToolReturned.of(ToolResult("c1", (Text(evil),)), evil, 0.1),
        ModelFailed(model=evil, reason=evil, next_model=evil),
        DocumentBroken(path=evil, line=1, sentence=evil),
        (started("child", goal=evil, agent=evil, parent="r"), "child"),
    )
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", said)
    assert said.count("\n") == len(said.splitlines()) == 9


def test_what_a_person_should_know_has_its_line() -> None:
    """Retries, permissions, budgets, documents and motions that went astray."""
    said = plain(
        started("r", model_reason="no key is set"),
        ModelFailed(model="a", reason="overloaded", wait_s=2.0),
        ModelFailed(model="a", reason="overloaded", next_model="b"),
        ModelFailed(model="b", reason="no such model"),
        ModelReplied.of(1, Reply((Text("half"),), "length", Usage(), "m"), 0.0, 0.0),
        MessageAdded.of(Message("user", (Text("go on"),))),
        ModelReplied.of(2, Reply((), "refusal", Usage(), "m"), 0.0, 0.0),
        PermissionDecided(tool="Bash", question="run `ls`?", allowed=True, by="person"),
        PermissionDecided(tool="Bash", question="run `rm`?", allowed=False, by="policy"),
        MotionMeasured(command={}, reached=True),
        MotionMeasured(command={}, reached=False),
        LeadEnded("trace:a", "before step 2 (Write), a.txt is gone"),
        LeadEnded("skill:a", "it gave up"),
        LeadEnded("program", "it gave up"),
        BudgetWarned(purse="dollars", used=0.72, limit=1.0),
        DocumentBroken(path="a.md", line=3, sentence="no name"),
        Waiting("overloaded", 2.0),
    )
    assert said == (
        "operator on local:pocket.gguf (no key is set)\n"
        "mode LEARNER\n"
        " 1  a failed: overloaded; again in 2.0 s\n"
        " 1  a failed: overloaded; going on with b\n"
        " 1  b failed: no such model\n"
        " 1  the reply was cut off at its token limit\n"
        " 2  the model declined to go on\n"
        " 2  allowed by person: run `ls`?\n"
        " 2  refused by policy: run `rm`?\n"
        " 2  the motion did not reach its goal by measured state\n"
        " 2  the replay leads no further: before step 2 (Write), a.txt is gone\n"
        " 2  the skill's program leads no further: it gave up\n"
        " 2  the program leads no further: it gave up\n"
        " 2  72% of the budget's dollars used\n"
        " 2  a.md:3: no name\n"
    )


def test_a_delegated_run_is_told_indented_under_the_run_that_asked() -> None:
    """Also when both speak in turns; a grandchild stands deeper."""
    read = ToolReturned.of(ToolResult("c1", ()), "Read", 0.0)
    said = plain(
        (started("a", agent="system"), "a"),
        (started("b", agent="coder", goal="write\nit", parent="a"), "b"),
        (asked("I write."), "b"),
        (ToolCalled(call_id="c1", tool="Read", args={}, effect=Effect.PURE), "a"),
        (ToolCalled(call_id="c1", tool="Read", args={"n": 1}, effect=Effect.PURE), "b"),
        (started("c", agent="critic", goal="look", parent="b"), "c"),
        (read, "b"),
        (finished(), "c"),
        (finished(), "b"),
        (read, "a"),
    )
    assert said == (
        "system on local:pocket.gguf\nmode LEARNER\n"
        "   coder: write it\n"
        "    1  I write.\n"
        "      critic: look\n"
        "    1  Read(n=1) -> no text [0.0 s]\n"
        " 1  Read() -> no text [0.0 s]\n"
    )


def test_a_result_without_its_call_is_still_told() -> None:
    """A call that was refused before it was made has no line of its own in the journal."""
    refused = ToolReturned.of(ToolResult("c9", (Text("no such tool"),), is_error=True), "Fly", 0.0)
    assert plain(started("r"), refused).endswith(" 1  Fly(…) failed: no such tool [0.0 s]\n")


def test_a_terminal_shows_the_same_lines_and_keeps_nothing_else() -> None:
    """What moved is erased at the end: the last thing on the screen is the last line."""
    output = live(small_run("r"))
    for line in SMALL_RUN.splitlines():
        assert line in visible(output)
    assert output.endswith("\x1b[?25h\r\x1b[1A\x1b[2K")
    assert not live([]).strip()


def test_a_terminal_shows_who_does_what_and_what_it_costs() -> None:
    """Agent, step, cost so far, tokens, seconds, and what is being done."""
    events = [started("r"), asked(), ToolCalled(call_id="c1", tool="Read", args={"n": 1}, effect=Effect.PURE)]
    assert "operator · step 1 · $0.5000 · 1,010 tokens · 0 s · Read(n=1)" in visible(live(events))
    assert "0 s · waiting 3 s: overloaded" in visible(live([*events, Waiting("overloaded", 3.0)]))
    assert "step 2 · $0.5000" in visible(live([*events, MessageAdded.of(Message("user", (Text("x"),)))]))


def test_a_reply_that_broke_off_counts_in_the_cost() -> None:
    """The provider bills what it had written."""
    broken = ModelFailed(model="m", reason="connection lost", wait_s=1.0, usage=Usage(100, 5), cost_usd=0.25)
    assert "$0.7500 · 1,115 tokens" in visible(live([started("r"), broken, asked()]))


def test_a_terminal_shows_the_end_of_a_long_reply_while_it_streams() -> None:
    """Six lines of it, wrapped to the width, harmless."""
    pieces = [TextStreamed(f"word{number:03} \x1b[2J ") for number in range(200)]
    shown = visible(live([started("r"), *pieces], width=40))
    assert "word199 ␛[2J" in shown
    assert "word150" not in shown


@pytest.mark.parametrize("width", [3, 20, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """A wrapped status would leave its first half behind at each redraw."""
    long = ToolReturned.of(ToolResult("c1", (Text("漢字" * 200),)), "Read", 0.1)
    events = [started("r"), TextStreamed("漢字 word " * 99), asked("long " * 99), long]
    from rich.cells import cell_len

    for line in re.split(r"\r|\n", visible(live([*events], width=width))):
        assert cell_len(line) <= width


def test_a_person_who_wants_no_colour_gets_none() -> None:
    """NO_COLOR (no-color.org): bold and dim may stay."""
    colours = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-7]|38;[\d;]+|9[0-7])m")
    assert colours.search(live(small_run("r"), color_system="truecolor"))
    assert not colours.search(live(small_run("r"), color_system="truecolor", no_color=True))


def test_a_question_has_the_terminal_for_itself() -> None:
    """What moves is erased before, comes back after, and does not erase the question."""
    bus, stream = Bus(), io.StringIO()
    console = Console(file=stream, force_terminal=True, width=80, height=20)
    with Progress(bus, LiveView(console)) as progress:
        bus.publish(started("r"), "r")
        with progress.paused():
            before = stream.getvalue()
            stream.write("May it? yes\n")
        after = stream.getvalue()[len(before) :]
        bus.publish(finished(), "r")
    assert before.endswith("\x1b[2K")
    assert "\x1b[2K" not in after.partition("May it? yes\n")[2].partition("operator")[0]


class Closed(io.StringIO):
    """A pipe whose reader has left."""

    def write(self, text: str) -> int:
        """Refuse, as the operating system does."""
        raise BrokenPipeError(32, "Broken pipe")


def test_a_reader_that_leaves_does_not_stop_the_run() -> None:
    """The journal is the witness; the progress is a courtesy."""
    bus, stream, heard = Bus(), Closed(), []
    with Progress(bus, PlainView(stream)):
        bus.subscribe(lambda event, _: heard.append(type(event)))  # behind the view: what it raises would keep us out
        bus.publish(started("r"), "r")
        bus.publish(finished(), "r")
    closed = io.StringIO()
    with Progress(bus, PlainView(closed)):
        closed.close()
        bus.publish(started("r"), "r")
    assert heard == [RunStarted, RunFinished, RunStarted]


def test_nobody_hears_after_leaving() -> None:
    """A second run on the same bus is not shown twice."""
    bus, stream = Bus(), io.StringIO()
    with show_progress(bus, stream):
        pass
    bus.publish(started("r"), "r")
    assert stream.getvalue() == ""


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")
@pytest.mark.parametrize(("term", "moves"), [("xterm-256color", True), ("dumb", False)])
def test_a_real_terminal_gets_the_view_that_it_can_show(term: str, moves: bool) -> None:
    """A pseudo-terminal that knows a cursor gets the live view, a dumb one plain lines."""
    script = (
        "import sys\nfrom llmos.cli.progress import show_progress\nfrom llmos.traces.bus import Bus\n"
        "from tests.support.journals import small_run\nbus = Bus()\n"
        "with show_progress(bus, sys.stderr):\n    [bus.publish(event, 'r') for event in small_run('r')]\n"
    )
    import pty

    ours, theirs = pty.openpty()
    variables = {**os.environ, "TERM": term, "COLUMNS": "100", "LINES": "20"}
    subprocess.run([sys.executable, "-c", script], stderr=theirs, env=variables, check=True)
    os.close(theirs)
    output = b""
    while chunk := _read(ours):
        output += chunk
    os.close(ours)
    text = output.decode().replace("\r\n", "\n")
    assert ("\x1b[?25l" in text) is moves
    assert all(line in visible(text) for line in SMALL_RUN.splitlines())


def _read(descriptor: int) -> bytes:
    """What stands in a pseudo-terminal; nothing when its other end is closed."""
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""


def test_a_motion_is_told_in_the_time_of_the_robot() -> None:
    """A simulated robot may need seconds that pass in no time; a call that moves nothing tells how long it took."""
    went, looked = ToolCall("c1", "go_home", {}), ToolCall("c2", "get_status", {})
    events = [
        asked(call=went),
        ToolCalled(call_id="c1", tool="go_home", args={}, effect=Effect.IDEMPOTENT),
        MotionMeasured(command={}, reached=True, duration_s=6.14),
        ToolReturned.of(ToolResult("c1", (Text("there"),)), "go_home", 0.02),
        asked(call=looked),
        ToolCalled(call_id="c2", tool="get_status", args={}, effect=Effect.PURE),
        ToolReturned.of(ToolResult("c2", (Text("there"),)), "get_status", 0.02),
    ]
    assert plain(started("r"), *events).endswith(
        " 1  go_home() -> there [6.1 s of motion]\n 1  get_status() -> there [0.0 s]\n"
    )


def test_a_pipe_does_not_import_rich() -> None:
    """Start-up of a piped run does not pay for a terminal."""
    script = (
        "import io, sys\nfrom llmos.cli.progress import show_progress\nfrom llmos.traces.bus import Bus\n"
        "show_progress(Bus(), io.StringIO())\nprint('rich' in sys.modules)"
    )
    assert (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "False\n"
    )
