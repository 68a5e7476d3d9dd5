"""The names of the tools that plugin files declare, read from their text.

Runs nothing: a volume that nobody trusts yet can be looked at like any other.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

_DECORATORS = frozenset({"tool", "llm_tool"})


def declared_tools(folder: Path) -> frozenset[str]:
    """The tools of the plugin files of a `tools/` folder; of a file that is no Python, none."""
    files = (path for path in sorted(folder.glob("*.py")) if not path.name.startswith("_"))
    return frozenset(name for path in files for name in _declared(path))


def _declared(path: Path) -> Iterator[str]:
    try:
        module = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    for function in module.body:
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in function.decorator_list:
                if _names_a_tool(decorator):
                    yield _given_name(decorator) or function.name


def _names_a_tool(decorator: ast.expr) -> bool:
    """Whether it reads `@tool`, `@llmos.tool` or either with arguments."""
    named = decorator.func if isinstance(decorator, ast.Call) else decorator
    return (named.attr if isinstance(named, ast.Attribute) else getattr(named, "id", "")) in _DECORATORS


def _given_name(decorator: ast.expr) -> str:
    """The `name=` of its arguments; empty where it has none that can be read."""
    keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
    given = next((each.value for each in keywords if each.arg == "name"), None)
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else ""
