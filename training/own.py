"""Verbs and tools of a reader's own: one YAML file, read and checked.

Knows no network and no wording of ours. `examples/own-pocket/README.md` explains the form part by part.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from llmos.messages import JSON
from training.grammar import SLOT, goal_grammar
from training.toolkit import ARM, ROVER

SLOTS = ("angle", "count", "length", "object", "place", "point")
"""What a phrase may leave open beside the choices of the file; `length2` is a second length."""
POSITIONS = ("object", "place", "point")
VALUE = re.compile(r"(?P<sign>-?)\{(?P<slot>\w+)\}")
ROBOTS = {"arm": ARM, "rover": ROVER}
_TYPES = ("number", "integer", "boolean", "string")
PARTS: dict[str, type] = {
    "tools": dict,
    "verbs": dict,
    "choices": dict,
    "words": dict,
    "claims": list,
    "no_goals": list,
}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


class OwnError(Exception):
    """A file that cannot be learned from; the sentence says where and what."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One thing to ask for: its phrases, the calls they mean with their slots unfilled, how often, on which robots."""

    name: str
    phrases: tuple[str, ...]
    calls: tuple[tuple[str, JSON], ...]
    weight: float = 1.0
    robots: tuple[str, ...] = ("arm",)

    @property
    def slots(self) -> frozenset[str]:
        """What its calls need to be told."""
        return frozenset(slot for _, arguments in self.calls for slot in _slots_of(arguments))


@dataclass(frozen=True)
class Own:
    """What a file adds."""

    verbs: tuple[Verb, ...]
    tools: Mapping[str, JSON] = field(default_factory=dict)
    answers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    choices: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    words: Mapping[str, Sequence[str]] = field(default_factory=dict)
    claims: frozenset[str] = frozenset()
    no_goals: tuple[str, ...] = ()


