"""Every command says what it does, and asking it for help never fails."""

from collections.abc import Iterator
from functools import cache

import click
import pytest

from llmos.cli.__main__ import root, run


@cache
def commands() -> tuple[tuple[str, click.Command], ...]:
    """Every command with the words that call it."""

    def below(words: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
        yield words, command
        if isinstance(command, click.Group):
            with click.Context(command) as context:
                for name in command.list_commands(context):
                    child = command.get_command(context, name)
                    assert child is not None, f"{words} {name} is listed and cannot be had"
                    yield from below(f"{words} {name}".strip(), child)

    return tuple(below("", root))


EVERY = pytest.mark.parametrize(("words", "command"), commands(), ids=[words or "llmos" for words, _ in commands()])


@EVERY
def test_help_is_given(words: str, command: click.Command, capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` ends with 0 and shows the usage."""
    assert run([*words.split(), "--help"]) == 0
    assert "Usage: llmos" in capsys.readouterr().out


@EVERY
def test_every_command_and_option_is_explained(words: str, command: click.Command) -> None:
    """A command has a sentence, and so has each of its options."""
    assert (command.help or "").strip().partition("\n")[0].endswith(".")
    for parameter in command.params:
        if isinstance(parameter, click.Option) and "--version" not in parameter.opts:
            explained = parameter.help or (parameter.show_default and isinstance(parameter.type, click.Choice))
            assert explained, f"{words} {parameter.opts[0]}"


@EVERY
def test_results_and_listings_take_json(words: str, command: click.Command) -> None:
    """Whatever tells something can tell it to a program."""
    tells = words.rpartition(" ")[2] in {"list", "show", "search", "usage", "check", "stats", "state"}
    if tells and not isinstance(command, click.Group):
        assert any("--json" in parameter.opts for parameter in command.params)


@EVERY
def test_a_wrong_option_is_one_sentence(words: str, command: click.Command, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, a sentence, and where to look further; nothing is run."""
    assert run([*words.split(), "--no-such-thing"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("llmos: ")
    assert "--no-such-thing" in said.err
    assert f"see `{f'llmos {words}'.strip()} --help`" in said.err
    assert said.err.count("\n") == 1
    assert command.name
