"""The page on the command line has every command with its arguments, options and sentence, as `--help` has them."""

from collections.abc import Iterator

import click

from llmos.cli.__main__ import root
from llmos.cli.options import run_options
from tests.support.pages import code, table

PAGE = "docs/cli.md"


def leaves(words: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, with the words that call it."""
    if not isinstance(command, click.Group):
        yield words, command
        return
    if command.invoke_without_command:
        yield words, command
    with click.Context(command) as context:
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from leaves(f"{words} {name}", child)


def usage(words: str, command: click.Command) -> str:
    """The command with its arguments."""
    context = click.Context(command)
    arguments = [each.make_metavar(context) for each in command.params if isinstance(each, click.Argument)]
    return " ".join([words, *arguments])


def options(command: click.Command) -> set[str]:
    """The long name of each option, or its only name."""
    found = [each for each in command.params if isinstance(each, click.Option)]
    return {max(each.opts, key=len) for each in found}


def every() -> dict[str, tuple[set[str], str]]:
    """Options and sentence of each command, by how it is called."""
    return {
        usage(words, command): (options(command), (command.help or "").strip().splitlines()[0])
        for words, command in leaves("llmos", root)
    }


@click.command()
@run_options
def run() -> None:
    """A command with the options of a run and no others."""


def test_the_options_of_a_run_are_listed() -> None:
    """What all commands share that start a run."""
    assert {code(row[0])[0].split()[0] for row in table(PAGE, "option", "what it does")} == options(run)


def test_every_command_is_listed_as_its_help_has_it() -> None:
    """The rows are the commands: call, options, sentence. Those of a run are said once, as `of a run`."""
    told = {}
    for call, listed, sentence in table(PAGE, "command", "options", "what it does"):
        told[code(call)[0]] = (set(code(listed)) | (options(run) if "of a run" in listed else set()), sentence)
    assert told == every()
