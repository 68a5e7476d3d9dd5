"""Tools of plugin files by name, with nothing of them run."""

from pathlib import Path

from llmos.tools.declared import declared_tools

PLUGIN = '''
import llmos
from llmos import tool, llm_tool
from functools import cache

raise SystemExit("this file was run")

@tool
def water(plant: str) -> str:
    """Water it."""

@llmos.tool(name="Prune")
async def prune(plant: str) -> str:
    """Prune it."""

@llm_tool(timeout_s=1.0)
def feed(plant: str) -> str:
    """Feed it."""

@cache
def measure() -> None: ...

def helper() -> None: ...
'''


def test_tools_are_known_without_running_their_file(tmp_path: Path) -> None:
    """By the function's name, or by the one it is given; what is no tool is left out."""
    (tmp_path / "plants.py").write_text(PLUGIN)
    (tmp_path / "_private.py").write_text(PLUGIN.replace("water", "hidden"))
    (tmp_path / "broken.py").write_text("@tool\ndef (:")
    assert declared_tools(tmp_path) == {"water", "Prune", "feed"}
    assert declared_tools(tmp_path / "nowhere") == frozenset()
