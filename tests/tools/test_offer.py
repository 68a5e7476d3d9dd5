"""The laws of what an agent is offered: what its document lists, and never more."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.errors import LLMosError, RefusedError
from llmos.tools.base import Access, Tool, tool
from llmos.tools.offer import Offer
from llmos.tools.permissions import Permissions
from tests.support.tools import RULES, make_workspace


def named(name: str) -> Tool:
    """A tool of any name; what it touches follows from it."""

    @tool(name=name)
    def run(command: Annotated[str, Access.RUN]) -> str:
        """Run."""
        return command

    @tool(name=name)
    def look(path: Annotated[str, Access.READ] = ".") -> str:
        """Look."""
        return path

    @tool(name=name)
    def delegate(agent: Annotated[str, Access.DELEGATE], note: str = "") -> str:
        """Delegate."""
        return f"{agent} {note}"

    return {"Bash": run, "Agent": delegate}.get(name, look)


NAMES = ("Bash", "Read", "Grep", "Agent", "mcp__git__log", "mcp__git__show", "mcp__web__get")
ALL = Offer(map(named, NAMES))


def offered(names: list[str] | None, disallowed: list[str] | None = None) -> list[str]:
    """The names of the tools that are left."""
    return [spec.name for spec in ALL.only(names, disallowed or ()).specs()]


@pytest.mark.parametrize(
    ("names", "disallowed", "left"),
    [
        (None, [], sorted(NAMES)),
        ([], [], []),
        (["Read", "Grep"], [], ["Grep", "Read"]),
        (["*"], [], sorted(NAMES)),
        (["Bash(git:*)"], [], ["Bash"]),
        (["mcp__git"], [], ["mcp__git__log", "mcp__git__show"]),
        (["mcp__*"], ["mcp__git__*"], ["mcp__web__get"]),
        (None, ["Bash", "mcp__*"], ["Agent", "Grep", "Read"]),
        (None, ["Bash(rm:*)"], sorted(NAMES)),
        (None, ["Bash(rm;ls:*)"], [name for name in sorted(NAMES) if name != "Bash"]),
        (["Read", "Bash(rm;ls:*)"], [], ["Read"]),
        (["Task"], [], ["Agent"]),
        (["Task(planner)"], [], ["Agent"]),
        (None, ["Task"], ["Bash", "Grep", "Read", "mcp__git__log", "mcp__git__show", "mcp__web__get"]),
        (["Read", "WebFetch", "no pattern!"], [], ["Read"]),
    ],
)
def test_lists_select(names: list[str] | None, disallowed: list[str], left: list[str]) -> None:
    """No list is everything; unknown names select nothing; what is denied but cannot be matched is denied whole."""
    assert offered(names, disallowed) == left


@given(st.permutations(NAMES))
def test_the_order_of_tools_does_not_matter(names: list[str]) -> None:
    """The same tools are always told in the same order, so that prompt caches hit."""
    assert Offer(map(named, names)).specs() == ALL.specs()


def test_unknown_names_are_warned_of() -> None:
    """A name that no tool answers to is one sentence with the nearest."""
    assert ALL.warnings(["Read", "Raed", "Bash(git:*)", "Bash(a;b:*)", "mcp__*", "no pattern!"]) == (
        "there is no tool named 'Raed' here; did you mean 'Read'?",
        "'Bash(a;b:*)' cannot be matched; only plain words, without ; & | < > $ ( ) or `, begin a command",
        f"there is no tool named 'no pattern!' here; known are: {', '.join(sorted(NAMES))}",
    )


def test_what_is_not_offered_is_not_found() -> None:
    """An agent without Bash has no Bash, whatever its model writes."""
    with pytest.raises(LLMosError) as raised:
        ALL.only(["Read", "Grep"]).find("Bash")
    assert str(raised.value) == "there is no tool named 'Bash'; known are: Grep, Read"


def test_two_tools_of_one_name_are_a_sentence() -> None:
    """A name means one tool."""
    with pytest.raises(LLMosError) as raised:
        Offer([named("Read"), named("Read")])
    assert str(raised.value) == "there are two tools named Read; rename one of them"


@pytest.fixture
def permissions(tmp_path: Path) -> Permissions:
    """Permissions of a workspace with folders in it."""
    workspace = make_workspace(tmp_path)
    (workspace.root / "src/deep").mkdir(parents=True)
    return Permissions(workspace, RULES)


@pytest.mark.parametrize(
    ("names", "disallowed", "tool", "args", "sentence"),
    [
        (["Bash(git:*)"], [], "Bash", {"command": "git log"}, None),
        (["Bash(git:*)"], [], "Bash", {"command": "ls"}, "this agent may use Bash only as Bash(git:*)"),
        (["Bash(git:*)", "Bash(ls)"], [], "Bash", {"command": "ls"}, None),
        (
            ["Bash(git:*)", "Bash(ls)"],
            [],
            "Bash",
            {"command": "id"},
            "this agent may use Bash only as Bash(git:*), Bash(ls)",
        ),
        (["Bash(git:*)", "Bash"], [], "Bash", {"command": "ls"}, None),
        (["Bash(git:*)", "*"], [], "Bash", {"command": "ls"}, None),
        (None, ["Bash(rm:*)"], "Bash", {"command": "ls"}, None),
        (None, ["Bash(rm:*)"], "Bash", {"command": "rm -r x"}, "this agent may not use Bash as Bash(rm:*)"),
        (None, ["Bash(rm:*)"], "Bash", {"command": "ls; rm x"}, "this agent may not use Bash as Bash(rm:*)"),
        (["Read(src/**)"], [], "Read", {"path": "src/a"}, None),
        (["Read(src/**)"], [], "Read", {"path": "src/../a"}, "this agent may use Read only as Read(src/**)"),
        (["Grep(src/**)"], [], "Grep", {}, "this agent may use Grep only as Grep(src/**)"),
        (["Grep(src/**)"], [], "Grep", {"path": "src/deep"}, None),
        (["Grep(src)"], [], "Grep", {"path": "src"}, None),
        (["Grep(**)"], [], "Grep", {}, None),
        (["Grep(*)"], [], "Grep", {"path": "src"}, "this agent may use Grep only as Grep(*)"),
        (["Grep(*)"], [], "Grep", {"path": "a.txt"}, None),
        (["Grep(src/*)"], [], "Grep", {"path": "src/deep"}, "this agent may use Grep only as Grep(src/*)"),
        (None, ["Read(src/**)"], "Read", {"path": "src/a"}, "this agent may not use Read as Read(src/**)"),
        (["Agent(planner, critic)"], [], "Agent", {"agent": "critic"}, None),
        (["Agent(planner)"], [], "Agent", {"agent": "coder"}, "this agent may use Agent only as Agent(planner)"),
    ],
)
def test_scopes_narrow(
    permissions: Permissions,
    names: list[str] | None,
    disallowed: list[str],
    tool: str,
    args: dict[str, str],
    sentence: str,
) -> None:
    """A scope in a document takes away; without one, or beside the whole tool, nothing is taken."""
    offer = ALL.only(names, disallowed)
    found = offer.find(tool)
    if sentence is None:
        offer.check(found, args, permissions)
    else:
        with pytest.raises(RefusedError) as raised:
            offer.check(found, args, permissions)
        assert str(raised.value) == sentence


def test_narrowing_twice_never_widens(permissions: Permissions) -> None:
    """What two lists allow is what both allow."""
    offer = ALL.only(["Bash(git:*)"]).only(["Bash(ls:*)", "Read"])
    assert [spec.name for spec in offer.specs()] == ["Bash"]
    for command in ("git log", "ls"):
        with pytest.raises(RefusedError, match="this agent may use Bash only as"):
            offer.check(offer.find("Bash"), {"command": command}, permissions)


@tool(name="Write")
def put(path: Annotated[str, Access.WRITE]) -> str:
    """Put."""
    return path


@tool(name="Edit")
def edit(path: Annotated[str, Access.WRITE]) -> str:
    """Edit."""
    return path


@tool(name="Glob")
def search(path: Annotated[str, Access.READ] = ".") -> str:
    """Search, and pass over what is barred."""
    return path


SEARCH = replace(search, without=lambda globs: replace(search, timeout_s=float(len(globs))))
FILES = Offer([named("Read"), named("Grep"), put, edit, SEARCH])


@pytest.mark.parametrize(
    ("pattern", "tool", "args", "barred"),
    [
        ("Read(secrets/**)", "Read", {"path": "secrets/k.txt"}, True),
        ("Read(secrets/**)", "Glob", {"path": "secrets"}, True),
        ("Read(secrets/**)", "Glob", {"path": "secrets/deep"}, True),
        ("Read(secrets/**)", "Glob", {"path": "secrets/k.txt"}, True),
        ("Read(secrets/**)", "Glob", {"path": "src/../secrets"}, True),
        ("Read(secrets/**)", "Glob", {"path": "link"}, True),
        ("Read(secrets/**)", "Glob", {"path": "SECRETS/k.txt"}, True),
        ("Read(Secrets/**)", "Glob", {"path": "secrets/k.txt"}, True),
        ("Read(secrets/**)", "Glob", {"path": "."}, False),
        ("Read(secrets/**)", "Glob", {}, False),
        ("Read(secrets/**)", "Glob", {"path": "src"}, False),
        ("Read(secrets/**)", "Grep", {"path": "."}, True),
        ("Read(secrets/**)", "Grep", {}, True),
        ("Read(secrets/**)", "Grep", {"path": "src"}, False),
        ("Read(**/.env)", "Grep", {"path": "src"}, True),
        ("Read(**/.env)", "Grep", {"path": "src/a.txt"}, False),
        ("Read(**/.env)", "Glob", {"path": "src"}, False),
        ("Read(secrets)", "Read", {"path": "secrets/deep/k.txt"}, True),
        ("Read(secrets/*)", "Read", {"path": "secrets/deep/k.txt"}, True),
        ("Read(s*)", "Glob", {"path": "secrets/deep"}, True),
        ("Read(secrets/**)", "Write", {"path": "secrets/k.txt"}, False),
        ("Edit(secrets/**)", "Edit", {"path": "secrets/k.txt"}, True),
        ("Edit(secrets/**)", "Write", {"path": "secrets/k.txt"}, True),
        ("Edit(secrets/**)", "Write", {"path": "src/k.txt"}, False),
        ("Edit(secrets/**)", "Read", {"path": "secrets/k.txt"}, False),
        ("Write(secrets/**)", "Edit", {"path": "secrets/k.txt"}, True),
        ("Grep(secrets/**)", "Grep", {"path": "."}, True),
        ("Grep(secrets/**)", "Read", {"path": "secrets/k.txt"}, False),
        ("*(secrets/**)", "Read", {"path": "secrets/k.txt"}, True),
        ("Read", "Grep", {"path": "secrets"}, False),
        ("Edit", "Write", {"path": "secrets/k.txt"}, False),
    ],
)
def test_what_is_denied_is_denied_to_every_tool_that_does_it(
    permissions: Permissions, pattern: str, tool: str, args: dict[str, str], *, barred: bool
) -> None:
    """With all that lies in it; a search that can pass it over goes on without, and a bare name is one tool's."""
    root = permissions.workspace.root
    (root / "secrets/deep").mkdir(parents=True)
    (root / "link").symlink_to("secrets")
    offer = FILES.only(None, [pattern])
    found = offer.find(tool)
    if not barred:
        offer.check(found, args, permissions)
        return
    with pytest.raises(RefusedError) as raised:
        offer.check(found, args, permissions)
    assert str(raised.value) == f"this agent may not use {tool} as {pattern}"


def test_a_search_is_narrowed_by_what_is_denied(permissions: Permissions) -> None:
    """By what speaks of reading, and by nothing else; a tool that knows no globs stays what it is."""
    offer = FILES.only(None, ["Read(secrets/**)", "Read(**/.env)", "Edit(src/**)", "Grep(src/**)", "Skill(x)"])
    assert offer.narrowed(offer.find("Glob"), permissions.workspace).timeout_s == 2
    assert offer.narrowed(offer.find("Read"), permissions.workspace) is offer.find("Read")
    assert FILES.narrowed(SEARCH, permissions.workspace) is SEARCH
