"""Cassettes as tests write them: the lines that a model says, and the file that holds them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from llmos.models.cassette import CassetteModel
from tests.support.homes import Place

WORKER = "---\nname: worker\ndescription: Works.\n---\n\nWork.\n"
"""An agent for which a cassette speaks."""

Line: TypeAlias = Mapping[str, Any]


def says(text: str = "ready", **more: Any) -> Line:
    """A line that answers."""
    return {"reply": {"text": text, **more}}


def asks(*calls: str | tuple[str, Mapping[str, Any]], **more: Any) -> Line:
    """A line that calls these tools in one reply, each with its arguments or with none."""
    named = [(call, {}) if isinstance(call, str) else call for call in calls]
    return {"reply": {"tool_calls": [{"name": name, "args": args} for name, args in named], **more}}


def calls(name: str, times: int = 1, /, **args: Any) -> Line:
    """A line that calls one tool so many times at once."""
    return asks(*[(name, args)] * times)


def malformed(name: str, written: str) -> Line:
    """A line that calls a tool with what is no JSON object."""
    return {"reply": {"tool_calls": [{"name": name, "malformed": written}]}}


def tape(place: Place, *lines: Line, name: str = "tape") -> str:
    """What `--model` needs for a model that says these lines."""
    return f"cassette:{_written(place.root / f'{name}.jsonl', lines)}"


def cassette(folder: Path, *lines: Line) -> CassetteModel:
    """A model that says these lines."""
    return CassetteModel(_written(folder / "cassette.jsonl", lines))


def _written(path: Path, lines: tuple[Line, ...]) -> Path:
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
    return path
