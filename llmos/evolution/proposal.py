"""A proposed edit of one component of an agent, and everything that keeps it from being tried at all.

Knows no model and no scenario. Whatever a proposal says, it cannot give tools, loosen limits or take words of safety
out: what is wrong with it is one sentence.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from llmos.documents.agent import Agent, agent_from
from llmos.documents.agent_trials import AgentTrials
from llmos.documents.document import hash_of
from llmos.documents.frontmatter import parse
from llmos.errors import DocumentError, RefusedError, nearest
from llmos.evolution.components import DESCRIPTION, OPENING, components, with_component
from llmos.tools.patterns import given
from llmos.traces.scrub import Scrubber
from llmos.volumes.capabilities import of_file, wider

_ROOM_BYTES = 4_000
"""What the words around the new text of a component may take."""

_FENCED = re.compile(r"```(?:json)?[ \t]*\n(.*?)\n```", re.DOTALL)
_SENTENCE = re.compile(r"(?<=[.!?;:])\s+|\n+")
_NUMBER = re.compile(r"^(?:\d+[.)]|[-*+]|#{1,6})\s+")
_ORDINARY = frozenset({"Read", "Write", "Edit", "Glob", "Grep", "Skill", "Agent", "Remember", "Recall", "assess"})
"""Tools whose names are English words: they count as named only where they stand as code."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """An edit as a proposer gives it: the new text of one component, and why."""

    component: str
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agent's document as it would read; `before` and `after` are the texts of the edited component."""

    text: str
    component: str
    before: str
    after: str
    why: str

    @property
    def content_hash(self) -> str:
        """`sha256:HEX` of the document."""
        return hash_of(self.text.encode())


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    component: str
    text: str
    why: str


def read_proposal(answer: str, rules: AgentTrials) -> Proposal:
    """The proposal of an answer: one JSON object, bare or fenced; RefusedError for anything else."""
    size, most = len(answer.encode("utf-8", "replace")), 2 * rules.agent_text_bytes + _ROOM_BYTES
    if size > most:
        raise RefusedError(f"The proposal has {size} bytes; an answer with one edit has at most {most}.")
    fenced = _FENCED.findall(answer)
    written = fenced[-1] if fenced else answer[answer.find("{") : answer.rfind("}") + 1] or answer
    try:
        found = msgspec.json.decode(written, type=_Written)
    except (msgspec.DecodeError, RecursionError) as error:
        raise RefusedError(f"The proposal is not one edit of one component: {error}.") from error
    return Proposal(found.component.strip(), found.text.strip(), " ".join(found.why.split()))


def candidate(text: str, proposal: Proposal, rules: AgentTrials, tools: frozenset[str]) -> Candidate:
    """The agent's document with the proposed edit; RefusedError says what is wrong with the proposal.

    `tools` are the names of all tools there are.
    """
    agent = _agent(text)
    if agent.name in rules.agents_fixed:
        raise RefusedError(f"The agent {agent.name} is changed by a person only; see `agents_fixed`.")
    before = {each.name: each.text for each in components(text)}
    if proposal.component not in before:
        found = nearest(proposal.component[:80], before)
        raise RefusedError(f"An edit of '{proposal.component[:80]}' is not possible, for it is no component; {found}")
    old = before[proposal.component]
    for sentence in _wrong(proposal, old, agent, rules, tools):
        raise RefusedError(sentence)
    try:
        new = with_component(text, proposal.component, proposal.text)
        after = _agent(new)
    except DocumentError as error:
        raise RefusedError(f"The edit leaves no agent that can be read: {error}.") from error
    for sentence in _more_than_asked(text, new, agent, after, proposal.component):
        raise RefusedError(sentence)
    return Candidate(new, proposal.component, old, proposal.text, proposal.why)


def _agent(text: str) -> Agent:
    return agent_from(parse(text, Path("agents/agent.md")))


