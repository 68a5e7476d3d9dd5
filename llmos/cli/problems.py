"""Shows what is wrong or odd in documents; knows no command."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from llmos.cli.options import print_json
from llmos.cli.render import printable
from llmos.errors import counted

if TYPE_CHECKING:
    from llmos.documents.document import Problem


def show_problems(problems: "Sequence[Problem]", *, as_json: bool) -> int:
    """One line for each; 2 when something cannot be loaded."""
    errors = sum(problem.severity == "error" for problem in problems)
    if as_json:
        keys = ("path", "line", "severity", "sentence")
        print_json({"problems": [{key: getattr(problem, key) for key in keys} for problem in problems]})
    else:
        for problem in problems:
            click.secho(printable(str(problem)), fg="red" if problem.severity == "error" else "yellow")
        click.echo(f"{counted(errors, 'error')}, {counted(len(problems) - errors, 'warning')}", err=True)
    return 2 if errors else 0
