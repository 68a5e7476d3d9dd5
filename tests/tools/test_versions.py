"""A tool is known again by what it promises and by the code that keeps the promise."""

from pathlib import Path

import pytest

from llmos.messages import Effect
from llmos.tools.base import Tool, tool
from llmos.tools.plugins import TOOLS, Plugins
from llmos.tools.versions import version_of

SOURCE = '''
from llmos.tools.base import tool

@tool
def greet(name: str{rest}) -> str:
    """{says}"""
    return {body}
'''


def loaded(folder: Path, rest: str = "", says: str = "Greet somebody.", body: str = "name") -> Tool:
    """The tool that this source makes, freshly loaded."""
    (folder / "greet.py").write_text(SOURCE.format(rest=rest, says=says, body=body), encoding="utf-8")
    (found,), problems = Plugins(TOOLS).refresh([folder])
    assert problems == ()
    return found


def test_the_same_source_is_the_same_version(tmp_path: Path) -> None:
    """Wherever and however often it is loaded."""
    (tmp_path / "elsewhere").mkdir()
    assert version_of(loaded(tmp_path)) == version_of(loaded(tmp_path / "elsewhere"))


@pytest.mark.parametrize(
    "change", [{"rest": ", title: str = ''"}, {"says": "Insult somebody."}, {"body": "name.upper()"}]
)
def test_a_change_of_schema_words_or_code_is_another_version(tmp_path: Path, change: dict[str, str]) -> None:
    """Whatever of it a trace may have relied on."""
    assert version_of(loaded(tmp_path)) != version_of(loaded(tmp_path, **change))


def test_a_change_of_effect_is_another_version() -> None:
    """What was harmless may not be any more."""

    def look() -> str:
        """Look."""
        return "seen"

    assert version_of(tool(effect=Effect.PURE)(look)) != version_of(tool(effect=Effect.REVERSIBLE)(look))
