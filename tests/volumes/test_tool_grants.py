"""What an agent may use, and what of it is denied: an update that denies less can do more."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.volumes.capabilities import Capability, of_file, wider
from llmos.volumes.trust import TrustStore

PATH = "agents/painter.md"
GUARDED = "tools: Bash, Read\ndisallowedTools: Bash(rm:*), Bash(curl:*)"
RAW = (
    "Bash(rm:*)",
    "Bash(git push:*)",
    "Read(secrets/**)",
    "Grep",
    "Agent(coder)",
    "mcp__db__drop",
    "mcp__db",
    "Write",
)


def able(keys: str) -> frozenset[Capability]:
    """What the agent with these keys can do."""
    page = f"---\nname: painter\ndescription: Paints.\n{keys}\n---\nPaint.\n"
    return of_file(PATH, page.encode(), executable=False)


WIDER = {
    "one denial less": (GUARDED, GUARDED.replace(", Bash(curl:*)", ""), ["Bash but Bash(rm:*)"]),
    "no denial any more": (GUARDED, "tools: Bash, Read", ["Bash"]),
    "a narrower denial": (GUARDED, GUARDED.replace("rm:*", "rm -rf:*"), ["Bash but Bash(curl:*), Bash(rm -rf:*)"]),
    "a denial that nobody can read": (GUARDED, GUARDED.replace("(rm:*)", "(rm"), None),
    "a tool less denied as a whole": ("tools: Bash, Read\ndisallowedTools: Bash", "tools: Bash, Read", ["Bash"]),
    "of a tool denied as a whole only a part": (
        "tools: Bash\ndisallowedTools: Bash", "tools: Bash\ndisallowedTools: Bash(rm:*)", ["Bash but Bash(rm:*)"]
    ),
    "every tool, one denial less": (
        "disallowedTools: Bash, Write", "disallowedTools: Write", ["every tool but Write"]
    ),
    "every tool, no denial": ("disallowedTools: Bash(rm:*)", "model: haiku", ["every tool"]),
    "what every reading tool was denied": (
        "tools: Grep, Bash\ndisallowedTools: Read(secrets/**)", "tools: Grep, Bash", ["Grep"]
    ),
    "one tool of a server": (
        "tools: mcp__db\ndisallowedTools: mcp__db__drop", "tools: mcp__db", ["mcp__db"]
    ),
    "one tool of many": (
        "tools: mcp__db__*\ndisallowedTools: mcp__db__drop", "tools: mcp__db__*", ["mcp__db__*"]
    ),
    "a tool more": (GUARDED, GUARDED.replace("Read", "Read, Write"), ["Write"]),
    "a wider scope": ("tools: Bash(git status)", "tools: Bash(git:*)", ["Bash(git:*)"]),
}  # fmt: skip
NO_WIDER = {
    "the same": (GUARDED, GUARDED),
    "another order": (GUARDED, "tools: Read, Bash\ndisallowed_tools: [Bash(curl:*), Bash(rm:*)]"),
    "said twice": (GUARDED, f"{GUARDED}, Bash(rm:*)"),
    "another spelling": (GUARDED, GUARDED.replace("rm:*", "rm *").replace("curl:*", " curl:* ")),
    "an older name": ("tools: Agent\ndisallowedTools: Agent(x)", "tools: Task\ndisallowedTools: Task(x)"),
    "one denial more": (GUARDED, f"{GUARDED}, Bash(git push:*)"),
    "a tool denied as a whole": (GUARDED, f"{GUARDED}, Bash"),
    "every tool, one denial more": ("disallowedTools: Bash(rm:*)", "disallowedTools: Bash(rm:*), Write"),
    "a tool less": (GUARDED, GUARDED.replace("Bash, Read", "Bash")),
    "a denial less of what it has not": ("tools: Read\ndisallowedTools: Bash, Agent(x)", "tools: Read"),
}


@pytest.mark.parametrize(("before", "after", "more"), WIDER.values(), ids=WIDER)
def test_an_update_that_denies_less_can_do_more(before: str, after: str, more: list[str] | None) -> None:
    """And says what, with what is still denied of it."""
    found = wider(able(after), able(before))
    assert found
    if more is not None:
        assert {each.told for each in found} == {f"may use {tool}" for tool in more}


@pytest.mark.parametrize(("before", "after"), NO_WIDER.values(), ids=NO_WIDER)
def test_an_update_that_denies_as_much_can_do_no_more(before: str, after: str) -> None:
    """However it is written."""
    assert wider(able(after), able(before)) == frozenset()


@given(
    st.sets(st.sampled_from(RAW)), st.sets(st.sampled_from(RAW)), st.sampled_from(["", "tools: Bash, Read, mcp__db"])
)
def test_denials_only_ever_take_away(some: set[str], more: set[str], tools: str) -> None:
    """With the same tools, whoever denies more can never do more."""
    few, many = (f"{tools}\ndisallowedTools: {json.dumps(sorted(each))}" for each in (some, some | more))
    assert wider(able(many), able(few)) == frozenset()


def test_a_word_of_trust_keeps_what_was_denied(tmp_path: Path) -> None:
    """A denial that goes later widens; of a word older than that only what reads the same counts."""
    TrustStore(tmp_path).trust(tmp_path, able(GUARDED))
    store = TrustStore(tmp_path)
    assert store.widened(tmp_path, able(f"{GUARDED}, Read(x)")) == ()
    assert store.widened(tmp_path, able("tools: Bash, Read")) == (f"{PATH} may use Bash.",)
    page = tmp_path / "trust.json"
    word = {"at": "2026-01-01", "capabilities": [f"{PATH} may use Bash", f"{PATH} may use Read"]}
    page.write_text(json.dumps({str(tmp_path.resolve()): word}))
    older = TrustStore(tmp_path)
    assert older.widened(tmp_path, able("tools: Bash, Read")) == ()
    assert older.widened(tmp_path, able(GUARDED)) == (f"{PATH} may use Bash but Bash(curl:*), Bash(rm:*).",)
