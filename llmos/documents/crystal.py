"""What a skill that was made from experience says of itself in its `metadata`: for which goals, with what, out of what.

Knows no program; the keys begin with `llmos-`, as the standard asks of those that only one reader knows.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from llmos.documents.skill import Skill

_SIGNATURE: Final = "llmos-signature"
_AGENT: Final = "llmos-agent"
_TOOLS: Final = "llmos-tools"
_WORLD: Final = "llmos-world"
_TRACES: Final = "llmos-traces"
_PROGRAM: Final = "llmos-program"

_DIGITS = 8
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
    world: str
    """The robot and the scene that it was made with, `robot / scene`; empty where there was none."""
    traces: tuple[str, ...]
    """The ids of the traces that it was made of; their uses count as its own as long as nobody edits the program."""
    program: str
    """The hash of the program's text as it was made, `sha256:HEX`."""

    @property
    def metadata(self) -> dict[str, str]:
        """As it stands in a SKILL.md."""
        return {
            _SIGNATURE: self.signature,
            _AGENT: self.agent,
            _TOOLS: " ".join(f"{name}={version}" for name, version in sorted(self.tools.items())),
            **({_WORLD: self.world} if self.world else {}),
            _TRACES: " ".join(self.traces),
            _PROGRAM: self.program,
        }


def crystal_of(skill: Skill) -> Crystal | None:
    """Where the skill's program belongs; None of a skill that was not made from experience."""
    said = skill.metadata
    if _SIGNATURE not in said:
        return None
    words = said.get(_TOOLS, "").split()
    tools = {name: version for name, _, version in (word.partition("=") for word in words)}
    traces = tuple(said.get(_TRACES, "").split())
    return Crystal(
        said[_SIGNATURE], said.get(_AGENT, ""), tools, said.get(_WORLD, ""), traces, said.get(_PROGRAM, "")
    )


def suffix(signature: str) -> str:
    """What the name of a skill for these goals ends with, by which it is found: eight digits of the signature."""
    return "-" + signature.removeprefix("sha256:")[:_DIGITS]


def name_for(skeleton: str, signature: str) -> str:
    """What a skill for these goals is called.

    >>> name_for("move {length} left", "sha256:0123456789abcdef")
    'move-left-01234567'
    """
    words = _NO_WORD.sub("-", _PLACEHOLDER.sub(" ", skeleton)).strip("-")
    return (words[:_LONGEST_WORDS].strip("-") or "goal") + suffix(signature)
