"""What a person prefers everywhere: the keys of `settings.md` in the home, below flags and environment variables.

Knows no model and no robot by name.
"""

from dataclasses import dataclass, replace

from llmos.documents.frontmatter import read_document
from llmos.documents.keys import Text, read
from llmos.settings import Environment


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
    if not page.is_file():
        return environment
    wishes = read(Preferences, read_document(page))
    if environment.model is None and wishes.model is not None:
        environment = replace(environment, model=wishes.model, model_source=str(page))
    return replace(environment, robot=environment.robot or wishes.robot)