def read_own(path: Path) -> Own:
    """The file, or OwnError with the first thing that is wrong in it."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise OwnError(f"{path} cannot be read: {' '.join(str(error).split())}") from error
    try:
        return own_of(content)
    except OwnError as error:
        raise OwnError(f"{path}: {error}") from error


def own_of(content: Any) -> Own:  # noqa: ANN401 - a file may hold anything
    """What a parsed file says."""
    if not isinstance(content, dict):
        raise OwnError(f"it holds no mapping with {', '.join(PARTS)}")
    for part, value in content.items():
        if part not in PARTS:
            raise OwnError(f"unknown part '{part}'; there are {', '.join(PARTS)}")
        if not isinstance(value, PARTS[part]):
            raise OwnError(f"'{part}' must be a {'list' if PARTS[part] is list else 'mapping'}")
    choices = {_name(name): _choice(name, said) for name, said in content.get("choices", {}).items()}
    own = Own(
        verbs=tuple(_verb(_name(name), verb) for name, verb in content.get("verbs", {}).items()),
        tools={_name(name): _tool(name, tool) for name, tool in content.get("tools", {}).items()},
        answers={
            name: _texts(f"answers of {name}", tool.get("answers", ["ok"]))
            for name, tool in content.get("tools", {}).items()
        },
        choices=choices,
        words={_name(name): _texts(f"words of {name}", said) for name, said in content.get("words", {}).items()},
        claims=frozenset(_texts("claims", content.get("claims", []))),
        no_goals=_texts("no_goals", content.get("no_goals", [])),
    )
    if not own.verbs:
        raise OwnError("it has no 'verbs', so there is nothing to learn")
    for verb in own.verbs:
        _check(verb, own)
    return own


def _verb(name: str, said: Any) -> Verb:  # noqa: ANN401 - a file may hold anything
    if not isinstance(said, dict) or not {"phrases", "calls"} <= said.keys() <= {
        "phrases",
        "calls",
        "weight",
        "robots",
    }:
        raise OwnError(f"verb '{name}' must have phrases and calls, and may have weight and robots")
    calls = []
    for call in said["calls"] if isinstance(said["calls"], list) else [None]:
        written = {call: {}} if isinstance(call, str) else call
        if not isinstance(written, dict) or len(written) != 1:
            raise OwnError(f"a call of verb '{name}' is written as `- tool: {{argument: value}}`; this is {call!r}")
        calls.extend(written.items())
    weight, robots = said.get("weight", 1), tuple(said.get("robots", ["arm"]))
    if not isinstance(weight, int | float) or not weight > 0:
        raise OwnError(f"the weight of verb '{name}' must be a number above 0")
    if not robots or not set(robots) <= set(ROBOTS):
        raise OwnError(f"the robots of verb '{name}' may be {' and '.join(ROBOTS)}")
    return Verb(name, _texts(f"phrases of verb '{name}'", said["phrases"]), tuple(calls), weight, robots)


def _check(verb: Verb, own: Own) -> None:
    """Calls fit the tools, and every phrase holds what the calls need."""
    if not verb.phrases or not verb.calls:
        raise OwnError(f"verb '{verb.name}' needs at least one phrase and one call")
    known = goal_grammar(held_out=False).words.keys() | own.words.keys()
    for slot in verb.slots - own.choices.keys():
        if slot.rstrip("0123456789") not in (*SLOTS, *own.choices):
            raise OwnError(
                f"verb '{verb.name}' fills '{{{slot}}}', which is neither a choice of this file nor one of "
                f"{', '.join(SLOTS)}"
            )
    for phrase in verb.phrases:
        slots = set(SLOT.findall(phrase))
        if missing := sorted(verb.slots - slots):
            raise OwnError(
                f"phrase '{phrase}' of verb '{verb.name}' does not say {{{missing[0]}}}, which its calls need"
            )
        if strange := sorted(slots - verb.slots - known):
            raise OwnError(
                f"phrase '{phrase}' of verb '{verb.name}' has {{{strange[0]}}}, for which there are no words"
            )
    for robot in verb.robots:
        for name, arguments in verb.calls:
            _check_call(verb, name, arguments, _signature(name, robot, own))


def _signature(name: str, robot: str, own: Own) -> dict[str, bool]:
    """The arguments of a tool, and which of them it needs."""
    if name in own.tools:
        parameters = own.tools[name]["function"]["parameters"]
        return {key: key in parameters["required"] for key in parameters["properties"]}
    if name not in ROBOTS[robot]:
        there = ", ".join([*own.tools, *ROBOTS[robot]])
        raise OwnError(f"there is no tool '{name}' for this robot ({robot}); there are {there}")
    return {key.rstrip("?"): not key.endswith("?") for key in ROBOTS[robot][name].split()}


def _check_call(verb: Verb, name: str, arguments: JSON, signature: Mapping[str, bool]) -> None:
    if isinstance(arguments, str):
        found = VALUE.fullmatch(arguments)
        if not found or found["slot"].rstrip("0123456789") not in POSITIONS:
            raise OwnError(
                f"verb '{verb.name}' gives {name} '{arguments}', which is no position; say {{point}}, "
                "{object} or {place}"
            )
        given = {"x", "y", "z"} & signature.keys() or {"x"}
    elif isinstance(arguments, dict):
        given = set(arguments)
    else:
        raise OwnError(f"verb '{verb.name}' gives {name} {arguments!r}, which is no mapping of arguments")
    wanted = {key for key, is_needed in signature.items() if is_needed}
    if not wanted <= given <= signature.keys():
        has = ", ".join(key if needed else f"{key}?" for key, needed in signature.items()) or "none"
        raise OwnError(
            f"verb '{verb.name}' gives {name} the arguments {', '.join(sorted(given)) or 'none'}; it has {has}"
        )


def _tool(name: str, said: Any) -> JSON:  # noqa: ANN401 - a file may hold anything
    """A tool as chat templates expect it; `argument?` may be left out."""
    if name in {**ARM, **ROVER}:
        raise OwnError(f"'{name}' is a tool of the robot already; give yours another name")
    if not isinstance(said, dict) or not said.keys() <= {"arguments", "answers"}:
        raise OwnError(f"tool '{name}' may have arguments and answers, and nothing else")
    properties = {key.rstrip("?"): _argument(name, key, kind) for key, kind in (said.get("arguments") or {}).items()}
    required = [key for key in said.get("arguments") or {} if not key.endswith("?")]
    parameters = {"type": "object", "properties": properties, "required": required}
    return {"type": "function", "function": {"name": name, "description": "", "parameters": parameters}}


def _argument(tool: str, key: str, kind: Any) -> JSON:  # noqa: ANN401 - a file may hold anything
    if isinstance(kind, list) and kind and all(isinstance(one, str) for one in kind):
        return {"enum": kind}
    if kind not in _TYPES:
        raise OwnError(
            f"argument '{key}' of tool '{tool}' is one of {', '.join(_TYPES)}, or a list of texts (quote on and off)"
        )
    return {"type": kind}


def _choice(name: str, said: Any) -> dict[str, tuple[str, ...]]:  # noqa: ANN401 - a file may hold anything
    if not isinstance(said, dict) or not said:
        raise OwnError(f"choice '{name}' must say of each value how people put it")
    return {value: _texts(f"choice '{name}'", texts) for value, texts in said.items()}


def _texts(where: str, said: Any) -> tuple[str, ...]:  # noqa: ANN401 - a file may hold anything
    if not isinstance(said, list) or not all(isinstance(one, str) for one in said):
        raise OwnError(f"{where} must be a list of texts (quote yes, no, on and off)")
    return tuple(said)


def _name(name: Any) -> str:  # noqa: ANN401 - a file may hold anything
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise OwnError(f"{name!r} is no name: a letter first, then letters, digits and underscores, all lower case")
    return name


def _slots_of(arguments: JSON) -> Iterator[str]:
    for value in arguments.values() if isinstance(arguments, dict) else [arguments]:
        found = VALUE.fullmatch(value) if isinstance(value, str) else None
        if found:
            yield found["slot"]
