"""How commands reach the home: its environment, rules, documents and journals, and its making on first use.

Knows no command.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from llmos.boot.library import Library
    from llmos.documents.kernel import KernelRules
    from llmos.settings import Environment
    from llmos.volumes.lookups import Lookups
    from llmos.volumes.volume import Kind


def environment() -> "Environment":
    """The environment this process was started in."""
    from llmos.settings import read_environment

    return read_environment()


def make_home() -> None:
    """Make the home if there is none yet, and say so."""
    from llmos.settings import system_root
    from llmos.volumes.home import init_home

    home = environment().home
    if not (home / "settings.md").is_file() and init_home(home, system_root()):
        notice(f"Made a home at {home} (LLMOS_HOME): your volumes and journals live there.")


def rules() -> "KernelRules":
    """The kernel's rules with those of the home over them."""
    from llmos.boot.preferences import rules_of

    return rules_of(environment())


@contextmanager
def library() -> "Iterator[Library]":
    """The volumes of the home and the documents of this folder, closed afterwards."""
    from llmos.boot.library import Library
    from llmos.clock import RealClock
    from llmos.settings import current_folder

    opened = Library(environment(), RealClock(), current_folder())
    try:
        yield opened
    finally:
        opened.close()


def notice_refused(documents: "Lookups", kind: "Kind") -> None:
    """What a listing leaves out because it cannot be read."""
    if closed := documents.closed(kind):
        notice(f"{closed.path}: {closed.sentence}; what lies in it is not listed.")
    if names := documents.refused(kind):
        notice(f"Not used, since what counts under these names cannot be read: {', '.join(names)}; see `llmos doctor`.")


def notice(sentence: str) -> None:
    """Something worth knowing that is no result; when nobody can read it, nothing else ends."""
    from llmos.cli.render import printable

    with suppress(OSError):
        click.echo(printable(sentence), err=True)