def _wrong(proposal: Proposal, old: str, agent: Agent, rules: AgentTrials, tools: frozenset[str]) -> Iterator[str]:
    """What is wrong with the new text by itself, and beside the old one."""
    new = proposal.text
    size = len(new.encode("utf-8", "replace"))
    if size > rules.agent_text_bytes:
        yield f"The new text of '{proposal.component}' has {size} bytes; {rules.agent_text_bytes} are allowed."
    if not new.strip():
        yield f"The edit leaves nothing of '{proposal.component}'."
    if " ".join(new.split()) == " ".join(old.split()):
        yield f"The edit changes nothing in '{proposal.component}'."
    if strange := sorted({f"U+{ord(letter):04X}" for letter in new if _is_hidden(letter)}):
        yield f"The new text holds letters that nobody can see: {', '.join(strange[:5])}."
    if Scrubber().scrub(new.encode("utf-8", "replace")) != new.encode("utf-8", "replace"):
        yield "The new text holds what looks like a secret."
    if lost := _lost(old, new, rules.agent_safety_words):
        yield f"The edit takes words of safety out: '{lost}'"
    if loose := next((word for word in rules.agent_loosening_words if _holds(new, word) and not _holds(old, word)), ""):
        yield f"The new text says '{loose}', which only a person may add to an agent."
    added = (tool for tool in sorted(tools) if _names(new, tool) and not _names(old, tool))
    if named := next((tool for tool in added if not given(tool, agent.tools, agent.disallowed_tools)), ""):
        yield f"The new text names the tool {named}, which {agent.name} is not given; an edit cannot give tools."


def _more_than_asked(text: str, new: str, agent: Agent, after: Agent, component: str) -> Iterator[str]:
    """What an edit changed beside its component, as text that breaks out of its place does."""
    old_keys = {key: value for key, value in agent.document.keys.items() if key != DESCRIPTION}
    new_keys = {key: value for key, value in after.document.keys.items() if key != DESCRIPTION}
    if changed := sorted(key for key in {*old_keys, *new_keys} if old_keys.get(key) != new_keys.get(key)):
        yield f"The edit changes the key '{changed[0]}' of the frontmatter, which is no component."
    parts, others = components(text), {each.name: each.text for each in components(new)}
    if component not in others and component != OPENING:
        yield f"The edit takes the heading of '{component}' away."
    if strays := [each.name for each in parts if each.name != component and others.get(each.name) != each.text]:
        yield f"The edit changes a second component, '{strays[0]}'; one is edited at a time."
    known = {each.name for each in parts}
    if added := [name for name in others if name not in known]:
        yield f"The edit adds a component, '{added[0]}'; one is edited at a time."
    able, was = (of_file("agents/x.md", each.encode(), executable=False) for each in (new, text))
    for more in sorted(wider(able, was)):
        yield f"The edited agent {more.told}, and did not before; an edit cannot widen what an agent can do."


def _lost(old: str, new: str, words: tuple[str, ...]) -> str:
    """The first sentence of the old text with a word of safety that does not stand in the new one; empty for none."""
    there = " ".join(new.split()).casefold()
    for sentence in map(_plain, _SENTENCE.split(old)):
        if sentence and any(_holds(sentence, word) for word in words) and sentence.casefold() not in there:
            return sentence
    return ""


def _plain(sentence: str) -> str:
    """A sentence on one line without what numbers it in a list."""
    return " ".join(_NUMBER.sub("", sentence.strip()).split())


def _holds(text: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) is not None


def _names(text: str, tool: str) -> bool:
    """Whether the text names the tool; one that is called like an English word only where it stands as code."""
    if tool in _ORDINARY:
        return re.search(rf"`{re.escape(tool)}\b[^`]*`|\b{re.escape(tool)}\(", text) is not None
    return re.search(rf"(?<!\w){re.escape(tool)}(?!\w)", text) is not None


def _is_hidden(letter: str) -> bool:
    """Whether a letter is there and not seen: controls, marks of direction, and other formatting."""
    return letter not in "\n\t" and unicodedata.category(letter) in {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
