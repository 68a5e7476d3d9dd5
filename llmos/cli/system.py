"""How commands that run nothing reach documents, rules and journals of the home.

Knows no command.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from llmos.boot.library import Library
    from llmos.documents.kernel import KernelRules
    from llmos.settings import Environment


def environment() -> "Environment":
    """The environment this process was started in."""
    from llmos.settings import read_environment

    return read_environment()


def rules() -> "KernelRules":
    """The kernel's rules with those of the home over them."""
    from llmos.documents.kernel import load_kernel
    from llmos.settings import system_root

    return load_kernel(system_root() / "kernel", environment().home / "kernel")


@contextmanager
def library() -> "Iterator[Library]":
    """The volumes of the home, closed afterwards."""
    from llmos.boot.library import Library
    from llmos.clock import RealClock

    opened = Library(environment(), RealClock())
    try:
        yield opened
    finally:
        opened.close()


def notice(sentence: str) -> None:
    """Something worth knowing that is no result."""
    click.echo(sentence, err=True)
