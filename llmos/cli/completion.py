"""`llmos completion`: the script that makes a shell complete our commands, options and names of agents.

Knows no shell; click writes the scripts.
"""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.shell_completion import CompletionItem

    Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script of SHELL.

    For bash put `eval "$(llmos completion bash)"` into ~/.bashrc, for zsh the same with zsh into ~/.zshrc, for fish
    `llmos completion fish | source` into ~/.config/fish/config.fish.
    """
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(ctx.find_root().command, {}, "llmos", "_LLMOS_COMPLETE").source())


def names(kind: str) -> "Complete":
    """Completes the names of all agents, skills or robots: `kind` is the question that the registry answers."""

    def complete(_: click.Context, __: click.Parameter, typed: str) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem

        from llmos.cli.system import library

        with library() as opened:
            entries = getattr(opened.registry, kind)()
        return [CompletionItem(each.name, help=each.description) for each in entries if each.name.startswith(typed)]

    return complete
