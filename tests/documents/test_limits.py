"""Limits that were meant and not read: each is an error of the document, and no other key ever is."""

from pathlib import Path

import pytest

from llmos.documents.agent import LIMITS, Agent, agent_from
from llmos.documents.crystal import KEYS as CRYSTAL_KEYS
from llmos.documents.document import BrokenDocumentError
from llmos.documents.frontmatter import parse
from llmos.documents.line_keys import KNOWN_KEYS
from llmos.documents.skill import LIMITS as SKILL_LIMITS
from llmos.documents.skill import skill_from

PATH = Path("a.md")
BEFORE = {
    "a text": "name: a\ndescription: D\nversion: 1\n",
    "a text that is no YAML": "name: a\ndescription: Use: when\nversion: 1\n",
    "a text that goes on": "name: a\ndescription: Use: when\nuser asks\n",
    "a text of many lines": "name: a\ndescription: >\n  Use it when.\n",
}
OTHERS = (
    "max_tokens", "max_retries", "max_steps", "temperature", "top_p", "tool_choice", "toolkit", "topics", "roles",
    "goals", "rules", "mode", "hook", "mcp-servers", "handoffs", "target", "infer", "priority", "triggers", "budget",
    "capabilities", "llmos-fallback", "user-invocable", "autoInvoke", "turns", "style", "output-style",
    "todos", "todo", "topos", "tokens",
)  # fmt: skip
TABLE = [
    ("\ttools: Read", 0, "tools"),
    (" tools: Read", 0, "tools"),
    ("\t\tTools: Read", 0, "tools"),
    ("tools:Read", 0, "tools"),
    ("tools=Read", 0, "tools"),
    ("tools = Read", 0, "tools"),
    ("tools\uff1aRead", 0, "tools"),
    ("- tools: Read", 0, "tools"),
    ("tools\n  - Read", 0, "tools"),
    ("color: red\n  tools: Read", 1, "tools"),
    ("skills:\n  - a\n tools: Read", 2, "tools"),
    ("tools:\ntools: Read", 1, "tools"),
    ("model:\n  tools: Read", 1, "tools"),
    ("metadata:\n  tools: Read", 1, "tools"),
    ("tool: Read", 0, "tools"),
    ("Tool: Read", 0, "tools"),
    ("toosl: Read", 0, "tools"),
    ("otols: Read", 0, "tools"),
    ("tolls: Read", 0, "tools"),
    ("toools: Read", 0, "tools"),
    ("toolz: Read", 0, "tools"),
    ("tooss: Read", 0, "tools"),
    ("stools: Read", 0, "tools"),
    ("toolset: Read", 0, "tools"),
    ("\ttool: Read", 0, "tools"),
    ("allow-tools: Read", 0, "tools"),
    ("\tdisallowedTools: Write", 0, "disallowed_tools"),
    ("disallowedTools:Write", 0, "disallowed_tools"),
    ("disalowedTools: Write", 0, "disallowed_tools"),
    ("disallowed_tool: Write", 0, "disallowed_tools"),
    ("maxTurns:3", 0, "max_turns"),
    ("max_turn: 3", 0, "max_turns"),
    ("maxturn: 3", 0, "max_turns"),
    ("llmos-budget-usd: 1", 0, "llmos-budget-usd"),
    ("budget_usd: 1", 0, "llmos-budget-usd"),
    ("metadata:\n\tllmos-budget-usd: 1", 1, "llmos-budget-usd"),
    ("metadata:\n  llmos-budget-usd:1", 1, "llmos-budget-usd"),
    ("metadata:\n  llmos-fallback: no\n   llmos-budget-usd: 1", 2, "llmos-budget-usd"),
    ("metadata:\n  llmos_budget_usd: 1", 1, "llmos-budget-usd"),
    ("metadata:\n  llmos-budget: 1", 1, "llmos-budget-usd"),
    ("metadata: llmos-budget-usd: 1", 0, "llmos-budget-usd"),
    ("metadata: {llmos-budget-usd: 1", 0, "llmos-budget-usd"),
    ("metadta:\n  llmos-budget-usd: 1", 1, "llmos-budget-usd"),
    ("metadata:\n  llmos-sensitiv: yes", 1, "llmos-sensitive"),
]


def agent(frontmatter: str, body: str = "Do it.") -> Agent:
    """The agent of a frontmatter that ends with its last line."""
    return agent_from(parse(f"---\n{frontmatter}\n---\n{body}\n", PATH))


def refused(frontmatter: str) -> str:
    """The sentence that stops the agent."""
    with pytest.raises(BrokenDocumentError) as caught:
        agent(frontmatter)
    return str(caught.value)


@pytest.mark.parametrize("after", ["", "\nmodel: inherit"], ids=["last", "before-another"])
@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
@pytest.mark.parametrize(("keys", "line", "limit"), TABLE, ids=[keys for keys, _, _ in TABLE])
def test_a_limit_that_was_meant_and_not_read_stops_the_agent(
    keys: str, line: int, limit: str, before: str, after: str
) -> None:
    """Whatever stands before and after it: the sentence has the line, the limit, and that it would be lost."""
    said = refused(f"{before}{keys}{after}")
    assert said.startswith(f"a.md:{before.count(chr(10)) + 2 + line}: ")
    assert "a limit must not be lost; " in said
    assert f"'{limit}" in said.partition("; ")[2]


