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
from llmos.models.gbnf import FINISH
from training.episodes import REASONS
from training.grammar import SLOT, goal_grammar, held_out_words, result_grammar
from training.own_calls import ROBOTS, SLOTS, OwnError, check_call, check_phrase, kind_of, parameters, slot_of
from training.toolkit import ARM, ROVER

__all__ = ["SLOTS", "Own", "OwnError", "Verb", "own_of", "read_own"]
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
_ARGUMENT = re.compile(r"[\w.-]+\??")


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
    except (OSError, ValueError, yaml.YAMLError) as error:  # ValueError: no UTF-8, or a day that no month has
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
    own = Own(
        verbs=tuple(_verb(_name(name), verb) for name, verb in content.get("verbs", {}).items()),
        tools={_name(name): _tool(name, tool) for name, tool in content.get("tools", {}).items()},
        answers={
            name: _some(f"answers of {name}", tool.get("answers", ["ok"]))
            for name, tool in content.get("tools", {}).items()
        },
        choices={_name(name): _choice(name, said) for name, said in content.get("choices", {}).items()},
        words={_name(name): _words(name, said) for name, said in content.get("words", {}).items()},
        claims=frozenset(_texts("claims", content.get("claims", []))),
        no_goals=_plain("no_goals", _texts("no_goals", content.get("no_goals", []))),
    )
    if not own.verbs:
        raise OwnError("it has no 'verbs', so there is nothing to learn")
    _check_names(own)
    for verb in own.verbs:
        _check(verb, own)
    return own


def _check_names(own: Own) -> None:
    """Nothing that training has already is replaced without a word."""
    grammar = goal_grammar(held_out=False)
    taken = {
        "verb": ([verb.name for verb in own.verbs], {*grammar.phrases, *REASONS, "joined"}),
        "list of words": (own.words, grammar.words),
        "kind of answer": (own.tools, result_grammar().phrases),
        "slot": ([name for name in own.choices if kind_of(name, ())], own.choices),
    }
    for kind, (names, those) in taken.items():
        for name in names:
            if name in those:
                raise OwnError(f"'{name}' is a {kind} that training has already; give yours another name")


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
    weight, robots = said.get("weight", 1), said.get("robots", ["arm"])
    if not isinstance(weight, int | float) or not 0 < weight < float("inf"):
        raise OwnError(f"the weight of verb '{name}' must be a number above 0")
    if not isinstance(robots, list) or not robots or not all(robot in list(ROBOTS) for robot in robots):
        raise OwnError(f"the robots of verb '{name}' may be {' and '.join(ROBOTS)}")
    return Verb(name, _texts(f"phrases of verb '{name}'", said["phrases"]), tuple(calls), weight, tuple(robots))


def _check(verb: Verb, own: Own) -> None:
    """Calls fit the tools, and every phrase holds what the calls need."""
    if not verb.phrases or not verb.calls:
        raise OwnError(f"verb '{verb.name}' needs at least one phrase and one call")
    for slot in sorted(verb.slots):
        if kind_of(slot, own.choices) is None:
            raise OwnError(
                f"verb '{verb.name}' fills '{{{slot}}}', which is neither a choice of this file nor one of "
                f"{', '.join(SLOTS)}"
            )
    for robot in verb.robots:
        for tool, arguments in verb.calls:
            check_call(verb.name, tool, arguments, parameters(tool, robot, own.tools), own.choices)
    words = {**goal_grammar(held_out=False).words, **own.words}
    for phrase in verb.phrases:
        check_phrase(verb.name, phrase, verb.slots, words)


def _tool(name: str, said: Any) -> JSON:  # noqa: ANN401 - a file may hold anything
    """A tool as chat templates expect it; `argument?` may be left out."""
    if name in {*ARM, *ROVER, FINISH}:
        raise OwnError(f"'{name}' is a tool of the robot already; give yours another name")
    if not isinstance(said, dict) or not said.keys() <= {"arguments", "answers"}:
        raise OwnError(f"tool '{name}' may have arguments and answers, and nothing else")
    arguments = said.get("arguments") or {}
    if not isinstance(arguments, dict):
        raise OwnError(f"the arguments of tool '{name}' are written as `argument: kind`; this is {arguments!r}")
    properties = {_argument_name(name, key): _argument(name, key, kind) for key, kind in arguments.items()}
    required = [key for key in arguments if not key.endswith("?")]
    schema = {"type": "object", "properties": properties, "required": required}
    return {"type": "function", "function": {"name": name, "description": "", "parameters": schema}}


def _argument_name(tool: str, key: Any) -> str:  # noqa: ANN401 - a file may hold anything
    if not isinstance(key, str) or not _ARGUMENT.fullmatch(key):
        raise OwnError(f"tool '{tool}' has an argument {key!r}, which is no name (quote yes, no, on and off)")
    return key.removesuffix("?")


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
    return {value: _plain(f"choice '{name}'", _some(f"choice '{name}'", texts)) for value, texts in said.items()}


def _words(name: str, said: Any) -> tuple[str, ...]:  # noqa: ANN401 - a file may hold anything
    """Entries of a list; some of them training may say."""
    entries = _some(f"words of {name}", said)
    if held_out_words().issuperset(entries):
        raise OwnError(
            f"words of {name} are all kept from training, to measure by: {', '.join(entries)}; add one that is not"
        )
    return entries


def _some(where: str, said: Any) -> tuple[str, ...]:  # noqa: ANN401 - a file may hold anything
    if said == []:
        raise OwnError(f"{where} must be at least one text")
    return _texts(where, said)


def _plain(where: str, texts: tuple[str, ...]) -> tuple[str, ...]:
    """Texts that are said as they stand."""
    for text in texts:
        if found := SLOT.search(text):
            raise OwnError(f"{where} says '{text}', but nothing fills {found[0]} there; say it in words")
    return texts


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
        if found := slot_of(value):
            yield found["slot"]
