"""What can happen in a run, as values: each event is one line of the journal, in schema version 1.

Knows nothing of files and of who writes or reads. From the events alone the conversation can be rebuilt: what is saved
is what the model saw (`message_added` and `model_replied`, in order). Field names of the envelope (`v seq at run type`)
are no event's. Amounts carry their unit: `_s` seconds, `_usd` dollars, poses in metres and radians.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec

from llmos.documents.document import hash_of, text_hash
from llmos.messages import JSON, Claim, Effect, Message, Reply, Role, StopReason, ToolResult, ToolSpec, Usage
from llmos.traces.parts import (
    AnyPart,
    CallPart,
    ImagePart,
    TextPart,
    content_from_wire,
    content_to_wire,
    message_from_wire,
    plain,
    snake_case,
    to_wire,
)

SCHEMA_VERSION = 1
Outcome = Literal["done", "failed", "refused", "budget", "interrupted"]
Assessment = Literal["safe", "warn", "veto"]
FileHashes: TypeAlias = Mapping[str, str | None]


class Event(msgspec.Struct, frozen=True, tag_field="type", tag=snake_case, omit_defaults=True):
    """Something that happened; its tag is its name in snake_case."""


class DocumentRef(msgspec.Struct, frozen=True, omit_defaults=True):
    """A document that shaped the run: `content_hash` is `sha256:HEX` of its bytes, `commit` the one it stood at."""

    path: str
    content_hash: str
    commit: str | None = None
    kind: str = ""
    """agent, skill, command, kernel, robot, scene or memory."""


class RunLimits(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the run may spend; None means that this purse sets no limit."""

    budget_usd: float | None = None
    max_tokens: int | None = None
    max_seconds: float | None = None
    max_steps: int | None = None
    max_tool_calls: int | None = None


class RunStarted(Event, frozen=True, kw_only=True):
    """The first line of every journal, on disk before any token is spent."""

    run_id: str
    agent: str
    goal: str
    model: str
    model_reason: str = ""
    mode: str
    mode_reason: str = ""
    workspace: str = ""
    robot: str = ""
    scene: str = ""
    """Where the robot is; in a run that has none, the scene for those that it delegates to."""
    world: dict[str, JSON] = {}
    """What was measured of the robot when the run began; empty in a run that has none."""
    parent: str | None = None
    """The run that delegated this one."""
    continues: str | None = None
    """The run whose history this one took over (and holds): a resumed run, or the turn before in a conversation."""
    limits: RunLimits = RunLimits()
    documents: tuple[DocumentRef, ...] = ()
    version: str = ""
    """The version of LLMos that wrote this journal."""


class PromptSet(Event, frozen=True, kw_only=True):
    """System prompt and tools from here on; kept in the journal itself, so that it can be read without the volumes."""

    system: str
    system_hash: str
    tools: tuple[ToolSpec, ...] = ()
    tools_hash: str = ""

    @classmethod
    def of(cls, system: str, tools: Sequence[ToolSpec]) -> "PromptSet":
        """The event, with its hashes (`sha256:HEX`) filled in."""
        specs = tuple(tools)
        return cls(system=system, system_hash=text_hash(system), tools=specs, tools_hash=tools_hash(specs))


class MessageAdded(Event, frozen=True, kw_only=True):
    """A message the model did not write: the goal, tool results, a notice; or one taken over from an earlier run."""

    role: Role
    parts: tuple[AnyPart, ...]

    @classmethod
    def of(cls, message: Message) -> "MessageAdded":
        """The event of a message that joins the history."""
        return cls(role=message.role, parts=tuple(to_wire(part) for part in message.parts))

    @property
    def message(self) -> Message:
        """The message as the model saw it."""
        return message_from_wire(self.role, self.parts)


