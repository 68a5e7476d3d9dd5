"""Groups of commands: a wrong name is answered with the nearest right one, and members may be imported when called.

Knows no command.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from llmos.errors import nearest


class Group(click.Group):
    """A group that names the nearest command when there is none of that name."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but for what a wrong name gets."""
        name, known = args[0], self.list_commands(ctx)
        if not name.startswith("-") and name not in known:
            raise click.UsageError(f"There is no command '{name}'; {nearest(name, known)}", ctx)
        return super().resolve_command(ctx, args)


class LazyGroup(Group):
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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The listing of `--help`, from the lines kept here."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in self._lazy.items()])
