"""`llmos`: finds the command that was typed, and turns errors into one sentence and an exit code.

Knows of a command only its name, its module and its one-line help, so that `llmos --help` imports none of them.
"""

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from types import TracebackType
from typing import Any, Final

import click

from llmos import __version__
from llmos.errors import LLMosError, nearest

INTERRUPTED: Final = 130
OUR_BUG: Final = 70
USERS_MISTAKE: Final = 2


class Commands(click.Group):
    """A group whose members are imported when they are called: name -> (module, attribute, one line of help)."""

    def __init__(self, lazy: Mapping[str, tuple[str, str, str]], **options: Any) -> None:  # noqa: ANN401 - click's own
        super().__init__(**options)
        self._lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, in the order in which a newcomer needs them."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """The command, imported now; None when there is none of that name."""
        if cmd_name not in self._lazy:
            return None
        module, attribute, _ = self._lazy[cmd_name]
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest command named when there is none."""
        name = args[0]
        if not name.startswith("-") and name not in self._lazy:
            raise click.UsageError(f"There is no command '{name}'; {nearest(name, self._lazy)}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The listing of `--help`, from the lines kept here."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in self._lazy.items()])


_COMMANDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "run": ("llmos.cli.agent", "run_system", "Run a goal; the agent `system` does it or picks who does."),
    "agent": ("llmos.cli.agent", "agent", "List, show, check, write, edit and run agents."),
    "shell": ("llmos.cli.agent", "shell", "Talk with the agent `system`."),
    "skill": ("llmos.cli.skill", "skill", "List and show skills."),
    "kernel": ("llmos.cli.kernel", "kernel", "Show the rules that every run obeys."),
    "trace": ("llmos.cli.trace", "trace", "List runs, and show what happened in one."),
    "memory": ("llmos.cli.memory", "memory", "Search, show and forget notes."),
    "usage": ("llmos.cli.usage", "usage", "Show what runs cost."),
}

HELP: Final = "Markdown is the program, Python is the interpreter, git is the memory of both."

root = Commands(
    _COMMANDS,
    name="llmos",
    help=HELP,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
root = click.version_option(__version__, prog_name="llmos")(root)


def main(arguments: list[str] | None = None) -> None:
    """Run one command line and leave with its exit code; what nobody expected is a traceback and OUR_BUG."""
    sys.excepthook = _our_bug
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def _our_bug(kind: type[BaseException], error: BaseException, at: TracebackType | None) -> None:
    sys.__excepthook__(kind, error, at)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(OUR_BUG)


def run(arguments: list[str]) -> int:
    """Run one command line; returns the exit code of CONTRACT.

    An error that is nobody's mistake but ours passes.
    """
    as_json = "--json" in arguments
    try:
        result = root.main(arguments, prog_name="llmos", standalone_mode=False)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as mistake:
        return _say(_sentence(mistake), USERS_MISTAKE, as_json=as_json)
    except LLMosError as error:
        return _say(str(error), error.exit_code, as_json=as_json)
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        return _reader_left()
    return result if isinstance(result, int) else 0


def _say(sentence: str, exit_code: int, *, as_json: bool) -> int:
    if as_json:
        import json

        click.echo(json.dumps({"error": sentence}))
    else:
        click.echo(f"llmos: {sentence}", err=True)
    return exit_code


def _sentence(mistake: click.ClickException) -> str:
    """Click's message, and for a usage error where to look further."""
    text = " ".join(mistake.format_message().split())
    if isinstance(mistake, click.UsageError) and mistake.ctx is not None:
        text = f"{text.rstrip('.')}; see `{mistake.ctx.command_path} --help`."
    return text


def _reader_left() -> int:
    """Whoever read our output has gone, as in `llmos trace list | head`; nothing more can be said to them."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    main()