class ModelReplied(Event, frozen=True, kw_only=True):
    """A reply of the model, whole: text, reasoning with signatures, and the tools it asked for."""

    step: int
    """Counted from 1."""
    parts: tuple[AnyPart, ...]
    stop_reason: StopReason
    claim: Claim = "done"
    model: str
    """The provider's own name for what answered."""
    usage: Usage
    cost_usd: float
    duration_s: float
    probability: float | None = None
    """How likely the reply was under the grammar it was written in, where its adapter told."""

    @classmethod
    def of(cls, step: int, reply: Reply, cost_usd: float, duration_s: float) -> "ModelReplied":
        """The event of a reply."""
        return cls(
            step=step,
            parts=tuple(to_wire(part) for part in reply.parts),
            stop_reason=reply.stop_reason,
            claim=reply.claim,
            model=reply.model,
            usage=reply.usage,
            cost_usd=cost_usd,
            duration_s=duration_s,
            probability=reply.probability,
        )

    @property
    def message(self) -> Message:
        """The reply as it stands in the history."""
        return message_from_wire("assistant", self.parts)

    @property
    def text(self) -> str:
        """All passages of text, joined without separator."""
        return "".join(part.text for part in self.parts if isinstance(part, TextPart))

    @property
    def tool_calls(self) -> tuple[CallPart, ...]:
        """The tools asked for, in order."""
        return tuple(part for part in self.parts if isinstance(part, CallPart))


class ModelFailed(Event, frozen=True, kw_only=True):
    """A call to a model that gave no reply, and what follows: another try after `wait_s`, another model, or neither."""

    model: str
    reason: str
    wait_s: float | None = None
    next_model: str | None = None
    usage: Usage = Usage()
    """What had been counted, or else is guessed, when the reply broke off: paid for, and in no reply."""
    cost_usd: float = 0.0


class ToolCalled(Event, frozen=True, kw_only=True):
    """A tool is about to be called; on disk before the call unless its effect is pure."""

    step: int = 0
    call_id: str
    tool: str
    args: dict[str, JSON] = {}
    effect: Effect
    version: str = ""
    """A hash of what the tool promises and of the code that keeps it, `sha256:HEX`; empty where nobody knows it."""


class ToolReturned(Event, frozen=True, kw_only=True):
    """What a tool answered: exactly what the model is shown."""

    step: int = 0
    call_id: str
    tool: str
    ok: bool
    content: tuple[TextPart | ImagePart, ...] = ()
    duration_s: float
    files: dict[str, str | None] = {}
    """What stands in each file that the call was to write, as `sha256:HEX`; None where there is none."""
    child: str | None = None
    """The run of the agent that answered."""

    @classmethod
    def of(
        cls, result: ToolResult, tool: str, duration_s: float, step: int = 0, files: FileHashes | None = None
    ) -> "ToolReturned":
        """The event of a result."""
        return cls(
            step=step,
            call_id=result.call_id,
            tool=tool,
            ok=not result.is_error,
            content=content_to_wire(result.content),
            duration_s=duration_s,
            files=dict(files or {}),
        )

    @property
    def result(self) -> ToolResult:
        """The result as the model saw it."""
        return ToolResult(self.call_id, content_from_wire(self.content), is_error=not self.ok)

    @property
    def text(self) -> str:
        """All passages of text, joined by newlines."""
        return "\n".join(part.text for part in self.content if isinstance(part, TextPart))


class PermissionDecided(Event, frozen=True, kw_only=True):
    """May a tool do what it was asked to; `by` is what decided: person, pattern, workspace, policy."""

    call_id: str = ""
    tool: str
    question: str
    allowed: bool
    by: str
    rule: str = ""
    """The pattern that decided, as it was given; empty where none did."""


class FileKept(Event, frozen=True, kw_only=True):
    """What stood in a file before a tool changed it, so that the change can be taken back; None: there was none."""

    call_id: str = ""
    path: str
    before: bytes | None
    scrubbed: bool = False
    """Set by the journal when it took a secret out: this is not what stood there, and must not be put back."""


class FileRestored(Event, frozen=True, kw_only=True):
    """A file holds again what stood in it before a call that was taken back; None: it is gone again."""

    call_id: str = ""
    """The call that was taken back."""
    path: str
    content_hash: str | None


