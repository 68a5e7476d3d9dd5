"""A trace: what one successful run did, kept as an example from which later runs can be replayed.

Knows no file and no goal parser: it is raw evidence. Which argument came from where is read out of all traces of a
skeleton together, by `binding`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import msgspec

from llmos.documents.document import hash_of
from llmos.messages import JSON, Effect

FileState: TypeAlias = Mapping[str, str | None]
"""What stands in files: path -> `sha256:HEX`, None where there is none."""

WORKSPACE: Final = "{workspace}"
"""What stands in a trace for the folder that the run worked in."""

PLANNED: Final = ("LEARNER", "MIXED")
"""The modes in which a model planned: only they show something new, and where arguments come from."""

_ID_DIGITS = 12


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One tool call that succeeded, in the order in which it was made."""

    tool: str
    args: Mapping[str, JSON]
    """As they were written, with `{workspace}` for the workspace's root."""
    effect: Effect
    tool_version: str
    """What the tool was known by when it was called, `sha256:HEX`."""
    output: str
    """What it answered, as the model was shown it; of a long one the beginning."""
    output_hash: str
    """Of all of the answer, pictures included, `sha256:HEX`."""
    before: FileState = field(default_factory=dict)
    """What stood in the files that it wrote, before it did."""
    after: FileState = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    """Where each argument came from, for people: `x` -> `slot point1.x`, `step 2`, or `literal`."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One successful run: what was asked, what was done, what that rested on and what it cost."""

    signature: str
    """The hash of the goal's skeleton, `sha256:HEX`."""
    skeleton: str
    goal: str
    slots: Mapping[str, JSON]
    """The values of the goal's slots by name, canonical: metres, degrees, seconds."""
    agent: str
    agent_hash: str
    skill_hashes: Mapping[str, str]
    """The skills that the agent had open from the start, by name."""
    steps: tuple[TraceStep, ...]
    answer: str
    mode: str
    """How the run that it comes from reached its goal; only a model's bears witness of where arguments come from."""
    run_id: str
    world: Mapping[str, JSON]
    """What it was done in: `robot`, `robot_hash`, `scene`, `scene_hash`, and `state` as measured at the start; empty
    without a robot."""
    model: str
    input_tokens: int
    output_tokens: int
    cost_usd: float
    duration_s: float
    created: str
    """UTC, ISO 8601."""
    rating: float = 1.0
    """The share of its uses that succeeded, when this was last consolidated; the counts of today are in the sidecar."""
    uses: int = 1
    last_used: str = ""
    imported: str = ""
    """When it came in with somebody's bundle, and which one; empty for what was learned here."""
    sensitive: bool = False
    """It is kept encrypted, or not at all."""

    @property
    def basis(self) -> tuple[object, ...]:
        """What must be as it was for the trace to be done again."""
        hashes = {name: self.world.get(name) for name in ("robot_hash", "scene_hash")}
        return self.agent_hash, dict(self.skill_hashes), hashes, [step.tool_version for step in self.steps]

    @property
    def id(self) -> str:
        """Twelve hexadecimal digits of what was asked and done: two runs that did the same are one trace."""
        done = [(step.tool, step.args) for step in self.steps]
        asked = (self.signature, self.slots, self.agent, self.world.get("robot", ""), self.world.get("scene", ""))
        return hash_of(msgspec.json.encode((asked, done), order="deterministic")).removeprefix("sha256:")[:_ID_DIGITS]
