"""What a person prefers everywhere: the keys of `settings.md` in the home, below flags and environment variables.

Knows no model and no robot by name.
"""

from dataclasses import replace
from pathlib import Path

from llmos.documents.frontmatter import read_document
from llmos.errors import nearest
from llmos.settings import Environment

_KEYS = ("model", "robot")


def with_preferences(environment: Environment) -> Environment:
    """The environment, with what it leaves open taken from the settings page of its home.

    Raises DocumentError for a key that is none, or a value that is no text.
    """
    page = environment.home / "settings.md"
    if not page.is_file():
        return environment
    wishes = _read(page)
    if environment.model is None and "model" in wishes:
        environment = replace(environment, model=wishes["model"], model_source=str(page))
    return replace(environment, robot=environment.robot or wishes.get("robot"))


def _read(page: Path) -> dict[str, str]:
    document = read_document(page)
    for key, value in document.keys.items():
        if key not in _KEYS:
            raise document.wrong(key, f"there is no setting '{key}'; {nearest(key, _KEYS)}")
        if not isinstance(value, str) or not value:
            raise document.wrong(key, f"'{key}' must be a name, not {value!r}")
    return {key: str(value) for key, value in document.keys.items()}