class GateVerdict(Event, frozen=True, kw_only=True):
    """What the safety gate said of a command; a refusal names the rule, why, and what would be allowed."""

    command: dict[str, JSON]
    """The verb and its arguments, e.g. `{"verb": "move_to", "x": 1.5, ...}`; metres and radians."""
    allowed: bool
    rule: str = ""
    reason: str = ""
    suggestion: str = ""


class MotionMeasured(Event, frozen=True, kw_only=True):
    """How a motion ended: where it was told to go and where the robot says that it is; metres and radians."""

    command: dict[str, JSON]
    commanded: dict[str, JSON] = {}
    measured: dict[str, JSON] = {}
    reached: bool
    halted: str = ""
    """The rule that cut the motion short, if one did."""
    duration_s: float = 0.0


class LeadEnded(Event, frozen=True):
    """A replay or a program, named as it signs its replies, led no further; a model goes on from what was done."""

    lead: str
    reason: str


class SafetyAssessed(Event, frozen=True, kw_only=True):
    """What a run that is overseen was told before or after its work; a veto before it means that it does not begin."""

    phase: Literal["before", "after"]
    by: str
    verdict: Assessment
    reason: str
    change: str = ""
    """What would have to change for another verdict."""
    rule: str = ""
    """The gate's rule that speaks against the work, if one does."""
    child: str | None = None
    """The run of the agent that says so."""


class BudgetWarned(Event, frozen=True, kw_only=True):
    """The purse of dollars, tokens, seconds, steps or tool calls runs low: of a limit of 1.0, 0.7 means 70 % used."""

    purse: str
    used: float
    limit: float


class DocumentBroken(Event, frozen=True, kw_only=True):
    """Something in a document cannot be used; the sentence says what, and what is done instead."""

    path: str
    line: int
    sentence: str


class RunFinished(Event, frozen=True, kw_only=True):
    """The last line of a whole journal."""

    outcome: Outcome
    answer: str
    reason: str = ""
    """Why this outcome was decided, in one sentence."""
    usage: Usage
    """Of the replies of this run; what broke off stands in `model_failed`, what it delegated in journals of its own."""
    cost_usd: float
    steps: int
    duration_s: float
    evidence: dict[str, JSON] = {}
    """What the decision rests on, e.g. measured pose and gripped object."""


class UnknownEvent(Event, frozen=True, kw_only=True):
    """A line of a type that this version does not know, kept as it was read; never written."""

    name: str
    fields: dict[str, JSON]


class TextStreamed(Event, frozen=True):
    """A piece of a reply while it arrives; goes over the bus only."""

    text: str


class Waiting(Event, frozen=True):
    """The run stands still for `seconds`, e.g. until a provider may be asked again; goes over the bus only."""

    reason: str
    seconds: float = 0.0


JOURNALED: tuple[type[Event], ...] = (
    RunStarted,
    PromptSet,
    MessageAdded,
    ModelReplied,
    ModelFailed,
    ToolCalled,
    ToolReturned,
    PermissionDecided,
    FileKept,
    FileRestored,
    GateVerdict,
    MotionMeasured,
    LeadEnded,
    SafetyAssessed,
    BudgetWarned,
    DocumentBroken,
    RunFinished,
)
"""The events that may stand in a journal, in the order in which a run meets them."""

TRANSIENT: tuple[type[Event], ...] = (TextStreamed, Waiting)
"""The events that only pass over the bus."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An event with its envelope: where it stands in which journal, and when it was written."""

    seq: int
    """Counted from 1, without gaps."""
    at: str
    """UTC, ISO 8601 with milliseconds, e.g. `2026-11-20T09:51:32.123Z`."""
    run: str
    event: Event
    version: int = SCHEMA_VERSION


Entries: TypeAlias = Sequence[Entry]


def tools_hash(tools: Sequence[ToolSpec]) -> str:
    """`sha256:HEX` of the specs, independent of the order of keys in their schemas."""
    return hash_of(msgspec.json.encode(list(tools), enc_hook=plain, order="deterministic"))
