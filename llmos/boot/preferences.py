"""What a person prefers everywhere: the keys of `settings.md` in the home, below flags and environment; and its rules.

Knows no model and no robot by name.
"""

import os
from dataclasses import dataclass, replace

from llmos.documents.frontmatter import read_document
from llmos.documents.kernel import KernelRules, load_kernel
from llmos.documents.keys import Text, read
from llmos.settings import Environment, system_root


@dataclass(frozen=True, slots=True)
class Preferences:
    """The keys of the page; what is not there is left to the kernel."""

    model: Text | None = None
    robot: Text | None = None


def with_preferences(environment: Environment) -> Environment:
    """The environment, with what it leaves open taken from the settings page of its home.

    Raises DocumentError for a key that is unknown, and for a value that is no name.
    """
    page = environment.home / "settings.md"
    if not os.path.lexists(page):
        return environment
    wishes = read(Preferences, read_document(page))
    if environment.model is None and wishes.model is not None:
        environment = replace(environment, model=wishes.model, model_source=str(page))
    return replace(environment, robot=environment.robot or wishes.robot)


def rules_of(environment: Environment) -> KernelRules:
    """The kernel's rules with those of the home over them; raises DocumentError for a key that is wrong."""
    return load_kernel(system_root() / "kernel", environment.home / "kernel")
