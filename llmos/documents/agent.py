"""An agent: who does the work, with which tools, under which limits; one file in Claude Code's subagent format.

Knows no model and no tool; names are taken as they are written.
"""

import math
from dataclasses import dataclass, replace
from pathlib import Path

from llmos.documents.document import Document
from llmos.documents.fields import Fields, shown
from llmos.documents.frontmatter import read_document
from llmos.documents.limits import Limits
from llmos.documents.naming import described, named, not_empty
from llmos.documents.places import name_at
from llmos.documents.tool_patterns import left_open

LIMITS = Limits(
    keys=frozenset({"tools", "disallowed_tools", "max_turns"}),
    metadata=frozenset({"llmos-budget-usd", "llmos-sensitive"}),
    instead={"allowed_tools": "tools", "budget_usd": "llmos-budget-usd"},
)
"""What narrows an agent; where one was meant and cannot be read, there is no agent."""


@dataclass(frozen=True, slots=True)
class Agent:
    """Who does the work; the body is its system prompt.

    `tools` None means all there are; an empty tuple means none. `model` is an alias, an id, or `inherit`. `skills` are
    opened before its first step. `budget_usd` (`metadata: llmos-budget-usd`) is the most that one run of it may spend;
    `fallback` (`metadata: llmos-fallback`) says that another model may stand in when its own gives no reply,
    `sensitive` (`metadata: llmos-sensitive`) that traces of its runs are kept encrypted or not at all.
    """

    name: str
    description: str
    tools: tuple[str, ...] | None
    disallowed_tools: tuple[str, ...]
    model: str
    max_turns: int | None
    skills: tuple[str, ...]
    budget_usd: float | None
    fallback: bool
    sensitive: bool
    body: str
    document: Document


def read_agent(path: Path) -> Agent:
    """The agent of a file; raises DocumentError when there is none in it."""
    return agent_from(read_document(path))


def agent_from(document: Document) -> Agent:
    """The agent of a document that was read; what is odd about it joins the document's problems."""
    not_empty(document)
    LIMITS.check(document)
    fields = Fields(document)
    tools = fields.words("tools")
    if "tools" in document.keys and tools is None:
        fields.warn("tools", "'tools' is empty, so all tools are inherited; write '[]' for none")
    agent = Agent(
        name=named(fields, name_at("agent", document.path)),
        description=described(fields).replace("\\n", "\n"),
        tools=None if tools == ("*",) else tools,
        disallowed_tools=_disallowed(fields),
        model=_model(fields) or "inherit",
        max_turns=fields.whole_number("max_turns"),
        skills=fields.words("skills") or (),
        budget_usd=_budget_usd(fields),
        fallback=fields.metadata_flag("llmos-fallback", default=False),
        sensitive=fields.metadata_flag("llmos-sensitive", default="llmos-sensitive" in fields.metadata),
        body=document.prose,
        document=document,
    )
    if not agent.body:
        fields.warn("", "there are no instructions below the frontmatter")
    return agent if not fields.problems else replace(agent, document=document.with_problems(fields.problems))


def _disallowed(fields: Fields) -> tuple[str, ...]:
    """What is taken away; a scope that is left open would take nothing away."""
    words = fields.words("disallowed_tools") or ()
    for slip in filter(None, map(left_open, words)):
        raise fields.document.wrong("disallowed_tools", f"{slip}, and a limit must not be lost")
    return words


def _model(fields: Fields) -> str | None:
    """The model; of several (VS Code lists some in the order of preference) the first."""
    models = fields.document.keys.get("model")
    return str(models[0]) if isinstance(models, list) and models else fields.text("model")


def _budget_usd(fields: Fields) -> float | None:
    """A limit that cannot be read stops the agent: to go on without it would spend what nobody allowed."""
    written = fields.metadata.get("llmos-budget-usd")
    if written is None:
        return None
    try:
        budget_usd = float(written)
    except ValueError:
        budget_usd = math.nan
    if not (math.isfinite(budget_usd) and budget_usd > 0):
        sentence = f"'llmos-budget-usd' must be an amount in dollars above 0, not {shown(written)}"
        raise fields.document.wrong("metadata.llmos-budget-usd", sentence)
    return budget_usd
