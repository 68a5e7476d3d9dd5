"""Writes a trace as markdown and reads it back: keys that are counted and compared above, below what was done.

Knows no folder and no index. Whatever a trace holds comes back as it was, and what was damaged by hand is named with
its line; the steps are for people to read, but a trace is evidence: who wants something else done writes a skill.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, Final

from llmos.documents.document import BrokenDocumentError, Document
from llmos.documents.frontmatter import compose, parse, read_document
from llmos.errors import nearest
from llmos.messages import JSON, Effect
from llmos.traces.fences import Fences, json_fence, text_fence
from llmos.traces.trace import Trace, TraceStep

_EMPTY: Final[Mapping[str, Any]] = {"slots": {}, "skill_hashes": {}}
_KEYS: Final = {each.name: each for each in fields(Trace) if each.name not in ("steps", "answer", "world")}
_KINDS: Final[Mapping[str, type]] = {
    "input_tokens": int,
    "output_tokens": int,
    "uses": int,
    "cost_usd": float,
    "duration_s": float,
    "rating": float,
    "sensitive": bool,
}
_WORDS: Final[Mapping[type, str]] = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
_WORLD: Final = "In this world:"
_STEPS: Final = "What was done:"
_ANSWER: Final = "What was said of it:"
_OUTPUT, _KNOWN_BY = "output", "known_by"
_PARTS: Final = ("sources", "before", "after")
_HASHES: Final = ("tool_version", "output_hash")
_HEADINGS: Final[Mapping[str, str]] = {
    "sources": "with values from",
    "before": "where files held before",
    "after": "and after",
    "output": "which answered",
    "known_by": "known again by",
}
_EFFECTS: Final = tuple(Effect)
_STEP = re.compile(r"(\d+)\. (?:`([\w.-]+)`|(\".*\")), (\w+)")
_PLAIN_NAME = re.compile(r"[\w.-]+")
_INDENT = 4
_LONGEST_KEY = 200
_DEEPEST = 10
_MOST_WORDS = 6
_LONGEST_NAME = 48


def file_name(trace: Trace) -> str:
    """The name of its file: the first words of the goal, and its id.

    Two goals may begin alike; the id tells them apart, and the same run again has the same name.
    """
    plain = unicodedata.normalize("NFKD", trace.goal).encode("ascii", "ignore").decode().lower()
    words = "-".join(re.findall("[a-z0-9]+", plain)[:_MOST_WORDS])[:_LONGEST_NAME].strip("-")
    return f"{words or 'goal'}-{trace.id}.md"


def show(trace: Trace) -> str:
    """The text of its file, the same for the same trace."""
    kept = {name: getattr(trace, name) for name in _KEYS}
    lines = [_WORLD, "", *json_fence(dict(trace.world)), ""] if trace.world else []
    lines += [_STEPS, ""]
    for number, step in enumerate(trace.steps, 1):
        lines += _step_lines(number, step)
    lines += [_ANSWER, "", *text_fence(trace.answer)]
    keys = {name: _packed(value) for name, value in kept.items() if not (_left_out(_KEYS[name]) and _is_nothing(value))}
    return compose(keys, "\n".join(lines))


def read_trace(path: Path) -> Trace:
    """The trace in a file; raises DocumentError with file and line."""
    return trace_from(read_document(path))


def parse_trace(text: str, path: Path) -> Trace:
    """The trace in a text; `path` only names it."""
    return trace_from(parse(text, path))


def trace_from(document: Document) -> Trace:
    """The trace that a document holds; raises DocumentError with file and line."""
    if document.problems:
        problem = document.problems[0]
        raise BrokenDocumentError(document.path, problem.line, problem.sentence)
    values = {name: _value(document, name) for name in document.keys}
    missing = next((name for name, key in _KEYS.items() if name not in values and not _left_out(key)), None)
    if missing is not None:
        raise document.wrong(missing, f"'{missing}' is missing, without which this is no trace")
    body = Fences(document)
    world = body.mapping() if body.takes(_WORLD) else {}
    body.expect(_STEPS)
    steps: list[TraceStep] = []
    while not body.takes(_ANSWER):
        steps.append(_step(body, len(steps) + 1))
    answer = body.text()
    body.expect_end()
    return Trace(**{**_EMPTY, **values}, steps=tuple(steps), answer=answer, world=world)


def _value(document: Document, name: str) -> Any:  # noqa: ANN401 - of whatever kind the trace has it
    """The value of a key, of the kind that it must be."""
    if name not in _KEYS:
        raise document.wrong(name, f"'{name}' is no key of a trace; {nearest(name, _KEYS)}")
    value = document.keys[name]
    if name in _EMPTY:
        value = _unpacked(value)
        if not isinstance(value, dict):
            raise document.wrong(name, f"'{name}' must hold keys and values")
        return value
    kind = _KINDS.get(name, str)
    if kind is float and type(value) is int:
        return value
    if type(value) is not kind:
        raise document.wrong(name, f"'{name}' must be {_WORDS[kind]}")
    return value


def _step(body: Fences, number: int) -> TraceStep:
    found = body.match(_STEP, f"step {number}, or '{_ANSWER}',")
    if int(found[1]) != number or found[4] not in _EFFECTS:
        raise body.wrong_before(f"step {number} belongs here, and one of {', '.join(_EFFECTS)}")
    name = json.loads(found[3]) if found[3] else found[2]
    args = body.mapping(_INDENT)
    more: dict[str, Any] = {}
    for key in _PARTS:
        if body.takes(_part(key)):
            more[key] = body.mapping(_INDENT)
    body.expect(_part(_OUTPUT))
    output = body.text(_INDENT)
    body.expect(_part(_KNOWN_BY))
    known = body.mapping(_INDENT)
    if not all(isinstance(known.get(key), str) for key in _HASHES) or len(known) != len(_HASHES):
        raise body.wrong_before(f"{' and '.join(_HASHES)} belong here")
    effect = Effect(found[4])
    return TraceStep(tool=name, args=args, effect=effect, output=output, **known, **more)


def _step_lines(number: int, step: TraceStep) -> list[str]:
    name = f"`{step.tool}`" if _PLAIN_NAME.fullmatch(step.tool) else json.dumps(step.tool)
    lines = [f"{number}. {name}, {step.effect}", "", *json_fence(step.args, _INDENT), ""]
    for key in _PARTS:
        if value := getattr(step, key):
            lines += [_part(key), "", *json_fence(dict(value), _INDENT), ""]
    known = {key: getattr(step, key) for key in _HASHES}
    lines += [_part(_OUTPUT), "", *text_fence(step.output, _INDENT), ""]
    return [*lines, _part(_KNOWN_BY), "", *json_fence(known, _INDENT), ""]


def _part(name: str) -> str:
    """The line before a block of a step."""
    return f"{' ' * _INDENT}{_HEADINGS[name]}"


def _left_out(key: Field[Any]) -> bool:
    """Whether it may be missing."""
    return key.default is not MISSING or key.name in _EMPTY


def _is_nothing(value: JSON) -> bool:
    return value is False or value in ("", {})


def _packed(value: JSON) -> JSON:
    """The value of a key as the frontmatter can hold it: what block style cannot say stands there as JSON."""
    if isinstance(value, Mapping):
        return value if _sayable(value) else json.dumps(value, allow_nan=False)
    return value


def _unpacked(value: JSON) -> JSON:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _sayable(value: JSON, depth: int = 0) -> bool:
    if isinstance(value, Mapping):
        keys = all(isinstance(key, str) and len(key) <= _LONGEST_KEY for key in value)
        return keys and bool(value) and depth < _DEEPEST and all(_sayable(item, depth + 1) for item in value.values())
    if isinstance(value, list | tuple):
        return bool(value) and depth < _DEEPEST and all(_sayable(item, depth + 1) for item in value)
    return value is not None
