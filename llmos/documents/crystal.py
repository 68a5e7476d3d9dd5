"""What a skill that was made from experience says of itself in its `metadata`: for which goals, with what, out of what.

Knows no program; the keys begin with `llmos-`, as the standard asks of those that only one reader knows.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from llmos.documents.skill import Skill
from llmos.messages import JSON

_SIGNATURE: Final = "llmos-signature"
_GOAL: Final = "llmos-goal"
_AGENT: Final = "llmos-agent"
_TOOLS: Final = "llmos-tools"
_WORLD: Final = "llmos-world"
_MADE_WITH: Final = "llmos-made-with"
_START: Final = "llmos-start"
_DIGITS: Final = "llmos-digits"
_TRACES: Final = "llmos-traces"
_PROGRAM: Final = "llmos-program"
_WORDS: Final = "llmos-words"

KEYS: Final = frozenset(
    {_SIGNATURE, _GOAL, _AGENT, _TOOLS, _WORLD, _MADE_WITH, _START, _DIGITS, _TRACES, _PROGRAM, _WORDS}
)
"""What only this module reads of a SKILL.md."""

_HEX = 8
_LONGEST_WORDS = 40
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_NO_WORD = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Crystal:
    """Where a program belongs."""

    signature: str
    """The goals that it was made for, by the hash of their skeleton."""
    agent: str
    tools: Mapping[str, str]
    """By what each of its tools was known, `sha256:HEX`."""
    world: str = ""
    """The robot and the scene that it was made with, `robot / scene`; empty where there was none."""
    traces: tuple[str, ...] = ()
    """The ids of the traces that it was made of; their uses count as its own as long as nobody edits the program."""
    program: str = ""
    """The hash of the program's text as it was made, `sha256:HEX`."""
    goal: str = ""
    """One of the goals: how its words are spelled may stand in what the program writes."""
    made_with: Mapping[str, str] = field(default_factory=dict)
    """The documents that it rests on, by `agent`, `robot`, `scene`, `skill/NAME`, with their hashes."""
    start: Mapping[str, JSON] = field(default_factory=dict)
    """What must hold of the robot before it begins: `same`, and `pose` where its motions depend on that."""
    digits: Mapping[str, int] = field(default_factory=dict)
    """Of values that are computed with: how many decimals they had at most, by component."""
    words: str = ""
    """The hash of its words as they were made; where they read otherwise, a person has edited them."""

    @property
    def metadata(self) -> dict[str, str]:
        """As it stands in a SKILL.md."""
        said = {
            _SIGNATURE: self.signature,
            _GOAL: self.goal,
            _AGENT: self.agent,
            _TOOLS: _pairs(self.tools),
            _WORLD: self.world,
            _MADE_WITH: _pairs(self.made_with),
            _START: json.dumps(self.start, ensure_ascii=False, sort_keys=True) if self.start else "",
            _DIGITS: _pairs({name: str(most) for name, most in self.digits.items()}),
            _TRACES: " ".join(self.traces),
            _PROGRAM: self.program,
            _WORDS: self.words,
        }
        return {key: value for key, value in said.items() if value or key in (_SIGNATURE, _AGENT, _TOOLS)}


def crystal_of(skill: Skill) -> Crystal | None:
    """Where the skill's program belongs; None of a skill that was not made from experience."""
    said = skill.metadata
    if _SIGNATURE not in said:
        return None
    return Crystal(
        signature=said[_SIGNATURE],
        goal=said.get(_GOAL, ""),
        agent=said.get(_AGENT, ""),
        tools=_mapping(said.get(_TOOLS, "")),
        world=said.get(_WORLD, ""),
        made_with=_mapping(said.get(_MADE_WITH, "")),
        start=_start(said.get(_START, "")),
        digits={name: int(most) for name, most in _mapping(said.get(_DIGITS, "")).items() if most.isdecimal()},
        traces=tuple(said.get(_TRACES, "").split()),
        program=said.get(_PROGRAM, ""),
        words=said.get(_WORDS, ""),
    )


def made_with(agent_hash: str, skill_hashes: Mapping[str, str], world: Mapping[str, JSON]) -> dict[str, str]:
    """The documents that a run rests on, by what they are; `world` is as runs record it."""
    places = {what: str(world.get(f"{what}_hash", "")) for what in ("robot", "scene")} if world else {}
    return {"agent": agent_hash, **places, **{f"skill/{name}": found for name, found in skill_hashes.items()}}


def suffix(signature: str, agent: str, world: str = "") -> str:
    """What the name of a skill for these goals, this agent and this world ends with, by which it is found.

    >>> suffix("sha256:0123", "operator")
    '-cd9a8330'
    """
    return "-" + hashlib.sha256(f"{signature}\n{agent}\n{world}".encode("utf-8", "surrogatepass")).hexdigest()[:_HEX]


def name_for(skeleton: str, signature: str, agent: str, world: str = "") -> str:
    """What a skill for these goals is called: a legal name of at most 64 characters, however they are worded.

    >>> name_for("move {length} left", "sha256:0123", "operator")
    'move-left-cd9a8330'
    """
    words = _NO_WORD.sub("-", _PLACEHOLDER.sub(" ", skeleton.replace("{{", " ").replace("}}", " "))).strip("-")
    return (words[:_LONGEST_WORDS].strip("-") or "goal") + suffix(signature, agent, world)


def _pairs(named: Mapping[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in sorted(named.items()))


def _mapping(text: str) -> dict[str, str]:
    pairs = (word.partition("=") for word in text.split())
    return {name: value for name, _, value in pairs}


def _start(text: str) -> Mapping[str, JSON]:
    """What was written of the start; a start that nobody can read is one that never holds."""
    if not text:
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"same": {"llmos-start": text}}
