"""`llmos`: finds the command that was typed, and turns errors into one sentence and an exit code.

Knows of a command only its name, its module and its one-line help, so that `llmos --help` imports none of them.
"""

import errno
import gc
import io
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import takewhile
from types import TracebackType
from typing import Final

import click

from llmos import __version__
from llmos.cli.groups import LazyGroup
from llmos.cli.options import READER_LEFT, leave_reader, print_json
from llmos.errors import LLMosError

INTERRUPTED: Final = 130
OUR_BUG: Final = 70
UNWRITTEN: Final = 1
USERS_MISTAKE: Final = 2
_FULL: Final = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))
"""What the system says when our output is a file on a full disk; such an error names no file."""


_COMMANDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "run": ("llmos.cli.agent", "run_system", "Run a goal; the agent `system` does it or picks who does."),
    "agent": ("llmos.cli.agent", "agent", "List, show, write, edit, check and run agents."),
    "shell": ("llmos.cli.agent", "shell", "Talk with the agent `system`."),
    "init": ("llmos.cli.init", "init", "Make the home: volumes for you and your team."),
    "skill": ("llmos.cli.skill", "skill", "List, show and write skills."),
    "volume": ("llmos.cli.volume", "volume", "Add, trust, update and search volumes."),
    "model": ("llmos.cli.model", "model", "List, fetch, check and time models."),
    "robot": ("llmos.cli.robot", "robots", "Look at robots, stop them, let them move again."),
    "program": ("llmos.cli.program", "program", "Check, run and compile programs."),
    "serve": ("llmos.cli.serve", "serve", "Serve a robot over REST, WebSocket and a web page."),
    "kernel": ("llmos.cli.kernel", "kernel", "Show the rules that every run obeys."),
    "trace": ("llmos.cli.trace", "trace", "List, show and replay runs, and exchange what was learned."),
    "why": ("llmos.cli.why", "why", "Say what each decision of a run rests on."),
    "evolve": ("llmos.cli.evolve", "evolve", "Learn from runs: better agents, tested and committed."),
    "memory": ("llmos.cli.memory", "memory", "List, search, show, forget and restore notes."),
    "usage": ("llmos.cli.usage", "usage", "Show what runs cost."),
    "demo": ("llmos.cli.demo", "demo", "Show one of five demonstrations of a robot."),
    "doctor": ("llmos.cli.doctor", "doctor", "Say what is installed, what is missing, how to get it."),
    "completion": ("llmos.cli.completion", "completion", "Print what makes a shell complete `llmos` commands."),
}


@click.pass_context
def _begin(ctx: click.Context) -> None:
    """What holds for every command; `--help` does not come this far."""
    from llmos.settings import no_color

    if no_color():
        ctx.color = False


root = LazyGroup(
    _COMMANDS,
    name="llmos",
    callback=_begin,
    help="Markdown is the program, Python is the interpreter, git is the memory of both.",
    epilog="Try: llmos agent run operator 'Go home.' - every command has its own --help.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
root = click.version_option(__version__, prog_name="llmos")(root)


def main(arguments: list[str] | None = None) -> None:
    """Run one command line and leave with its exit code; what nobody expected is a traceback and OUR_BUG.

    Python looks for no garbage until a first model has replied: importing a large SDK makes two hundred thousand
    objects that all stay, and looking through them again and again takes a fifth of the start.
    """
    gc.disable()
    typed = sys.argv[1:] if arguments is None else arguments
    sys.excepthook = partial(_our_bug, wants_json(typed))
    _open_streams()
    code = run(typed)
    try:
        sys.stderr.flush()
    except OSError:  # else the interpreter would fail at the same, and leave with a code of its own
        leave_reader()
    if "ruckig" in sys.modules:  # it complains, on the way out, of what an interrupted motion still holds
        with suppress(OSError):
            sys.stdout.flush()
        os._exit(code)
    gc.freeze()  # so that leaving does not look through everything once more
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run one command line; returns the exit code of CONTRACT.

    An error that is nobody's mistake but ours passes.
    """
    as_json = wants_json(arguments)
    try:
        result = root.main(arguments, prog_name="llmos", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except SystemExit:  # click's own ways out: a completion was printed, or nobody reads our output any more
        return 0
    except click.exceptions.NoArgsIsHelpError as bare:
        click.echo(bare.format_message())
        return 0
    except click.ClickException as mistake:
        return _say(_sentence(mistake), USERS_MISTAKE, as_json=as_json)
    except LLMosError as error:
        return _say(str(error), error.exit_code, as_json=as_json)
    except (KeyboardInterrupt, click.Abort):
        return _say("Interrupted.", INTERRUPTED, as_json=as_json)
    except OSError as error:
        if error.errno in READER_LEFT:
            leave_reader()
            return 0
        if error.filename is not None or error.errno not in _FULL:
            raise
        _say(f"The output cannot be written: {error.strerror}.", UNWRITTEN, as_json=False)
        leave_reader()
        return UNWRITTEN
    return result if isinstance(result, int) else 0


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether the command line asks for JSON, also where it is too wrong to be understood."""
    return "--json" in takewhile(lambda word: word != "--", arguments)


def _open_streams() -> None:
    """Make streams that our caller closed lead nowhere, and what is no letter in them no reason to fail."""
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 - for as long as we live
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    ways = ((sys.stdin, "surrogateescape"), (sys.stdout, "backslashreplace"), (sys.stderr, "backslashreplace"))
    for stream, how in ways:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=how)


def _our_bug(
    as_json: bool,  # noqa: FBT001 - bound by position, as the hook is called
    kind: type[BaseException],
    error: BaseException,
    at: TracebackType | None,
) -> None:
    sys.__excepthook__(kind, error, at)
    _say(f"LLMos itself failed with {kind.__name__}: {error}", OUR_BUG, as_json=as_json)
    sys.stdout.flush()
    os._exit(OUR_BUG)


def _say(sentence: str, exit_code: int, *, as_json: bool) -> int:
    if as_json:
        print_json({"error": sentence})
    else:
        from llmos.cli.render import printable

        with suppress(OSError):  # where standard error is full as well, the exit code still tells
            click.echo(f"llmos: {printable(' '.join(sentence.split()))}", err=True)
    return exit_code


def _sentence(mistake: click.ClickException) -> str:
    """Click's message, and for a usage error where to look further."""
    text = " ".join(mistake.format_message().split())
    if isinstance(mistake, click.UsageError) and mistake.ctx is not None:
        look = f"see `{mistake.ctx.command_path} --help`."
        text = f"{text} S{look[1:]}" if text.endswith(("?", "?)")) else f"{text.rstrip('.')}; {look}"
    return text


if __name__ == "__main__":
    main()