NO_KEY = "'tools' is no key as it is written here, {}; write 'tools: ...' at the margin, or quote the text around it"
BELOW = "'tools' is not read below 'metadata', {}; write 'tools: ...' at the margin"
TOP = "'llmos_budget_usd' is not read, {}; write 'llmos-budget-usd: ...' indented below 'metadata:'"
BUDGET = "'budget_usd' is not read, {}; did you mean 'llmos-budget-usd' below 'metadata:'?"


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ("\ttools: Read", NO_KEY),
        ("tool: Read", "'tool' is not read, {}; did you mean 'tools'?"),
        ("metadata:\n  tools: Read", BELOW),
        ("llmos-budget-usd: 1", TOP),
        ("budget-usd: 1", BUDGET),
    ],
)
def test_the_full_sentence_says_what_to_write(keys: str, sentence: str) -> None:
    """What is wrong, why it matters, and what the person meant."""
    assert refused(keys).partition(" ")[2] == sentence.format("and a limit must not be lost")


@pytest.mark.parametrize(
    "text",
    [
        "tools: Read\n\nYou read.\n",
        "name: a\ntools: Read\n---\nYou read.\n",
        "----\nname: a\ntools: Read\n----\nYou read.\n",
        "---\ntools=Read\n---\nYou read.\n",
        "---\n  description: a: b\n  tools: Read\n---\nYou read.\n",
        "---\nname: a\n\ntools: Read\n\nYou read.\n",
    ],
)
def test_a_limit_outside_of_the_fences_stops_the_agent(text: str) -> None:
    """Without its fences a frontmatter is body, and nobody reads a limit there."""
    with pytest.raises(BrokenDocumentError, match="'tools' is no key as it is written here"):
        agent_from(parse(text, PATH))


@pytest.mark.parametrize(
    "keys",
    [
        "description: |\n  Say\n  tools: Read",
        'description: "Say\n  tools: Read"',
        "description: Say <example>\n  tools: Read\n  </example>",
        "description: D\n# tools: Read",
        "description: A tool: it reads",
        "description: D\nmcp-servers:\n  db:\n    tools: ['*']",
        "description: D\nhooks:\n  Stop:\n    - tools: x",
        "description: D\nallowedTools: Read",
        "description: D\npermission:\n  tools: ask",
    ],
)
def test_what_is_text_or_belongs_to_others_is_no_lost_limit(keys: str) -> None:
    """Files of the wild go on loading."""
    assert agent(keys).tools is None


@pytest.mark.parametrize("text", ["---\nname: a", "---\nname: a\ndescription: D\ntools: Read, Gr"])
def test_an_agent_that_is_cut_off_within_its_keys_is_none(text: str) -> None:
    """Nobody knows which limits would have followed; with text below them the keys are whole, and only odd."""
    with pytest.raises(BrokenDocumentError) as caught:
        agent_from(parse(f"{text}\n", PATH))
    assert str(caught.value) == "a.md:1: the frontmatter is never closed with '---'"
    assert agent_from(parse("---\nname: a\ntools: Read\n\nYou read.\n", PATH)).tools == ("Read",)


def test_a_scope_that_is_left_open_takes_nothing_away_and_stops_the_agent() -> None:
    """In `tools` it leaves less than was meant, which is told; in `disallowed_tools` it would leave all."""
    said = refused("description: D\ndisallowedTools: Write, Bash(rm:*")
    assert said == "a.md:3: 'Bash(rm:*' lacks ')', and a limit must not be lost"
    assert agent("description: D\ntools: Read, Bash(git:*").tools == ("Read", "Bash(git:*")


@pytest.mark.parametrize("again", ["\ttools: Write", "tool: Write", "tools: Write"])
def test_a_limit_that_is_read_may_be_named_again(again: str) -> None:
    """The first one counts, and nothing is lost."""
    assert agent(f"description: Use: when\ntools: Read\ncolor: red\n{again}").tools == ("Read",)


def test_no_other_key_is_taken_for_a_limit() -> None:
    """All keys of the formats, and others that are met in files for other programs."""
    taken = {key for key in (*KNOWN_KEYS, *OTHERS) if LIMITS.meant_by(key)}
    assert taken == LIMITS.keys
    others = {"llmos-robot", *OTHERS, *CRYSTAL_KEYS}
    assert {key for key in (*KNOWN_KEYS, *others) if SKILL_LIMITS.meant_by(key)} == SKILL_LIMITS.keys


@pytest.mark.parametrize(
    ("keys", "limit"),
    [
        ("disable-model-invokation: yes", "disable_model_invocation"),
        ("\tdisable-model-invocation: yes", "disable_model_invocation"),
        ("metadata:\n  llmos-quarantaine: it fails", "llmos-quarantine"),
    ],
)
def test_a_skill_that_was_to_be_kept_back_is_not_offered(keys: str, limit: str) -> None:
    """A skill has limits too."""
    with pytest.raises(BrokenDocumentError, match="a limit must not be lost") as caught:
        skill_from(parse(f"---\nname: a\ndescription: D\n{keys}\n---\nB\n", Path("a/SKILL.md")))
    assert limit in str(caught.value)
